"""Files of NumPy: read without pickle, and no larger than they are.

One reader serves data sets, checkpoints and saved models; the last part sends damaged
headers through all three.
"""

import io
import pickle
import warnings
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from minigan import checkpoint, data, keras, npy
from minigan.errors import ArgumentError, CheckpointError, DatasetError

from .data import small
from .test_checkpoint import forge

ARRAY = np.arange(24, dtype=np.uint8).reshape(4, 3, 2)


def file(tmp_path, content):
    path = tmp_path / "array"
    path.write_bytes(content)
    return path


def refused(path, read=npy.read):
    with pytest.raises(DatasetError) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ")
    return str(caught.value)


def everything(path, largest=None):
    with npy.archive(path) as members:
        return {key: member.array(largest) for key, member in members.items()}


@pytest.mark.parametrize("dtype", ["u1", "<f4", ">f4", "f8", "i2", "?"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_arrays_are_read_as_numpy_reads_them(tmp_path, dtype, order):
    array = np.array(ARRAY, dtype, order=order)
    for version in ((1, 0), (2, 0)):
        path = file(tmp_path, small.npy(array, version=version))
        got = npy.read(path)
        assert got.dtype == array.dtype and got.flags.writeable
        np.testing.assert_array_equal(got, np.load(path))


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_archives(tmp_path, save):
    content = io.BytesIO()
    save(content, one=ARRAY, two=ARRAY[0])
    got = everything(file(tmp_path, content.getvalue()))
    assert list(got) == ["one", "two"]
    np.testing.assert_array_equal(got["one"], ARRAY)


@pytest.mark.parametrize("largest", [None, 24])
def test_cut_after_every_byte(tmp_path, largest):
    content = small.npy(ARRAY)
    for length in range(len(content)):
        refused(file(tmp_path, content[:length]))
    content = small.npz({"one": ARRAY})
    for length in range(len(content)):
        refused(file(tmp_path, content[:length]), lambda p: everything(p, largest))


def header(shape, dtype="|u1", extra=""):
    text = f"{{'descr': {dtype!r}, 'fortran_order': False, 'shape': {shape}, {extra}}}"
    text = text.ljust(117) + "\n"
    return b"\x93NUMPY\1\0" + len(text).to_bytes(2, "little") + text.encode()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "found an empty file"),
        (b"<html>", "found an HTML or XML page"),
        (header((24,)) + bytes(25), "expected 24 bytes for shape (24,) of uint8, fou"),
        (header((24,)) + bytes(23), "expected 24 bytes for shape (24,) of uint8, fou"),
        (header((2**40,)), "expected 1,099,511,627,776 bytes"),
        (header((2**40, 2**40)), "found 0"),
        (header((-1, 24)) + bytes(24), "sizes of at least 0, found shape (-1, 24)"),
        (header((0, 24)) + b"x", "expected 0 bytes for shape (0, 24) of uint8, fou"),
        (header((2**50,), "|S0"), "expected numbers, found dtype"),
        (header((4,), "<U1") + bytes(16), "expected numbers, found dtype <U1"),
        (header((4,), "<c8") + bytes(32), "expected numbers, found dtype complex64"),
        (header((4,), "|O") + bytes(32), "which are never unpickled"),
        (header((4,), "rubbish") + bytes(32), "expected a header of npy data"),
        (header("(4"), "expected a header of npy data"),
        (header("x"), "expected a header of npy data"),
        (header("(" * 5000), "expected a header of npy data"),
        (header((4,), extra="'more': 1"), "expected a header of npy data"),
        (b"\x93NUMPY\3\0" + header((4,))[8:], "of version 1.0 or 2.0, found 3.0"),
        (b"\x93NUMPY\1", "of version 1.0 or 2.0, found 1"),
    ],
)
def test_broken_arrays(tmp_path, content, words):
    assert words in refused(file(tmp_path, content))
    archive = small.npz({"one": content})
    assert words in refused(file(tmp_path, archive), everything)


def test_pickled_objects_never_run(tmp_path):
    class Payload:
        def __reduce__(self):
            return (tmp_path.joinpath("ran").write_text, ("yes",))

    objects = np.empty(1, object)
    objects[0] = Payload()
    for content in (small.npy(objects), small.npz({"x_train": small.npy(objects)})):
        path = file(tmp_path, content)
        read = npy.read if content.startswith(b"\x93") else everything
        assert "never unpickled" in refused(path, read)
    path = file(tmp_path, pickle.dumps(Payload()))
    refused(path)
    refused(path, everything)
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_other_compression(tmp_path, method):
    path = file(tmp_path, small.npz({"one": ARRAY}, method))
    assert "another kind of compression" in refused(path, everything)


def test_encrypted_members(tmp_path):
    content = bytearray(small.npz({"one": ARRAY}))
    for signature, offset in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        content[content.index(signature) + offset] |= 1
    assert "another kind" in refused(file(tmp_path, bytes(content)), everything)


def test_members_larger_than_allowed(tmp_path):
    path = file(tmp_path, small.npz({"one": np.zeros(40_000, np.uint8)}))
    assert everything(path, 40_000)["one"].size == 40_000
    message = refused(path, lambda p: everything(p, 24))
    assert "one.npy: expected at most 24 bytes, found 40,128" in message


def test_small_archives_of_large_arrays(tmp_path, monkeypatch):
    monkeypatch.setattr(npy, "HARMLESS", 10_000)
    path = file(tmp_path, small.npz({"one": np.zeros(400_000, np.uint8)}))
    assert "that unpack to 400,128" in refused(path, everything)
    noise = np.random.default_rng(0).integers(0, 256, 400_000, np.uint8)
    path = file(tmp_path, small.npz({"one": noise}))
    np.testing.assert_array_equal(everything(path)["one"], noise)


def test_a_flipped_byte_is_an_error_or_harmless(tmp_path):
    content = small.npz({"one": ARRAY})
    for place in range(len(content)):
        for flip in (0x01, 0xFF):
            damaged = bytearray(content)
            damaged[place] ^= flip
            try:
                got = everything(file(tmp_path, bytes(damaged)), 24)
            except DatasetError:
                continue
            for array in got.values():  # a name or a date may have changed
                np.testing.assert_array_equal(array, ARRAY)


def test_a_name_that_comes_twice(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for name in ("one.npy", "one"):
            archive.writestr(name, small.npy(ARRAY))
    path = file(tmp_path, content.getvalue())
    assert "expected no name twice, found 'one'" in refused(path, everything)


def claiming(content, size):
    """An archive whose directory says that its first member has so many bytes."""
    content, size = bytearray(content), size.to_bytes(4, "little")
    for signature, offset in ((b"PK\3\4", 18), (b"PK\1\2", 20)):
        place = content.index(signature) + offset
        content[place : place + 8] = size + size
    return bytes(content)


def test_members_that_claim_more_than_the_file_has(tmp_path):
    """Four gigabytes in a file of some hundred bytes: nothing is allocated for them."""
    huge = (1 << 32) - 2
    array = header((huge - 128,)) + bytes(100)
    content = claiming(small.npz({"one": array}, zipfile.ZIP_STORED), huge)
    message = refused(file(tmp_path, content), everything)
    assert f"a claim of {huge:,}" in message


def test_memory_that_there_is_not(tmp_path, monkeypatch):
    def nothing(*shape, **options):
        raise MemoryError("Unable to allocate")

    path = file(tmp_path, small.npy(ARRAY))
    monkeypatch.setattr(npy.np, "empty", nothing)
    assert "fits into memory, found Unable to allocate" in refused(path)


# ---- damaged headers ---------------------------------------------------------------

# What NumPy's parser of headers raises for these: SyntaxError, tokenize.TokenError,
# RecursionError or MemoryError, OverflowError, UnicodeDecodeError, ValueError.
TEXTS = [
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (3",
    b"(" * 3000,
    b"-" * 9000 + b"1",
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (%s,)}" % (b"9" * 5000),
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (1e999,)}",
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (True,)}",
    b"{'descr': '\xff\xfe', 'fortran_order': False, 'shape': (3,)}",
    b"{'descr': [('a', '<f4', 99999999999)], 'fortran_order': False, 'shape': (3,)}",
    b"{'descr': {'names': 3}, 'fortran_order': False, 'shape': (3,)}",
    b"{'descr': '<f4', 'fortran_order': False, 'shape': (3L,)}",
    b"'" * 3,
    b"\\",
    b"\0" * 100,
    b"",
]


def with_header(text, version=1):
    length = len(text).to_bytes(2 if version == 1 else 4, "little")
    return b"\x93NUMPY" + bytes((version, 0)) + length + text + bytes(12)


def through_every_reader(folder, member):
    """Read npy data as a data set, in a checkpoint, in a model: arrays or errors."""
    (folder / "a.npy").write_bytes(member)
    (folder / "a.npz").write_bytes(small.npz({"a": member}))
    (folder / "model").write_bytes(small.npz({"0000": member}, zipfile.ZIP_STORED))
    forge(folder / "checkpoint", [("a.npy", member)])
    model = keras.Sequential([keras.layers.Dense(1)])
    readers = [
        (DatasetError, lambda: npy.read(folder / "a.npy")),
        (DatasetError, lambda: data.from_file(folder / "a.npz")),
        (CheckpointError, lambda: checkpoint.read(folder / "checkpoint")),
        (CheckpointError, lambda: model.load_weights(folder / "model")),
    ]
    for fault, read in readers:
        try:
            read()
        except fault as error:
            assert str(folder) in str(error) and "expected" in str(error)
        except ArgumentError:  # the model has no weights yet: the file was read
            pass


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
@pytest.mark.parametrize("version", [1, 2])
def test_headers_that_numpy_cannot_parse(tmp_path, text, version):
    through_every_reader(tmp_path, with_header(text, version))


@pytest.mark.parametrize("length", [10_001, 2**31, 2**32 - 1])
def test_headers_that_are_too_long(tmp_path, length):
    content = b"\x93NUMPY\2\0" + length.to_bytes(4, "little") + bytes(64)
    assert "a header of at most 64 bytes" in refused(file(tmp_path, content))


@settings(max_examples=100, deadline=None, derandomize=True)
@given(drawn=st.data())
def test_headers_with_flipped_bytes(tmp_path_factory, drawn):
    content = bytearray(small.npy(np.arange(6, dtype=np.float32).reshape(2, 3)))
    for place in drawn.draw(st.lists(st.integers(0, 127), min_size=1, max_size=3)):
        content[place] = drawn.draw(st.integers(0, 255))
    folder = tmp_path_factory.getbasetemp() / "flipped"
    folder.mkdir(exist_ok=True)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "minigan: ", RuntimeWarning)  # of scaling
        through_every_reader(folder, bytes(content))
