"""A layer that looks at the other rows of a batch."""

from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import initializers, primitives, validate
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer, Shape


@LAYERS.register(Example({"inputs": 6, "kernels": 4, "features": 3}, shape=(5, 6)))
class MinibatchDiscrimination(Layer):
    """Adds to each row how near the others are, so that D sees a generator collapse.

        m = x W, read as `kernels` points of `features` numbers for each row
        o[i,k] = sum over all rows j of exp(-|m[i,k] - m[j,k]|)
        y = x beside o

    |.| is the sum of sizes.  Gradient through both halves of each pair.

    inputs: features of x.  kernels, features: of W, integers >= 1.
    kernel_initializer: see `minigan.initializers`.
    rng: numpy Generator or a seed.  dtype: float32 or float64.
    Shapes: x (N, inputs), W (inputs, kernels features), y (N, inputs + kernels).
    Real rows and fakes belong into batches of their own, "half" or "separate".  A row
    depends on the others, so a gradient penalty refuses the layer.
    Errors: ArgumentError, DTypeError for arguments out of range.
    Source: Salimans et al. 2016, section 3.2.
    """

    couples_rows = True

    def __init__(
        self,
        inputs: int,
        kernels: int,
        features: int,
        kernel_initializer: Any = "glorot_uniform",
        *,
        rng: validate.RandomLike = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = "MinibatchDiscrimination"
        self.inputs = validate.integer(where, "inputs", inputs, most=2**31)
        self.kernels = validate.integer(where, "kernels", kernels, most=2**31)
        self.features = validate.integer(where, "features", features, most=2**31)
        self.dtype = validate.float_type(where, dtype)
        self.kernel_initializer = kernel_initializer
        rng = validate.random_generator(where, rng)
        shape = self.inputs, self.kernels * self.features
        W = initializers.initialize(
            where, "kernel_initializer", kernel_initializer, shape, rng, self.dtype
        )
        self.W = self.add_parameter("W", W)
        self.input_shape = (self.inputs,)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        W = self.W.value
        none = primitives.full(1, W.shape[1], 0.0, dtype=W.dtype)[0]
        m = primitives.dense_forward(x, W, none)
        m = m.reshape(len(x), self.kernels, self.features)
        y = primitives.concatenate_features(x, primitives.similarity_forward(m))
        return y, (x, m)

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        x, m = cache
        do = primitives.take_features(dy, self.inputs, self.kernels)
        dm = primitives.similarity_backward(do, m).reshape(len(x), -1)
        if not self.is_frozen:
            primitives.dense_dW(x, dm, self.W.grad)
        if not need_dx:
            return None
        dx = primitives.dense_dx(dm, self.W.value)
        return primitives.add(primitives.take_features(dy, 0, self.inputs), dx)

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return (self.inputs + self.kernels,)
