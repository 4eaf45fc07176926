"""Bytes to floats, and `data.from_file`: scaled, or refused with a reason."""

import warnings

import numpy as np
import pytest

from minigan import data
from minigan.data import idx
from minigan.errors import (
    ArgumentError,
    DatasetError,
    DTypeError,
    MiniganError,
    ShapeError,
)

from . import small
from .small import compress

BYTES = np.random.default_rng(0).integers(0, 256, (5, 4, 3), np.uint8)
FLOATS = np.random.default_rng(1).uniform(-1, 1, (5, 12))


def file(tmp_path, content, name="mine"):
    path = tmp_path / name
    path.write_bytes(content)
    return path


def refused(path):
    with pytest.raises(DatasetError) as caught:
        data.from_file(path)
    assert str(caught.value).startswith(str(path)) and "found" in str(caught.value)
    return str(caught.value)


@pytest.mark.parametrize(
    "content",
    [
        small.npy(BYTES),
        small.npy(np.asfortranarray(BYTES)),
        small.npz({"anything": BYTES}),
        small.npz({"labels": FLOATS, "x_train": BYTES}),
        small.npz({"data": BYTES, "other": FLOATS}),
        idx.encode(BYTES),
        compress(idx.encode(BYTES)),
    ],
)
def test_bytes_are_scaled(tmp_path, content):
    for path in (file(tmp_path, content), str(file(tmp_path, content))):
        rows = data.from_file(path)
        assert rows.dtype == np.float32 and rows.flags.c_contiguous
        np.testing.assert_array_equal(rows, data.scale(BYTES))


@pytest.mark.parametrize(
    ("given", "kept"),
    [("<f4", "f4"), (">f4", "f4"), ("<f8", "f8"), (">f8", "f8"), ("<f2", "f4")],
)
def test_floats_stay_as_they_are(tmp_path, given, kept):
    array = FLOATS.astype(given)
    for layout in (array, np.asfortranarray(array)):
        rows = data.from_file(file(tmp_path, small.npy(layout)))
        assert rows.dtype == np.dtype(kept) and rows.dtype.isnative
        assert rows.flags.c_contiguous
        np.testing.assert_array_equal(rows, array.astype(kept))


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (FLOATS * 255, "expected floats in [-1, 1] (uint8 is scaled for you: x / 127"),
        (FLOATS + 0.5, "expected floats in [-1, 1]"),
        (FLOATS - 0.5, "expected floats in [-1, 1]"),
        (np.where(FLOATS > 0, np.nan, FLOATS), "expected finite numbers, found "),
        (np.where(FLOATS > 0, np.inf, FLOATS), "expected finite numbers, found "),
        (BYTES.astype(int), "save them with .astype('uint8')), found dtype int64"),
        (BYTES > 3, "expected uint8, float32 or float64, found dtype bool"),
        (FLOATS[0], "expected rows of numbers, shape (n, ...), found shape (12,)"),
        (np.float32(0.5), "expected rows of numbers, shape (n, ...), found shape ()"),
        (FLOATS[:0], "expected rows of numbers, shape (n, ...), found shape (0, 12)"),
        (FLOATS + 0j, "expected numbers, found dtype complex128"),
        (np.array([["a"]]), "expected numbers, found dtype <U1"),
        (np.array([[None]]), "expected numbers, found Python objects"),
    ],
)
def test_arrays_that_cannot_be_used(tmp_path, array, words):
    assert words in refused(file(tmp_path, small.npy(array)))
    assert words in refused(file(tmp_path, small.npz({"data": array})))


@pytest.mark.parametrize(
    ("dtype", "beyond"), [("f8", 1e-16), ("f8", 9e-7), ("f4", 9e-7), ("f2", 1e-3)]
)
@pytest.mark.parametrize("sign", [1, -1])
def test_what_is_beyond_by_a_rounding_is_clipped(tmp_path, dtype, beyond, sign):
    floats = FLOATS.astype(dtype)
    floats[0, 0] = sign * max(1 + beyond, np.nextafter(1, 2))
    rows = data.from_file(file(tmp_path, small.npy(floats)))
    assert rows[0, 0] == sign and np.abs(rows).max() == 1
    assert (rows != floats).sum() <= 1


@pytest.mark.parametrize("dtype", ["f8", "f4", "f2"])
def test_what_is_beyond_by_more_is_refused_with_all_its_digits(tmp_path, dtype):
    floats = FLOATS.astype(dtype)
    floats[0, 0] = 1.00001 if dtype != "f2" else 1.01
    largest = float(refused(file(tmp_path, small.npy(floats))).split(" to ")[-1])
    assert largest > 1


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "expected a .npy, .npz or IDX file, found an empty file"),
        (b"1,2,3\n4,5,6\n", "or IDX file, found text, which data.table reads"),
        (b"\x89PNG\r\n", "expected a .npy, .npz or IDX file, found a PNG image"),
        (b"\xff\xd8\xff\xe0", "expected a .npy, .npz or IDX file, found a JPEG image"),
        (b"\x01\x02\x03\x04", "expected a .npy, .npz or IDX file, found the bytes 01"),
        (b"<html>", "expected a .npy, .npz or IDX file, found an HTML or XML page"),
        (compress(b"1,2"), "expected IDX data, which begin with 00 00 08"),
        (small.npz({"a": BYTES, "b": BYTES}), "or one called 'x_train' or 'data', fou"),
        (b"PK\5\6" + bytes(18), "expected a .npy, .npz or IDX file"),
        (small.npz({"a": BYTES})[:-1], "expected a complete zip archive, found a dam"),
    ],
)
def test_files_that_are_none(tmp_path, content, words):
    assert words in refused(file(tmp_path, content))


def test_missing_file(tmp_path):
    with pytest.raises(DatasetError, match="cannot be read .No such file"):
        data.from_file(tmp_path / "nothing.npy")
    with pytest.raises(DTypeError, match="data.from_file: argument 'path'"):
        data.from_file(BYTES)
    with pytest.raises(ArgumentError, match="data.from_file: argument 'path'"):
        data.from_file("a\0b")


@pytest.mark.parametrize(
    ("array", "words"),
    [
        (BYTES % 17, "the largest value is 16 of 255"),
        (np.abs(FLOATS), r"the values lie in \[0.*, 0.*\], a network with tanh draws"),
    ],
)
def test_doubtful_scaling_is_said(tmp_path, array, words):
    with pytest.warns(RuntimeWarning, match="minigan: .*mine: " + words):
        data.from_file(file(tmp_path, small.npy(array)))


def test_good_files_raise_no_warning(tmp_path):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        data.from_file(file(tmp_path, small.npy(FLOATS)))


# ---- bytes to floats -----------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_scale(dtype):
    x = np.arange(256, dtype=np.uint8).reshape(2, 128)
    y = data.scale(x, dtype)
    assert y.dtype == dtype and y.shape == x.shape
    np.testing.assert_array_equal(y, x.astype(dtype) / dtype(127.5) - dtype(1))
    assert y[0, 0] == -1 and y[-1, -1] == 1
    np.testing.assert_array_equal(x, np.arange(256).reshape(2, 128))


def test_scale_of_digits():
    x = np.arange(17, dtype=np.uint8)
    np.testing.assert_array_equal(data.scale(x, largest=16), np.arange(17) / 8 - 1)


def test_scale_of_any_layout():
    x = np.arange(24, dtype=np.uint8).reshape(4, 6)
    x.flags.writeable = False
    for view in (x, x.T, x[::-1, ::2], np.broadcast_to(x[0], (3, 6))):
        y = data.scale(view)
        assert y.flags.c_contiguous
        np.testing.assert_array_equal(y, data.scale(view.copy()))


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        (([1, 2],), DTypeError, "'images': expected an array of uint8, got list"),
        ((np.zeros(3),), DTypeError, "'images': expected an array of uint8, got float"),
        ((np.zeros((0, 4), np.uint8),), ShapeError, "at least one image"),
        ((np.full(3, 17, np.uint8), np.float32, 16), ArgumentError, "0 to 16, got 17"),
        ((np.ma.masked_less(np.arange(3, dtype=np.uint8), 1),), MiniganError, "1 of 3"),
        ((np.zeros(3, np.uint8), np.float16), DTypeError, "'dtype'"),
        ((np.zeros(3, np.uint8), np.complex128), DTypeError, "'dtype'"),
        ((np.zeros(3, np.uint8), np.float32, 0), ArgumentError, "'largest'"),
        ((np.zeros(3, np.uint8), np.float32, 256), ArgumentError, "'largest'"),
        ((np.zeros(3, np.uint8), np.float32, 16.0), DTypeError, "'largest'"),
    ],
)
def test_scale_refuses(arguments, error, words):
    with pytest.raises(error, match="data.scale: argument ") as caught:
        data.scale(*arguments)
    assert words in str(caught.value)
