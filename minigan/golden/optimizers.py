"""The cases of optimizers: trajectories of one vector under given gradients."""

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..layers import Layer
from ..network import Sequential
from ..optimizers import (
    SGD,
    Adadelta,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    AMSGrad,
    Nadam,
    Nesterov,
    Optimizer,
    RMSprop,
)
from ..state import Arrays
from .case import Case, normal

STEPS, SIZE = 12, 8
OPTIONS: dict[str, Any] = {
    "learning_rate": 0.01,
    "beta_1": 0.5,
    "beta_2": 0.99,
    "epsilon": 1e-7,
}
ADAM = (
    "m = beta_1 m + (1 - beta_1) g; v = beta_2 v + (1 - beta_2) g^2; "
    "w = w - alpha m / (sqrt(v) + {epsilon}), "
    "alpha = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t), t = 1, 2, ..."
)


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    for form, text in (
        ("keras", "epsilon"),
        ("pytorch", "epsilon sqrt(1 - beta_2^t)"),
    ):
        yield case(
            f"adam-{form}",
            partial(Adam, **OPTIONS, epsilon_form=form),
            ADAM.format(epsilon=text),
            OPTIONS,
        )
    sgd: dict[str, Any] = {"learning_rate": 0.1, "momentum": 0.9}
    yield case(
        "sgd",
        partial(SGD, **sgd),
        "velocity = momentum velocity - learning_rate g; w = w + velocity",
        sgd,
    )
    for name, momentum in (("rmsprop", 0.0), ("rmsprop-momentum", 0.9)):
        rms: dict[str, Any]
        rms = {"learning_rate": 0.01, "rho": 0.8, "momentum": momentum, "epsilon": 1e-7}
        yield case(
            name,
            partial(RMSprop, **rms),
            "square = rho square + (1 - rho) g^2; velocity = momentum velocity + "
            "learning_rate g / sqrt(square + epsilon); w = w - velocity",
            rms,
        )


def relatives() -> Iterator[Case]:
    """Those of Adam's family that stand at the end of the file."""
    decay = {**OPTIONS, "weight_decay": 0.1}
    yield case(
        "adamw",
        partial(AdamW, **decay),
        "w = w - learning_rate weight_decay w; then m, v and w as in adam-keras",
        decay,
    )
    yield case(
        "adamax",
        partial(Adamax, **OPTIONS),
        "m = beta_1 m + (1 - beta_1) g; u = max(beta_2 u, |g|); "
        "w = w - learning_rate / (1 - beta_1^t) m / (u + epsilon), t = 1, 2, ...",
        OPTIONS,
    )
    yield case(
        "nadam",
        partial(Nadam, **OPTIONS),
        "m and v as in adam-keras; mu_t = beta_1 (1 - 0.96^t / 2), "
        "M_t = mu_1 ... mu_t; mhat = mu_{t+1} m / (1 - M_{t+1}) + "
        "(1 - mu_t) g / (1 - M_t); "
        "w = w - learning_rate mhat / (sqrt(v / (1 - beta_2^t)) + epsilon), "
        "t = 1, 2, ...",
        OPTIONS,
    )
    start: dict[str, Any] = {
        "learning_rate": 0.1,
        "initial_accumulator_value": 0.1,
        "epsilon": 1e-7,
    }
    yield case(
        "adagrad",
        partial(Adagrad, **start),
        "square = square + g^2; "
        "w = w - learning_rate g / sqrt(initial_accumulator_value + square + epsilon)",
        start,
    )
    looking: dict[str, Any] = {"learning_rate": 0.1, "momentum": 0.9}
    yield case(
        "nesterov",
        partial(Nesterov, **looking),
        "velocity = momentum velocity - learning_rate g; "
        "w = w + momentum velocity - learning_rate g",
        looking,
    )
    yield case(
        "amsgrad",
        partial(AMSGrad, **OPTIONS),
        "m and v as in adam-keras; most = max(most, v); w = w - alpha m / (sqrt(most) "
        "+ epsilon), alpha as in adam-keras",
        OPTIONS,
    )
    unit: dict[str, Any] = {"learning_rate": 1.0, "rho": 0.9, "epsilon": 1e-6}
    yield case(
        "adadelta",
        partial(Adadelta, **unit),
        "square = rho square + (1 - rho) g^2; "
        "step = g sqrt(moved + epsilon) / sqrt(square + epsilon); "
        "moved = rho moved + (1 - rho) step^2; w = w - learning_rate step",
        unit,
    )


class Vector(Layer):
    """Nothing but a parameter, to be stepped."""

    def __init__(self, value: NDArray[Any]) -> None:
        self.dtype = value.dtype
        self.w = self.add_parameter("w", value)


def case(
    name: str,
    make: Callable[[], Optimizer],
    formula: str,
    options: Mapping[str, Any],
) -> Case:
    """w and the optimizer's vectors after each of the steps."""

    def draw(rng: np.random.Generator) -> Arrays:
        size = 10.0 ** np.linspace(-9, 1, SIZE)  # epsilon shows in the small ones
        gradients = size * normal(rng, STEPS, SIZE)
        gradients[3:6, 2] = 0
        return {"w": normal(rng, SIZE), "g": gradients}

    def run(given: Arrays) -> Arrays:
        vector, optimizer = Vector(given["w"]), make()
        network = Sequential([vector])
        rows: dict = {}
        for g in given["g"]:
            vector.w.grad[...] = g
            optimizer.step(network)
            state = optimizer.vectors(network)
            for key, array in {"new_w": vector.w.value, **state}.items():
                rows.setdefault(key, []).append(array[:SIZE].copy())
        return {key: np.array(value) for key, value in rows.items()}

    meanings = {
        "w": "start",
        "g": f"gradients of {STEPS} steps, one a row",
        "new_w": "w after each step",
        "m": "after each step; 0 before the first",
        "v": "after each step; 0 before the first",
        "u": "after each step; 0 before the first",
        "last": "step after each step; 0 before the first",
        "square": "after each step; 0 before the first",
        "most": "after each step; 0 before the first",
        "moved": "after each step; 0 before the first",
        "velocity": "after each step; 0 before the first",
    }
    return Case(
        *(name, "optimizer", formula, options, meanings.get, draw, run),
        subject=type(make()),
    )
