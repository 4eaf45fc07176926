"""Pooling: images become smaller; one number for each window, channel by channel."""

from collections.abc import Sequence
from math import prod
from typing import Any

from .. import primitives, validate
from ..errors import ShapeError
from ..registry import Example
from . import images
from .arrays import Array
from .base import LAYERS, Layer, Shape
from .convolution import same_border


class Pooling(Layer):
    """Base of these: the table of the pixels in each window.

    A subclass calls `_set_windows` with it.   (OH, OW, K), -1 for no pixel
    """

    image: Shape = ()
    output_image: Shape = ()

    def _set_windows(self, image: Shape, table: Array) -> None:
        self.image = image
        self.output_image = (*table.shape[:2], image[2])
        self.input_shape = (prod(image),)
        self.table = self.add_table("windows", table.reshape(-1, table.shape[2]))

    def _pixels(self, x: Array) -> Array:
        """(N, D C) -> (N, D, C)"""
        return x.reshape(len(x), -1, self.image[2])

    def _rows(self, pixels: Array) -> Array:
        """(N, D, C) -> (N, D C)"""
        return pixels.reshape(len(pixels), -1)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return (prod(self.output_image),)


class MaxPooling(Pooling):
    """Base of those that take the largest number."""

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y, place = primitives.max_pool(self._pixels(x), self.table)
        return self._rows(y), place

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        pixels = self.image[0] * self.image[1]
        return self._rows(primitives.add_pixels(self._pixels(dy), cache, pixels))

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return self._rows(primitives.take_pixels(self._pixels(t), cache))


class AveragePooling(Pooling):
    """Base of those that take the mean."""

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        return self.tangent_pass(x, None), None

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        pixels, dy = self.image[0] * self.image[1], self._pixels(dy)
        return self._rows(primitives.mean_pool_backward(dy, self.table, pixels))

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return self._rows(primitives.mean_pool(self._pixels(t), self.table))


class Windows(Pooling):
    """Base of those whose window moves over the image."""

    def __init__(
        self,
        image: Sequence[int],
        pool_size: int | Sequence[int] = 2,
        strides: int | Sequence[int] | None = None,
        padding: str = "valid",
    ) -> None:
        where = type(self).__name__
        image = images.image_size(where, image)
        self.pool_size = images.sizes(where, "pool_size", pool_size, 2)
        strides = self.pool_size if strides is None else strides
        self.strides = images.sizes(where, "strides", strides, 2)
        self.padding = validate.choice(where, "padding", padding, ("valid", "same"))
        border: images.Border = ((0, 0), (0, 0))
        if self.padding == "same":
            moves = zip(image[:2], self.pool_size, self.strides, strict=True)
            rows, columns = (same_border(*size) for size in moves)
            border = rows, columns
        inside = [a + sum(b) for a, b in zip(image[:2], border, strict=True)]
        if any(k > a for k, a in zip(self.pool_size, inside, strict=True)):
            given = validate.shape_text(self.pool_size)
            expected = f"at most {validate.shape_text(image[:2])}, the image"
            validate.complain(ShapeError, where, "pool_size", expected, given)
        images.check_area(where, "image", prod(inside) * prod(self.pool_size))
        table = images.bordered(images.positions(image), border)
        table = images.patches(table, self.pool_size, self.strides)
        self._set_windows(image, table.reshape(*table.shape[:2], -1))


_SAME = {"image": (3, 4, 2), "pool_size": (2, 3), "strides": 2, "padding": "same"}


@LAYERS.register(
    Example({"image": (4, 3, 2), "pool_size": (2, 1)}, shape=(5, 24)),
    Example(_SAME, (5, 24), note="same"),
)
class MaxPooling2D(Windows, MaxPooling):
    """The largest number of each window, in each channel by itself.

        y = max over the window of x         dx adds up dy where the largest stood

    Of equal numbers the first one gets the gradient.

    image: (H, W, C), rows, columns and channels of one example.
    pool_size: of the window, integer or (rows, columns), default 2.
    strides: how far it moves, likewise; by default its size.
    padding: "valid" keeps the window inside the image; "same": OH = ceil(H / stride),
    and a window that reaches out has fewer pixels.
    output_image: (OH, OW, C), for the next layer.
    Shapes: x (N, H W C), y (N, OH OW C).
    Errors: ArgumentError, DTypeError for arguments out of range, ShapeError for a
    window larger than the image.
    """


@LAYERS.register(
    Example({"image": (4, 3, 2), "pool_size": (2, 1)}, shape=(5, 24)),
    Example(_SAME, (5, 24), note="same"),
)
class AveragePooling2D(Windows, AveragePooling):
    """The mean of each window, in each channel by itself.

        y = mean over the window of x        dx adds up dy / (pixels of the window)

    image, pool_size, strides, padding, output_image: as for `MaxPooling2D`.  A window
    that reaches out of the image divides by the pixels that it has.
    Shapes: x (N, H W C), y (N, OH OW C).
    Errors: ArgumentError, DTypeError for arguments out of range, ShapeError for a
    window larger than the image.
    """


class WholeImage(Pooling):
    """Base of those whose window is the image."""

    def __init__(self, image: Sequence[int]) -> None:
        image = images.image_size(type(self).__name__, image)
        self._set_windows(image, images.positions(image).reshape(1, 1, -1))


@LAYERS.register(Example({"image": (2, 3, 2)}, shape=(5, 12)))
class GlobalMaxPooling2D(WholeImage, MaxPooling):
    """The largest number of each channel.  Of equal ones the first has the gradient.

    image: (H, W, C).   Shapes: x (N, H W C), y (N, C).
    Errors: ArgumentError, DTypeError for an image out of range.
    """


@LAYERS.register(Example({"image": (2, 3, 2)}, shape=(5, 12)))
class GlobalAveragePooling2D(WholeImage, AveragePooling):
    """The mean of each channel.

    image: (H, W, C).   Shapes: x (N, H W C), y (N, C).
    Errors: ArgumentError, DTypeError for an image out of range.
    """
