"""Reading files that may be broken: every fault is a `DatasetError`, memory is bounded.

A message names the file, what was expected and what was found:

    mnist/train-labels-idx1-ubyte: expected 60,000 bytes of data, found 59,999
"""

import zipfile
import zlib
from contextlib import contextmanager
from gzip import BadGzipFile

from ..errors import DatasetError

CHUNK = 1 << 20
GZIP, ZIP, NPY = b"\x1f\x8b", b"PK\x03\x04", b"\x93NUMPY"
# No stream of deflate unpacks to more than 1,032 times its size.
LARGEST_RATIO = 1032


def broken(name, expected, found):
    """Raise the error that all readers here use."""
    raise DatasetError(f"{name}: expected {expected}, found {found}")


@contextmanager
def reading(name):
    """Faults of the file, its compression or the disk become `DatasetError`."""
    try:
        yield
    except DatasetError:
        raise
    except EOFError:
        broken(name, "a complete file", "compressed data that end too early")
    except (BadGzipFile, zlib.error) as error:
        broken(name, "compressed data", f"damaged ones ({error})")
    except zipfile.BadZipFile as error:
        broken(name, "a complete zip archive", f"a damaged one ({error})")
    except OSError as error:
        reason = error.strerror or error
        raise DatasetError(f"{name}: cannot be read ({reason})") from error


def describe(head):
    """What a file is whose first bytes are these, in a few words."""
    if not head:
        return "an empty file"
    if head.lstrip()[:1] == b"<":
        return "an HTML or XML page"
    if head.startswith(b"version https://git-lfs"):
        return "a Git LFS pointer in place of the file"
    for magic, kind in ((GZIP, "gzip data"), (ZIP, "a zip archive"), (NPY, "npy data")):
        if head.startswith(magic):
            return kind
    return "the bytes " + head[:4].hex(" ")


def fill(stream, array, name):
    """Read exactly the bytes of `array` from `stream`, which must then be at its end.

    Nothing beyond one byte more is ever read or unpacked.
    """
    view = memoryview(array).cast("B")
    total, done = len(view), 0
    while done < total:
        count = stream.readinto(view[done : done + CHUNK])
        if not count:
            broken(name, f"{total:,} bytes of data", f"{done:,}")
        done += count
    if stream.read(1):
        broken(name, f"{total:,} bytes of data", "more")
