"""Tables of the user's own: their columns, in any units, scaled to [-1, 1]."""

import os
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from numbers import Real
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import ArgumentError, DTypeError, NonFiniteError, ShapeError
from ..files import as_path
from ..reading import broken, head_of, reading
from ..validate import complain, kind_of, shape_text, shown, unmasked
from . import delimited
from .columns import Columns, default_names, places_of
from .given import as_array
from .scaling import array_in

NUMBERS = "biuf"  # kinds of dtype
MOST_CLASSES = 10_000
WHOLE = 1e-6  # how far from a whole number a class may be, scaled and restored


@dataclass(frozen=True)
class Table:
    """Rows to train on, and what they are in the user's units.

    rows: (n, k) float64 in [-1, 1].  columns: names and ranges, see `Columns`.
    """

    rows: NDArray
    columns: Columns

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        return f"Table({len(self)} rows, columns {', '.join(self.columns.names)})"


def table(source: Any, columns: Sequence[str] | None = None) -> Table:
    """A table to train on, each of its columns scaled to [-1, 1].

        trainer = recipes.load("parabola", data=data.table("people.csv"))
        trainer.fit(10_000)
        people = Generator.of(trainer).sample(1000)  # in the units of the file

    source: a CSV or TSV file, with a header or without; a .npy or .npz file; an array
    or tensor (n, k), also one with named fields; a data frame; or a dict of columns.
    columns: the names of those to use, in this order; of an array without names, the
    names of all.
    Each column is scaled by y = (x - middle) / half, from its least value to its
    largest; see `Columns`.  In samples of a `Generator` this is undone.
    Warns of a column that is one number in all rows.
    Errors: DatasetError for files; DTypeError, ShapeError, NonFiniteError for what is
    no table of finite numbers; ArgumentError for columns that are not there.
    """
    where = "data.table"
    return _table(where, source, None if columns is None else _names(where, columns))


def _table(where: str, source: Any, wanted: Sequence[str] | None) -> Table:
    """The table of these columns, None for all.   where: the caller, for errors."""
    if isinstance(source, (str, os.PathLike)):
        return _scaled(*_in_file(where, as_path(where, source), wanted))
    if is_frame(source):
        return frame(where, "source", source, wanted)
    values = _numbers(where, "source", as_array(where, "source", source))
    return _scaled(*_named(where, values, wanted))


def labelled_table(
    source: Any, label: str, columns: Sequence[str] | None = None
) -> tuple[Table, NDArray]:
    """A table and the class of each of its rows, to train a conditional recipe on.

        pair = data.labelled_table("iris.csv", "species")
        trainer = recipes.load("digits-conditional", data=pair)

    source: as `table` takes it.  label: the name of the column that says the class, a
    whole number 0, 1, 2, ...; it is no column of the table.
    columns: the names of those to use beside it, in this order; None for all others.
    Returns the table and the labels, (n,) int64.
    Errors: as `table`; ArgumentError for a label that is no such column, or the only
    one, and for numbers in it that are no class.
    """
    where = "data.labelled_table"
    wanted = None
    if columns is not None:
        wanted = _names(where, columns)
        if label not in wanted:
            wanted = [*wanted, label]
    whole = _table(where, source, wanted)
    (place,) = places_of(where, "label", whole.columns.names, [label])
    if len(whole.columns) == 1:
        expected = "a column beside others"
        complain(ArgumentError, where, "label", expected, f"the only one, {label!r}")
    found = whole.columns.restored(whole.rows)[:, place]
    labels = np.rint(found)
    wrong = (np.abs(found - labels) > WHOLE) | (labels < 0) | (labels >= MOST_CLASSES)
    if wrong.any():
        which = int(wrong.argmax())
        expected = f"a column of classes 0 ... {MOST_CLASSES - 1:,}"
        got = f"{found[which]:g} in {label!r}, row {which + 1}"
        complain(ArgumentError, where, "label", expected, got)
    others = [k for k in range(len(whole.columns)) if k != place]
    kept = whole.columns.chosen(others)
    return Table(whole.rows[:, others], kept), labels.astype(np.int64)


def array_or_table(where: str, argument: str, given: Any) -> NDArray | Table:
    """What a user gives as rows.  Errors: DTypeError for anything that is neither."""
    if isinstance(given, Table):
        return given
    if is_frame(given):
        return frame(where, argument, given)
    return as_array(where, argument, given)


def is_frame(given: Any) -> bool:
    """Whether something has columns by name: a data frame, a dict, named fields."""
    if isinstance(given, np.ndarray):
        return given.dtype.names is not None
    if isinstance(given, (Mapping, type)):
        return isinstance(given, Mapping)
    return hasattr(given, "columns") and hasattr(given, "__getitem__")


def frame(
    where: str, argument: str, given: Any, wanted: Sequence[str] | None = None
) -> Table:
    """The `Table` of something with columns by name.  Errors: as `table`."""
    if isinstance(given, np.ndarray):
        unmasked(where, argument, given)
        keys: Iterable[Any] = given.dtype.names or ()
    else:
        keys = given if isinstance(given, Mapping) else given.columns
    keys = list(keys)
    names = [str(key) for key in keys]
    if wanted is not None:
        keys = [keys[k] for k in places_of(where, "columns", names, wanted)]
        names = list(wanted)
    columns = [
        _column(where, f"{argument}[{shown(name)}]", given[key])
        for name, key in zip(names, keys, strict=True)
    ]
    lengths = sorted({len(column) for column in columns})
    if len(lengths) != 1 or not lengths[0]:
        found = " and ".join(map(str, lengths[:2])) if lengths else "none"
        expected = "columns of one length, at least 1"
        complain(ShapeError, where, argument, expected, found)
    return _scaled(names, np.stack(columns, axis=1))


def _column(where: str, argument: str, given: Any) -> NDArray:
    """One column: (n,) finite float64."""
    if isinstance(given, (list, tuple)):
        given = np.array(given, dtype=object)
    array = as_array(where, argument, given)
    if array.ndim != 1:
        got = shape_text(array.shape)
        complain(ShapeError, where, argument, "one column, shape (n,)", got)
    if array.dtype == object:  # Python's numbers, or text
        for value in array:
            if not isinstance(value, Real):
                complain(DTypeError, where, argument, "numbers", kind_of(value))
        array = np.array(array, np.float64)
    return _numbers(where, argument, array)


def _numbers(where: str, argument: str, array: NDArray) -> NDArray:
    """Finite float64 of any numbers."""
    if array.dtype.kind not in NUMBERS:
        complain(DTypeError, where, argument, "numbers", f"dtype {array.dtype}")
    wide = array.astype(np.float64)
    bad = ~np.isfinite(wide)
    if bad.any():
        place = shape_text(tuple(int(k) for k in np.argwhere(bad)[0]))
        found = f"{int(bad.sum()):,} that are not, the first at {place}"
        complain(NonFiniteError, where, argument, "finite numbers", found)
    return wide


def _named(
    where: str, values: NDArray, wanted: Sequence[str] | None
) -> tuple[Sequence[str], NDArray]:
    """Names for the columns of an array that has none."""
    if values.ndim != 2 or not values.size:
        got = shape_text(values.shape)
        complain(ShapeError, where, "source", "a table, shape (n, columns)", got)
    names = default_names(values.shape[1]) if wanted is None else wanted
    if len(names) != values.shape[1]:
        expected = f"{values.shape[1]} names, one for each column"
        complain(ArgumentError, where, "columns", expected, len(names))
    return names, values


def _in_file(
    where: str, path: Any, wanted: Sequence[str] | None
) -> tuple[Sequence[str], NDArray]:
    """(names, values) of a file."""
    with reading(path):
        is_text = delimited.is_text(head_of(path))
    if not is_text:
        array = array_in(path)
        if array.ndim != 2 or array.dtype.kind not in NUMBERS:
            found = f"shape {shape_text(array.shape)} of {array.dtype}"
            broken(path, "a table, shape (n, columns) of numbers", found)
        if not np.isfinite(array).all():
            broken(path, "finite numbers", "others")
        return _named(where, array.astype(np.float64), wanted)
    names, values = delimited.read(path, where, wanted)
    if names is None:
        return default_names(values.shape[1]), values
    if wanted is None and not names[0] and len(names) > 1 and _counts(values[:, 0]):
        text = "the first column has no name and counts the rows; it is left out"
        _say(f"{path}: {text}")
        names, values = names[1:], values[:, 1:]
    unnamed = default_names(len(names))
    return [own or other for own, other in zip(names, unnamed, strict=True)], values


def _counts(column: NDArray) -> bool:
    """Whether a column is 0, 1, 2, ... or 1, 2, 3, ..."""
    return bool(np.array_equal(column - column[0], np.arange(len(column)))) and (
        column[0] in (0, 1)
    )


def _names(where: str, columns: Sequence[str]) -> list[str]:
    """The names of columns that were asked for."""
    if isinstance(columns, str) or not (
        isinstance(columns, Sequence) and all(isinstance(c, str) for c in columns)
    ):
        expected = "a list of names of columns"
        complain(DTypeError, where, "columns", expected, kind_of(columns))
    if not columns:
        complain(ArgumentError, where, "columns", "at least one name", "none")
    return list(columns)


def _scaled(names: Sequence[str], values: NDArray) -> Table:
    """The table of finite numbers (n, k) in the user's units."""
    columns = Columns.of(values, names)
    for name, low, high in zip(names, columns.low, columns.high, strict=True):
        if low == high:
            _say(f"column {shown(name)} is {low:g} in all rows")
    return Table(np.clip(columns.scaled(values), -1, 1), columns)


def _say(text: str) -> None:
    warnings.warn(f"minigan: {text}", RuntimeWarning, stacklevel=4)
