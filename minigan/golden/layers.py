"""The cases of single layers: forward, backward, statistics."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import nullcontext
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import layers
from ..state import Arrays
from .case import Case, normal

ROWS = 5
SCALE_AND_SHIFT = {
    "gamma": "scale",
    "beta": "shift",
    "moving_mean": "moving mean",
    "moving_var": "moving variance",
}
SINGULAR = {"u": "estimate of a singular vector"}
SLOPES = {"alpha": "slope of each feature"}
PARAMETERS = {"W": "kernel", "b": "bias", **SCALE_AND_SHIFT, **SINGULAR, **SLOPES}
NORMALISED = "xhat = (x - mean) rstd, rstd = 1 / sqrt(var + epsilon)"
MOVED = {
    f"new_moving_{name}": f"momentum moving_{name} + (1 - momentum) {name}"
    for name in ("mean", "var")
}
SUMS = {"dgamma": "sum over rows of dy xhat", "dbeta": "sum over rows of dy"}
THROUGH_THE_BATCH = (
    "rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat)), dxhat = dy gamma, "
    "means over rows"
)
SCALED = f"gamma xhat + beta, {NORMALISED}"
BY_BATCH = {
    "y": f"{SCALED}, mean and biased var of the batch",
    "dx": THROUGH_THE_BATCH,
    **SUMS,
    **MOVED,
}
BY_MOVING = {
    "y": f"{SCALED}, with the moving mean and var",
    "dx": "dy gamma rstd",
    **SUMS,
}


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    yield case(
        "dense",
        lambda: layers.Dense(4, 3, dtype=np.float64),
        (4,),
        {
            "y": "x W + b",
            "dx": "dy W^T",
            "dW": "x^T dy",
            "db": "sum over rows of dy",
        },
    )
    yield case(
        "dense-frozen",
        lambda: layers.Dense(4, 3, dtype=np.float64),
        (4,),
        {"y": "x W + b", "dx": "dy W^T"},
        frozen=True,
        note="frozen: no gradients of W and b, and dx all the same",
    )
    yield case("relu", layers.ReLU, (4,), {"y": "max(x, 0)", "dx": "dy where x > 0"})
    yield case(
        "leaky-relu",
        lambda: layers.LeakyReLU(0.2),
        (4,),
        {
            "y": "x where x > 0, else slope x",
            "dx": "dy where x > 0, else slope dy",
        },
        {"slope": 0.2},
    )
    yield case(
        "clipped-relu",
        lambda: layers.ClippedReLU(1.5, 0.2, 0.5),
        (4,),
        {
            "y": "min(x, max_value) where x > threshold, else slope (x - threshold)",
            "dx": "dy where threshold < x < max_value, 0 where x >= max_value, "
            "else slope dy",
        },
        {"max_value": 1.5, "slope": 0.2, "threshold": 0.5},
        note="y jumps at the threshold",
        x=np.array([[-2.0, -0.4, 0.3, 0.7], [1.2, 1.9, 6.5, 0.1], [0.9, 3.0, -7.0, 1]]),
    )
    sigmoid = {"y": "1 / (1 + exp(-x))", "dx": "dy y (1 - y)"}
    yield case("sigmoid", layers.Sigmoid, (4,), sigmoid)
    yield case(
        "sigmoid-saturated",
        layers.Sigmoid,
        (4,),
        sigmoid,
        note="inputs up to +-800: nothing may overflow",
        x=np.array([[-800.0, 800.0, -30.0, 30.0], [-2.0, 3.0, -9.0, 12.0]]),
    )
    yield case("tanh", layers.Tanh, (4,), {"y": "tanh x", "dx": "dy (1 - y^2)"})
    yield case(
        "softmax",
        layers.Softmax,
        (4,),
        {"y": "exp(x) / sum_j exp(x_j)", "dx": "y (dy - sum_j dy_j y_j)"},
        note="over the last axis",
    )
    flat = {"y": "x, row-major, in another shape", "dx": "dy in the shape of x"}
    yield case("flatten", layers.Flatten, (2, 3), flat)
    yield case("reshape", lambda: layers.Reshape((3, 2)), (6,), flat, {"shape": [3, 2]})
    yield dropout()
    yield from batch_normalisation()


def batch_normalisation() -> Iterator[Case]:
    """Batch statistics, moving ones, and frozen: three different backward passes."""
    options = {"momentum": 0.8, "epsilon": 1e-3}
    frozen = {
        "y": BY_BATCH["y"],
        "dx": BY_BATCH["dx"],
        "new_moving_mean": "moving_mean, unchanged",
        "new_moving_var": "moving_var, unchanged",
    }
    modes: tuple[tuple[str, dict[str, str], dict[str, Any]], ...] = (
        ("batchnorm-training", BY_BATCH, {"training": True}),
        ("batchnorm-inference", BY_MOVING, {}),
        ("batchnorm-frozen", frozen, {"training": True, "frozen": True}),
    )
    for name, formulas, switches in modes:
        yield case(
            name,
            lambda: layers.BatchNorm(4, 0.8, 1e-3, dtype=np.float64),
            (4,),
            formulas,
            options,
            **switches,
        )
    yield moving_statistics()


def _arrays(layer: layers.Layer) -> list[Any]:
    """Parameters, then running statistics."""
    return [*layer.parameters, *layer.statistics]


def case(
    name: str,
    make: Callable[[], layers.Layer],
    shape: tuple[int, ...],
    formulas: Mapping[str, str],
    options: Mapping[str, Any] | None = None,
    *,
    training: bool = False,
    frozen: bool = False,
    note: str = "",
    x: NDArray[Any] | None = None,
) -> Case:
    """A layer with random parameters; formulas: of the expected arrays, in order.

    shape: of one example.   x: the input, where it is not to be drawn.
    """

    def draw(rng: np.random.Generator) -> Arrays:
        layer = make()
        given = {"x": normal(rng, ROWS, *shape) if x is None else x}
        for array in _arrays(layer):
            value = normal(rng, *array.value.shape)
            positive = array.name in ("gamma", "moving_var")
            given[array.name] = 0.5 + np.abs(value) if positive else value
        rows = len(given["x"])
        given["dy"] = normal(rng, rows, *layer.output_shape(tuple(shape)))
        return given

    def run(given: Arrays) -> Arrays:
        layer = make()
        for array in _arrays(layer):
            array.value[...] = given[array.name]
        with layer.frozen() if frozen else nullcontext():
            y = layer.forward(given["x"], training=training)
            dx = layer.backward(given["dy"])
        found = {"y": y, "dx": dx}
        found |= {f"d{p.name}": p.grad for p in layer.parameters}
        found |= {f"new_{s.name}": s.value for s in layer.statistics}
        return {name: found[name] for name in formulas}

    meanings = {"x": "input", "dy": "gradient that comes in", **PARAMETERS, **formulas}
    text = "; ".join(f"{key} = {formula}" for key, formula in formulas.items())
    text = f"{note}: {text}" if note else text
    return Case(
        *(name, "layer", text, options or {}, meanings.get, draw, run),
        subject=type(make()),
    )


def dropout(rate: float = 0.4, seed: int = 11) -> Case:
    """The mask comes from draws that the file holds, since generators differ."""

    def draw(rng: np.random.Generator) -> Arrays:
        drawn = np.random.default_rng(seed).random((ROWS, 4))
        return {"x": normal(rng, ROWS, 4), "u": drawn, "dy": normal(rng, ROWS, 4)}

    def run(given: Arrays) -> Arrays:
        layer = layers.Dropout(rate, rng=seed)
        y = layer.forward(given["x"], training=True)
        return {"y": y, "dx": layer.backward(given["dy"])}

    meanings = {
        "x": "input",
        "u": f"uniform draws, the first of NumPy's default_rng({seed})",
        "dy": "gradient that comes in",
        "y": "x mask",
        "dx": "dy mask",
    }
    text = "y = x mask; dx = dy mask; mask = [u >= rate] / (1 - rate)"
    options = {"rate": rate}
    return Case(
        *("dropout", "layer", text, options, meanings.get, draw, run),
        subject=layers.Dropout,
    )


def moving_statistics(batches: int = 10) -> Case:
    """How the moving statistics follow ten different batches."""

    def draw(rng: np.random.Generator) -> Arrays:
        drift = np.linspace(0, 2, batches)[:, None, None]
        return {"x": (1 + drift) * normal(rng, batches, ROWS, 4) + drift}

    def run(given: Arrays) -> Arrays:
        layer = layers.BatchNorm(4, 0.8, 1e-3, dtype=np.float64)
        means, variances = [], []
        for x in given["x"]:
            layer.forward(x, training=True)
            means.append(layer.moving_mean.value.copy())
            variances.append(layer.moving_var.value.copy())
        return {
            "moving_mean": np.array(means),
            "moving_var": np.array(variances),
            "y": layer.predict(given["x"][-1]),
        }

    meanings = {
        "x": "ten batches, one after the other",
        "moving_mean": "after each batch; 0 before the first",
        "moving_var": "after each batch; 1 before the first; the batch's is biased",
        "y": "the last batch in inference, gamma = 1 and beta = 0",
    }
    text = "moving = momentum moving + (1 - momentum) batch; then inference"
    return Case(
        "batchnorm-moving",
        "layer",
        text,
        {"momentum": 0.8, "epsilon": 1e-3},
        meanings.get,
        draw,
        run,
        subject=layers.BatchNorm,
    )
