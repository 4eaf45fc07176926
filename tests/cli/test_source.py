"""`--data`: the name of a data set, a file, or nothing."""

import numpy as np
import pytest

from minigan import data
from minigan.cli import source
from minigan.errors import ArgumentError, DatasetError


@pytest.mark.parametrize(
    ("recipe", "given", "expected"),
    [
        ("parabola", None, None),
        ("digits", None, "digits"),
        ("mnist-mixed", None, "mnist"),
        ("mnist-mixed", "digits", "digits"),
        ("parabola", "parabola", "parabola"),
    ],
)
def test_names(recipe, given, expected):
    assert source.chosen(recipe, given) == expected


def test_a_file_is_kept_by_its_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    np.save("mine.npy", rows)
    kept = source.chosen("digits", "mine.npy")
    assert kept == str(tmp_path / "mine.npy")
    np.testing.assert_array_equal(source.rows(kept), rows)
    (tmp_path / "mine.npy").unlink()
    with pytest.raises(DatasetError, match="mine.npy: cannot be read"):
        source.rows(kept)


def test_rows_of_a_name_and_of_nothing():
    assert source.rows(None) is None
    np.testing.assert_array_equal(source.rows("digits"), data.images("digits"))


def test_what_is_neither_a_name_nor_a_file(tmp_path):
    for given in ("cifar", str(tmp_path)):
        with pytest.raises(ArgumentError, match="--data: expected parabola, digits"):
            source.chosen("digits", given)
