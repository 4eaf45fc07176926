"""The real MNIST and Fashion-MNIST, where they are: every format, every check."""

import gzip
import hashlib
import os
import shutil

import numpy as np
import pytest

from minigan import data
from minigan.data import catalog, idx, sources
from minigan.errors import DatasetError

pytestmark = pytest.mark.data
COUNTS = {  # of the training labels
    "mnist": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "fashion_mnist": [6000] * 10,
}


@pytest.fixture(scope="module", params=list(COUNTS))
def real(request):
    """(name, where it is, its four parts)."""
    found, parts, _ = sources.search(catalog.DATASETS[request.param])
    if found is None:
        pytest.skip(f"{request.param} is not on this machine (docs/data.md)")
    return request.param, found, parts


def test_shapes_and_labels(real):
    name, _, _ = real
    (x_train, y_train), (x_test, y_test) = data.load(name)
    assert x_train.shape == (60_000, 28, 28) and x_test.shape == (10_000, 28, 28)
    assert y_train.shape == (60_000,) and y_test.shape == (10_000,)
    assert {a.dtype for a in (x_train, y_train, x_test, y_test)} == {np.dtype("u1")}
    assert np.bincount(y_train).tolist() == COUNTS[name]


@pytest.mark.parametrize("real", ["mnist"], indirect=True)
def test_published_checksums(real):
    known = [
        "6bbc9ace898e44ae57da46a324031adb",
        "a25bea736e30d166cdddb491f175f624",
        "2646ac647ad5339dbf082846283269ea",
        "27ae3e4e09519cfbb04c329615203637",
    ]
    for array, md5 in zip(real[2], known, strict=True):
        assert hashlib.md5(idx.encode(array)).hexdigest() == md5


def test_images_are_ready_for_the_recipes(real):
    rows = data.images(real[0])
    assert rows.shape == (60_000, 784) and rows.dtype == np.float32
    assert rows.min() == -1 and rows.max() == 1


def test_every_format(real, tmp_path):
    name, _, parts = real
    dataset = catalog.DATASETS[name]
    keys = [part.key for part in dataset.parts]
    np.savez(tmp_path / "keras.npz", **dict(zip(keys, parts, strict=True)))
    torchvision = tmp_path / dataset.folders[-1]
    torchvision.mkdir(parents=True)
    for part, array in zip(dataset.parts, parts, strict=True):
        content = gzip.compress(idx.encode(array), 1)
        (torchvision / f"{part.file}.gz").write_bytes(content)
    for path in (tmp_path / "keras.npz", tmp_path):
        (x_train, _), (_, y_test) = data.load(name, path)
        np.testing.assert_array_equal(x_train, parts[0])
        np.testing.assert_array_equal(y_test, parts[3])


def test_one_wrong_pixel_is_noticed(real, tmp_path):
    name, _, parts = real
    dataset = catalog.DATASETS[name]
    for part, array in zip(dataset.parts, parts, strict=True):
        (tmp_path / part.file).write_bytes(idx.encode(array))
    with open(tmp_path / dataset.parts[2].file, "r+b") as file:
        file.seek(-1, os.SEEK_END)
        file.write(b"\1")
    with pytest.raises(DatasetError, match="t10k-images-idx3-ubyte: expected sha256"):
        data.load(name, tmp_path)


def test_the_other_data_set_is_named(real, tmp_path):
    name, found, _ = real
    other = next(n for n in COUNTS if n != name)
    if len(found.files) == 1:
        pytest.skip("the files here are one npz file")
    for path in found.files:
        shutil.copy(path, tmp_path)
    title = catalog.DATASETS[name].title
    with pytest.raises(DatasetError, match=f"which is train-images.* of {title}"):
        data.load(other, tmp_path)
