"""Rows of a history in a file: written, cut, read, and what is wrong with others."""

import errno

import numpy as np
import pytest

from minigan.errors import DatasetError, OutputError
from minigan.gan.history import COLUMNS
from minigan.gan.stream import HEAD, Stream, rows_in

ROW = 8 * len(COLUMNS)


def rows(first, last):
    """Rows of the steps first ... last, each of which holds its step."""
    steps = np.arange(first, last + 1.0)
    return np.repeat(steps[:, None], len(COLUMNS), axis=1)


def opened(path, steps):
    return Stream(path, COLUMNS, steps)


def test_rows_are_in_the_file_at_once(tmp_path):
    path = tmp_path / "h"
    stream = opened(path, 0)
    assert len(rows_in(path, COLUMNS)) == 0
    for first, last in ((1, 3), (4, 4), (5, 9)):
        stream.append(rows(first, last))
        assert (rows_in(path, COLUMNS) == rows(1, last)).all()
    assert path.stat().st_size == HEAD + 9 * ROW


def test_rows_behind_the_step_of_a_run_that_goes_on_are_removed(tmp_path):
    path = tmp_path / "h"
    opened(path, 0).append(rows(1, 9))
    with open(path, "ab") as file:
        file.write(b"half a row")
    stream = opened(path, 6)
    assert (rows_in(path, COLUMNS) == rows(1, 6)).all()
    stream.append(rows(7, 8))
    assert (rows_in(path, COLUMNS) == rows(1, 8)).all()


def test_a_file_that_was_hardly_begun(tmp_path):
    path = tmp_path / "h"
    path.write_bytes(b"{")
    opened(path, 0).append(rows(1, 2))
    assert (rows_in(path, COLUMNS) == rows(1, 2)).all()


def test_other_files_are_refused_and_left_alone(tmp_path):
    path = tmp_path / "h"
    opened(path, 0).append(rows(1, 2))
    whole = path.read_bytes()
    for content, steps, text in (
        (b"x" * 1000, 0, "expected the history of a run, found another file"),
        (whole, 3, "expected the rows of 3 steps, found 2"),
        (whole.replace(b"d_loss", b"D_loss"), 2, "found another file"),
    ):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match=text):
            opened(path, steps)
        assert path.read_bytes() == content
    for content in (b"", b"{", b"x" * 1000):
        path.write_bytes(content)
        with pytest.raises(DatasetError, match="found another file"):
            rows_in(path, COLUMNS)
    with pytest.raises(DatasetError, match="cannot be read"):
        rows_in(tmp_path / "none", COLUMNS)
    with pytest.raises(OutputError, match="cannot be written"):
        opened(tmp_path / "no folder" / "h", 0)


def test_a_disk_that_is_full_for_the_moment(tmp_path, monkeypatch):
    path = tmp_path / "h"
    stream = opened(path, 0)
    stream.append(rows(1, 2))

    def full(data, place):
        type(stream)._write(stream, data[:100], place)  # a part of it
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(stream, "_write", full)
    stream.append(rows(3, 5))
    stream.append(rows(6, 6))
    with pytest.raises(OutputError, match="h: cannot be written \\(No space left"):
        stream.sync()
    monkeypatch.undo()
    stream.sync()
    stream.append(rows(7, 7))
    assert (rows_in(path, COLUMNS) == rows(1, 7)).all()
