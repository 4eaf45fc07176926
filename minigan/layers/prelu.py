"""The rectifier whose slopes are learned."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import initializers, primitives, validate
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer


@LAYERS.register(
    Example({"features": 6, "alpha_initializer": "he_normal"}, shape=(5, 6)),
    Example(
        {"features": 2, "alpha_initializer": "he_normal", "positions": 3},
        (5, 6),
        note="of images",
    ),
)
class PReLU(Layer):
    """The rectifier that leaks as it learns to: y = x where x > 0, else alpha x.

        dx = dy where x > 0, else alpha dy
        dalpha = sum of dy x over the batch, where x <= 0

    features: D slopes, one for each feature; or the sizes of their array.
    alpha_initializer: see `minigan.initializers`; default zeros.
    positions: P, integer >= 1: of an image (H, W, C), features = C and positions = H W
    share a slope among all pixels of a channel.
    rng: numpy Generator or a seed, for an initialiser that draws.
    Shapes: x, y (N, P D), alpha (D,).
    Source: He et al. 2015.
    """

    pytorch_names = {"alpha": "weight"}

    def __init__(
        self,
        features: int | Sequence[int],
        alpha_initializer: Any = "zeros",
        *,
        positions: int = 1,
        rng: validate.RandomLike = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = "PReLU"
        several = isinstance(features, (tuple, list))
        given = features if isinstance(features, (tuple, list)) else (features,)
        sizes = validate.sizes(where, "features", given, most=2**31)
        self.features = sizes if several else sizes[0]
        self.positions = validate.integer(where, "positions", positions, most=2**31)
        self.dtype = validate.float_type(where, dtype)
        self.alpha_initializer = alpha_initializer
        rng = validate.random_generator(where, rng)
        alpha = initializers.initialize(
            where,
            "alpha_initializer",
            alpha_initializer,
            sizes,
            rng,
            self.dtype,
        )
        self.alpha = self.add_parameter("alpha", alpha)
        self._count = prod(sizes)
        self.input_shape = (self.positions * self._count,)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        rows, alpha = x.reshape(-1, self._count), self.alpha.value.reshape(-1)
        return primitives.prelu_forward(rows, alpha).reshape(x.shape), x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        self._learn(dy, cache, cache)
        return self.tangent_pass(dy, cache) if need_dx else None  # J is J^T

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        rows, x = t.reshape(-1, self._count), cache.reshape(-1, self._count)
        alpha = self.alpha.value.reshape(-1)
        return primitives.prelu_backward(rows, x, alpha).reshape(t.shape)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        self._learn(dy, t, cache)

    def _learn(self, dy: Array, t: Array, x: Array) -> None:
        """dalpha += sum of dy t, where x <= 0"""
        if not self.is_frozen:
            dy, t, x = (v.reshape(-1, self._count) for v in (dy, t, x))
            total = primitives.prelu_dalpha(dy, t, x)
            primitives.accumulate(total, self.alpha.grad.reshape(-1))
