"""Activations: each output depends on the one input at its place.  Any shape."""

import math
from typing import Any

from .. import primitives, validate
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer


class Activation(Layer):
    """Base of activations.  Every number has a slope of its own, so J is J^T.

    A curved one, whose slopes move with x, defines `curvature_pass` anew.
    """

    def tangent_pass(self, t: Array, cache: Any) -> Any:
        return self.backward_pass(t, cache, True)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> Any:
        return None  # straight lines between the kinks


@LAYERS.register(Example(shape=(5, 6)))
class ReLU(Activation):
    """The rectifier: y = max(x, 0), dx = dy where x > 0, else 0.

    At x = 0 the derivative is 0.  NaN passes through instead of becoming 0.
    """

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y = primitives.relu_forward(x)
        return y, y

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        return primitives.relu_backward(dy, cache) if need_dx else None


@LAYERS.register(Example({"negative_slope": 0.2}, shape=(5, 6)))
class LeakyReLU(Activation):
    """The rectifier that leaks: y = x where x > 0, else negative_slope * x.

        dx = dy where x > 0, else negative_slope * dy

    negative_slope: finite float >= 0, default 0.3 as in Keras' layer.  At x = 0 the
    derivative is `negative_slope`.  Source: Maas et al. 2013.
    """

    def __init__(self, negative_slope: float = 0.3) -> None:
        self.negative_slope = validate.number(
            "LeakyReLU", "negative_slope", negative_slope, least=0
        )

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y = primitives.leaky_relu_forward(x, self.negative_slope)
        return y, y

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        return primitives.leaky_relu_backward(dy, cache, self.negative_slope)


@LAYERS.register(
    Example({"max_value": 1.0, "negative_slope": 0.1, "threshold": 0.2}, shape=(5, 6))
)
class ClippedReLU(Activation):
    """The rectifier with all of Keras' options.

        y  = min(x, max_value) where x > threshold, else negative_slope (x - threshold)
        dx = dy where threshold < x < max_value, 0 where x >= max_value > threshold,
             else negative_slope * dy

    max_value: >= 0, or None for no bound.  negative_slope, threshold: finite, >= 0,
    default 0.  `ClippedReLU(6.0)` is known as ReLU6.
    """

    def __init__(
        self,
        max_value: float | None = None,
        negative_slope: float = 0.0,
        threshold: float = 0.0,
    ) -> None:
        where = "ClippedReLU"
        if max_value is not None:
            max_value = validate.number(where, "max_value", max_value, least=0)
        self.max_value = max_value
        self.negative_slope = validate.number(
            where, "negative_slope", negative_slope, least=0
        )
        self.threshold = validate.number(where, "threshold", threshold, least=0)
        limit = math.inf if max_value is None else max_value
        self._numbers = self.negative_slope, self.threshold, limit

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        return primitives.clipped_relu_forward(x, *self._numbers), x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        return primitives.clipped_relu_backward(dy, cache, *self._numbers)


@LAYERS.register(Example(shape=(5, 6)))
class Sigmoid(Activation):
    """The logistic function: y = 1 / (1 + exp(-x)), dx = dy y (1 - y)."""

    bounds = 0.0, 1.0

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y = primitives.sigmoid_forward(x)
        return y, y

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        return primitives.sigmoid_backward(dy, cache) if need_dx else None

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> Any:
        return primitives.sigmoid_curvature(dy, t, cache) if need_dx else None


@LAYERS.register(Example(shape=(5, 6)))
class Tanh(Activation):
    """The hyperbolic tangent: y = tanh x, dx = dy (1 - y^2)."""

    bounds = -1.0, 1.0

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y = primitives.tanh_forward(x)
        return y, y

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        return primitives.tanh_backward(dy, cache) if need_dx else None

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> Any:
        return primitives.tanh_curvature(dy, t, cache) if need_dx else None
