"""Rows of numbers as images: which they are, and as bytes to look at."""

from math import isqrt

import numpy as np


def image_shape(row: tuple[int, ...] | None) -> tuple[int, ...] | None:
    """(height, width) or (height, width, 3) of a row shaped like an image, else None.

    A flat row counts as a square image where its length is the square of 4 or more;
    a shape that nobody knows, None, is none.
    """
    if not row:
        return None
    if len(row) == 3 and row[2] in (1, 3):
        return row[:2] if row[2] == 1 else row
    if len(row) == 2:
        return row
    side = isqrt(row[0])
    return (side, side) if len(row) == 1 and side * side == row[0] > 15 else None


def channels_last(images: np.ndarray) -> np.ndarray:
    """(n, height, width, channels) of (n, channels, height, width), else unchanged.

    Taken as such are four axes of which the second is 1 or 3 and no other is.
    """
    if images.ndim != 4 or images.shape[1] not in (1, 3):
        return images
    few = min(images.shape[2:]) <= 3
    return images if few else np.moveaxis(images, 1, -1)


def as_bytes(rows: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Rows in [-1, 1] as images of bytes: (n, *shape) uint8; what is not finite, 0."""
    with np.errstate(invalid="ignore"):
        scaled = np.clip(127.5 * (rows.astype(np.float64) + 1), 0, 255)
    return np.nan_to_num(scaled).round().astype(np.uint8).reshape(len(rows), *shape)
