"""`data.table`: files, frames, dicts and arrays, each column scaled."""

import numpy as np
import pytest

from minigan import data, use_backend
from minigan.data.tables import frame, is_frame
from minigan.errors import ArgumentError, DatasetError, MiniganError
from minigan.gan import Generator, Rows, Trainer, recipes

VALUES = np.random.default_rng(0).normal([170, 70, 40], [10, 12, 15], (60, 3)).round(2)
NAMES = "height (cm)", "weight (kg)", "age"


class Frame:
    """As data frames have it: names, and columns by them."""

    def __init__(self, columns):
        self._columns = columns
        self.columns = list(columns)
        self.shape = len(next(iter(columns.values()))), len(columns)

    def __getitem__(self, name):
        return self._columns[name]

    def __repr__(self):
        return "a page\n" * 1000


def columns(values=VALUES, names=NAMES):
    return {name: values[:, k] for k, name in enumerate(names)}


@pytest.fixture
def csv(tmp_path):
    path = tmp_path / "people.csv"
    header = ",".join(NAMES)
    np.savetxt(path, VALUES, "%.2f", ",", header=header, comments="")
    return path


def structured():
    kinds = [(name, "f8") for name in NAMES]
    return np.array([tuple(row) for row in VALUES], dtype=kinds)


@pytest.mark.parametrize(
    "make", [lambda path: path, str, lambda _: columns(), lambda _: Frame(columns()),
             lambda _: structured()]
)  # fmt: skip
def test_names_values_and_units(make, csv):
    table = data.table(make(csv))
    assert table.columns.names == NAMES and len(table) == 60
    assert (table.rows.min(0) == -1).all() and (table.rows.max(0) == 1).all()
    np.testing.assert_allclose(table.columns.restored(table.rows), VALUES)
    one = data.table(make(csv), columns=["age", "height (cm)"])
    np.testing.assert_array_equal(one.rows, table.rows[:, [2, 0]])
    with pytest.raises(MiniganError, match="some of the columns 'height .*got 'size'"):
        data.table(make(csv), columns=["size"])


def test_arrays_have_no_names_of_their_own(tmp_path):
    np.save(tmp_path / "x.npy", VALUES)
    for source in (VALUES, VALUES.astype(">f4"), tmp_path / "x.npy"):
        assert data.table(source).columns.names == ("x0", "x1", "x2")
        assert data.table(source, NAMES).columns.names == NAMES
    whole = data.table(np.arange(6).reshape(3, 2))
    assert whole.rows.tolist() == [[-1, -1], [0, 0], [1, 1]]
    assert repr(whole) == "Table(3 rows, columns x, y)"


def test_pandas():
    pandas = pytest.importorskip("pandas")
    table = data.table(pandas.DataFrame(columns()))
    np.testing.assert_allclose(table.columns.restored(table.rows), VALUES)
    with pytest.raises(MiniganError, match="source\\['city'\\].*expected numbers, got"):
        data.table(pandas.DataFrame({"city": ["Paris", "Rome"]}))


def test_the_index_that_pandas_writes_is_left_out(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text(",a,b\n0,1,5\n1,2,6\n2,4,7\n")
    with pytest.warns(RuntimeWarning, match="the first column has no name and counts"):
        assert data.table(path).columns.names == ("a", "b")
    path.write_text(",a\n7,1\n3,2\n")
    assert data.table(path).columns.names == ("x", "a")


def test_a_column_of_one_number_is_said():
    with pytest.warns(RuntimeWarning, match="minigan: column 'b' is 5 in all rows"):
        table = data.table({"a": [1, 2, 4], "b": [5, 5, 5]})
    assert table.rows[:, 1].tolist() == [0, 0, 0]


WRONG = {
    "text": (Frame({"a": [1, 2], "city": ["Rome", "Bonn"]}), r"\['city'\].*str 'Rome'"),
    "none": ({"a": [1, None]}, r"source\[.a.\].: expected numbers, got NoneType None"),
    "dates": (
        {"a": np.array(["2020"], "M8[D]")},
        "expected numbers, got dtype datetim",
    ),
    "NaN": ({"a": [1, np.nan]}, r"finite numbers, got 1 that are not, .* at \(1,\)"),
    "lengths": ({"a": [1, 2], "b": [1]}, "columns of one length, .* got 1 and 2"),
    "no rows": ({"a": []}, "columns of one length, at least 1, got 0"),
    "no columns": ({}, "columns of one length, at least 1, got none"),
    "two axes": ({"a": VALUES}, r"one column, shape \(n,\), got \(60, 3\)"),
    "images": (np.zeros((3, 4, 4)), r"a table, shape \(n, columns\), got \(3, 4, 4\)"),
    "a row": (np.zeros(3), r"a table, shape \(n, columns\), got \(3,\)"),
    "empty": (np.zeros((0, 3)), r"a table, shape \(n, columns\), got \(0, 3\)"),
    "objects": (VALUES.astype(object), "expected numbers, got dtype object"),
    "infinite": (VALUES * np.inf, "finite numbers, got 180 that are not"),
    "a list": (VALUES.tolist(), "expected a numpy array, got list"),
    "masked": (np.ma.masked_less(VALUES, 40), "an array without masked values"),
    "a masked column": ({"a": np.ma.masked_less(VALUES[:, 0], 170)}, "masked values"),
    "nothing": (None, "expected a numpy array, got NoneType"),
}


@pytest.mark.parametrize(("source", "words"), WRONG.values(), ids=WRONG)
def test_what_is_no_table(source, words):
    with pytest.raises(MiniganError, match="^data.table: argument .*" + words) as found:
        data.table(source)
    assert len(str(found.value)) < 300 and "\n" not in str(found.value)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("age", "a list of names of columns, got str 'age'"),
        ([3], "a list of names of columns"),
        ([], "at least one name, got none"),
        (["a", "b"], "3 names, one for each column, got 2"),
    ],
)
def test_names_that_are_none(given, words):
    with pytest.raises(
        MiniganError, match=f"data.table: argument 'columns': .*{words}"
    ):
        data.table(VALUES, given)


def test_files_that_are_no_table(tmp_path):
    np.save(tmp_path / "x.npy", np.zeros((3, 4, 4)))
    np.save(tmp_path / "y.npy", np.full((3, 4), np.nan))
    for name, words in (
        (
            "x.npy",
            r"x.npy: expected a table, shape .*found shape \(3, 4, 4\) of float64",
        ),
        ("y.npy", "y.npy: expected finite numbers, found others"),
        ("z.csv", "z.csv: cannot be read .No such file"),
    ):
        with pytest.raises(DatasetError, match=words):
            data.table(tmp_path / name)


def test_frames():
    for given in (columns(), Frame(columns()), structured()):
        assert is_frame(given)
        assert frame("f", "data", given).columns.names == NAMES
    for given in (VALUES, None, "a.csv", Frame, data.table(VALUES)):
        assert not is_frame(given) or isinstance(given, data.Table)


# ---- in training ---------------------------------------------------------------------


@pytest.mark.parametrize("given", [data.table(columns()), columns(), Frame(columns())])
def test_units_stay_with_the_run(given, tmp_path):
    trainer = recipes.load("parabola", data=given, batch_size=8, backend="numpy")
    assert trainer.data.columns.names == NAMES
    trainer.fit(3)
    path = tmp_path / "checkpoint.npz"
    trainer.save(path)
    generator = Generator.of(trainer)
    generator.save(tmp_path / "generator.npz")
    samples = generator.sample(30, seed=1)
    for name in ("checkpoint.npz", "generator.npz"):
        again = Generator.load(tmp_path / name)
        assert again.columns == generator.columns
        np.testing.assert_array_equal(again.sample(30, seed=1), samples)
    with use_backend("numpy"):  # another backend may round otherwise
        scaled = trainer.generator.predict(generator.draw_latent(30, 1))
    np.testing.assert_array_equal(samples, generator.columns.restored(scaled))
    resumed = Trainer.load(path, data=given)
    same = Trainer.load(path, data=trainer.data.data)  # the scaled rows will do
    assert same.data.columns == resumed.data.columns == trainer.data.columns
    tons = columns(VALUES / [1, 1000, 1])
    with pytest.raises(MiniganError, match="the table that the run was trained on"):
        Trainer.load(path, data=tons)


def test_rows_take_tables():
    rows = Rows(data.table(columns()), rng=0)
    assert rows.columns.names == NAMES and rows.features == 3
    assert rows.config()["columns"] == rows.columns.config()
    assert "columns" not in Rows(VALUES).config()


# ---- with labels -------------------------------------------------------------------

KINDS = np.arange(60) % 3


def with_kinds(path):
    header = ",".join((*NAMES, "kind"))
    whole = np.column_stack([VALUES, KINDS])
    np.savetxt(path, whole, "%.2f", ",", header=header, comments="")
    return path


def test_one_column_says_the_class(csv, tmp_path):
    table = data.table(csv)
    path = with_kinds(tmp_path / "kinds.csv")
    for source in (path, columns() | {"kind": KINDS}):
        found, labels = data.labelled_table(source, "kind")
        assert found.columns == table.columns
        np.testing.assert_array_equal(found.rows, table.rows)
        np.testing.assert_array_equal(labels, KINDS)
        assert labels.dtype == np.int64
    found, _ = data.labelled_table(path, "kind", ["age", "kind", "height (cm)"])
    np.testing.assert_array_equal(found.rows, table.rows[:, [2, 0]])
    trainer = recipes.load("digits-conditional", data=(found, labels), backend="numpy")
    assert trainer.classes == 3 and trainer.data.columns == found.columns


def test_the_class_may_stand_anywhere_among_columns_that_are_named_here():
    """Of an array without names, `columns` has the names of all, in their places."""
    whole = np.column_stack([KINDS, VALUES[:, :2]])
    found, labels = data.labelled_table(whole, "kind", ["kind", "a", "b"])
    np.testing.assert_array_equal(labels, KINDS)
    assert found.columns.names == ("a", "b")
    expected = data.table(VALUES[:, :2], ["a", "b"])
    np.testing.assert_array_equal(found.rows, expected.rows)
    with pytest.raises(ArgumentError, match=r"^data\.labelled_table: .*got 'species'"):
        data.labelled_table(columns(), "species", list(NAMES))


@pytest.mark.parametrize(
    ("label", "changed", "words"),
    [
        ("species", {}, "some of the columns 'height .*got 'species'"),
        (
            "kind",
            {"kind": KINDS + 0.5},
            "classes 0 ... 9,999, got 0.5 in 'kind', row 1",
        ),
        ("kind", {"kind": KINDS - 1}, "classes 0 ... 9,999, got -1 in 'kind', row 1"),
        ("kind", {"kind": KINDS * 6000}, "got 12000 in 'kind', row 3"),
    ],
)
def test_a_column_that_says_no_class(label, changed, words):
    with pytest.raises(ArgumentError, match=f"'label': expected .*{words}"):
        data.labelled_table(columns() | {"kind": KINDS} | changed, label)


def test_a_table_of_nothing_but_classes():
    with pytest.raises(ArgumentError, match="beside others, got the only one, 'kind'"):
        data.labelled_table({"kind": KINDS}, "kind")
