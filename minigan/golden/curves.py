"""The cases of curved activations and of the functions that formulas are made of."""

from collections.abc import Iterator
from functools import partial
from typing import Any

import numpy as np

from .. import layers
from ..state import Arrays
from .case import Case, normal
from .layers import ROWS, case

POSITIVE = np.array([[0.1, 0.5, 1.0, 2.5], [0.9, 4.0, 17.0, 0.02]])
SEED = 11  # of the normal draws that the file holds


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    yield case(
        "elu",
        lambda: layers.ELU(0.7),
        (4,),
        {
            "y": "x where x > 0, else alpha (exp(x) - 1)",
            "dx": "dy where x > 0, else dy alpha exp(x)",
        },
        {"alpha": 0.7},
    )
    yield case(
        "selu",
        layers.SELU,
        (4,),
        {
            "y": "scale x where x > 0, else scale alpha (exp(x) - 1)",
            "dx": "dy scale where x > 0, else dy scale alpha exp(x)",
        },
        {"alpha": layers.SELU.ALPHA, "scale": layers.SELU.SCALE},
    )
    sigmoid = "s = 1 / (1 + exp(-x))"
    yield case(
        "softplus",
        layers.Softplus,
        (4,),
        {"y": "log(1 + exp(x))", "dx": f"dy s, {sigmoid}"},
    )
    yield case(
        "softsign",
        layers.Softsign,
        (4,),
        {"y": "x / (1 + |x|)", "dx": "dy / (1 + |x|)^2"},
    )
    yield case(
        "swish",
        layers.Swish,
        (4,),
        {"y": f"x s, {sigmoid}", "dx": "dy s (1 + x (1 - s))"},
    )
    yield case(
        "gelu",
        layers.GELU,
        (4,),
        {
            "y": "x P, P = (1 + erf(x / sqrt(2))) / 2",
            "dx": "dy (P + x exp(-x^2 / 2) / sqrt(2 pi))",
        },
    )
    yield case(
        "gelu-approximate",
        lambda: layers.GELU(True),
        (4,),
        {
            "y": "x (1 + T) / 2, T = tanh(sqrt(2 / pi) (x + 0.044715 x^3))",
            "dx": "dy (1 + T + x (1 - T^2) sqrt(2 / pi) (1 + 0.134145 x^2)) / 2",
        },
    )
    yield case("exponential", layers.Exponential, (4,), {"y": "exp(x)", "dx": "dy y"})
    yield case(
        "hard-sigmoid",
        lambda: layers.HardSigmoid(0.2),
        (4,),
        {
            "y": "slope x + 0.5, but at least 0 and at most 1",
            "dx": "slope dy where 0 < y < 1, else 0",
        },
        {"slope": 0.2},
        x=np.array([[-4.0, -2.0, 0.0, 1.5], [2.0, 4.0, -2.7, 0.3]]),
    )
    yield from functions()
    yield from of_batches()
    yield noise()
    yield gaussian_noise()


def functions() -> Iterator[Case]:
    """Those of one number, and sums."""
    yield case("log", layers.Log, (4,), {"y": "log x", "dx": "dy / x"}, x=POSITIVE)
    yield case(
        "power",
        lambda: layers.Power(-0.5),
        (4,),
        {"y": "x^exponent", "dx": "dy exponent x^(exponent - 1)"},
        {"exponent": -0.5},
        x=POSITIVE,
    )
    yield case("absolute", layers.Absolute, (4,), {"y": "|x|", "dx": "dy sign(x)"})
    yield case(
        "clip",
        lambda: layers.Clip(-0.5, 0.7),
        (4,),
        {
            "y": "x, but at least `least` and at most `most`",
            "dx": "dy where least <= x <= most, else 0",
        },
        {"least": -0.5, "most": 0.7},
        x=np.array([[-2.0, -0.4, 0.3, 0.9], [0.0, 1.5, -0.7, 0.6]]),
    )
    yield case(
        "affine",
        lambda: layers.Affine(0.5, -2.0),
        (4,),
        {"y": "scale x + shift", "dx": "scale dy"},
        {"scale": 0.5, "shift": -2.0},
    )
    yield case(
        "above",
        lambda: layers.Above(0.2),
        (4,),
        {"y": "1 where x > threshold, else 0", "dx": "0"},
        {"threshold": 0.2},
        x=np.array([[-2.0, -0.4, 0.3, 0.9], [0.0, 1.5, -0.7, 0.2]]),
    )
    yield case(
        "sum",
        lambda: layers.Sum(2),
        (2, 3, 2),
        {
            "y": "the sum of x over its last `axes` axes",
            "dx": "dy, the same for all that it sums",
        },
        {"axes": 2},
    )
    yield case(
        "spread",
        lambda: layers.Spread((2, 3)),
        (1,),
        {"y": "x[n], everywhere in y[n]", "dx": "the sum of all dy[n], at [n]"},
        {"shape": [2, 3]},
    )


def of_batches() -> Iterator[Case]:
    """One number of a whole batch."""
    for name, total, y, dx in (
        ("batch-mean", False, "the mean of all x, in every row", "/ (size of x)"),
        ("batch-sum", True, "the sum of all x, in every row", ""),
    ):
        yield case(
            name,
            partial(layers.BatchMean, total),
            (4,),
            {"y": y, "dx": f"(sum over rows of dy) {dx}".strip()},
            {"total": total},
        )


def noise(stddev: float = 0.5) -> Case:
    """The noise comes from draws that the file holds, since generators differ."""

    def run(given: Arrays) -> Arrays:
        layer = layers.Noise((4,), stddev, rng=SEED)
        y = layer.forward(given["x"])
        return {"y": y, "dx": layer.backward(given["dy"])}

    return _with_draws("noise", layers.Noise, run, stddev, {"y": "stddev z", "dx": "0"})


def gaussian_noise(stddev: float = 0.3) -> Case:
    """Likewise, added to x in training."""

    def run(given: Arrays) -> Arrays:
        layer = layers.GaussianNoise(stddev, rng=SEED)
        y = layer.forward(given["x"], training=True)
        return {"y": y, "dx": layer.backward(given["dy"])}

    formulas = {"y": "x + stddev z", "dx": "dy"}
    return _with_draws("gaussian-noise", layers.GaussianNoise, run, stddev, formulas)


def _with_draws(
    name: str, kind: type, run: Any, stddev: float, formulas: dict[str, str]
) -> Case:
    """The case of a layer that adds or multiplies normal draws z."""

    def draw(rng: np.random.Generator) -> Arrays:
        drawn = np.random.default_rng(SEED).standard_normal((ROWS, 4))
        return {"x": normal(rng, ROWS, 4), "z": drawn, "dy": normal(rng, ROWS, 4)}

    meanings = {
        "x": "input",
        "z": f"normal draws, the first of NumPy's default_rng({SEED})",
        "dy": "gradient that comes in",
        **formulas,
    }
    text = "; ".join(f"{key} = {formula}" for key, formula in formulas.items())
    return Case(
        *(name, "layer", text, {"stddev": stddev}, meanings.get, draw, run),
        subject=kind,
    )
