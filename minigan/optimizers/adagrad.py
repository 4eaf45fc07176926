"""Adagrad, and what became of it: steps divided by the root of squared gradients."""

from typing import Any

from .. import primitives, validate
from ..registry import Example
from .base import OPTIMIZERS, Array, Optimizer


@OPTIMIZERS.register(Example({"learning_rate": 0.1}))
class Adagrad(Optimizer):
    """Gradient descent whose steps become smaller where there was much to learn.

        square = square + dtheta^2
        theta  = theta - learning_rate dtheta / sqrt(initial + square + epsilon)

    learning_rate: > 0, default 1e-3.  epsilon: >= 1e-30, default 1e-7.
    initial_accumulator_value: `initial`, >= 0, default 0.1.  (Keras counts it to the
    square from the start.)
    options: clips and weight_decay, see `Optimizer`.  Source: Duchi et al. 2011.
    """

    vector_names = ("square",)

    def __init__(
        self,
        learning_rate: float = 1e-3,
        initial_accumulator_value: float = 0.1,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.initial_accumulator_value = validate.number(
            "Adagrad", "initial_accumulator_value", initial_accumulator_value, least=0
        )
        self.epsilon = validate.number("Adagrad", "epsilon", epsilon, least=1e-30)

    def update(
        self, theta: Array, dtheta: Array, square: Array, schedule: Array
    ) -> None:
        offset = self.initial_accumulator_value + self.epsilon
        primitives.adagrad_update(
            theta, dtheta, square, schedule, offset, self.overflow
        )


@OPTIMIZERS.register(
    Example({"learning_rate": 0.01}),
    Example({"learning_rate": 0.01, "momentum": 0.9}, note="momentum"),
)
class RMSprop(Optimizer):
    """Gradient descent with steps of about one size, whatever the gradient's.

        square   = rho square + (1 - rho) dtheta^2
        velocity = momentum velocity + learning_rate dtheta / sqrt(square + epsilon)
        theta    = theta - velocity

    epsilon stands inside the root, as in Keras (PyTorch adds it behind).

    learning_rate: > 0, default 1e-3.  rho, momentum: in [0, 1), defaults 0.9 and 0.
    epsilon: >= 1e-30, default 1e-7.  options: clips and weight_decay, see `Optimizer`.
    Source: Hinton 2012, lecture 6e.
    """

    vector_names = ("square", "velocity")

    def __init__(
        self,
        learning_rate: float = 1e-3,
        rho: float = 0.9,
        momentum: float = 0.0,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        where = "RMSprop"
        self.rho = validate.number(where, "rho", rho, least=0, below=1)
        self.momentum = validate.number(where, "momentum", momentum, least=0, below=1)
        self.epsilon = validate.number(where, "epsilon", epsilon, least=1e-30)

    def update(
        self,
        theta: Array,
        dtheta: Array,
        square: Array,
        velocity: Array,
        schedule: Array,
    ) -> None:
        primitives.rmsprop_update(
            theta,
            dtheta,
            square,
            velocity,
            schedule,
            self.rho,
            self.momentum,
            self.epsilon,
            self.overflow,
        )


@OPTIMIZERS.register(Example({"learning_rate": 1.0}))
class Adadelta(Optimizer):
    """Steps in the unit of theta: as long as the last ones, by how the gradient grew.

        square = rho square + (1 - rho) dtheta^2
        step   = dtheta sqrt(moved + epsilon) / sqrt(square + epsilon)
        moved  = rho moved + (1 - rho) step^2
        theta  = theta - learning_rate step

    learning_rate: > 0, default 1e-3 as in Keras; 1 in the paper.  rho: in [0, 1),
    default 0.95.  epsilon: >= 1e-30, default 1e-7.
    options: clips and weight_decay, see `Optimizer`.  Source: Zeiler 2012, algorithm 1.
    """

    vector_names = ("square", "moved")

    def __init__(
        self,
        learning_rate: float = 1e-3,
        rho: float = 0.95,
        epsilon: float = 1e-7,
        **options: Any,
    ) -> None:
        super().__init__(learning_rate, **options)
        self.rho = validate.number("Adadelta", "rho", rho, least=0, below=1)
        self.epsilon = validate.number("Adadelta", "epsilon", epsilon, least=1e-30)

    def update(
        self, theta: Array, dtheta: Array, square: Array, moved: Array, schedule: Array
    ) -> None:
        numbers = self.rho, self.epsilon
        primitives.adadelta_update(
            theta, dtheta, square, moved, schedule, *numbers, self.overflow
        )
