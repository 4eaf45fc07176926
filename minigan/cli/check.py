"""`minigan check`: everything that is registered, proven.

Gradients against the derivatives of forward passes, optimizers against their formulas.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import rich_click as click
from click.exceptions import Exit

if TYPE_CHECKING:
    from ..gradcheck import Report
    from ..tables import Table


@click.command(epilog="Examples:\n\n\b\nminigan check\nminigan check --backend numpy\n")
@click.option(
    "--backend",
    type=click.Choice(("jit", "numpy")),
    help="Whose backward passes are checked. [default: jit]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    show_default=True,
    help="Seed of inputs, weights and upstream gradients.",
)
def check(backend: str | None, seed: int) -> None:
    """Prove all layers, losses, optimizers and the GAN's generator step.

    In float64, by complex step where that is possible: errors are relative to the
    largest gradient of their tensor. Exit code 1 if any is wrong.
    """
    from rich.console import Console

    from ..gradcheck import proofs
    from ..primitives import use_backend

    console = Console()
    reports = []
    with console.status("checking gradients"), use_backend(backend):
        for proof in proofs(seed):
            reports.append((proof.label, proof.run()))
    table = table_of(reports)
    if console.is_terminal:
        console.print(table)
    else:
        click.echo(str(table))
    wrong = [report for _, report in reports if not report.ok]
    for report in wrong:
        click.echo(f"\n{report}")
    if wrong:
        raise Exit(1)


def table_of(reports: Sequence[tuple[str, Report]]) -> Table:
    """One row for each report."""
    from ..tables import Table

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
