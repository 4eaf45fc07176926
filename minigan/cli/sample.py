"""`minigan sample`: points from a trained generator."""

import io
from pathlib import Path

import numpy as np
import rich_click as click

from ..errors import ArgumentError
from ..files import write_atomically

SUFFIXES = (".csv", ".npy", ".npz")


@click.command(
    epilog="Examples:\n\n"
    "minigan sample runs/parabola-seed0 -n 5\n\n"
    "minigan sample runs/parabola-seed0/checkpoint.npz -n 100 -o points.csv\n\n"
    "minigan sample checkpoint.npz -n 10000 --seed 7 -o points.npy\n\n"
)
@click.argument("checkpoint", type=click.Path(exists=True, path_type=Path))
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1, 10_000_000),
    metavar="N",
    default=100,
    show_default=True,
    help="How many points.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="A .csv, .npy or .npz file; without it, CSV on standard output.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="Seed of the latent points. Without it they come from the run's own stream: "
    "the same ones each time.",
)
@click.option("--force", is_flag=True, help="Overwrite the output file.")
def sample(checkpoint, number, output, seed, force):
    """Draw points from the generator in CHECKPOINT.

    CHECKPOINT is a checkpoint.npz, or the folder of a run.
    """
    if output is not None:
        if output.suffix not in SUFFIXES:
            raise click.UsageError(
                f"--output: expected a .csv, .npy or .npz file, got '{output}'"
            )
        if output.exists() and not force:
            raise click.UsageError(
                f"--output: '{output}' exists; add --force to overwrite"
            )
    from ..gan import Trainer
    from ..gan.streams import streams

    if checkpoint.is_dir():
        checkpoint = checkpoint / "checkpoint.npz"
        if not checkpoint.is_file():
            raise ArgumentError(f"{checkpoint}: no such file")
    trainer = Trainer.load(checkpoint)
    if seed is not None:
        trainer.streams["sample"] = streams(seed)["sample"]
    points = trainer.sample(number).reshape(number, -1)
    if output is None:
        click.echo(as_csv(points), nl=False)
        return
    write_atomically(output, _encoded(points, output.suffix))


def as_csv(points):
    """Text with a header, each number with as many digits as it needs."""
    columns = points.shape[1]
    names = ["x", "y"] if columns == 2 else [f"x{k}" for k in range(columns)]
    lines = [",".join(names), *(",".join(map(str, row)) for row in points)]
    return "\n".join(lines) + "\n"


def _encoded(points, suffix):
    if suffix == ".csv":
        return as_csv(points).encode()
    content = io.BytesIO()
    if suffix == ".npy":
        np.save(content, points, allow_pickle=False)
    else:
        np.savez(content, samples=points)
    return content.getvalue()
