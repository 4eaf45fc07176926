"""Dropout."""

from typing import Any

from .. import primitives, validate
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer


@LAYERS.register(
    Example({"rate": 0.3}, shape=(16, 6), note="training"),
    Example({"rate": 0.3}, (16, 6), {"training": False}, note="inference"),
)
class Dropout(Layer):
    """When training, set each input to 0 with probability `rate`.

        mask = [u >= rate] / (1 - rate), u ~ U[0, 1)      y = x mask      dx = dy mask

    The factor keeps the mean, so inference passes x on unchanged.
    rate: 0 <= rate < 1.  rng: numpy Generator or a seed.  Source: Srivastava 2014.
    """

    def __init__(self, rate: float, *, rng: validate.RandomLike = 0) -> None:
        self.rate = validate.number("Dropout", "rate", rate, least=0, below=1)
        self.rng = validate.random_generator("Dropout", rng)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        if not training:
            return x, None
        y, mask = primitives.dropout_forward(x, self.rng, self.rate)
        return y, mask

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        mask = cache
        if not need_dx:
            return None
        return dy if mask is None else primitives.dropout_backward(dy, mask)

    def tangent_pass(self, t: Array, cache: Any) -> Any:
        return self.backward_pass(t, cache, True)  # the same mask

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None
