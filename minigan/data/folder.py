"""A folder of PNG and JPEG files as images to train on."""

import io
import math
import os
import warnings
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from ..errors import DatasetError
from ..files import as_path
from ..reading import CHUNK, broken, decoding, reading, size_of
from ..validate import flag, integer
from .scaling import scale

if TYPE_CHECKING:
    from PIL import Image

SUFFIXES = (".png", ".jpg", ".jpeg")
MOST_PIXELS = 1 << 26  # of one image; more is no photograph
MOST_BYTES = 8 * MOST_PIXELS  # of its file
PNG = b"\x89PNG"
CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # of a PNG, by the number of its kind
# A file of one colour needs no more than a byte for so many pixels: of JPEG, where each
# block of 64 has a bit at least; of PNG it is looked at what it unpacks to.
PIXELS_OF_JPEG = 512
SUSPICIOUS = 100  # times a PNG's size
GREY = ("1", "L", "LA", "I;16", "I;16B", "I;16L", "I")  # Pillow's names
Size = tuple[int, int]  # height, width


def from_folder(
    path: str | os.PathLike[str],
    size: int | tuple[int, int] | None = None,
    grey: bool | None = None,
) -> NDArray:
    """Images to train on from a folder of PNG and JPEG files: floats in [-1, 1].

    path: a folder; folders in it are searched too, what is hidden is left out.
    size: height and width, or one number for both, that every image is brought to: it
    is cut to their ratio, around its middle, and then resized.  None: all images must
    have one size.
    grey: True for grey values, False for colours; None takes colours if any image has
    them.
    Returns float32 (n, height, width, 1) or (n, height, width, 3), in the order of
    the paths: x / 127.5 - 1.  What is transparent becomes white; photographs are
    turned as their camera was held.
    Errors: DatasetError naming the file, what was expected and what was found.
    """
    where = "data.from_folder"
    folder = as_path(where, path)
    wanted = None if size is None else _size(where, size)
    grey = None if grey is None else flag(where, "grey", grey)
    files = _files(folder)
    coloured = [] if grey is None else [not grey]
    first, images = wanted, []
    for file in files:
        with _opened(file) as image:
            array = _pixels(image, wanted, grey)
        if array.ndim == 3:
            coloured.append(True)
        if first is None:
            first = array.shape[0], array.shape[1]
        if array.shape[:2] != first:
            expected = f"{_text(first)} pixels, as {files[0].name} has"
            found = f"{_text(array.shape)} (a size brings all images to one)"
            broken(file, expected, found)
        images.append(array)
    assert first is not None  # there is an image
    bands = 3 if any(coloured) else 1
    whole = np.empty((len(images), *first, bands), np.uint8)
    for k, array in enumerate(images):
        whole[k] = array if array.ndim == 3 else array[..., None]
    if grey is None and bands == 3 and sum(coloured) < len(images):
        count = len(images) - sum(coloured)
        text = f"{count:,} of {len(images):,} images are grey, the others have colours"
        warnings.warn(f"minigan: {folder}: {text}", RuntimeWarning, stacklevel=2)
    return scale(whole)


def _size(where: str, size: Any) -> Size:
    """(height, width), each at least 1."""
    both = tuple(size) if isinstance(size, (tuple, list)) else (size, size)
    if len(both) != 2:
        both = (size, size)  # which is no number
    height, width = (integer(where, "size", number, most=4096) for number in both)
    return height, width


def _files(folder: Path) -> list[Path]:
    """The images in a folder and below it, by their paths."""
    seen, found = 0, []

    def failed(error: OSError) -> None:
        raise DatasetError(f"{error.filename}: cannot be read ({error.strerror})")

    for place, folders, names in os.walk(folder, onerror=failed):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        shown = sorted(name for name in names if not name.startswith("."))
        seen += len(shown)
        images = (name for name in shown if name.lower().endswith(SUFFIXES))
        found += [Path(place) / name for name in images]
    if not found:
        broken(folder, "PNG or JPEG files", f"none among {seen:,} files")
    return found


@contextmanager
def _opened(file: Path) -> Iterator["Image.Image"]:
    """An image of bearable size; whatever is wrong with it is a DatasetError."""
    from PIL import Image  # here: nobody else waits for it

    with reading(file), warnings.catch_warnings():
        content = _content(file)
        warnings.simplefilter("ignore")  # Pillow warns of what is checked here
        with decoding(file, "a PNG or JPEG image"):
            image = _identified(Image, io.BytesIO(content), file)
            pixels = math.prod(image.size)
            if pixels > MOST_PIXELS:
                broken(file, f"at most {MOST_PIXELS:,} pixels", f"{pixels:,}")
            _expect_pixels(file, content, pixels)
            with image:
                yield image


def _content(file: Path) -> bytes:
    """All of a file of bearable size.

    Pillow gets no file: it would ask it for as many bytes as a damaged length says.
    """
    with open(file, "rb") as stream:
        size = size_of(stream)
        if size > MOST_BYTES:
            broken(file, f"at most {MOST_BYTES:,} bytes", f"{size:,}")
        return stream.read()


def _expect_pixels(file: Path, content: bytes, pixels: int) -> None:
    """The file can hold as many pixels as it says, for which memory is taken then."""
    if not content.startswith(PNG):
        most = PIXELS_OF_JPEG * len(content)
        if pixels > most:
            found = f"{pixels:,} in {len(content):,} bytes"
            broken(file, f"at most {most:,} pixels", found)
        return
    need = pixels * content[24] * CHANNELS.get(content[25], 1) // 8  # bits of a pixel
    if need > SUSPICIOUS * len(content):
        there = _unpacked(content, need)
        if there < need:
            broken(file, f"{need:,} bytes of pixels", f"{there:,}")


def _unpacked(content: bytes, most: int) -> int:
    """How many bytes of pixels are in a PNG, counted to about `most`."""
    unpack, total, place = zlib.decompressobj(), 0, 8
    while place < len(content):
        size = int.from_bytes(content[place : place + 4])
        if content[place + 4 : place + 8] == b"IDAT":
            packed = content[place + 8 : place + 8 + size]
            while packed and total < most:
                total += len(unpack.decompress(packed, CHUNK))
                packed = unpack.unconsumed_tail
        place += 12 + size
    return total


def _identified(pillow: Any, stream: BinaryIO, file: Path) -> "Image.Image":
    try:
        return pillow.open(stream, formats=("PNG", "JPEG"))
    except pillow.DecompressionBombError:
        broken(file, f"at most {MOST_PIXELS:,} pixels", "several times as many")
    except pillow.UnidentifiedImageError:
        broken(file, "a PNG or JPEG image", "another file, or a damaged one")


def _pixels(image: "Image.Image", size: Size | None, grey: bool | None) -> NDArray:
    """Bytes of an image: (height, width) if it is grey, else (height, width, 3)."""
    from PIL import Image, ImageOps

    image = ImageOps.exif_transpose(image)
    if image.mode.startswith("I"):  # 16 bits
        values = np.clip(np.asarray(image, np.int64), 0, 65535)
        image = Image.fromarray((values // 257).astype(np.uint8))
    is_grey = image.mode in GREY
    if "A" in image.getbands() or "transparency" in image.info:
        over = image.convert("RGBA")
        image = Image.new("RGBA", image.size, "white")
        image.alpha_composite(over)
    if grey is not None:
        is_grey = grey
    image = image.convert("L" if is_grey else "RGB")
    if size is not None:
        image = ImageOps.fit(image, size[::-1], Image.Resampling.LANCZOS)
    return np.asarray(image)


def _text(shape: tuple[int, ...]) -> str:
    """28 x 20 of (28, 20, 3)."""
    return f"{shape[0]} x {shape[1]}"
