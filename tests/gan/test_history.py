"""The history: columns, growth, CSV."""

import csv

import numpy as np
import pytest

from minigan.errors import ArgumentError, OutputError
from minigan.gan import History
from minigan.gan.history import COLUMNS

from .small import build


def rows(n, seed=0):
    return np.random.default_rng(seed).standard_normal((n, len(COLUMNS)))


def test_rows_are_appended_in_order_whatever_the_pieces():
    table, history = rows(137), History()
    for start, end in [(0, 1), (1, 1), (1, 3), (3, 100), (100, 101), (101, 137)]:
        history.append(table[start:end])
        assert len(history) == end
    np.testing.assert_array_equal(history.table, table)
    np.testing.assert_array_equal(history.step, np.arange(1, 138))


def test_columns_by_name_are_copies():
    history = History(rows(3))
    for k, name in enumerate(COLUMNS):
        np.testing.assert_array_equal(history[name], history.table[:, k])
        np.testing.assert_array_equal(getattr(history, name), history[name])
    assert history.columns == COLUMNS and history["step"].tolist() == [1, 2, 3]
    history["g_loss"][:] = 0
    assert (history.g_loss != 0).all()


def test_it_keeps_a_copy_of_what_it_is_given():
    table = rows(3)
    history = History(table)
    table[:] = 0
    assert (history.table != 0).all()


def test_unknown_columns():
    history = History()
    with pytest.raises(ArgumentError, match="expected one of d_loss_real.*got 'loss'"):
        history["loss"]
    with pytest.raises(AttributeError, match="loss"):
        _ = history.loss
    assert not hasattr(history, "__array__")


def test_csv_reads_back_exactly(tmp_path):
    history = build().fit(3)
    path = tmp_path / "history.csv"
    history.to_csv(path)
    with open(path, newline="") as file:
        lines = list(csv.DictReader(file))
    assert list(lines[0]) == ["step", *COLUMNS]
    assert [int(line["step"]) for line in lines] == [1, 2, 3]
    for name in COLUMNS:
        assert [float(line[name]) for line in lines] == history[name].tolist()


def test_an_empty_history_is_a_header(tmp_path):
    History().to_csv(tmp_path / "h.csv")
    assert (tmp_path / "h.csv").read_text() == "step," + ",".join(COLUMNS) + "\n"


def test_csv_that_cannot_be_written(tmp_path):
    with pytest.raises(OutputError, match="no such folder/h.csv: cannot be written"):
        History().to_csv(tmp_path / "no such folder" / "h.csv")


def test_d_loss_is_the_mean_of_its_halves():
    for batches in ("half", "mixed"):
        history = build(batches=batches, dtype=np.float64).fit(4)
        mean = (history.d_loss_real + history.d_loss_fake) / 2
        np.testing.assert_allclose(history.d_loss, mean, rtol=1e-15)


def test_repr_names_length_and_columns():
    assert repr(History(rows(2))).startswith("History(2 steps: d_loss_real")
