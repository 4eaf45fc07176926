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
from .delimited import is_text

KEYS = ("x_train", "data")
ROUNDING = 1e-6, 2e-3  # how far floats may be beyond [-1, 1]; those of 16 bits


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
    validate.unmasked("data.scale", "images", images)
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
    (float16 becomes float32), but for what is beyond by less than `ROUNDING`.
    Warns where the values look like those of another scaling.
    Errors: DatasetError naming the file, what was expected and what was found.
    """
    path = as_path("data.from_file", path)
    name, array = str(path), array_in(path)
    if array.dtype == np.uint8:
        _doubt(array.max() < 32, name, f"the largest value is {array.max()} of 255")
    return rows(array, name)


def array_in(path: Path) -> np.ndarray:
    """The array in a file, as it is: (n, ...), n >= 1.  Errors: DatasetError."""
    name = str(path)
    with reading(name):
        head = head_of(path)
    if head.startswith(NPY):
        array = npy.read(path)
    elif head.startswith(ZIP):
        array = _from_archive(path)
    elif head.startswith((GZIP, b"\0\0")):
        array = idx.read(path)
    elif is_text(head):
        broken(name, "a .npy, .npz or IDX file", "text, which data.table reads")
    else:
        broken(name, "a .npy, .npz or IDX file", describe(head))
    if array.ndim < 2 or not array.size:
        expected = "rows of numbers, shape (n, ...)"
        broken(name, expected, f"shape {validate.shape_text(array.shape)}")
    return array


def rows(
    array: np.ndarray, name: str, dtype: DTypeLike | None = None, largest: int = 255
) -> np.ndarray:
    """Bytes scaled to [-1, 1]; floats as they are, if they lie there.

    dtype: of the result; None for the one that bytes or floats are read as.
    name: of what they are from, for the message.
    Errors: DatasetError.
    """
    if fault := _fault(array, largest):
        broken(name, *fault)
    return _scaled(array, name, dtype, largest)


def given_rows(where: str, argument: str, array: np.ndarray) -> np.ndarray:
    """The same of an argument.  Errors: ArgumentError, DTypeError, NonFiniteError."""
    if array.dtype.kind not in "fiub":
        return validate.array(where, argument, array)  # says what is wrong
    if fault := _fault(array, 255):
        validate.complain(validate.ArgumentError, where, argument, *fault)
    return _scaled(array, f"{where}: argument {argument!r}", None, 255)


def _fault(array: np.ndarray, largest: int) -> tuple[str, str] | None:
    """(expected, found) where an array is nothing to train on as it is."""
    if not array.size:
        return "at least one row", f"shape {validate.shape_text(array.shape)}"
    low, high = array.min(), array.max()
    if array.dtype == np.uint8:
        return (f"values from 0 to {largest}", str(high)) if high > largest else None
    if array.dtype.kind != "f":
        hint = " (images of 0 to 255: save them with .astype('uint8'))"
        hint = hint if array.dtype.kind in "iu" else ""
        return f"uint8, float32 or float64{hint}", f"dtype {array.dtype}"
    if not (np.isfinite(low) and np.isfinite(high)):
        count = array.size - int(np.isfinite(array).sum())
        return "finite numbers", f"{count:,} that are not"
    if max(-low, high) > 1 + ROUNDING[array.dtype.itemsize == 2]:
        expected = (
            "floats in [-1, 1] (uint8 is scaled for you: x / 127.5 - 1; columns of a "
            "table by data.table)"
        )
        return expected, f"{low:.9g} to {high:.9g}"
    return None


def _scaled(
    array: np.ndarray, name: str, dtype: DTypeLike | None, largest: int
) -> np.ndarray:
    """What has no fault, in [-1, 1]: native byte order, C-contiguous."""
    if array.dtype == np.uint8:
        return scale(array, np.float32 if dtype is None else dtype, largest)
    wide = np.float64 if array.dtype.itemsize >= 8 else np.float32
    array = np.ascontiguousarray(array, dtype=wide if dtype is None else dtype)
    low, high = array.min(), array.max()
    if low < -1 or high > 1:
        array = np.clip(array, -1, 1)
    text = f"the values lie in [{low:g}, {high:g}], a network with tanh draws [-1, 1]"
    _doubt(low >= 0, name, text)
    return array


def _from_archive(path: Path) -> np.ndarray:
    """The only array, or the one with a name that we know."""
    with npy.archive(path) as members:
        known = [key for key in KEYS if key in members]
        if not known and len(members) != 1:
            has = ", ".join(members) or "nothing"
            expected = "one array, or one called 'x_train' or 'data'"
            broken(path, expected, has[:200])
        return members[known[0] if known else next(iter(members))].array()


def _doubt(doubtful: bool, name: str, text: str) -> None:
    """A warning, where there is reason for one."""
    if doubtful:
        warnings.warn(f"minigan: {name}: {text}", RuntimeWarning, stacklevel=3)
