"""`minigan.check()`: everything that is registered, proven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from .. import validate
from ..primitives import use_backend
from ..tables import Table
from .registered import proofs
from .report import Report


@dataclass(frozen=True)
class Checks:
    """What `check` found: `print(checks)`, `checks.ok`.

    reports: (label, `Report`) of each proof, in order.
    """

    reports: tuple[tuple[str, Report], ...]

    @property
    def ok(self) -> bool:
        """True where every proof holds."""
        return all(report.ok for _, report in self.reports)

    @property
    def wrong(self) -> list[Report]:
        """The reports that are not ok."""
        return [report for _, report in self.reports if not report.ok]

    def table(self) -> Table:
        """One row for each report."""
        reports = self.reports
        rows = [
            [
                label,
                str(sum(row.checked for row in report.rows)),
                str(report.kinks),
                f"{report.worst:.1e}",
                "ok" if report.ok else "WRONG",
            ]
            for label, report in reports
        ]
        good = sum(report.ok for _, report in reports)
        worst = max(report.worst for _, report in reports)
        return Table(
            "Checks",
            ("Subject", ">Checked", ">Kinks", ">Worst error", ""),
            rows,
            [f"{good} of {len(reports)} agree; worst relative error {worst:.1e}"],
            frozenset(k for k, (_, report) in enumerate(reports) if not report.ok),
        )

    def __str__(self) -> str:
        return "\n\n".join(map(str, [self.table(), *self.wrong]))

    __repr__ = __str__

    def __rich__(self) -> Any:
        return self.table().__rich__()

    def _repr_html_(self) -> str:
        tables = [self.table(), *(report.table() for report in self.wrong)]
        return "\n".join(table._repr_html_() for table in tables)


def check(backend: str | None = None, seed: int = 0) -> Checks:
    """Prove all layers, losses, optimizers and the GAN's generator step.

    In float64, by complex step where that is possible: errors are relative to the
    largest gradient of their tensor.  The command `minigan check` prints the same.

    backend: "jit" or "numpy", whose backward passes are checked; None for that in
    force.   seed: of inputs, weights and upstream gradients.
    Errors: ArgumentError, DTypeError for arguments that do not fit.
    """
    seed = validate.integer("check", "seed", seed, least=0)
    with use_backend(backend):
        return Checks(tuple((proof.label, proof.run()) for proof in proofs(seed)))
