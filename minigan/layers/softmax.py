"""Softmax: scores become probabilities."""

from typing import Any

import numpy as np

from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer


@LAYERS.register(Example(shape=(5, 6)))
class Softmax(Layer):
    """Each row of scores becomes probabilities that add up to 1.

        y  = exp(x - max x) / sum_j exp(x_j - max x)        over the last axis
        dx = y (dy - sum_j dy_j y_j)

    Plain NumPy, so a step with this layer in it is not captured.  Where a classifier
    is trained, use `SoftmaxCrossEntropy` on the scores and leave this layer out.
    Shapes: x, y (N, ..., C).
    """

    bounds = 0.0, 1.0

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        top = x.real.max(axis=-1, keepdims=True)  # a constant: it cancels
        with np.errstate(over="ignore"):  # exp(-inf) is 0, as it should be
            e = np.exp(x - top)
        y = e / e.sum(axis=-1, keepdims=True)
        return y, y

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        y = cache
        return y * (dy - (dy * y).sum(axis=-1, keepdims=True)) if need_dx else None

    def tangent_pass(self, t: Array, cache: Any) -> Any:
        return self.backward_pass(t, cache, True)  # J is symmetric

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> Any:
        if not need_dx:
            return None
        y = cache
        mean_t, mean_dy = (
            (v * y).sum(axis=-1, keepdims=True)
            for v in (t, dy)  # sum_j v_j y_j
        )
        # dy . J t = sum_i dy_i y_i (t_i - mean_t), first by y, and from there by x
        return self.backward_pass(dy * (t - mean_t) - t * mean_dy, cache, True)
