"""From images of bytes to the floats in [-1, 1] that a network with tanh draws."""

import warnings
from os import PathLike
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import npy, validate
from ..files import as_path
from ..reading import GZIP, NPY, ZIP, broken, describe, head_of, reading
from . import idx

KEYS = ("x_train", "data")


def scale(
    images: np.ndarray, dtype: DTypeLike = np.float32, largest: int = 255
) -> np.ndarray:
    """Images of bytes as floats: -1 is black, 1 is white.

        y = x / (largest / 2) - 1        x / 127.5 - 1, or x / 8 - 1 for `digits`

    images: uint8 of any shape, at most `largest`.  dtype: float32 or float64.
    Errors: DTypeError, ShapeError, ArgumentError.
    """
    largest = validate.integer("data.scale", "largest", largest, most=255)
    dtype = real_type("data.scale", dtype)
    images = _bytes(images)
    if images.max() > largest:
        expected, given = f"values from 0 to {largest}", images.max()
        validate.complain(
            validate.ArgumentError, "data.scale", "images", expected, given
        )
    scaled = images.astype(dtype, order="C")
    scaled /= largest / 2
    scaled -= 1
    return scaled


def real_type(where: str, dtype: DTypeLike) -> np.dtype:
    """float32 or float64.  Errors: DTypeError."""
    dtype = validate.float_type(where, dtype)
    if dtype not in validate.FLOAT_TYPES:
        expected = "float32 or float64"
        validate.complain(validate.DTypeError, where, "dtype", expected, dtype)
    return dtype


def _bytes(images: Any) -> np.ndarray:
    """Images of uint8.  Errors: DTypeError, ShapeError."""
    if not isinstance(images, np.ndarray) or images.dtype != np.uint8:
        given = getattr(images, "dtype", type(images).__name__)
        validate.complain(
            validate.DTypeError, "data.scale", "images", "an array of uint8", given
        )
    if not images.size:
        given = f"shape {validate.shape_text(images.shape)}"
        expected = "at least one image"
        validate.complain(validate.ShapeError, "data.scale", "images", expected, given)
    return images


def from_file(path: str | PathLike[str]) -> np.ndarray:
    """Rows to train on from a file of the user's own: floats in [-1, 1].

    path: a .npy file; an .npz file with one array, or one called `x_train` or `data`;
    or an IDX file, raw or gzipped.  What it is, its content tells.
    Returns an array (n, ...), C-contiguous.  uint8 is taken as 0..255 and scaled by
    x / 127.5 - 1; float32 and float64 must lie in [-1, 1] already and stay as they are
    (float16 becomes float32).
    Warns where the values look like those of another scaling.
    Errors: DatasetError naming the file, what was expected and what was found.
    """
    path = as_path("data.from_file", path)
    name = str(path)
    with reading(name):
        head = head_of(path)
    if head.startswith(NPY):
        array = npy.read(path)
    elif head.startswith(ZIP):
        array = _from_archive(path)
    elif head.startswith((GZIP, b"\0\0")):
        array = idx.read(path)
    else:
        broken(name, "a .npy, .npz or IDX file", describe(head))
    if array.ndim < 2 or not array.size:
        expected = "rows of numbers, shape (n, ...)"
        broken(name, expected, f"shape {validate.shape_text(array.shape)}")
    if array.dtype == np.uint8:
        _doubt(array.max() < 32, name, f"the largest value is {array.max()} of 255")
    return rows(array, name)


def rows(
    array: np.ndarray, name: str, dtype: DTypeLike | None = None, largest: int = 255
) -> np.ndarray:
    """Bytes scaled to [-1, 1]; floats as they are, if they lie there.

    dtype: of the result; None for the one that bytes or floats are read as.
    name: of what they are from, for the message.
    Errors: DatasetError.
    """
    if not array.size:
        broken(name, "at least one row", f"shape {validate.shape_text(array.shape)}")
    if array.dtype != np.uint8:
        floats = _floats(array, name)
        return floats if dtype is None else floats.astype(dtype, copy=False)
    if array.max() > largest:
        broken(name, f"values from 0 to {largest}", array.max())
    return scale(array, np.float32 if dtype is None else dtype, largest)


def _from_archive(path: Path) -> np.ndarray:
    """The only array, or the one with a name that we know."""
    with npy.archive(path) as members:
        known = [key for key in KEYS if key in members]
        if not known and len(members) != 1:
            has = ", ".join(members) or "nothing"
            expected = "one array, or one called 'x_train' or 'data'"
            broken(path, expected, has[:200])
        return members[known[0] if known else next(iter(members))].array()


def _floats(array: np.ndarray, name: str) -> np.ndarray:
    """Floats that need no scaling, in native byte order."""
    if array.dtype.kind != "f":
        hint = " (images of 0 to 255: save them with .astype('uint8'))"
        hint = hint if array.dtype.kind in "iu" else ""
        broken(name, f"uint8, float32 or float64{hint}", f"dtype {array.dtype}")
    wide = np.float64 if array.dtype.itemsize >= 8 else np.float32
    array = np.ascontiguousarray(array, dtype=wide)
    low, high = array.min(), array.max()
    if not (np.isfinite(low) and np.isfinite(high)):
        count = array.size - int(np.isfinite(array).sum())
        broken(name, "finite numbers", f"{count:,} that are not")
    if low < -1 or high > 1:
        expected = "floats in [-1, 1] (uint8 is scaled for you: x / 127.5 - 1)"
        broken(name, expected, f"{low:g} to {high:g}")
    text = f"the values lie in [{low:g}, {high:g}], a network with tanh draws [-1, 1]"
    _doubt(low >= 0, name, text)
    return array


def _doubt(doubtful: bool, name: str, text: str) -> None:
    """A warning, where there is reason for one."""
    if doubtful:
        warnings.warn(f"minigan: {name}: {text}", RuntimeWarning, stacklevel=3)
