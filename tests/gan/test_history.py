"""The history: columns, growth, CSV."""

import copy
import csv
import errno
import os
import re
import tracemalloc

import numpy as np
import pytest

from minigan import checkpoint
from minigan.errors import (
    ArgumentError,
    CheckpointError,
    DatasetError,
    MiniganError,
    OutputError,
)
from minigan.gan import Generator, History, Trainer
from minigan.gan import history as history_module
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


# ---- thinned out --------------------------------------------------------------------

KEEP = history_module.LEAST


def grown(total, pieces, keep=KEEP):
    """A history of so many steps, whose rows hold their step, appended in pieces."""
    history, rng = History(keep=keep), np.random.default_rng(pieces)
    while len(history) < total:
        n = min(int(rng.integers(1, 2 * total // pieces + 2)), total - len(history))
        steps = np.arange(len(history) + 1, len(history) + n + 1.0)
        history.append(np.repeat(steps[:, None], len(COLUMNS), axis=1))
    return history


@pytest.mark.parametrize("total", [5, KEEP, KEEP + 1, 3 * KEEP, 123_457])
def test_what_is_kept_depends_on_the_steps_alone(total):
    one, two = grown(total, 3), grown(total, 40)
    for _ in range(2):  # looking on the way changes nothing
        assert one.table.tobytes() == two.table.tobytes()
        assert len(one) == len(two) == total and len(one.table) <= KEEP
        assert (one.step == one.d_loss).all() and one.step[-1] == total
    recent = one.step[-min(total, KEEP // 2) :]
    assert (np.diff(recent) == 1).all()
    assert len(one.table) > min(total, KEEP // 2 + KEEP // 4) - 1


def test_memory_is_flat():
    history = grown(30 * KEEP, 60)
    assert len(history._table) <= 4 * KEEP


def test_to_csv_names_the_steps_that_are_kept(tmp_path):
    history = grown(2 * KEEP, 5)
    history.to_csv(tmp_path / "h.csv")
    lines = (tmp_path / "h.csv").read_text().splitlines()
    assert [int(line.split(",")[0]) for line in lines[1:]] == history.step.tolist()


@pytest.mark.parametrize("keep", [0, -1, KEEP - 1, 2.5, "many", True])
def test_what_cannot_be_kept(keep):
    with pytest.raises(MiniganError, match="History: argument 'keep': expected"):
        History().keep = keep


def test_a_thinned_history_is_saved_and_goes_on(tmp_path):
    def begun():
        trainer = build()
        trainer.execution.history = grown(2 * KEEP, 9)
        return trainer

    whole, first = begun(), begun()
    whole.fit(6, report_every=None)
    first.fit(2, report_every=None)
    first.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c")
    assert resumed.step_count == 2 * KEEP + 2 and resumed.history.keep == KEEP
    assert Generator.load(tmp_path / "c").step == 2 * KEEP + 2
    resumed.fit(4, report_every=None)
    assert resumed.history.table.tobytes() == whole.history.table.tobytes()
    assert resumed.history.step.tolist() == whole.history.step.tolist()
    assert resumed.diagnose().verdict == whole.diagnose().verdict


@pytest.mark.parametrize(
    "change",
    [
        lambda a, m: a.update(history_steps=a["history_steps"][::-1].copy()),
        lambda a, m: a.update(history_steps=a["history_steps"][1:].copy()),
        lambda a, m: a.update(history_steps=a["history_steps"] - 5),
        lambda a, m: a.update(history_steps=a["history_steps"].astype(float)),
        lambda a, m: a.pop("history_steps"),
        lambda a, m: m.update(history_keep=3),
        lambda a, m: m.pop("history_keep"),
    ],
)
def test_forged_steps(change, tmp_path):
    trainer = build()
    trainer.history.keep = KEEP
    trainer.fit(3, report_every=None)
    trainer.save(tmp_path / "c")
    arrays, meta = checkpoint.read(tmp_path / "c")
    change(arrays, meta)
    checkpoint.write(tmp_path / "c", arrays, meta)
    with pytest.raises(CheckpointError):
        Trainer.load(tmp_path / "c")


# ---- in a file ---------------------------------------------------------------------


def test_all_rows_are_in_the_file_and_few_in_memory(tmp_path):
    path, total = tmp_path / "h", 5 * KEEP
    history = History(keep=KEEP)
    history.stream_to(path)
    whole = grown(total, 9, keep=10 * KEEP)
    for start in range(0, total, 700):
        history.append(whole.table[start : start + 700])
    assert len(history) == total and len(history.table) <= KEEP
    assert (History.read(path).table == whole.table).all()
    few = History.read(path, every=100)
    assert few.step.tolist() == list(range(100, total + 1, 100))
    assert (few.d_loss == few.step).all()


def test_a_history_that_has_begun_is_written_from_its_first_row(tmp_path):
    history = History(rows(7))
    history.stream_to(tmp_path / "h")
    history.append(rows(2, seed=1))
    assert (History.read(tmp_path / "h").table == history.table).all()
    assert history.keep == history_module.STREAMED
    history.stream_to(tmp_path / "other")
    history.append(rows(1, seed=2))
    assert len(History.read(tmp_path / "h")) == 9
    assert (History.read(tmp_path / "other").table == history.table).all()
    thinned = grown(3 * KEEP, 3)
    assert len(thinned.table) < len(thinned)
    with pytest.raises(DatasetError, match="expected the rows of 30,000 steps, found"):
        thinned.stream_to(tmp_path / "third")


def test_files_of_another_history_are_refused(tmp_path):
    path = tmp_path / "h"
    History(rows(7)).stream_to(path)
    before = path.read_bytes()
    for history, found in (
        (History(), "expected no file, since no step is trained, found 7 rows"),
        (History(rows(7, seed=1)), "found those of another"),
        (History(rows(8)), "expected the rows of 8 steps, found 7"),
    ):
        with pytest.raises(DatasetError, match=found):
            history.stream_to(path)
        assert path.read_bytes() == before
    for bad in (0, 1.5, None):
        with pytest.raises(MiniganError, match="^History.read: argument 'every'"):
            History.read(path, every=bad)
    with pytest.raises(MiniganError, match="^History.stream_to: argument 'path'"):
        History().stream_to(3)


def test_a_copy_does_not_write_into_the_file(tmp_path):
    history = History(rows(3))
    history.stream_to(tmp_path / "h")
    twin = copy.deepcopy(history)
    twin.append(rows(2))
    assert len(twin) == 5 and len(History.read(tmp_path / "h")) == 3


def test_a_run_that_goes_on_cuts_what_came_after_its_checkpoint(tmp_path):
    whole, cut = build(), build()
    whole.history.stream_to(tmp_path / "whole")
    whole.fit(9)
    cut.history.stream_to(tmp_path / "cut")
    cut.fit(4)
    cut.save(tmp_path / "checkpoint.npz")
    cut.fit(3)  # and then it was killed
    again = Trainer.load(tmp_path / "checkpoint.npz")
    assert again.history.keep == history_module.STREAMED
    again.history.stream_to(tmp_path / "cut")
    again.fit(5)
    files = (tmp_path / name for name in ("whole", "cut"))
    assert len({path.read_bytes() for path in files}) == 1


def test_a_checkpoint_waits_for_the_rows(tmp_path, monkeypatch):
    trainer = build()
    trainer.history.stream_to(tmp_path / "h")
    trainer.fit(2)
    monkeypatch.setattr(os, "fsync", _no_space)
    with pytest.raises(OutputError, match="h: cannot be written"):
        trainer.save(tmp_path / "checkpoint.npz")
    assert not (tmp_path / "checkpoint.npz").exists()


def _no_space(*_):
    raise OSError(errno.ENOSPC, "No space left on device")


def test_memory_is_flat_while_the_file_grows(tmp_path):
    """A million steps: 104 MB in the file, 2 million bytes a piece in memory."""
    history, piece = History(keep=KEEP), rows(4096)
    history.stream_to(tmp_path / "h")
    peaks = []
    for _ in range(2):
        tracemalloc.start()
        for _ in range(120):
            history.append(piece)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < 8e6 and len(history) == 240 * 4096
    assert (tmp_path / "h").stat().st_size == 384 + 8 * len(COLUMNS) * len(history)


def test_a_history_in_a_notebook():
    rows = np.arange(3 * len(COLUMNS), dtype=np.float64).reshape(3, -1)
    history = History(rows)
    html, text = history._repr_html_(), str(history.summary())
    assert "History of 3 steps" in html and html.count("<tr>") == 1 + len(COLUMNS)
    assert re.search(r"d_loss_real +26\.0000 +13\.0000", text)
    assert "History of 0 steps" in History()._repr_html_()
