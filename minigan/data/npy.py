"""Arrays in NumPy's files, `.npy` and `.npz`, read without trusting them.

`numpy.load` allocates what a header says before it looks at the data.  Here the sizes
in the header must agree with the size of the file first, Python objects are never
unpickled, and a small archive that would unpack to a large array is refused.
"""

import math
import os
import zipfile
from contextlib import contextmanager

import numpy as np

from ..validate import shape_text
from .reading import NPY, ZIP, broken, describe, fill, reading

HARMLESS = 256 << 20  # bytes that an archive may unpack to, however small it is
SUSPICIOUS = 100  # times its stored size; images shrink to a fifth at best
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read(path, name=None):
    """The array in a `.npy` file.  Errors: DatasetError."""
    name = name or str(path)
    with reading(name), open(path, "rb") as file:
        return _decode(file, os.fstat(file.fileno()).st_size, name)


@contextmanager
def archive(path, name=None):
    """An open `.npz` file: {key: function that reads the array}.

    path: a path or a binary file.  Errors: DatasetError, from the functions too.
    """
    name = name or str(path)
    with reading(name):
        head = _head(path)
        if not head.startswith(ZIP):
            broken(name, "an npz file", describe(head))
        try:
            opened = zipfile.ZipFile(path)
        except (ValueError, NotImplementedError, RuntimeError) as error:
            broken(name, "an npz file", f"a zip archive that is not one ({error})")
    with opened:
        yield {
            info.filename.removesuffix(".npy"): _reader(opened, info, name)
            for info in opened.infolist()
        }


def _head(path):
    """The first bytes of a path, or of a binary file, which stays at its start."""
    if not hasattr(path, "read"):
        with open(path, "rb") as file:
            return file.read(64)
    head = path.read(64)
    path.seek(0)
    return head


def _reader(opened, info, name):
    name = f"{name}: {info.filename}"

    def read_member(largest=None):
        """The array, which may have up to `largest` bytes (and a header)."""
        size, stored = info.file_size, info.compress_size
        if info.compress_type not in METHODS or info.flag_bits & 1:
            broken(name, "a plain or deflated member", "another kind of compression")
        if largest is not None and size > largest + 10_000:
            broken(name, f"at most {largest:,} bytes", f"{size:,}")
        if largest is None and size > max(HARMLESS, SUSPICIOUS * stored):
            broken(name, "images", f"{stored:,} bytes that unpack to {size:,}")
        with reading(name):
            try:
                with opened.open(info) as stream:
                    return _decode(stream, size, name)
            except (ValueError, NotImplementedError, RuntimeError) as error:
                broken(name, "an array", f"a damaged member ({error})")

    return read_member


def _decode(stream, size, name):
    """Header, values and the end, in `size` bytes altogether."""
    head = stream.read(len(NPY))
    if head != NPY:
        broken(name, "npy data", describe(head + stream.read(60)))
    version = tuple(stream.read(2))
    lengths = {(1, 0): 2, (2, 0): 4}
    if version not in lengths:
        broken(name, "npy data of version 1.0 or 2.0", ".".join(map(str, version)))
    shape, fortran, dtype = _header(stream, version, name)
    if dtype.hasobject:
        broken(name, "numbers", "Python objects, which are never unpickled")
    if dtype.kind not in "biuf" or not dtype.itemsize:
        broken(name, "numbers", f"dtype {dtype}")
    if any(length < 1 for length in shape):
        broken(name, "at least one value", f"shape {shape_text(shape)}")
    need = math.prod(shape) * dtype.itemsize
    have = size - stream.tell()
    if need != have:
        text = f"{need:,} bytes for shape {shape_text(shape)} of {dtype}"
        broken(name, text, f"{have:,}")
    array = np.empty(math.prod(shape), dtype)
    fill(stream, array, name)
    return array.reshape(shape, order="F" if fortran else "C")


def _header(stream, version, name):
    """(shape, stored by columns, dtype)."""
    formats = np.lib.format
    read_header = {
        (1, 0): formats.read_array_header_1_0,
        (2, 0): formats.read_array_header_2_0,
    }[version]
    try:
        return read_header(stream, max_header_size=10_000)
    except OSError:  # of the disk
        raise
    except Exception as error:  # a header is parsed as Python text: errors of any kind
        reason = str(error).splitlines()[0][:80] if str(error) else type(error).__name__
        broken(name, "a header of npy data", f"a damaged one ({reason})")
