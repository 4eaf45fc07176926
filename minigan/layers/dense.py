"""The fully connected layer."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import initializers, primitives, validate
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer, Shape


@LAYERS.register(
    Example({"inputs": 6, "units": 4}, shape=(5, 6)),
    Example({"inputs": 6, "units": 4}, (16, 6), {"frozen": True}, note="frozen"),
    Example({"inputs": 6, "units": 4, "use_bias": False}, (5, 6), note="no bias"),
)
class Dense(Layer):
    """Every output is a weighted sum of all inputs.

        y  = x W + b
        dW = x^T dy        db = sum over the batch of dy        dx = dy W^T

    inputs, units: features in and out, integers >= 1.
    kernel_initializer, bias_initializer: see `minigan.initializers`.
    use_bias: False leaves out b; the attribute `b` is None then.
    rng: numpy Generator (hand the same one to all layers of a network) or a seed.
    dtype: float32 or float64.
    Shapes: x (N, inputs), y (N, units), W (inputs, units), b (units,).
    Errors: ArgumentError, DTypeError for arguments out of range.

    >>> Dense(5, 15, "he_uniform", rng=0).forward(np.ones((2, 5), "float32")).shape
    (2, 15)
    """

    pytorch_axes = {"W": (1, 0)}

    def __init__(
        self,
        inputs: int,
        units: int,
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        *,
        use_bias: bool = True,
        rng: validate.RandomLike = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.inputs = validate.integer("Dense", "inputs", inputs, most=2**31)
        self.units = validate.integer("Dense", "units", units, most=2**31)
        self.dtype = validate.float_type("Dense", dtype)
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        rng = validate.random_generator("Dense", rng)
        self.W = self.add_parameter(
            "W",
            initializers.initialize(
                "Dense",
                "kernel_initializer",
                kernel_initializer,
                (self.inputs, self.units),
                rng,
                self.dtype,
            ),
        )
        self.use_bias = validate.flag("Dense", "use_bias", use_bias)
        of_bias = "Dense", "bias_initializer", bias_initializer
        initializers.known(*of_bias)
        self.b: Any = None
        if use_bias:
            b = initializers.initialize(*of_bias, (self.units,), rng, self.dtype)
            self.b = self.add_parameter("b", b)
        self.input_shape = (self.inputs,)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        b = self._none() if self.b is None else self.b.value
        return primitives.dense_forward(x, self.W.value, b), x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        x = cache
        if not self.is_frozen:
            primitives.dense_dW(x, dy, self.W.grad)  # dW += x^T dy
            if self.b is not None:  # db += sum dy
                primitives.accumulate(primitives.dense_db(dy), self.b.grad)
        return primitives.dense_dx(dy, self.W.value) if need_dx else None

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        # J t = t W, without the bias, which does not move
        return primitives.dense_forward(t, self.W.value, self._none())

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        if not self.is_frozen:
            # dW += t^T dy, and b moves nothing
            primitives.dense_dW(t, dy, self.W.grad)

    def _none(self) -> Array:
        """In the place of a bias: zeros (units,)."""
        return primitives.full(1, self.units, 0.0, dtype=self.W.value.dtype)[0]

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return (self.units,)
