"""What a gradient check found."""

from dataclasses import dataclass
from typing import Any, Self

from ..errors import GradientError
from ..tables import Table
from ..validate import shape_text


@dataclass(frozen=True)
class Row:
    """The result for one tensor.

    size: entries of the tensor, of which `checked` were compared and `kinks` skipped;
    direction: True where one random direction over the whole tensor was compared too.
    largest: the largest gradient of the tensor.  error: the largest difference
    divided by `largest` (see `gradcheck` for gradients that are zero), found at
    `place`.  method: "complex" or "central";
    "formula" for a step beside its NumPy formula.
    """

    tensor: str
    shape: tuple[int, ...]
    size: int
    checked: int
    kinks: int
    direction: bool
    largest: float
    error: float
    tolerance: float
    place: tuple[int, ...] | str
    method: str

    @property
    def ok(self) -> bool:
        """True where something was compared and all of it agreed."""
        return self.checked > 0 and self.error <= self.tolerance

    def cells(self) -> list[str]:
        """The row as strings."""
        checked = f"{self.checked} of {self.size}"
        return [
            self.tensor,
            shape_text(self.shape),
            checked + (" +dir" if self.direction else ""),
            str(self.kinks),
            f"{self.largest:.2e}",
            f"{self.error:.2e}",
            self.place if isinstance(self.place, str) else shape_text(self.place),
            self.method,
            "ok" if self.ok else "WRONG" if self.checked else "NOT CHECKED",
        ]


@dataclass(frozen=True)
class Report:
    """The result of `gradcheck` or `stepcheck`: `print(report)`, `assert_ok()`.

    rows: one `Row` for each tensor.  faults: broken rules of the layer contract, in
    words; each makes the report not ok.  notes: what else the reader should know.
    what: the kind of check, for the title.
    """

    title: str
    rows: tuple[Row, ...]
    faults: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    what: str = "Gradient check"

    @property
    def ok(self) -> bool:
        """True where every tensor agrees and no rule is broken."""
        return bool(self.rows) and all(r.ok for r in self.rows) and not self.faults

    @property
    def worst(self) -> float:
        """The largest error of all tensors."""
        return max((row.error for row in self.rows), default=float("nan"))

    @property
    def kinks(self) -> int:
        """How many entries were skipped because the function has a kink there."""
        return sum(row.kinks for row in self.rows)

    def __getitem__(self, tensor: str) -> Row:
        """The row of one tensor, by name."""
        for row in self.rows:
            if row.tensor == tensor:
                return row
        raise KeyError(tensor)

    def assert_ok(self) -> Self:
        """Return the report if it is ok.  Errors: GradientError with the table."""
        if not self.ok:
            raise GradientError(str(self))
        return self

    def table(self) -> Table:
        """The report as a `Table`."""
        verdict = "ok" if self.ok else "NOT OK"
        return Table(
            f"{self.what} of {self.title}: {verdict}, worst error {self.worst:.2e}",
            (
                "Tensor",
                "Shape",
                "Checked",
                ">Kinks",
                ">Largest",
                ">Error",
                "At",
                "Method",
                "",
            ),
            [row.cells() for row in self.rows],
            [f"FAULT: {fault}" for fault in self.faults] + list(self.notes),
            frozenset(k for k, row in enumerate(self.rows) if not row.ok),
        )

    def __str__(self) -> str:
        return str(self.table())

    __repr__ = __str__

    def __rich__(self) -> Any:
        return self.table().__rich__()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()
