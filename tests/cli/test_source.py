"""`--data`: the name of a data set, a file, a folder, or nothing."""

import click
import numpy as np
import pytest
from PIL import Image

from minigan import data
from minigan.cli import source
from minigan.cli.source import Source
from minigan.errors import ArgumentError, DatasetError

TABLE = "name,a,b (kg)\nx,1,2\ny,3,5\nz,4,9\n"


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
    found = source.chosen(recipe, given)
    assert found == Source(expected) and not found.is_own


def test_a_file_is_kept_by_its_whole_path(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    rows = np.linspace(-1, 1, 8, dtype=np.float32).reshape(2, 4)
    np.save("mine.npy", rows)
    kept = source.chosen("digits", "mine.npy")
    assert kept.name == str(tmp_path / "mine.npy") and kept.is_own
    np.testing.assert_array_equal(kept.rows("digits"), rows)
    (tmp_path / "mine.npy").unlink()
    with pytest.raises(DatasetError, match="mine.npy: cannot be read"):
        kept.rows("digits")


def test_rows_of_a_name_and_of_nothing():
    assert Source().rows("parabola") is None
    rows = Source("digits").rows("digits")
    np.testing.assert_array_equal(rows, data.images("digits"))


def test_what_is_neither_a_name_nor_a_file(tmp_path):
    words = r"--data: cifar.npy: no such file or folder, and no data set \(parabola, r"
    with pytest.raises(ArgumentError, match=words):
        source.chosen("digits", "cifar.npy")


def test_a_table(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text(TABLE)
    with pytest.raises(DatasetError, match="line 2, column 'name': .*name the columns"):
        source.chosen("parabola", str(path)).rows("parabola")
    chosen = source.chosen("parabola", str(path), columns=("b (kg)", "a"))
    for recipe in ("parabola", "digits"):
        table = chosen.rows(recipe)
        assert table.columns.names == ("b (kg)", "a") and table.columns.high == (9, 4)


@pytest.mark.parametrize("kind", ["f8", "i8"])
def test_an_array_in_units_is_a_table_for_points_alone(tmp_path, kind):
    path = tmp_path / "t.npy"
    np.save(path, np.array([[1, 200], [3, 100]], kind))
    table = source.chosen("parabola", str(path)).rows("parabola")
    assert table.columns.low == (1, 100)
    with pytest.raises(DatasetError):
        source.chosen("digits", str(path)).rows("digits")
    np.save(path, np.array([[-1.0, 0.5]]))
    rows = source.chosen("parabola", str(path)).rows("parabola")
    assert isinstance(rows, np.ndarray)
    named = source.chosen("parabola", str(path), columns=("a", "b"))
    with pytest.warns(RuntimeWarning, match="in all rows"):
        assert named.rows("parabola").columns.names == ("a", "b")


def test_a_folder_of_images(tmp_path):
    for k in range(2):
        Image.fromarray(np.full((6, 5, 3), k, np.uint8)).save(tmp_path / f"{k}.png")
    found = source.chosen("digits", str(tmp_path))
    assert found.rows("digits").shape == (2, 6, 5, 3)
    small = source.chosen("digits", str(tmp_path), size=(4, 3), grey=True)
    assert small.rows("digits").shape == (2, 4, 3, 1)


@pytest.mark.parametrize(
    ("option", "value", "fits"),
    [
        ("size", (4, 4), ["folder"]),
        ("grey", True, ["folder"]),
        ("columns", ("a",), ["table"]),
    ],
)
def test_options_of_other_data(tmp_path, option, value, fits):
    (tmp_path / "t.csv").write_text("a\n1\n2\n")
    Image.fromarray(np.zeros((6, 5), np.uint8)).save(tmp_path / "a.png")
    names = {"table": str(tmp_path / "t.csv"), "folder": str(tmp_path)}
    names |= {"name": "digits", "none": None}
    for what, name in names.items():
        given = source.chosen("parabola", name, **{option: value})
        if what in fits:
            assert given.rows("parabola") is not None
        else:
            with pytest.raises(
                ArgumentError, match=f"--{option}: expected a .* as --d"
            ):
                given.rows("parabola")


def test_what_is_kept_comes_back():
    whole = Source("/x/y", ("a", "b"), (3, 4), True, "c")
    for known in (whole, Source("/x/y"), Source()):
        found = known.config()
        assert Source.kept(found["source"], found["source_options"]) == known
    damaged = (
        {"columns": 3, "size": [1, "2"], "grey": "yes", "label_column": 3},
        None,
        [],
        {"size": [1]},
    )
    for options in damaged:
        assert Source.kept("/x/y", options) == Source("/x/y")


@pytest.mark.parametrize(
    ("text", "names"),
    [("a", ("a",)), ("a, b c", ("a", "b c")), ('"a, b",c', ("a, b", "c"))],
)
def test_names_of_columns(text, names):
    assert source.Names().convert(text, None, None) == names


@pytest.mark.parametrize(
    ("text", "size"),
    [("28", (28, 28)), ("28x20", (28, 20)), ("1X4096", (1, 4096))],
)
def test_sizes(text, size):
    assert source.Size().convert(text, None, None) == size


@pytest.mark.parametrize(
    "text", ["", "x", "0", "4097", "3x", "3x4x5", "-3", "3.5", "²"]
)
def test_sizes_that_are_none(text):
    with pytest.raises(click.BadParameter, match="expected .*size"):
        source.Size().convert(text, None, None)
