"""The cases of layers in graphs: values that meet, and vectors of labels."""

from collections.abc import Iterator

import numpy as np

from .. import layers
from ..layers.merge import Merge
from ..state import Arrays
from .case import Case, normal

ROWS = 5
SIDE_BY_SIDE = "x0, x1 and x2 side by side"


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    yield merge(
        "add",
        layers.Add,
        (4, 4, 4),
        {"y": "x0 + x1 + x2", "dx0": "dy", "dx1": "dy", "dx2": "dy"},
    )
    yield merge(
        "multiply",
        layers.Multiply,
        (4, 4, 4),
        {
            "y": "x0 x1 x2",
            "dx0": "dy x1 x2",
            "dx1": "dy x0 x2",
            "dx2": "dy x0 x1",
        },
    )
    yield merge(
        "concatenate",
        layers.Concatenate,
        (4, 2, 3),
        {
            "y": SIDE_BY_SIDE,
            **{f"dx{k}": f"the columns of dy where x{k} stands in y" for k in range(3)},
        },
    )
    yield embedding()
    yield merge(
        "dot",
        layers.Dot,
        (4, 4),
        {"y": "sum over columns of x0 x1", "dx0": "dy x1", "dx1": "dy x0"},
    )


def means_and_extremes() -> Iterator[Case]:
    """Those that stand at the end of the file, with the difference."""
    yield merge(
        "subtract",
        layers.Subtract,
        (4, 4),
        {"y": "x0 - x1", "dx0": "dy", "dx1": "-dy"},
    )
    thirds = {f"dx{k}": "dy / 3" for k in range(3)}
    mean = {"y": "(x0 + x1 + x2) / 3", **thirds}
    yield merge("average", layers.Average, (4, 4, 4), mean)
    for name, kind, which in (
        ("maximum", layers.Maximum, "largest"),
        ("minimum", layers.Minimum, "smallest"),
    ):
        parts = {f"dx{k}": f"dy where x{k} is the {which}, else 0" for k in range(3)}
        formulas = {"y": f"the {which} of x0, x1, x2", **parts}
        yield merge(name, kind, (4, 4, 4), formulas)


def merge(
    name: str, kind: type[Merge], widths: tuple[int, ...], formulas: dict[str, str]
) -> Case:
    """A layer that joins arrays of these widths."""
    xs = [f"x{k}" for k in range(len(widths))]

    def draw(rng: np.random.Generator) -> Arrays:
        given = {x: normal(rng, ROWS, n) for x, n in zip(xs, widths, strict=True)}
        (width,) = kind().output_shape([(n,) for n in widths])
        return {**given, "dy": normal(rng, ROWS, width)}

    def run(given: Arrays) -> Arrays:
        layer = kind()
        y = layer.forward([given[x] for x in xs])
        gradients = layer.backward(given["dy"])
        return {"y": y} | {f"d{x}": d for x, d in zip(xs, gradients, strict=True)}

    meanings = {x: "input" for x in xs} | {"dy": "gradient that comes in", **formulas}
    text = "; ".join(f"{key} = {formula}" for key, formula in formulas.items())
    return Case(*(name, "layer", text, {}, meanings.get, draw, run), subject=kind)


def embedding(classes: int = 4, units: int = 3) -> Case:
    """A label occurs twice, and one not at all."""

    def draw(rng: np.random.Generator) -> Arrays:
        labels = np.array([2, 0, 2, 1, 0, 2])
        dy = normal(rng, len(labels), units)
        return {"x": labels, "W": normal(rng, classes, units), "dy": dy}

    def run(given: Arrays) -> Arrays:
        layer = layers.Embedding(classes, units, dtype=np.float64)
        layer.W.value[...] = given["W"]
        y = layer.forward(given["x"])
        layer.backward(given["dy"])
        return {"y": y, "dW": layer.W.grad}

    formulas = {
        "y": "row x[n] of W, at [n]",
        "dW": "the sum of dy[n] over all n with x[n] = c, at [c]",
    }
    meanings = {
        "x": "labels",
        "W": "a vector for each label",
        "dy": "gradient coming in",
    }
    meanings |= formulas
    text = "; ".join(f"{key} = {formula}" for key, formula in formulas.items())
    return Case(
        *("embedding", "layer", text, {}, meanings.get, draw, run),
        subject=layers.Embedding,
    )
