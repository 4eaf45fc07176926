"""The rectifier whose slopes are learned."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import initializers, primitives, validate
from ..registry import Example
from .base import LAYERS, Array, Layer


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

    features: D slopes, one for each feature.
    alpha_initializer: see `minigan.initializers`; default zeros.
    positions: P, integer >= 1: of an image (H, W, C), features = C and positions = H W
    share a slope among all pixels of a channel.
    rng: numpy Generator or a seed, for an initialiser that draws.
    Shapes: x, y (N, P D), alpha (D,).
    Source: He et al. 2015.
    """

    def __init__(
        self,
        features: int,
        alpha_initializer: Any = "zeros",
        *,
        positions: int = 1,
        rng: validate.RandomLike = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = "PReLU"
        self.features = validate.integer(where, "features", features, most=2**31)
        self.positions = validate.integer(where, "positions", positions, most=2**31)
        self.dtype = validate.float_type(where, dtype)
        self.alpha_initializer = alpha_initializer
        rng = validate.random_generator(where, rng)
        alpha = initializers.initialize(
            where,
            "alpha_initializer",
            alpha_initializer,
            (self.features,),
            rng,
            self.dtype,
        )
        self.alpha = self.add_parameter("alpha", alpha)
        self.input_shape = (self.positions * self.features,)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        rows = x.reshape(-1, self.features)
        return primitives.prelu_forward(rows, self.alpha.value).reshape(x.shape), x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        self._learn(dy, cache, cache)
        return self.tangent_pass(dy, cache) if need_dx else None  # J is J^T

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        rows, x = t.reshape(-1, self.features), cache.reshape(-1, self.features)
        return primitives.prelu_backward(rows, x, self.alpha.value).reshape(t.shape)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        self._learn(dy, t, cache)

    def _learn(self, dy: Array, t: Array, x: Array) -> None:
        """dalpha += sum of dy t, where x <= 0"""
        if not self.is_frozen:
            dy, t, x = (v.reshape(-1, self.features) for v in (dy, t, x))
            total = primitives.prelu_dalpha(dy, t, x)
            primitives.accumulate(total, self.alpha.grad)
