"""Sizes of images, and tables of pixels: what layers for images have in common.

An image (H, W, C) is a row of H W C features: pixel by pixel, the channels last.
"""

from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError, DTypeError
from ..initializers import claim

LARGEST = 2**24  # places in a table: 128 MB

Border = tuple[tuple[int, int], tuple[int, int]]
Table = NDArray[np.int64]


def sizes(
    where: str,
    argument: str,
    value: Any,
    count: int,
    *,
    names: str = "integers",
    least: int = 1,
) -> tuple[int, ...]:
    """`count` integers, from a tuple or list, or from one integer for two."""
    if count == 2 and not isinstance(value, (tuple, list)):
        value = (value, value) if not hasattr(value, "__len__") else value
    if not isinstance(value, (tuple, list)) or len(value) != count:
        expected = f"{count} {names}" + (" or one integer" if count == 2 else "")
        validate.complain(DTypeError, where, argument, expected, validate.shown(value))
    return tuple(
        validate.integer(where, argument, size, least=least, most=2**31)
        for size in value
    )


def image_size(where: str, value: Any) -> tuple[int, ...]:
    """(H, W, C), of no more pixels than a table may have."""
    names = "integers (height, width, channels)"
    image = sizes(where, "image", value, 3, names=names)
    check_area(where, "image", image[0] * image[1])
    return image


def border(where: str, padding: Any) -> Border:
    """((top, bottom), (left, right)), from one integer, two, or four."""
    if not isinstance(padding, (tuple, list)):
        padding = (padding, padding)
    if len(padding) != 2:
        expected = "an integer, 2 integers or ((top, bottom), (left, right))"
        validate.complain(
            DTypeError, where, "padding", expected, validate.shown(padding)
        )
    rows, columns = (sizes(where, "padding", side, 2, least=0) for side in padding)
    return (rows[0], rows[1]), (columns[0], columns[1])


def check_area(where: str, argument: str, places: int) -> None:
    """Refuse tables that would fill the memory."""
    if places > LARGEST:
        expected = f"at most {LARGEST:,} pixels to move an image"
        validate.complain(ArgumentError, where, argument, expected, f"{places:,}")
    claim(where, argument, "places", places)


def positions(image: tuple[int, ...]) -> Table:
    """The pixels of an image, numbered row by row.   (H, W)"""
    return np.arange(image[0] * image[1]).reshape(image[:2])


def bordered(table: Table, border: Border) -> Table:
    """A table of pixels with a border of zeros: ((top, bottom), (left, right))."""
    return np.pad(table, border, constant_values=-1)


def patches(
    table: Table,
    span: tuple[int, ...],
    strides: tuple[int, ...],
    apart: tuple[int, ...] = (1, 1),
) -> Table:
    """What a kernel sees at each place.   (H, W) -> (OH, OW, KH, KW)

    span: rows and columns that it reaches over, of which it sees every `apart`-th.
    """
    windows = sliding_window_view(table, span)
    return windows[:: strides[0], :: strides[1], :: apart[0], :: apart[1]]
