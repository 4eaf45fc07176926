"""`minigan check`: everything that is registered, proven.

Gradients against the derivatives of forward passes, optimizers against their formulas.
"""

import rich_click as click
from click.exceptions import Exit

from . import choices
from .output import print_table


@click.command(epilog="Examples:\n\nminigan check\n\nminigan check --backend numpy")
@choices.backend("Whose backward passes are checked. [default: jit]")
@choices.seed("Seed of inputs, weights and upstream gradients.", default=0)
def check(backend: str | None, seed: int) -> None:
    """Prove all layers, losses, optimizers and the GAN's generator step.

    In float64, by complex step where that is possible: errors are relative to the
    largest gradient of their tensor. Exit code 1 if any is wrong.
    """
    from rich.console import Console

    from ..gradcheck import check as check_everything

    with Console().status("checking gradients"):
        checks = check_everything(backend, seed)
    print_table(checks.table())
    for report in checks.wrong:
        click.echo(f"\n{report}")
    if not checks.ok:
        raise Exit(1)
