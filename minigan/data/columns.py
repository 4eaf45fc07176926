"""The columns of a table: their names, and how each is scaled to [-1, 1] and back."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ArgumentError, CheckpointError, ShapeError
from ..validate import complain, shape_text

DIGITS = 7  # decimal places of a scaled number that float32 can tell apart


@dataclass(frozen=True)
class Columns:
    """Names, and the range that becomes [-1, 1], of each column.

        y = (x - middle) / half
        middle = (low + high) / 2,   half = (high - low) / 2

    names: as the user calls them.  low, high: finite, in the user's units; a column
    whose low is its high is 0 when scaled, and that one number again when restored.
    """

    names: tuple[str, ...]
    low: tuple[float, ...]
    high: tuple[float, ...]

    @classmethod
    def of(cls, values: NDArray, names: Sequence[str] | None = None) -> Self:
        """The columns of a table (n, k), from the least to the largest of each."""
        names = default_names(values.shape[1]) if names is None else tuple(names)
        low, high = values.min(axis=0), values.max(axis=0)
        return cls(tuple(names), tuple(low.tolist()), tuple(high.tolist()))

    @classmethod
    def plain(cls, count: int) -> Self:
        """Columns without names of their own, of numbers that stay as they are."""
        return cls(default_names(count), (-1.0,) * count, (1.0,) * count)

    def chosen(self, places: Sequence[int]) -> Self:
        """Those at some places, in this order."""
        parts = (tuple(part[k] for k in places) for part in vars(self).values())
        return type(self)(*parts)

    def __len__(self) -> int:
        return len(self.names)

    @property
    def is_plain(self) -> bool:
        """Whether scaled and restored numbers are the same."""
        return set(self.low) == {-1.0} and set(self.high) == {1.0}

    @property
    def middle(self) -> NDArray:
        """What becomes 0: (k,)."""
        return np.array(self.low) / 2 + np.array(self.high) / 2

    @property
    def half(self) -> NDArray:
        """How far from it 1 and -1 are: (k,)."""
        return np.array(self.high) / 2 - np.array(self.low) / 2

    def scaled(self, values: ArrayLike) -> NDArray:
        """(n, k) in the user's units as float64 in [-1, 1]; beyond it if they are."""
        values = self._expected("scaled", "values", values)
        half = self.half
        return (values - self.middle) / np.where(half > 0, half, 1.0)

    def restored(self, rows: ArrayLike) -> NDArray:
        """(n, k) scaled rows in the user's units: float64.

        Of float32 rows no more decimal places are kept than they can tell apart.
        """
        rows = self._expected("restored", "rows", rows)
        if self.is_plain:
            return rows
        half = self.half
        values = self.middle + half * rows.astype(np.float64)
        if rows.dtype == np.float32:
            for k, size in enumerate(half.tolist()):
                if size > 0:
                    places = DIGITS - math.floor(math.log10(size))
                    values[:, k] = rounded(values[:, k], places)
        return values

    def _expected(self, method: str, argument: str, given: ArrayLike) -> NDArray:
        """An array (n, columns).  Errors: ShapeError."""
        array = np.asarray(given)
        if array.ndim != 2 or array.shape[1] != len(self):
            complain(
                ShapeError,
                f"Columns.{method}",
                argument,
                f"shape (n, {len(self)})",
                shape_text(array.shape),
            )
        return array

    # ---- files ---------------------------------------------------------------------

    def config(self) -> dict[str, list[Any]]:
        """The three of them, as JSON can hold them."""
        return {key: list(value) for key, value in vars(self).items()}

    @classmethod
    def from_config(cls, found: Any, count: int) -> Self:
        """What `config` wrote of so many columns.  Errors: CheckpointError."""
        try:
            names, low, high = (tuple(found[key]) for key in ("names", "low", "high"))
            sound = (
                len(found) == 3
                and len(names) == len(low) == len(high) == count
                and all(isinstance(name, str) for name in names)
                and all(type(bound) is float for bound in (*low, *high))
                and np.isfinite([low, high]).all()
                and np.less_equal(low, high).all()
            )
        except (TypeError, KeyError, ValueError):
            sound = False
        if not sound:
            raise CheckpointError(f"data: expected names and ranges of {count} columns")
        return cls(names, low, high)


def default_names(count: int) -> tuple[str, ...]:
    """x and y of two columns, else x0, x1 and so on."""
    return ("x", "y") if count == 2 else tuple(f"x{k}" for k in range(count))


def rounded(values: NDArray, places: int) -> NDArray:
    """Rounded to so many decimal places, where floats have any beyond them."""
    return np.round(values, places) if abs(places) < 300 else values


def places_of(
    where: str, argument: str, names: Sequence[str], wanted: Sequence[str]
) -> list[int]:
    """The places of the wanted columns among all names.

    Errors: ArgumentError for a name that no column has, or several have.
    """
    found = []
    for name in wanted:
        if names.count(name) != 1:
            known = ", ".join(repr(known) for known in names[:20])
            known += ", ..." if len(names) > 20 else ""
            many = f"{names.count(name)} columns of the name " if name in names else ""
            expected = f"some of the columns {known}, each named once"
            complain(ArgumentError, where, argument, expected, f"{many}{name!r}")
        found.append(list(names).index(name))
    return found
