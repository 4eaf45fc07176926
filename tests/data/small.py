"""A data set of ten tiny images, and the files it can be kept in."""

import gzip
import io
import zipfile

import numpy as np

from minigan.data import idx
from minigan.data.catalog import ImageFiles, image_parts

COUNTS, SIZE = (6, 4), (5, 3)


def arrays(seed=0):
    """Training images and labels, test images and labels."""
    rng = np.random.default_rng(seed)
    result = []
    for count in COUNTS:
        result.append(rng.integers(0, 256, (count, *SIZE), np.uint8))
        result.append(rng.integers(0, 10, count, np.uint8))
    return result


def dataset(name="small", seed=0, **options):
    """A `ImageFiles` whose sha256 are those of `arrays(seed)`."""
    digests = [idx.digest(array) for array in arrays(seed)]
    parts = image_parts(COUNTS, SIZE, digests)
    return ImageFiles(name, "Small", parts, folders=(name, "Small/raw"), **options)


def open_dataset():
    """The same without sha256, and with any number of images."""
    parts = image_parts((None, None), SIZE, [None] * 4)
    return ImageFiles("small", "Small", parts, folders=("small",))


def compress(content):
    """A gzip file that does not say when it was made: the same bytes every time."""
    return gzip.compress(content, mtime=0)


def write(folder, seed=0, packed=False, only=4):
    """The four files in a folder, raw or gzipped; returns the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for part, array in list(zip(dataset().parts, arrays(seed), strict=True))[:only]:
        content = idx.encode(array)
        if packed:
            content = compress(content)
        (folder / (part.file + ".gz" * packed)).write_bytes(content)
    return folder


def npy(array, **options):
    """The bytes of a .npy file."""
    content = io.BytesIO()
    np.lib.format.write_array(content, array, **options)
    return content.getvalue()


def npz(members, method=zipfile.ZIP_DEFLATED):
    """The bytes of an .npz file: {key: array or bytes}."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", method) as archive:
        for key, member in members.items():
            data = member if isinstance(member, bytes) else npy(member)
            archive.writestr(zipfile.ZipInfo(f"{key}.npy"), data, method)
    return content.getvalue()


def archive(seed=0):
    """The bytes of the npz file with all parts."""
    keys = [part.key for part in dataset().parts]
    return npz(dict(zip(keys, arrays(seed), strict=True)))


def zeros_packed(header, megabytes):
    """A gzip file: header, then so many megabytes of zeros, a thousandth of that."""
    piece = compress(bytes(1 << 20))
    return compress(header) + piece * megabytes


def assert_parts(parts, seed=0):
    """These are the arrays, of type uint8, and they can be written to."""
    for got, expected in zip(parts, arrays(seed), strict=True):
        assert got.dtype == np.uint8 and got.flags.writeable and got.flags.c_contiguous
        np.testing.assert_array_equal(got, expected)
