"""Where data sets are found, in which order, and what is checked there."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from minigan.data import catalog, idx, sources
from minigan.data.loading import load_files
from minigan.errors import DatasetError
from tests.helpers import replaced

from . import small

SMALL = small.dataset()


def load(path=None, dataset=SMALL):
    """The four parts, without any download."""
    train, test = load_files(dataset, path)
    return [*train, *test]


def refused(path=None, dataset=SMALL):
    with pytest.raises(DatasetError) as caught:
        load(path, dataset)
    return str(caught.value)


# ---- layouts -----------------------------------------------------------------------


@pytest.mark.parametrize("packed", [False, True])
@pytest.mark.parametrize("below", ["", "small", "Small/raw"])
def test_files_in_a_folder_or_below_it(tmp_path, packed, below):
    small.write(tmp_path / "root" / below, packed=packed)
    small.assert_parts(load(tmp_path / "root"))
    small.assert_parts(load(str(tmp_path / "root")))


@pytest.mark.parametrize("below", ["", "small"])
def test_an_npz_file_in_a_folder_or_below_it(tmp_path, below):
    folder = tmp_path / "root" / below
    folder.mkdir(parents=True)
    (folder / "small.npz").write_bytes(small.archive())
    small.assert_parts(load(tmp_path / "root"))


def test_an_npz_file_of_any_name(tmp_path):
    (tmp_path / "mine").write_bytes(small.archive())
    small.assert_parts(load(tmp_path / "mine"))


def test_names_with_a_dot_and_both_kinds(tmp_path):
    small.write(tmp_path / "one")
    for path in list((tmp_path / "one").iterdir())[:2]:
        path.rename(path.with_name(path.name.replace("-idx", ".idx")))
    small.assert_parts(load(tmp_path / "one"))
    small.write(tmp_path / "two", only=2)
    small.write(tmp_path / "two", packed=True)
    small.assert_parts(load(tmp_path / "two"))


# ---- order -------------------------------------------------------------------------


def homes(tmp_path, monkeypatch):
    """A folder for every place, in the documented order."""
    monkeypatch.setenv("MINIGAN_DATA", str(tmp_path / "own"))
    monkeypatch.setenv("MINIGAN_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setenv("KERAS_HOME", str(tmp_path / "keras"))
    return [
        tmp_path / "own" / "small",
        tmp_path / "cache" / "data" / "small",
        tmp_path / "keras" / "datasets" / "small",
        Path("data") / "Small" / "raw",
        sources.SYSTEM / "small",
    ]


def test_the_order(tmp_path, monkeypatch):
    places = homes(tmp_path, monkeypatch)
    for place in places:
        small.write(place)
    for place in places:
        found, parts, notes = sources.search(SMALL)
        assert found.files[0].parent == place
        assert len(notes) == places.index(place)
        small.assert_parts(parts)
        for path in place.iterdir():
            path.unlink()
    assert sources.search(SMALL)[0] is None


def test_a_path_is_the_only_place(tmp_path, monkeypatch):
    small.write(homes(tmp_path, monkeypatch)[0])
    (tmp_path / "empty").mkdir()
    for path in ("empty", "nothing"):
        message = refused(tmp_path / path)
        assert message.startswith(f"{tmp_path / path}: expected the files train-images")
        assert message.endswith("or small.npz, found none of them")


def test_default_folders(tmp_path):
    labels = {place.label: place.path for place in sources.places()}
    home = tmp_path / "home"
    assert labels == {
        "minigan's cache": home / ".cache" / "minigan" / "data",
        "Keras' cache": home / ".keras" / "datasets",
        "torchvision's folder": Path("data"),
        "Debian's folder": sources.SYSTEM,
    }


def test_the_environment_names_the_cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert sources.cache_folder() == tmp_path / "xdg" / "minigan" / "data"
    monkeypatch.setenv("MINIGAN_CACHE_DIR", str(tmp_path / "mine"))
    assert sources.cache_folder() == tmp_path / "mine" / "data"


def test_no_home(monkeypatch):
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)
    assert sources.search(SMALL)[0] is None
    assert "minigan's cache" not in [place.label for place in sources.places()]


def test_known_data_sets_are_looked_for_where_others_put_them():
    mnist, fashion = catalog.DATASETS["mnist"], catalog.DATASETS["fashion_mnist"]
    assert mnist.archive == "mnist.npz"  # Keras
    assert "MNIST/raw" in mnist.folders and "FashionMNIST/raw" in fashion.folders
    assert "fashion-mnist" in fashion.folders  # Keras and Debian
    assert [part.key for part in mnist.parts] == [
        *("x_train", "y_train", "x_test", "y_test")
    ]
    assert all(len(d.folders) and d.folders[0] == d.name for d in (mnist, fashion))


# ---- what is wrong -----------------------------------------------------------------


def test_what_the_user_named_must_be_good(tmp_path, monkeypatch):
    places = homes(tmp_path, monkeypatch)
    small.write(places[1])
    small.write(places[0], only=3)
    message = refused()
    assert message.startswith(f"{places[0]}: expected also t10k-labels-idx1-ubyte")
    assert message.endswith("found 3 of 4 files")
    small.write(places[0], seed=1)
    assert "expected sha256" in refused()


@pytest.mark.parametrize("fault", ["other", "cut"])
@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_a_foreign_cache_that_is_broken_is_passed_over(
    tmp_path, monkeypatch, place, fault
):
    places = homes(tmp_path, monkeypatch)
    monkeypatch.delenv("MINIGAN_DATA")
    small.write(places[place], seed=int(fault == "other"), only=4)
    victim = places[place] / SMALL.parts[-1].file
    if fault == "cut":
        victim.write_bytes(victim.read_bytes()[:-1])
    with pytest.warns(RuntimeWarning, match="minigan: .* looking elsewhere") as caught:
        found, _, notes = sources.search(SMALL)
    assert found is None and str(places[place]) in notes[place]
    assert str(places[place]) in str(caught[0].message)
    small.write(sources.SYSTEM / "Small" / "raw")
    if place < 4:
        with pytest.warns(RuntimeWarning, match="looking elsewhere"):
            small.assert_parts(load())


@pytest.mark.parametrize("place", [1, 2, 3, 4])
def test_a_foreign_cache_that_is_not_complete_yet(tmp_path, monkeypatch, place):
    places = homes(tmp_path, monkeypatch)
    monkeypatch.delenv("MINIGAN_DATA")
    small.write(places[place], only=3)
    found, _, notes = sources.search(SMALL)
    assert found is None and "found 3 of 4 files" in notes[place]


def test_a_file_where_a_folder_is_looked_for():
    Path("data").write_text("mine")
    assert sources.search(SMALL)[0] is None


def test_swapped_files(tmp_path):
    folder = small.write(tmp_path / "small")
    images, labels, test_images, _ = (folder / part.file for part in SMALL.parts)
    os.rename(images, folder / "x")
    os.rename(labels, images)
    os.rename(folder / "x", labels)
    assert refused(tmp_path) == f"{images}: expected 3 dimensions, found 1"
    small.write(folder)
    os.replace(test_images, images)
    small.write(tmp_path / "other")
    os.replace(tmp_path / "other" / images.name, test_images)
    message = f"{images}: expected shape (6, 5, 3), found (4, 5, 3)"
    assert refused(tmp_path) == message


def test_another_data_set_is_named(tmp_path, monkeypatch):
    other = replace(small.dataset("other", seed=1), title="Others")
    replaced(monkeypatch, catalog.DATASETS, "other", other)
    small.write(tmp_path / "small", seed=1)
    message = refused(tmp_path)
    assert message.endswith("which is train-images-idx3-ubyte of Others")


def test_a_shared_folder_holds_one_of_two_data_sets(tmp_path, monkeypatch):
    other = small.dataset("other", seed=1)
    replaced(monkeypatch, catalog.DATASETS, "small", SMALL)
    replaced(monkeypatch, catalog.DATASETS, "other", other)
    monkeypatch.setenv("MINIGAN_DATA", str(small.write(tmp_path / "own")))
    small.assert_parts(load())
    assert sources.search(other)[0] is None
    small.write(sources.SYSTEM / "other", seed=1)
    small.assert_parts(load(dataset=other), seed=1)
    assert "expected sha256" in refused(tmp_path / "own", other)  # asked for by path


def test_labels_beyond_the_classes(tmp_path):
    folder = small.write(tmp_path / "small")
    path = folder / SMALL.parts[1].file
    path.write_bytes(idx.encode(np.array([1, 2, 3, 10, 5, 6], np.uint8)))
    assert refused(tmp_path) == f"{path}: expected labels from 0 to 9, found 10 at (3,)"


def test_values_beyond_white(tmp_path):
    darker = replace(SMALL, largest=16)
    small.write(tmp_path / "small")
    assert "expected values from 0 to 16, found " in refused(tmp_path, darker)


def test_as_many_images_as_labels(tmp_path):
    folder = small.write(tmp_path / "small")
    path = folder / SMALL.parts[3].file
    path.write_bytes(idx.encode(np.zeros(5, np.uint8)))
    message = refused(tmp_path, small.open_dataset())
    assert message.endswith("as many images as labels, found 4 images and 5 labels")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"y_test": None}, "expected the array 'y_test', found x_train, y_train, x_te"),
        ({"y_test": np.zeros(4)}, "y_test: expected unsigned bytes (uint8), found dty"),
        ({"y_test": np.zeros(4, np.uint8)}, "y_test: expected sha256"),
        ({"x_test": np.zeros((4, 15), np.uint8)}, "expected shape (4, 5, 3), found"),
        ({"x_test": np.zeros((99, 2000), np.uint8)}, "expected at most 60 bytes"),
    ],
)
def test_npz_files_are_checked(tmp_path, change, words):
    keys = [part.key for part in SMALL.parts]
    members = dict(zip(keys, small.arrays(), strict=True)) | change
    members = {key: array for key, array in members.items() if array is not None}
    (tmp_path / "small.npz").write_bytes(small.npz(members))
    message = refused(tmp_path)
    assert words in message and message.startswith(str(tmp_path / "small.npz"))


def test_an_idx_file_given_as_npz(tmp_path):
    path = small.write(tmp_path) / SMALL.parts[0].file
    assert refused(path).startswith(f"{path}: expected an npz file, found the bytes 00")
