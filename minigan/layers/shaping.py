"""Layers that only change the shape of an example; the numbers stay in place."""

from collections.abc import Sequence
from math import prod
from typing import Any

from .. import validate
from ..errors import ShapeError
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer, Shape


@LAYERS.register(Example(shape=(5, 2, 3)))
class Flatten(Layer):
    """Each example becomes one row of features: (N, a, b, ...) -> (N, a b ...)."""

    bounds = None

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        return x.reshape(len(x), -1), x.shape

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        return dy.reshape(cache) if need_dx else None

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return t.reshape(len(t), -1)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return None if shape is None else (prod(shape),)


@LAYERS.register(Example({"target_shape": (2, 3)}, shape=(5, 6)))
class Reshape(Layer):
    """Each example takes the given shape: (N, features) -> (N, *target_shape).

    target_shape: a tuple of integers >= 1, for example (28, 28, 1).
    Errors: ShapeError where an example has another number of elements.
    """

    bounds = None

    def __init__(self, target_shape: Sequence[int]) -> None:
        self.target_shape = validate.sizes("Reshape", "target_shape", target_shape)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        self.output_shape(x.shape[1:])
        return x.reshape(len(x), *self.target_shape), x.shape

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        return dy.reshape(cache) if need_dx else None

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return t.reshape(len(t), *self.target_shape)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None

    def output_shape(self, shape: Shape | None) -> Shape | None:
        if shape is not None and prod(shape) != prod(self.target_shape):
            raise ShapeError(
                f"Reshape.forward: argument 'x': expected {prod(self.target_shape)} "
                f"elements an example for {self.target_shape}, got {prod(shape)}"
            )
        return self.target_shape
