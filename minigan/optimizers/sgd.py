"""Gradient descent, with momentum and with Nesterov's."""

from typing import Any

from .. import primitives, validate
from ..registry import Example
from .base import OPTIMIZERS, Array, Optimizer


@OPTIMIZERS.register(
    Example({"learning_rate": 0.1}),
    Example({"learning_rate": 0.1, "momentum": 0.9}, note="momentum"),
)
class SGD(Optimizer):
    """Gradient descent with momentum.

        velocity = momentum velocity - learning_rate dtheta
        theta    = theta + velocity

    learning_rate: > 0.  momentum: 0 <= momentum < 1, default 0.
    options: clips and weight_decay, see `Optimizer`.
    """

    vector_names = ("velocity",)

    def __init__(
        self, learning_rate: float = 0.01, momentum: float = 0.0, **options: Any
    ) -> None:
        super().__init__(learning_rate, **options)
        where = type(self).__name__
        self.momentum = validate.number(where, "momentum", momentum, least=0, below=1)

    def update(
        self, theta: Array, dtheta: Array, velocity: Array, schedule: Array
    ) -> None:
        primitives.sgd_update(
            theta, dtheta, velocity, schedule, self.momentum, self.overflow
        )


@OPTIMIZERS.register(Example({"learning_rate": 0.1, "momentum": 0.9}))
class Nesterov(SGD):
    """Gradient descent with momentum that looks ahead by one more step.

        velocity = momentum velocity - learning_rate dtheta
        theta    = theta + momentum velocity - learning_rate dtheta

    Arguments as for `SGD`.  Source: Sutskever et al. 2013, section 2, in the form of
    Keras and PyTorch, where theta is the place that is looked ahead to.
    """

    def update(
        self, theta: Array, dtheta: Array, velocity: Array, schedule: Array
    ) -> None:
        primitives.nesterov_update(
            theta, dtheta, velocity, schedule, self.momentum, self.overflow
        )
