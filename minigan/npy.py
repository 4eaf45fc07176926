"""Arrays in NumPy's files, `.npy` and `.npz`, read without trusting them.

`numpy.load` allocates what a header says before it looks at the data.  Here the sizes
in the header must agree with the size of the file first, Python objects are never
unpickled, and a small archive that would unpack to a large array is refused.  Data
sets, checkpoints and saved models are all read here.

    read("x.npy")                             the array
    with archive("x.npz") as members:
        members["x_train"].array()            one of them

Whatever is wrong with a file is one kind of error, `DatasetError` unless the reader
names another: no error of zipfile or NumPy comes through.
"""

import io
import math
import warnings
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import DatasetError
from .reading import (
    NPY,
    ZIP,
    Fault,
    broken,
    decoding,
    describe,
    fill,
    head_of,
    reading,
    reason_of,
    size_of,
)
from .validate import shape_text

NUMBERS = "biuf"  # kinds of dtype: boolean, signed, unsigned, floating
LONGEST = 10_000  # bytes of a header; one of ours has about 118
HARMLESS = 256 << 20  # bytes that an archive may unpack to, however small it is
SUSPICIOUS = 100  # times its stored size; images shrink to a fifth at best
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)


def read(path: Any, name: str | None = None, fault: Fault = DatasetError) -> np.ndarray:
    """The array in a `.npy` file.  Errors: `fault`."""
    name = name or str(path)
    with reading(name, fault), open(path, "rb") as file:
        return decode(file, size_of(file), name, fault)


@dataclass(frozen=True)
class Member:
    """One file in an archive, read when asked for.

    file: its name there.  size: its bytes, unpacked.  stored: as they lie there.
    """

    file: str
    size: int
    stored: int
    _opened: zipfile.ZipFile
    _info: zipfile.ZipInfo
    _name: str
    _fault: Fault

    def array(self, largest: int | None = None, kinds: str = NUMBERS) -> np.ndarray:
        """The array in it, of at most `largest` bytes (and a header).

        kinds: of the dtypes that are allowed, as `numpy.dtype.kind` has them.
        """
        with self._stream(largest) as stream:
            return decode(stream, self.size, self._name, self._fault, kinds)

    def content(self, largest: int) -> bytes:
        """All of it as it is, at most `largest` bytes."""
        with self._stream(largest) as stream:
            return stream.read()

    @contextmanager
    def _stream(self, largest: int | None) -> Iterator[Any]:
        """A block with the unpacked bytes.   largest: how many are expected at most."""
        name, fault = self._name, self._fault
        if self._info.compress_type not in METHODS or self._info.flag_bits & 1:
            expected = "a plain or deflated member"
            broken(name, expected, "another kind of compression", fault)
        if largest is not None and self.size > largest + LONGEST:
            broken(name, f"at most {largest:,} bytes", f"{self.size:,}", fault)
        if largest is None and self.size > max(HARMLESS, SUSPICIOUS * self.stored):
            found = f"{self.stored:,} bytes that unpack to {self.size:,}"
            broken(name, "images", found, fault)
        with reading(name, fault), decoding(name, "a sound member", fault):
            with self._opened.open(self._info) as stream:
                yield stream


@contextmanager
def archive(
    path: Any, name: str | None = None, fault: Fault = DatasetError
) -> Iterator[dict[str, Member]]:
    """An open `.npz` file: {key: `Member`}, in the order of the file.

    path: a path or a binary file.  Errors: `fault`, from the members too.
    """
    name = name or str(path)
    with reading(name, fault):
        head = head_of(path)
        if not head.startswith(ZIP):
            broken(name, "an npz file", describe(head), fault)
        with decoding(name, "an npz file", fault):
            opened = zipfile.ZipFile(path)
    with opened:
        yield _members(opened, name, fault)


def _members(opened: zipfile.ZipFile, name: str, fault: Fault) -> dict[str, Member]:
    """The members by their names without `.npy`; none twice, none larger than all."""
    assert opened.fp is not None
    whole, members = size_of(opened.fp), {}  # type: ignore[arg-type]
    for info in opened.infolist():
        key, inner = info.filename.removesuffix(".npy"), f"{name}: {info.filename}"
        if key in members:
            broken(name, "no name twice", repr(info.filename), fault)
        if info.compress_size > whole:
            found = f"a claim of {info.compress_size:,}"
            broken(inner, f"at most {whole:,} bytes", found, fault)
        sizes = info.file_size, info.compress_size
        members[key] = Member(info.filename, *sizes, opened, info, inner, fault)
    return members


def decode(
    stream: Any,
    size: int,
    name: str,
    fault: Fault = DatasetError,
    kinds: str = NUMBERS,
) -> np.ndarray:
    """Header, values and the end of npy data, in `size` bytes altogether.

    Errors: `fault` naming what was expected and found, before anything is allocated.
    """
    shape, by_columns, dtype, begin = _header(stream, size, name, fault)
    if dtype.hasobject:
        broken(name, "numbers", "Python objects, which are never unpickled", fault)
    if dtype.kind not in kinds or not dtype.itemsize:
        broken(name, "numbers", f"dtype {dtype}", fault)
    if any(length < 0 for length in shape):
        broken(name, "sizes of at least 0", f"shape {shape_text(shape)}", fault)
    need, have = math.prod(shape) * dtype.itemsize, size - begin
    if need != have:
        text = f"{need:,} bytes for shape {shape_text(shape)} of {dtype}"
        broken(name, text, f"{have:,}", fault)
    try:  # the claimed sizes of an archive may be more than there is memory
        array = np.empty(shape, dtype, order="F" if by_columns else "C")
    except (MemoryError, ValueError, OverflowError) as error:
        broken(name, "an array that fits into memory", reason_of(error), fault)
    fill(stream, array, name, fault)
    return array


def _header(
    stream: Any, size: int, name: str, fault: Fault
) -> tuple[tuple[int, ...], bool, np.dtype, int]:
    """(shape, stored by columns, dtype, where the values begin).

    NumPy parses the header, as text of Python; it gets no more bytes than there are.
    """
    head = stream.read(len(NPY))
    if head != NPY:
        broken(name, "npy data", describe(head + stream.read(60)), fault)
    version = tuple(stream.read(2))
    readers = {
        (1, 0): (2, np.lib.format.read_array_header_1_0),
        (2, 0): (4, np.lib.format.read_array_header_2_0),
    }
    if version not in readers:
        found = ".".join(map(str, version)) or "nothing"
        broken(name, "npy data of version 1.0 or 2.0", found, fault)
    digits, parse = readers[version]
    prefix = stream.read(digits)
    length = int.from_bytes(prefix, "little")
    begin = len(NPY) + 2 + digits + length
    if len(prefix) < digits or begin > size or length > LONGEST:
        most = max(0, min(LONGEST, size - begin + length))
        broken(name, f"a header of at most {most:,} bytes", f"{length:,}", fault)
    text = io.BytesIO(prefix + stream.read(length))
    with decoding(name, "a header of npy data", fault), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of files that Python 2 wrote
        shape, by_columns, dtype = parse(text, max_header_size=LONGEST)
        return tuple(map(int, shape)), bool(by_columns), dtype, begin
