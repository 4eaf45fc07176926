"""`minigan golden`: reference vectors for implementations in any language."""

from pathlib import Path
from typing import Any

import rich_click as click
from click.exceptions import Exit

from . import choices
from .choices import Place, kind_of
from .output import print_table


@click.command(
    no_args_is_help=True,
    epilog="Examples:\n\nminigan golden --out golden.npz\n\n"
    "minigan golden --show dense\n\n"
    "minigan golden --verify golden.npz --backend numpy",
)
@click.option(
    "-o",
    "--out",
    type=Place(dir_okay=False),
    metavar="FILE",
    help="Compute every case and write them to FILE, an .npz.",
)
@click.option(
    "--verify",
    "verified",
    type=Place(exists=True, dir_okay=False),
    metavar="FILE",
    help="Compute the cases of FILE again and compare.",
)
@click.option("--list", "listed", is_flag=True, help="Show all cases.")
@click.option("--show", metavar="CASE", help="Show one case, array by array.")
@choices.backend("What computes. [default: jit; numpy for --list and --show]")
@choices.seed("Seed of the given arrays of --out. [default: that of tests/golden]")
@click.option("--force", is_flag=True, help="Overwrite the file of --out.")
def golden(
    out: Path | None,
    verified: Path | None,
    listed: bool,
    show: str | None,
    backend: str | None,
    seed: int | None,
    force: bool,
) -> None:
    """Write, show or verify reference vectors.

    Inputs, gradients and results of every layer, loss and optimizer and of whole GAN
    steps, in float64, with a description in the file. --verify exits with 1 where an
    array differs by more than its tolerance, and names the first.
    """
    from .. import golden as vectors
    from ..primitives import use_backend

    if sum((out is not None, verified is not None, listed, show is not None)) != 1:
        raise click.UsageError("expected one of --out, --verify, --list and --show")
    if show is not None and show not in vectors.CASES:
        raise click.UsageError(f"--show: no case '{show}'; --list shows all of them")
    for name, given in (("--seed", seed is not None), ("--force", force)):
        if given and out is None:
            raise click.UsageError(f"{name}: only beside --out")
    if backend is None and (listed or show is not None):
        backend = "numpy"  # names and shapes are the same, with nothing to compile
    with use_backend(backend):
        if listed:
            print_table(vectors.contents())
        elif show is not None:
            print_table(vectors.arrays_of(show))
        elif out is not None:
            _write(vectors, out, vectors.SEED if seed is None else seed, force)
        else:
            _verify(vectors, verified)


def _write(vectors: Any, out: Path, seed: int, force: bool) -> None:
    if kind_of(out) != ".npz":
        raise click.UsageError(f"--out: expected a .npz file, got '{out}'")
    choices.refuse_existing("--out", out, force)
    vectors.write(out, seed)
    click.echo(f"{out}: {len(vectors.CASES)} cases, {out.stat().st_size:,} bytes")


def _verify(vectors: Any, path: Path | None) -> None:
    """Compare the cases of a file, and say so.  Errors: Exit(1) where some differ."""
    verdict = vectors.verify(path)
    count, wrong = len(verdict.differences), verdict.wrong
    if wrong:
        click.echo(f"{path}: {len(wrong)} of {count} arrays differ, the first:")
        click.echo(f"  {wrong[0]}")
        raise Exit(1)
    worst = verdict.worst
    click.echo(
        f"{path}: all {count} arrays agree; the largest difference is {worst.gap:.1e} "
        f"of an array's largest entry, in {worst.name}"
    )
