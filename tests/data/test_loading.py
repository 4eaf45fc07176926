"""`data.load`, `data.images`, `data.scale`: shapes, types, values, refusals."""

import hashlib

import numpy as np
import pytest

from minigan import data
from minigan.errors import ArgumentError, DatasetError, DTypeError
from minigan.gan import recipes
from minigan.gan.rows import Rows


def test_digits():
    (x_train, y_train), (x_test, y_test) = data.load("digits")
    assert x_train.shape == (1500, 8, 8) and x_test.shape == (297, 8, 8)
    assert y_train.shape == (1500,) and y_test.shape == (297,)
    for array in (x_train, y_train, x_test, y_test):
        assert array.dtype == np.uint8 and array.flags.writeable
    assert x_train.min() == 0 and x_train.max() == 16 == x_test.max()
    counts = np.bincount(np.concatenate([y_train, y_test])).tolist()
    assert counts == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]  # UCI's list
    first = [0, 0, 5, 13, 9, 1, 0, 0]  # of optdigits.tes
    assert x_train[0, 0].tolist() == first and y_train[:5].tolist() == [0, 1, 2, 3, 4]


def test_digits_can_be_told_apart():
    (x_train, y_train), (x_test, y_test) = data.load("digits")
    train, test = (x.reshape(len(x), -1).astype(float) for x in (x_train, x_test))
    distances = ((test[:, None] - train[None]) ** 2).sum(axis=2)
    assert (y_train[distances.argmin(axis=1)] == y_test).mean() > 0.9


def test_digits_come_with_their_attribution():
    from importlib.resources import files

    text = (files("minigan.data") / "digits.txt").read_text()
    for words in ("Alpaydin", "Kaynak", "CC BY 4.0", "10.24432/C50P49", "Changes"):
        assert words in text


def test_parabola():
    (x_train, y_train), (x_test, y_test) = data.load("parabola")
    assert x_train.shape == (10_000, 2) and x_test.shape == (2_000, 2)
    for points, labels in ((x_train, y_train), (x_test, y_test)):
        assert points.dtype == np.float32 and points.flags.c_contiguous
        x, y = points.T
        np.testing.assert_array_equal(y, x * x)
        assert -0.5 <= x.min() < -0.49 and 0.49 < x.max() < 0.5
        assert labels.dtype == np.uint8 and not labels.any()
        assert len(labels) == len(points)
    again = data.load("parabola")[0][0]
    np.testing.assert_array_equal(again, x_train)
    assert not np.isin(x_test[:, 0], x_train[:, 0]).all()


def test_loading_leaves_the_global_generator_alone():
    before = hashlib.sha256(str(np.random.get_state()).encode()).digest()  # noqa: NPY002
    data.load("parabola")
    data.images("digits")
    after = hashlib.sha256(str(np.random.get_state()).encode()).digest()  # noqa: NPY002
    assert before == after


@pytest.mark.parametrize("name", ["MNIST", "cifar10", "", None, 3])
def test_unknown_names(name):
    with pytest.raises(ArgumentError, match="data.load: argument 'name': expected one"):
        data.load(name)


@pytest.mark.parametrize("name", ["digits", "parabola"])
def test_what_needs_no_files_has_no_path(name, tmp_path):
    with pytest.raises(ArgumentError, match="argument 'path': expected None"):
        data.load(name, tmp_path)


@pytest.mark.parametrize("path", [3, b"x", "a\0b"])
def test_paths_that_are_none(path):
    with pytest.raises((DTypeError, ArgumentError), match="data.load: argument 'path'"):
        data.load("mnist", path)


def test_without_data_and_network_there_is_one_error():
    pytest.importorskip("pooch")
    with pytest.raises(DatasetError) as caught:
        data.load("mnist")
    message = str(caught.value)
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    for words in (
        "MNIST is not here and could not be downloaded.",
        "$MINIGAN_DATA: not set;",
        "minigan's cache (",
        "Keras' cache (",
        "torchvision's folder (data): no such folder;",
        "Debian's folder (",
        "train-images-idx3-ubyte.gz: Name or service not known;",
        "mnist.npz: Name or service not known;",
        "'minigan data fetch mnist', with a network",
        "pip install 'minigan[data]'",
        "MINIGAN_DATA",
        "train on 'digits'",
    ):
        assert words in message
    with pytest.raises(DatasetError, match="apt install dataset-fashion-mnist"):
        data.load("fashion_mnist")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_images(dtype):
    rows = data.images("digits", dtype=dtype)
    assert rows.shape == (1500, 64) and rows.dtype == dtype
    assert rows.min() == -1 and rows.max() == 1
    points = data.images("parabola", dtype=dtype)
    assert points.shape == (10_000, 2) and points.dtype == dtype
    assert Rows(rows, dtype=dtype).features == 64


def test_images_of_mnist_fit_the_recipes():
    assert recipes.RECIPES["mnist-mixed"].features == 28 * 28
    with pytest.raises(DTypeError, match="data.images: argument 'dtype'"):
        data.images("mnist", dtype=int)
