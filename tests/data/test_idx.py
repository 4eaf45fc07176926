"""The IDX reader: what it reads, and what it says of files that are broken."""

import numpy as np
import pytest

from minigan.data import idx
from minigan.errors import DatasetError, MiniganError

from . import small
from .small import compress

IMAGES = small.arrays()[0]
RAW = idx.encode(IMAGES)
HTML = b"<!DOCTYPE html><html><title>302 Found</title></html>"


def refused(path, shape=None):
    """The message of the error, which names the file."""
    with pytest.raises(DatasetError) as caught:
        idx.read(path, shape)
    message = str(caught.value)
    assert isinstance(caught.value, (MiniganError, OSError))
    assert message.startswith(f"{path}: ")
    return message.removeprefix(f"{path}: ")


def file(tmp_path, content, name="images"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


@pytest.mark.parametrize("shape", [(1,), (7,), (2, 3), (3, 2, 2), (2, 1, 3, 2)])
@pytest.mark.parametrize("pack", [bytes, compress])
def test_what_was_encoded_is_read(tmp_path, shape, pack):
    array = np.random.default_rng(0).integers(0, 256, shape, np.uint8)
    path = file(tmp_path, pack(idx.encode(array)))
    got = idx.read(path)
    assert got.dtype == np.uint8 and got.flags.writeable
    np.testing.assert_array_equal(got, array)
    np.testing.assert_array_equal(idx.read(path, shape), array)
    np.testing.assert_array_equal(idx.read(path, (None, *shape[1:])), array)


def test_the_bytes_are_those_of_the_format():
    array = np.array([[1, 2, 3], [4, 5, 255]], np.uint8)
    header = "00000802 00000002 00000003".replace(" ", "")
    assert idx.encode(array).hex() == header + "0102030405ff"


def test_digest_is_that_of_the_file(tmp_path):
    import hashlib

    assert idx.digest(IMAGES) == hashlib.sha256(RAW).hexdigest()
    assert idx.digest(np.asfortranarray(IMAGES)) == idx.digest(IMAGES)


def test_content_counts_not_the_name(tmp_path):
    raw = file(tmp_path, RAW, "raw.gz")
    packed = file(tmp_path, compress(RAW), "packed")
    np.testing.assert_array_equal(idx.read(raw), idx.read(packed))


@pytest.mark.parametrize("shape", [None, IMAGES.shape, (None, 5, 3)])
@pytest.mark.parametrize("pack", [bytes, compress])
def test_cut_after_every_byte(tmp_path, pack, shape):
    content = pack(RAW)
    for length in range(len(content)):
        message = refused(file(tmp_path, content[:length]), shape)
        assert "expected" in message and "found" in message


def test_words_for_a_file_that_is_too_short(tmp_path):
    cut = file(tmp_path, RAW[:-1])
    assert refused(cut) == "expected 90 bytes of data, found 89"
    cut = file(tmp_path, compress(RAW)[:-9])
    assert refused(cut) == (
        "expected a complete file, found compressed data that end too early"
    )


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "found an empty file"),
        (b"\0", "found the bytes 00"),
        (HTML, "found an HTML or XML page"),
        (b"\n " + HTML, "found an HTML or XML page"),
        (compress(HTML), "found an HTML or XML page"),
        (compress(compress(RAW)), "found gzip data"),
        (small.archive(), "found a zip archive"),
        (small.npy(IMAGES), "found npy data"),
        (b"version https://git-lfs.github.com/spec/v1\n", "Git LFS pointer"),
        (b"\1" + RAW[1:], "expected IDX data, which begin with 00 00 08"),
        (b"\0\0\x0d" + RAW[3:], "(unsigned bytes), found 0x0d (float32)"),
        (b"\0\0\x07" + RAW[3:], "type code 0x08 (unsigned bytes), found 0x07"),
        (b"\0\0\x08\0", "expected 1 to 4 dimensions, found 0"),
        (b"\0\0\x08\5" + RAW[4:], "expected 1 to 4 dimensions, found 5"),
        (b"\0\0\x08\3\0\0", "expected a header of 16 bytes, found the end after 6"),
        (idx.header((0, 5, 3)), "any number, any number), found (0, 5, 3)"),
        (idx.header((7, 5, 3)) + RAW[16:], "expected 105 bytes of data, found 90"),
        (idx.header((5, 5, 3)) + RAW[16:], "expected 75 bytes of data, found more"),
        (RAW + b"\0", "expected 90 bytes of data, found more"),
        (compress(RAW + b"\0"), "expected 90 bytes of data, found more"),
        (compress(RAW) + b"rubbish", "expected compressed data, found damaged"),
        (compress(RAW)[:-8] + bytes(8), "expected compressed data, found damaged"),
    ],
)
def test_broken_content(tmp_path, content, words):
    assert words in refused(file(tmp_path, content))


@pytest.mark.parametrize(
    ("shape", "words"),
    [
        ((6,), "expected 1 dimensions, found 3"),
        ((4, 5, 3), "expected shape (4, 5, 3), found (6, 5, 3)"),
        ((None, 3, 5), "expected shape (n, 3, 5), found (6, 5, 3)"),
    ],
)
def test_other_shapes(tmp_path, shape, words):
    assert words in refused(file(tmp_path, RAW), shape)


@pytest.mark.parametrize("pack", [bytes, compress])
def test_sizes_beyond_the_file_are_not_believed(tmp_path, pack):
    for shape in ((2**32 - 1,) * 4, (2**32 - 1,), (2**20, 28, 28)):
        message = refused(file(tmp_path, pack(idx.header(shape))))
        assert "bytes of data for shape (" in message and "found at most" in message


@pytest.mark.parametrize("pack", [bytes, compress])
def test_a_flipped_byte_is_an_error_or_another_array(tmp_path, pack):
    content = pack(RAW)
    for place in range(len(content)):
        damaged = bytearray(content)
        damaged[place] ^= 0xFF
        try:
            array = idx.read(file(tmp_path, bytes(damaged)))
        except DatasetError:
            continue
        assert array.dtype == np.uint8


def test_missing_file_and_folder(tmp_path):
    assert "cannot be read (No such file" in refused(tmp_path / "nothing")
    assert "cannot be read" in refused(tmp_path)


def test_errors_of_the_disk(tmp_path, monkeypatch):
    path = file(tmp_path, RAW)

    def fail(*_):
        raise OSError(5, "Input/output error")

    monkeypatch.setattr(idx, "fill", fail)
    assert refused(path) == "cannot be read (Input/output error)"
