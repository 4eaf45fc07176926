"""What was measured at every step, as NumPy arrays."""

import csv
import io
import os

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError
from ..files import write_atomically
from ..state import own_copy, whole_copy

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
)


class History:
    """One value a step for each of `COLUMNS`.

    `history["d_loss"]` and `history.d_loss` are float64 arrays, `history.step` counts
    from 1, `len(history)` is the number of steps.  With several updates of a player in
    a step, the values are those of the last.  Where the objective makes D a critic (see
    `gan.objectives`), d_real and d_fake are scores, not probabilities.
    """

    columns = COLUMNS

    def __init__(self, table: NDArray | None = None) -> None:
        table = np.empty((0, len(COLUMNS))) if table is None else table
        self._table = np.array(table, dtype=np.float64)
        self._length = len(self._table)

    __copy__, __setstate__ = whole_copy, own_copy

    def append(self, rows: NDArray) -> None:
        """Add rows (n, len(COLUMNS))."""
        end = self._length + len(rows)
        if end > len(self._table):
            grown = np.empty((max(end, 2 * len(self._table)), len(COLUMNS)))
            grown[: self._length] = self.table
            self._table = grown
        self._table[self._length : end] = rows
        self._length = end

    @property
    def table(self) -> NDArray:
        """All values: (steps, len(COLUMNS))."""
        return self._table[: self._length]

    @property
    def step(self) -> NDArray:
        """1, 2, ..., steps."""
        return np.arange(1, self._length + 1)

    def __len__(self) -> int:
        return self._length

    def __getitem__(self, name: str) -> NDArray:
        if name == "step":
            return self.step
        if name not in COLUMNS:
            raise ArgumentError(
                f"History: argument 'name': expected one of {', '.join(COLUMNS)}, "
                f"step, got {name!r}"
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
        for step, row in enumerate(self.table.tolist(), start=1):
            writer.writerow((step, *row))
        write_atomically(path, text.getvalue().encode())

    def __repr__(self) -> str:
        return f"History({len(self)} steps: {', '.join(COLUMNS)})"
