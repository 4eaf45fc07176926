"""A layer that learns one row and looks at nothing."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import initializers, primitives, validate
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer, Shape


@LAYERS.register(Example({"inputs": 6, "units": 4}, shape=(5, 6)))
class LearnedConstant(Layer):
    """The same row for every x, and this row is learned.

        y = b        db = sum over the batch of dy        dx = 0

    As a generator it makes one point, theta = b, whatever z is: the generator of the
    Dirac-GAN (Mescheder et al. 2018).

    inputs, units: features in and out, integers >= 1.
    initializer: see `minigan.initializers`.
    rng: numpy Generator or a seed.  dtype: float32 or float64.
    Shapes: x (N, inputs), y (N, units), b (units,).
    Errors: ArgumentError, DTypeError for arguments out of range.
    """

    def __init__(
        self,
        inputs: int,
        units: int,
        initializer: Any = "zeros",
        *,
        rng: validate.RandomLike = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = "LearnedConstant"
        self.inputs = validate.integer(where, "inputs", inputs, most=2**31)
        self.units = validate.integer(where, "units", units, most=2**31)
        self.dtype = validate.float_type(where, dtype)
        self.initializer = initializer
        rng = validate.random_generator(where, rng)
        b = initializers.initialize(
            where, "initializer", initializer, (self.units,), rng, self.dtype
        )
        self.b = self.add_parameter("b", b)
        self.input_shape = (self.inputs,)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        return primitives.dense_forward(self._nothing(len(x), 1), *self._row()), len(x)

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not self.is_frozen:
            primitives.accumulate(primitives.dense_db(dy), self.b.grad)
        return self._nothing(cache, self.inputs) if need_dx else None

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return self._nothing(cache, self.units)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None

    def _row(self) -> tuple[Array, Array]:
        """A kernel of zeros, (1, units), and b."""
        return self._nothing(1, self.units), self.b.value

    def _nothing(self, rows: int, features: int) -> Array:
        """Zeros: (rows, features)"""
        return primitives.full(rows, features, 0.0, dtype=self.b.value.dtype)

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return (self.units,)
