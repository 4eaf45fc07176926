"""Noise on what passes through, in training only."""

from typing import Any

import numpy as np

from .. import primitives, validate
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer


@LAYERS.register(
    Example({"stddev": 0.3}, shape=(5, 6), note="training"),
    Example({"stddev": 0.3}, (5, 6), {"training": False}, note="inference"),
)
class GaussianNoise(Layer):
    """When training, add noise: y = x + stddev z, z ~ N(0, 1); dx = dy.

    stddev: finite, >= 0.  rng: numpy Generator or a seed.
    """

    def __init__(self, stddev: float, *, rng: validate.RandomLike = 0) -> None:
        self.stddev = validate.number("GaussianNoise", "stddev", stddev, least=0)
        self.rng = validate.random_generator("GaussianNoise", rng)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        if not training:
            return x, None
        kind = x.real.dtype
        z = primitives.standard_normal(self.rng, len(x), x[0].size, dtype=kind)
        if np.iscomplexobj(x):
            z = z.astype(x.dtype)
        return primitives.add_scaled(x, z.reshape(x.shape), self.stddev), None

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        return dy if need_dx else None

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return t

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None
