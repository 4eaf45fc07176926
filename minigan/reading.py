"""Reading files that may be broken: every fault is one error, memory is bounded.

A message names the file, what was expected and what was found:

    mnist/train-labels-idx1-ubyte: expected 60,000 bytes of data, found 59,999

Faults are `DatasetError` unless a reader of other files says which error is its own.
"""

import gzip
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NoReturn

import numpy as np

from .errors import DatasetError, MiniganError

Fault = type[MiniganError]

CHUNK = 1 << 20
GZIP, ZIP, NPY = b"\x1f\x8b", b"PK\x03\x04", b"\x93NUMPY"
KINDS = {
    GZIP: "gzip data",
    ZIP: "a zip archive",
    b"PK\x05\x06": "an empty zip archive",
    NPY: "npy data",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"%PDF": "a PDF document",
    b"\xd0\xcf\x11\xe0": "an old Office document",
}
# No stream of deflate unpacks to more than 1,032 times its size.
LARGEST_RATIO = 1032


def broken(
    name: object, expected: object, found: object, fault: Fault = DatasetError
) -> NoReturn:
    """Raise the error that all readers here use."""
    raise fault(f"{name}: expected {expected}, found {found}")


@contextmanager
def reading(name: object, fault: Fault = DatasetError) -> Iterator[None]:
    """Faults of the file, its compression or the disk become `fault`."""
    try:
        yield
    except MiniganError:
        raise
    except EOFError:
        broken(name, "a complete file", "compressed data that end too early", fault)
    except (gzip.BadGzipFile, zlib.error) as error:
        broken(name, "compressed data", f"damaged ones ({error})", fault)
    except zipfile.BadZipFile as error:
        broken(name, "a complete zip archive", f"a damaged one ({error})", fault)
    except OSError as error:
        reason = error.strerror or error
        raise fault(f"{name}: cannot be read ({reason})") from error


@contextmanager
def decoding(
    name: object, expected: str, fault: Fault = DatasetError
) -> Iterator[None]:
    """Whatever another library raises for bytes that it cannot decode becomes `fault`.

    For calls into zipfile, json or NumPy alone: these raise errors of any kind, from
    UnicodeDecodeError to RecursionError, for data that were made to deceive.  Errors
    of the disk pass; `reading` takes them.
    """
    try:
        yield
    except (MiniganError, OSError, EOFError, zlib.error, zipfile.BadZipFile):
        raise
    except Exception as error:
        broken(name, expected, f"a damaged one ({reason_of(error)})", fault)


def reason_of(error: Exception) -> str:
    """The first line of an error's message, or its kind where it has none."""
    lines = str(error).splitlines()
    return lines[0][:80] if lines else type(error).__name__


def describe(head: bytes) -> str:
    """What a file is whose first bytes are these, in a few words."""
    if not head:
        return "an empty file"
    if head.lstrip()[:1] == b"<":
        return "an HTML or XML page"
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer in place of the file"
    for magic, kind in KINDS.items():
        if head.startswith(magic):
            return kind
    return "the bytes " + head[:4].hex(" ")


def fill(
    stream: Any, array: np.ndarray, name: object, fault: Fault = DatasetError
) -> None:
    """Read exactly the bytes of `array` from `stream`, which must then be at its end.

    stream: a binary file, or a stream that unpacks one.  array: contiguous.
    Nothing beyond one byte more is ever read or unpacked.
    """
    view = memoryview(array.reshape(-1, order="A").view(np.uint8).data)
    total, done = len(view), 0
    while done < total:
        count = stream.readinto(view[done : done + CHUNK])
        if not count:
            broken(name, f"{total:,} bytes of data", f"{done:,}", fault)
        done += count
    if stream.read(1):
        broken(name, f"{total:,} bytes of data", "more", fault)


def head_of(path: Any) -> bytes:
    """The first bytes of a path, or of a binary file, which stays at its start."""
    if not hasattr(path, "read"):
        with open(path, "rb") as file:
            return file.read(64)
    head = path.read(64)
    path.seek(0)
    return head


def size_of(file: BinaryIO) -> int:
    """How many bytes an open file has, whose position stays where it is."""
    place = file.tell()
    size = file.seek(0, 2)
    file.seek(place)
    return size
