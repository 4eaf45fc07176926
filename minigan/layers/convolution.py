"""The convolution of images, and its transpose."""

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import initializers, primitives, validate
from ..errors import ShapeError
from ..registry import Example
from . import images
from .arrays import Array
from .base import LAYERS, Layer, Shape

_SMALL = {"image": (5, 4, 2), "filters": 3, "kernel_size": 3, "strides": 2}


class Convolution(Layer):
    """Base of both: a kernel, and the table of the pixels that each place sees.

    A subclass says with `_sizes` what is seen, and from how many places.
    """

    output_image: Shape
    apart: Shape = (1, 1)  # rows and columns from one pixel that is seen to the next
    pytorch_axes = {"W": (3, 2, 0, 1)}

    def __init__(
        self,
        image: Sequence[int],
        filters: int,
        kernel_size: int | Sequence[int],
        strides: int | Sequence[int] = 1,
        padding: str = "valid",
        kernel_initializer: Any = "glorot_uniform",
        bias_initializer: Any = "zeros",
        *,
        rng: validate.RandomLike = 0,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = type(self).__name__
        self.image = images.image_size(where, image)
        self.filters = validate.integer(where, "filters", filters, most=2**31)
        self.kernel_size = images.sizes(where, "kernel_size", kernel_size, 2)
        self.strides = images.sizes(where, "strides", strides, 2)
        self.padding = validate.choice(where, "padding", padding, ("valid", "same"))
        self.dtype = validate.float_type(where, dtype)
        self.kernel_initializer = kernel_initializer
        self.bias_initializer = bias_initializer
        seen, places, channels = self._sizes(where)
        images.check_area(where, "image", prod(places) * prod(self.kernel_size))
        table = images.bordered(images.positions(seen), self._border(seen))
        table = images.patches(table, self._span, self.strides, self.apart)
        self.table = self.add_table("patches", table.reshape(-1))
        rng = validate.random_generator(where, rng)
        W, b = (
            initializers.initialize(
                where, argument, getattr(self, argument), size, rng, self.dtype
            )
            for argument, size in (
                ("kernel_initializer", (*self.kernel_size, *channels)),
                ("bias_initializer", (self.filters,)),
            )
        )
        self.W = self.add_parameter("W", W)
        self.b = self.add_parameter("b", b)
        self.input_shape = (prod(self.image),)

    def _sizes(self, where: str) -> tuple[Shape, Shape, Shape]:
        """Rows and columns of what is seen, of places, and both channels of the kernel.

        Sets `output_image`.
        """
        raise NotImplementedError

    @property
    def _span(self) -> Shape:
        """Rows and columns that the kernel reaches over."""
        pairs = zip(self.kernel_size, self.apart, strict=True)
        return tuple((k - 1) * a + 1 for k, a in pairs)

    def _border(self, seen: Shape) -> images.Border:
        """The zeros around what is seen."""
        if self.padding == "valid":
            return (0, 0), (0, 0)
        sizes = zip(seen, self._span, self.strides, strict=True)
        rows, columns = (same_border(*size) for size in sizes)
        return rows, columns

    def _matrix(self, kernel: Array) -> Array:
        """(KH, KW, C, F) -> (KH KW C, F)."""
        return kernel.reshape(-1, kernel.shape[3])

    def _add_db(self, dy: Array) -> None:
        """db += the sum over all places of dy"""
        db = primitives.dense_db(dy.reshape(-1, self.filters))
        primitives.accumulate(db, self.b.grad)

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return (prod(self.output_image),)


@LAYERS.register(
    Example(_SMALL | {"padding": "valid"}, shape=(5, 40), note="valid"),
    Example(_SMALL | {"padding": "same"}, shape=(5, 40), note="same"),
)
class Conv2D(Convolution):
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

    def _sizes(self, where: str) -> tuple[Shape, Shape, Shape]:
        seen, channels = self.image[:2], self.image[2]
        border = self._border(seen)
        inside = [a + sum(b) for a, b in zip(seen, border, strict=True)]
        if any(k > a for k, a in zip(self._span, inside, strict=True)):
            given = validate.shape_text(self._span)
            expected = f"at most {validate.shape_text(seen)}, the image"
            validate.complain(ShapeError, where, "kernel_size", expected, given)
        out = tuple(
            (a - k) // s + 1
            for a, k, s in zip(inside, self._span, self.strides, strict=True)
        )
        self.output_image = (*out, self.filters)
        return seen, out, (channels, self.filters)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        W, size = self._matrix(self.W.value), prod(self.output_image)
        return primitives.conv_forward(x, self.table, W, self.b.value, size), x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        x = cache
        if not self.is_frozen:
            dW = self._matrix(self.W.grad)
            primitives.conv_dW(x, self.table, dy, dW)  # dW += P^T dy
            self._add_db(dy)
        if not need_dx:
            return None
        W = self._matrix(self.W.value)
        return primitives.conv_dx(dy, self.table, W, prod(self.image))

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        W, none = self._matrix(self.W.value), primitives.scale(self.b.value, 0.0)
        return primitives.conv_forward(t, self.table, W, none, prod(self.output_image))

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        if not self.is_frozen:
            dW = self._matrix(self.W.grad)
            primitives.conv_dW(t, self.table, dy, dW)  # dW += T^T dy


_LARGER = {"image": (2, 3, 2), "filters": 3, "kernel_size": 3, "strides": 2}


@LAYERS.register(
    Example(_LARGER | {"padding": "valid"}, shape=(5, 12), note="valid"),
    Example(_LARGER | {"padding": "same"}, shape=(5, 12), note="same"),
)
class Conv2DTranspose(Convolution):
    """The transpose of a convolution: every pixel paints the kernel into the result.

    Conv2D turns images (OH, OW, F) into (H, W, C); here is the way back.  What was its
    dx is y, and what was its y is dx; P are the patches of dy:

        y  = x W^T, added up over the places of the patches, + b
        dx = P W          dW = P^T x          db = sum over all pixels of dy

    image: (H, W, C), rows, columns and channels of one example.
    filters: F, channels of the result.
    kernel_size, strides: integers, or (rows, columns).
    padding: "same": OH = H stride; "valid": OH = H stride + max(kernel - stride, 0), as
    in Keras.  The zeros that a "same" Conv2D of the result would add are cut off here.
    kernel_initializer, bias_initializer: see `minigan.initializers`.
    rng: numpy Generator (hand the same one to all layers of a network) or a seed.
    output_image: (OH, OW, F), for the next layer.
    Shapes: x (N, H W C), y (N, OH OW F), W (KH, KW, F, C), b (F,).
    Errors: ArgumentError, DTypeError for arguments out of range.
    Source: Dumoulin & Visin 2016, section 4.

    >>> Conv2DTranspose((7, 7, 64), 32, 5, strides=2, padding="same").output_image
    (14, 14, 32)
    """

    def _sizes(self, where: str) -> tuple[Shape, Shape, Shape]:
        places, channels = self.image[:2], self.image[2]
        more = [
            max(k - s, 0) if self.padding == "valid" else 0
            for k, s in zip(self.kernel_size, self.strides, strict=True)
        ]
        sizes = zip(places, self.strides, more, strict=True)
        seen = tuple(a * s + m for a, s, m in sizes)
        images.check_area(where, "strides", prod(seen))
        self.output_image = (*seen, self.filters)
        return seen, places, (self.filters, channels)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y = self.tangent_pass(x, None)
        pixels = primitives.add_bias(y.reshape(-1, self.filters), self.b.value)
        return pixels.reshape(y.shape), x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not self.is_frozen:
            self.curvature_pass(dy, cache, None, False)  # dW += P^T x
            self._add_db(dy)
        if not need_dx:
            return None
        W, size = self._matrix(self.W.value), prod(self.image)
        none = primitives.full(1, self.image[2], 0.0, dtype=dy.dtype).reshape(-1)
        return primitives.conv_forward(dy, self.table, W, none, size)

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        W, size = self._matrix(self.W.value), prod(self.output_image)
        return primitives.conv_dx(t, self.table, W, size)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        if not self.is_frozen:
            primitives.conv_dW(dy, self.table, t, self._matrix(self.W.grad))


def same_border(size: int, kernel: int, stride: int) -> tuple[int, int]:
    """(before, after): zeros that make the result ceil(size / stride) long."""
    out = -(-size // stride)
    total = max((out - 1) * stride + kernel - size, 0)
    return total // 2, total - total // 2
