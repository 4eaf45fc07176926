"""The values of a step: to print, to index by name, to hand on as plain data."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import validate
from ..tables import Table


@dataclass(frozen=True, eq=False)
class Value:
    """One array that was made or changed, as it was then.

    name: "G step: dfake".   also: other names of the same array.
    values: the numbers.   layer: "D2 Dense", or "".   line: "layers/dense.py:97".
    primitive, formula: what computed it; "" for a layer in plain NumPy.
    inputs: names of the arrays that went in, "" for one without a name.
    heading: what begins here, or "".
    """

    name: str
    values: NDArray[Any]
    layer: str
    line: str
    primitive: str
    formula: str
    inputs: tuple[str, ...]
    also: tuple[str, ...] = ()
    heading: str = ""

    @property
    def shape(self) -> tuple[int, ...]:
        """That of the array."""
        return self.values.shape

    def __array__(
        self, dtype: DTypeLike | None = None, copy: bool | None = None
    ) -> NDArray[Any]:
        """The numbers, so that NumPy's functions take a value as it is."""
        return np.array(self.values, dtype) if copy else np.asarray(self.values, dtype)

    def __float__(self) -> float:
        return float(self.values.item())

    def __str__(self) -> str:
        made = f": {self.formula}" if self.formula else ""
        return (
            f"{self.name}, shape {validate.shape_text(self.shape)}, {self.line}{made}\n"
            f"{np.array2string(self.values, threshold=100)}"
        )


class Trace(Sequence[Value]):
    """The values of a step in order: a table to print, an index by name.

    trace["G step: dfake"]     one `Value`; NumPy's functions take it as an array
    trace.names                all names
    """

    def __init__(self, title: str, values: Sequence[Value]) -> None:
        self.title, self._values = title, tuple(values)
        self._places: dict[str, int] = {}
        for k, value in enumerate(self._values):
            self._places[value.name] = k
        for k, value in enumerate(self._values):
            for name in value.also:
                self._places.setdefault(name, k)

    @property
    def names(self) -> list[str]:
        """The first name of each value."""
        return [value.name for value in self._values]

    def __len__(self) -> int:
        return len(self._values)

    def __contains__(self, name: object) -> bool:
        return name in self._places

    def __getitem__(self, key: Any) -> Any:
        """A value by its name or number.  Errors: KeyError that names similar ones."""
        if not isinstance(key, str):
            return self._values[key]
        if key not in self._places:
            near = get_close_matches(key, self._places, 3, 0.3) or self.names[:3]
            raise KeyError(f"no value {key!r} in this trace; there are {near} ...")
        return self._values[self._places[key]]

    def export(self) -> list[dict[str, Any]]:
        """All of it as plain data, which JSON can hold."""
        return [
            {
                **{k: v for k, v in vars(value).items() if k != "values"},
                "shape": list(value.shape),
                "dtype": str(value.values.dtype),
                "values": value.values.ravel().tolist(),
            }
            for value in self._values
        ]

    def table(self) -> Table:
        """A `Table`: a line for each value, under the headings of the step."""
        rows = []
        for k, value in enumerate(self._values):
            if value.heading:
                rows.append(["", f"-- {value.heading} --", *[""] * 6])
            numbers = value.values
            least, mean, most = (
                f"{f(numbers):.4g}" if numbers.size else ""
                for f in (np.min, np.mean, np.max)
            )
            shape = "x".join(map(str, value.shape)) or "cell"
            rows.append([str(k), value.name, shape, least, mean, most])
            rows[-1] += [value.formula, value.line]
        return Table(
            f"{self.title}: {len(self)} values",
            (">#", "Value", "Shape", ">Least", ">Mean", ">Most", "Formula", "Line"),
            rows,
        )

    def __str__(self) -> str:
        return str(self.table())

    def __repr__(self) -> str:
        return f"Trace({self.title!r}, {len(self)} values)"

    def __rich__(self) -> Any:
        return self.table().__rich__()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()
