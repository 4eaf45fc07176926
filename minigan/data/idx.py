"""The IDX format of MNIST: a magic number, sizes, bytes; raw or gzipped.

00 00 08 nn     two zeros, the type (08: unsigned bytes), how many dimensions
ss ss ss ss     each size, most significant byte first
...             the values, the last index fastest; nothing behind them
"""

import gzip
import hashlib
import math
import os
from contextlib import ExitStack
from typing import Any

import numpy as np

from ..reading import GZIP, LARGEST_RATIO, broken, describe, fill, reading
from ..validate import shape_text

Shape = tuple[int | None, ...]  # None stands for any size

TYPES = {
    0x08: "unsigned bytes",
    0x09: "signed bytes",
    0x0B: "int16",
    0x0C: "int32",
    0x0D: "float32",
    0x0E: "float64",
}
LARGEST = 1 << 31  # bytes; for files of which nothing is known beforehand


def read(
    path: Any,
    shape: Shape | None = None,
    name: str | None = None,
    largest: int = LARGEST,
) -> np.ndarray:
    """The array in a file: uint8.

    path: a path, or a binary file at its start.  The content tells whether it is
    gzipped, not the name.
    shape: the one that is required, None in it stands for any size of at least 1;
    without one, any shape of up to 4 dimensions and `largest` bytes.
    name: of the file in errors.
    Errors: DatasetError for anything but a complete file of that shape.
    """
    name = name or str(path)
    with reading(name), ExitStack() as stack:
        file = path
        if not hasattr(path, "read"):
            file = stack.enter_context(open(path, "rb"))
        size = os.fstat(file.fileno()).st_size
        head = file.read(2)
        file.seek(0)
        if head != GZIP:
            return _decode(file, shape, name, min(largest, size))
        with gzip.GzipFile(fileobj=file) as stream:
            return _decode(stream, shape, name, min(largest, LARGEST_RATIO * size))


def _decode(stream: Any, shape: Shape | None, name: str, largest: int) -> np.ndarray:
    """Header, sizes, values, and the end.  No more than `largest` bytes of values."""
    head = stream.read(4)
    if len(head) < 4 or head[:2] != b"\0\0":
        found = describe(head + stream.read(60))
        broken(name, "IDX data, which begin with 00 00 08", found)
    kind, dimensions = head[2:]
    if kind != 0x08:
        known = f" ({TYPES[kind]})" if kind in TYPES else ""
        broken(name, "type code 0x08 (unsigned bytes)", f"0x{kind:02x}{known}")
    wanted = range(1, 5) if shape is None else (len(shape),)
    if dimensions not in wanted:
        expected = "1 to 4" if shape is None else str(len(shape))
        broken(name, f"{expected} dimensions", dimensions)
    sizes = stream.read(4 * dimensions)
    if len(sizes) < 4 * dimensions:
        length = 4 + len(sizes)
        broken(
            name, f"a header of {4 + 4 * dimensions} bytes", f"the end after {length}"
        )
    own = tuple(np.frombuffer(sizes, ">u4").tolist())
    check_shape(name, own, shape)
    if math.prod(own) > largest:
        need = f"{math.prod(own):,} bytes of data for shape {shape_text(own)}"
        broken(name, need, f"at most {largest:,}")
    array = np.empty(own, np.uint8)
    fill(stream, array, name)
    return array


def check_shape(name: str, found: tuple[int, ...], shape: Shape | None = None) -> None:
    """Sizes of at least 1, those of `shape` where it has no None."""
    wanted = (None,) * len(found) if shape is None else shape
    fits = len(found) == len(wanted) and all(
        have == want if want is not None else have >= 1
        for have, want in zip(found, wanted, strict=True)
    )
    if not fits:
        text = "any number" if shape is None else "n"
        expected = shape_text([text if size is None else size for size in wanted])
        broken(name, f"shape {expected}", shape_text(found))


def header(shape: tuple[int, ...]) -> bytes:
    """The bytes in front of the values."""
    return bytes((0, 0, 0x08, len(shape))) + np.array(shape, ">u4").tobytes()


def encode(array: np.ndarray) -> bytes:
    """The bytes of the raw file that holds an array of uint8."""
    return header(array.shape) + np.ascontiguousarray(array).tobytes()


def digest(array: np.ndarray) -> str:
    """sha256 of the raw file that holds an array, whatever it was read from."""
    result = hashlib.sha256(header(array.shape))
    result.update(np.ascontiguousarray(array).data)
    return result.hexdigest()
