"""The rows of a history in a file that grows with the run.

A line of JSON that names the columns, filled up with spaces to 384 bytes, then 104
bytes a step: thirteen float64, the lowest byte first.  Row n is always at the same
place, so that writing it again, after a failure or a kill, changes nothing.
"""

import json
import os
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO, cast

import numpy as np
from numpy.typing import NDArray

from ..errors import OutputError
from ..reading import broken, reading, size_of

HEAD = 384  # bytes
NUMBERS = np.dtype("<f8")


class Stream:
    """A file of rows, open for writing.

    path: a new file, or that of a run that goes on.   columns: names of the numbers in
    a row.   steps: rows that are to be in it; those behind them, which a run wrote that
    was killed later, are removed.
    Errors: OutputError where it cannot be written; DatasetError for another file, or
    one with fewer rows.
    """

    def __init__(self, path: Path, columns: tuple[str, ...], steps: int) -> None:
        self.path, self.steps = path, steps  # steps: that are in the file
        self._row = len(columns) * NUMBERS.itemsize
        self._waiting: list[NDArray] = []  # rows that could not be written yet
        try:
            mode = "r+b" if path.exists() else "x+b"
            self._file = cast(BinaryIO, open(path, mode, buffering=0))  # noqa: SIM115
        except OSError as error:
            raise self._unwritten(error) from error
        try:
            self._begin(_head(columns))
        except OSError as error:
            self.close()
            if isinstance(error, OutputError) or not error.errno:
                raise
            raise self._unwritten(error) from error

    def _begin(self, head: bytes) -> None:
        """Write the head, and leave the rows that are to be in the file."""
        size = size_of(self._file)
        self._file.seek(0)
        if size >= HEAD and self._file.read(HEAD) != head:
            broken(self.path, "the history of a run", "another file")
        have = max(0, size - HEAD) // self._row
        if have < self.steps:
            broken(self.path, f"the rows of {self.steps:,} steps", f"{have:,}")
        self._write(head, 0)
        self._file.truncate(HEAD + self.steps * self._row)

    def append(self, rows: NDArray) -> None:
        """Write rows behind the others.

        Those that cannot be written, on a disk that is full for the moment, are kept
        and tried again, at last by `sync`.
        """
        self._waiting.append(np.array(rows, NUMBERS, order="C"))
        with suppress(OSError):
            self._write_all()

    def sync(self) -> None:
        """See to it that all rows are on the disk, whatever happens then.

        Errors: OutputError where they cannot be written; they are kept.
        """
        try:
            self._write_all()
            os.fsync(self._file.fileno())
        except OSError as error:
            raise self._unwritten(error) from error

    def close(self) -> None:
        """Give the file back; what could not be written is lost."""
        self._file.close()

    def __del__(self) -> None:
        if "_file" in vars(self):
            self.close()

    def _write_all(self) -> None:
        while self._waiting:
            rows = self._waiting[0]
            self._write(rows.tobytes(), HEAD + self.steps * self._row)
            self.steps += len(rows)
            del self._waiting[0]

    def _write(self, data: bytes, place: int) -> None:
        """All bytes, however many the system takes at a time."""
        view = memoryview(data)
        self._file.seek(place)
        while view:
            view = view[self._file.write(view) :]

    def _unwritten(self, error: OSError) -> OutputError:
        text = f"{self.path}: cannot be written ({error.strerror or error})"
        return OutputError(error.errno, text)


def rows_in(path: Path, columns: tuple[str, ...]) -> NDArray:
    """The rows of a file that `Stream` wrote: (steps, columns), mapped, not read.

    Errors: DatasetError for another file, or one that cannot be read.
    """
    with reading(path), open(path, "rb") as file:
        size = size_of(file)
        file.seek(0)
        if file.read(HEAD) != _head(columns):
            broken(path, "the history of a run", "another file")
        steps = (size - HEAD) // (len(columns) * NUMBERS.itemsize)
        shape = steps, len(columns)
        return np.memmap(path, NUMBERS, "r", HEAD, shape) if steps else np.empty(shape)


def _head(columns: tuple[str, ...]) -> bytes:
    """The first bytes of a file."""
    text = json.dumps({"minigan history": 1, "columns": columns})
    return text.ljust(HEAD - 1).encode() + b"\n"
