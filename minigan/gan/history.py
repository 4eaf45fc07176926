"""What was measured at every step, as NumPy arrays."""

import csv
import io
import os
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError
from ..files import as_path, write_atomically
from ..reading import broken
from ..state import own_copy, same_bytes, whole_copy
from ..tables import Table
from .stream import Stream, rows_in

COLUMNS = (
    "d_loss_real",  # discriminator's loss on real rows, before its update
    "d_loss_fake",  # the same on fake rows
    "d_loss",  # their mean; at equilibrium, see `gan.equilibrium`
    "g_loss",  # generator's loss
    "d_real",  # mean D(x) over the real rows; of a critic, its mean score
    "d_fake",  # mean D(G(z)) over the fake rows; likewise
    "accuracy_real",  # share of real rows with D(x) > 1/2; of a critic, `threshold`
    "accuracy_fake",  # share of fake rows with D(G(z)) <= 1/2; likewise
    "d_real_std",  # standard deviation of what d_real is the mean of
    "d_fake_std",  # standard deviation of what d_fake is the mean of
    "d_gradient",  # length of the gradient of D's last update
    "g_gradient",  # length of the gradient of G's update
    "d_penalty",  # the penalty beside D's loss, its weight included; 0 without one
)


STREAMED = 100_000  # rows to keep beside a file of all of them
LEAST = 10_000  # rows to keep: verdicts and means look at the last few thousand


class History:
    """One value a step for each of `COLUMNS`.

    `history["d_loss"]` and `history.d_loss` are float64 arrays, `history.step` counts
    from 1, `len(history)` is the number of steps.  With several updates of a player in
    a step, the values are those of the last.  Where the objective makes D a critic (see
    `gan.objectives`), d_real and d_fake are scores, not probabilities.

    A step takes 104 bytes.  `history.keep = 100_000` bounds it for long runs: the last
    half of so many steps stay, and of those before every second, fourth, eighth and so
    on, as many as fit.  `history.step` says which; `len(history)` counts all steps.
    With `history.stream_to(path)` all rows are in a file besides, which grows with the
    run; `History.read(path)` makes a history of it again.
    """

    columns = COLUMNS

    def __init__(
        self,
        table: NDArray | None = None,
        step: NDArray | None = None,
        keep: int | None = None,
    ) -> None:
        table = np.empty((0, len(COLUMNS))) if table is None else table
        self._table = np.array(table, dtype=np.float64)
        rows = len(self._table)
        step = np.arange(1, rows + 1) if step is None else step
        self._step = np.array(step, dtype=np.int64)
        self._rows = rows
        self._keep: int | None = None
        self._stream: Stream | None = None
        if keep is not None:
            self.keep = keep

    __copy__, __setstate__ = whole_copy, own_copy

    def __getstate__(self) -> dict[str, Any]:
        """What a copy gets: one file has one history that writes into it."""
        return {**vars(self), "_stream": None}

    @property
    def keep(self) -> int | None:
        """How many rows there are at most, an integer >= 10,000; None: all of them."""
        return self._keep

    @keep.setter
    def keep(self, rows: int | None) -> None:
        if rows is not None:
            rows = validate.integer("History", "keep", rows, least=LEAST, most=2**40)
        self._keep = rows

    def append(self, rows: NDArray) -> None:
        """Add rows (n, len(COLUMNS)), those of the next n steps."""
        if self._stream is not None:
            self._stream.append(rows)
        if self._keep is not None and self._rows + len(rows) > 2 * self._keep:
            self._thin()
        end = self._rows + len(rows)
        if end > len(self._table):
            size = max(end, 2 * len(self._table))
            self._table = _grown(self._table, self._rows, size)
            self._step = _grown(self._step, self._rows, size)
        steps = len(self)
        self._table[self._rows : end] = rows
        self._step[self._rows : end] = np.arange(steps + 1, steps + len(rows) + 1)
        self._rows = end

    # ---- in a file -----------------------------------------------------------------

    def stream_to(self, path: str | os.PathLike) -> None:
        """Write the rows of all steps to a file from now on, and keep few in memory.

        path: a new file, or the file of the run that this history is of: its rows
        behind the present step, of a run that was killed, are removed.  Afterwards
        `keep` is 100,000 where it was None.
        Errors: OutputError where the file cannot be written; DatasetError for another
        file, or one that lacks rows of steps that were trained.
        """
        where = as_path("History.stream_to", path)
        there = where.exists()
        if there:
            self._expect_mine(where)
        elif self._rows < len(self):
            broken(where, f"the rows of {len(self):,} steps", "no such file")
        if self._stream is not None:
            self._stream.close()
        self._stream = Stream(where, COLUMNS, len(self) if there else 0)
        if not there:
            self._stream.append(self._table[: self._rows])
        self._keep = self._keep or STREAMED

    def _expect_mine(self, path: Path) -> None:
        """Refuse a file of another history.  Errors: DatasetError."""
        rows, steps = rows_in(path, COLUMNS), len(self)
        if len(rows) < steps:
            broken(path, f"the rows of {steps:,} steps", f"{len(rows):,}")
        if not steps and len(rows):
            broken(path, "no file, since no step is trained", f"{len(rows):,} rows")
        if steps and not same_bytes(rows[steps - 1], self._table[self._rows - 1]):
            broken(path, "the rows of this history", "those of another")

    def sync(self) -> None:
        """See to it that the file of `stream_to` has the rows of all steps.

        A checkpoint does it first.  Errors: OutputError where it cannot be written.
        """
        if self._stream is not None:
            self._stream.sync()

    @classmethod
    def read(cls, path: str | os.PathLike, every: int = 1) -> Self:
        """The history in a file that `stream_to` wrote.

            History.read("runs/long/history.f64", every=100).d_loss

        every: take the rows of each second, third ... step, so that few are in memory.
        Errors: DatasetError for another file; ArgumentError, DTypeError.
        """
        where = "History.read"
        every = validate.integer(where, "every", every)
        rows = rows_in(as_path(where, path), COLUMNS)
        steps = np.arange(every, len(rows) + 1, every)
        return cls(rows[every - 1 :: every], steps)

    # ---- thinned out ---------------------------------------------------------------

    def _thin(self) -> None:
        """Leave out what `keep` says; which rows stay depends on the steps alone."""
        if self._keep is None or len(self) <= self._keep:
            return
        recent = self._keep // 2
        old = len(self) - recent  # the last of those that are thinned
        stride = 1
        while old // stride > self._keep - recent:
            stride *= 2
        step = self._step[: self._rows]
        stay = (step > old) | (step % stride == 0)
        count = int(stay.sum())
        self._table[:count] = self._table[: self._rows][stay]
        self._step[:count] = step[stay]
        self._rows = count

    @property
    def table(self) -> NDArray:
        """All values that are kept: (rows, len(COLUMNS))."""
        self._thin()
        return self._table[: self._rows]

    @property
    def step(self) -> NDArray:
        """The number of the step of each row: 1, 2, ..., steps where all are kept."""
        self._thin()
        return self._step[: self._rows].copy()

    def __len__(self) -> int:
        return int(self._step[self._rows - 1]) if self._rows else 0

    def __getitem__(self, name: str) -> NDArray:
        if name == "step":
            return self.step
        if name not in COLUMNS:
            raise ArgumentError(
                f"History: argument 'name': expected one of {', '.join(COLUMNS)}, "
                f"step, got {validate.shown(name)}"
            )
        return self.table[:, COLUMNS.index(name)].copy()

    def __getattr__(self, name: str) -> NDArray:
        if name in COLUMNS:
            return self[name]
        raise AttributeError(f"History has no attribute {name!r}")

    def to_csv(self, path: str | os.PathLike) -> None:
        """Write `step` and all columns, with digits enough to read them back exactly.

        Errors: OutputError where the file cannot be written.
        """
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(("step", *COLUMNS))
        for step, row in zip(self.step.tolist(), self.table.tolist(), strict=True):
            writer.writerow((step, *row))
        write_atomically(as_path("History.to_csv", path), text.getvalue().encode())

    def summary(self) -> Table:
        """A `Table`: of each column the last value, and the mean over the last 100."""
        recent = self.table[-100:]
        rows = [
            [name, f"{recent[-1, k]:.4f}", f"{recent[:, k].mean():.4f}"]
            for k, name in enumerate(COLUMNS)
            if len(recent)
        ]
        title = f"History of {len(self):,} steps"
        return Table(title, ("Column", ">Last", f">Mean of {len(recent)}"), rows)

    def _repr_html_(self) -> str:
        return self.summary()._repr_html_()

    def __repr__(self) -> str:
        return f"History({len(self)} steps: {', '.join(COLUMNS)})"


def _grown(array: NDArray, used: int, size: int) -> NDArray:
    """The first `used` rows in an array of `size` rows."""
    grown = np.empty((size, *array.shape[1:]), array.dtype)
    grown[:used] = array[:used]
    return grown
