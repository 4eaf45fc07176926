"""Layers that only move pixels: larger images, and borders of zeros."""

from collections.abc import Sequence
from math import prod
from typing import Any

from .. import primitives, validate
from ..errors import ArgumentError
from ..registry import Example
from . import images
from .arrays import Array
from .base import LAYERS, Layer, Shape


class PixelTable(Layer):
    """Base of layers that only move pixels: y[p] = x[table[p]], and zeros at -1.

    A subclass calls `_set_table` with its table.   (OH, OW)
    """

    image: Shape = ()
    output_image: Shape = ()

    def _set_table(self, image: Shape, table: Array) -> None:
        self.image, self.output_image = image, (*table.shape, image[2])
        self.input_shape = (prod(image),)
        self.table = self.add_table("pixels", table.reshape(-1))

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        return primitives.gather_pixels(x, self.table, prod(self.output_image)), None

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        return primitives.scatter_pixels(dy, self.table, prod(self.image))

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return primitives.gather_pixels(t, self.table, prod(self.output_image))

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return (prod(self.output_image),)


@LAYERS.register(Example({"image": (2, 3, 2), "size": 2}, shape=(5, 12)))
class UpSampling2D(PixelTable):
    """Every pixel becomes a block of equal pixels: an image `size` times as large.

        y[i, j] = x[i // size, j // size]        dx = the sum of dy over each block

    image: (H, W, C).  size: integer or (rows, columns), integers >= 1, default 2.
    interpolation: only "nearest".
    output_image: (H size, W size, C), for the next layer.
    Shapes: x (N, H W C), y (N, H size W size C).
    Errors: ArgumentError, DTypeError for arguments out of range.
    """

    def __init__(
        self,
        image: Sequence[int],
        size: int | Sequence[int] = 2,
        interpolation: str = "nearest",
    ) -> None:
        image = images.image_size("UpSampling2D", image)
        self.size = images.sizes("UpSampling2D", "size", size, 2)
        if interpolation != "nearest":
            expected = "'nearest' (all that is supported)"
            given = validate.shown(interpolation)
            validate.complain(
                ArgumentError, "UpSampling2D", "interpolation", expected, given
            )
        self.interpolation = interpolation
        images.check_area("UpSampling2D", "size", prod(image[:2]) * prod(self.size))
        table = images.positions(image).repeat(self.size[0], 0).repeat(self.size[1], 1)
        self._set_table(image, table)


@LAYERS.register(
    Example({"image": (2, 3, 2), "padding": ((0, 1), (1, 0))}, shape=(5, 12))
)
class ZeroPadding2D(PixelTable):
    """A border of zeros around the image; dx is dy without the border.

    image: (H, W, C).
    padding: integer; (rows, columns), each on both sides; or ((top, bottom), (left,
    right)).  Integers >= 0, default 1.
    output_image: (top + H + bottom, left + W + right, C), for the next layer.
    Shapes: x (N, H W C), y (N, (top + H + bottom) (left + W + right) C).
    Errors: ArgumentError, DTypeError for arguments out of range.
    """

    def __init__(self, image: Sequence[int], padding: Any = 1) -> None:
        where = "ZeroPadding2D"
        image = images.image_size(where, image)
        self.padding = images.border(where, padding)
        area = prod(a + sum(s) for a, s in zip(image[:2], self.padding, strict=True))
        images.check_area(where, "padding", area)
        self._set_table(image, images.bordered(images.positions(image), self.padding))
