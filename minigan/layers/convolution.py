"""The convolution of images."""

from math import prod

import numpy as np

from .. import initializers, primitives, validate
from ..errors import ShapeError
from . import images
from .base import Layer


class Conv2D(Layer):
    """The same small kernel slides over the image: one Dense for every place.

    P holds what the kernel sees, a row for each place of each example:

        y  = P W + b
        dW = P^T dy        db = sum over all places of dy        dP = dy W^T

    and dx adds up dP over the places that saw a pixel.  (No kernel is flipped: what
    networks call convolution is a cross-correlation.)

    image: (H, W, C), rows, columns and channels of one example.
    filters: F, channels of the result.
    kernel_size, strides: integers, or (rows, columns).
    padding: "valid" puts the kernel inside the image only; "same" adds zeros around it
    so that OH = ceil(H / stride): half of them, rounded down, above and on the left.
    kernel_initializer, bias_initializer: see `minigan.initializers`.
    rng: numpy Generator (hand the same one to all layers of a network) or a seed.
    output_image: (OH, OW, F), for the next layer.
    Shapes: x (N, H W C), y (N, OH OW F), W (KH, KW, C, F), b (F,).
    Errors: ArgumentError, DTypeError for arguments out of range, ShapeError for a
    kernel larger than the image.

    >>> Conv2D((28, 28, 1), 32, 3, strides=2, padding="same").output_image
    (14, 14, 32)
    """

    def __init__(
        self,
        image,
        filters,
        kernel_size,
        strides=1,
        padding="valid",
        kernel_initializer="glorot_uniform",
        bias_initializer="zeros",
        *,
        rng=0,
        dtype=np.float32,
    ):
        where = "Conv2D"
        self.image = images.image_size(where, image)
        self.filters = validate.integer(where, "filters", filters, most=2**31)
        self.kernel_size = images.sizes(where, "kernel_size", kernel_size, 2)
        self.strides = images.sizes(where, "strides", strides, 2)
        self.padding = validate.choice(where, "padding", padding, ("valid", "same"))
        self.dtype = validate.float_type(where, dtype)
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        self._set_places(where)
        rng = validate.random_generator(where, rng)
        shape = (*self.kernel_size, self.image[2], self.filters)
        for name, argument, size in (
            ("W", "kernel_initializer", shape),
            ("b", "bias_initializer", (self.filters,)),
        ):
            initializer = getattr(self, argument)
            value = initializers.initialize(
                where, argument, initializer, size, rng, self.dtype
            )
            setattr(self, name, self.add_parameter(name, value))
        self.input_shape = (prod(self.image),)

    def _set_places(self, where):
        """The table of patches: which pixels each place of the result sees."""
        border = ((0, 0), (0, 0))
        if self.padding == "same":
            border = tuple(
                same_border(size, kernel, stride)
                for size, kernel, stride in zip(
                    self.image, self.kernel_size, self.strides, strict=False
                )
            )
        inside = [a + sum(b) for a, b in zip(self.image, border, strict=False)]
        if any(k > a for k, a in zip(self.kernel_size, inside, strict=True)):
            given = validate.shape_text(self.kernel_size)
            expected = f"at most {validate.shape_text(self.image[:2])}, the image"
            validate.complain(ShapeError, where, "kernel_size", expected, given)
        out = tuple(
            (a - k) // s + 1
            for a, k, s in zip(inside, self.kernel_size, self.strides, strict=True)
        )
        self.output_image = (*out, self.filters)
        images.check_area(where, "image", prod(out) * prod(self.kernel_size))
        table = images.bordered(images.positions(self.image), border)
        table = images.patches(table, self.kernel_size, self.strides)
        self.table = self.add_table("patches", table.reshape(-1))

    def forward_pass(self, x, training):
        W, size = self._matrix(self.W.value), prod(self.output_image)
        return primitives.conv_forward(x, self.table, W, self.b.value, size), x

    def backward_pass(self, dy, cache, need_dx):
        x = cache
        if not self.is_frozen:
            primitives.conv_dW(
                x, self.table, dy, self._matrix(self.W.grad)
            )  # dW += P^T dy
            rows = dy.reshape(-1, self.filters)
            primitives.accumulate(
                primitives.dense_db(rows), self.b.grad
            )  # db += sum dy
        if not need_dx:
            return None
        W = self._matrix(self.W.value)
        return primitives.conv_dx(dy, self.table, W, prod(self.image))

    def _matrix(self, kernel):
        """(KH, KW, C, F) -> (KH KW C, F)."""
        return kernel.reshape(-1, self.filters)

    def output_shape(self, shape):
        return (prod(self.output_image),)

    def config(self):
        return {
            "image": list(self.image),
            "filters": self.filters,
            "kernel_size": list(self.kernel_size),
            "strides": list(self.strides),
            "padding": self.padding,
            "kernel_initializer": initializers.to_config(self.kernel_initializer),
            "bias_initializer": initializers.to_config(self.bias_initializer),
        }


def same_border(size, kernel, stride):
    """(before, after): zeros that make the result ceil(size / stride) long."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
