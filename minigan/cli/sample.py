"""`minigan sample`: points or images from a trained generator."""

import csv
import io
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import rich_click as click

from ..errors import ArgumentError
from ..files import write_atomically
from . import choices
from .choices import LabelList, Place, kind_of

if TYPE_CHECKING:
    from ..data.columns import Columns
    from ..gan.generator import Generator

SUFFIXES = (".csv", ".npy", ".npz")
PICTURE = ".png"  # of images only
MOST_DRAWN = 2500  # images in one picture


@click.command(
    epilog="Examples:\n\n"
    "minigan sample runs/parabola-seed0 -n 5\n\n"
    "minigan sample runs/parabola-seed0/checkpoint.npz -n 100 -o points.csv\n\n"
    "minigan sample checkpoint.npz -n 10000 --seed 7 -o points.npy\n\n"
    "minigan sample runs/digits-seed0\n\n"
    "minigan sample runs/digits-seed0 -n 60 --between 10 -o between.png\n\n"
    "minigan sample runs/digits-seed0/generator.npz -n 10000 -o images.npz\n\n"
    "minigan sample runs/digits-conditional-seed0 --label 7\n\n"
    "minigan sample runs/digits-conditional-seed0 --labels 0-9 -o digits.png\n\n"
)
@click.argument("run", type=Place(exists=True))
@click.option(
    "-n",
    "--number",
    type=click.IntRange(1, 10_000_000),
    metavar="N",
    default=100,
    show_default=True,
    help="How many points or images.",
)
@click.option(
    "-o",
    "--output",
    type=Place(dir_okay=False),
    metavar="FILE",
    help="A .csv, .npy or .npz file, of images also a .png with all of them. [default: "
    "points as CSV on standard output; images in sample.png]",
)
@choices.seed(
    "Seed of the latent points. Without it they come from the run's own stream: "
    "the same ones each time."
)
@click.option(
    "--between",
    type=click.IntRange(min=2),
    metavar="STEPS",
    help="Rows of so many, on the way from one latent point to another.",
)
@click.option(
    "--label",
    "--labels",
    "labels",
    type=LabelList(),
    metavar="LABELS",
    help="Of a conditional generator: 7, or 0,1,2, or 0-9. Of several, each takes an "
    "equal part of the samples, and in a picture rows of its own. [default: drawn, as "
    "often as the data have each]",
)
@click.option("--force", is_flag=True, help="Overwrite the output file.")
def sample(
    run: Path,
    number: int,
    output: Path | None,
    seed: int | None,
    between: int | None,
    labels: tuple[int, ...] | None,
    force: bool,
) -> None:
    """Draw samples from the generator in RUN.

    RUN is the folder of a run, a checkpoint.npz or a generator.npz. Numbers of images
    are as the network makes them: -1 is black, 1 is white. Those of a table are in the
    units of its columns, below their names.
    """
    _expect_writable(output, force)
    if between and number % between:
        raise click.UsageError(
            f"--number: expected a multiple of --between {between}, got {number}"
        )
    if labels and number % len(labels):
        raise click.UsageError(
            f"--number: expected a multiple of the {len(labels)} labels, got {number}"
        )
    from ..gan.generator import Generator

    generator = Generator.load(_file_of(run))
    output = _output(generator, output, number, force)
    wanted = _wanted(generator, labels, number)
    columns = between or (number // len(labels) if labels and len(labels) > 1 else None)
    if between:
        first, last = np.split(generator.draw_latent(2 * number // between, seed), 2)
        if wanted is None:
            drawn = generator.draw_labels(number // between, seed)
            wanted = None if drawn is None else drawn.repeat(between)
        z = generator.between(first, last, between)
        rows = generator.sample(z=z, labels=wanted)
    else:
        rows = generator.sample(number, labels=wanted, seed=seed)
    if output is None:
        click.echo(as_csv(rows, generator.columns), nl=False)
    elif kind_of(output) == PICTURE:
        _draw(generator, rows, output, columns)
        click.echo(str(output))
    else:
        if generator.image_shape:
            rows = rows.reshape(number, *generator.image_shape)
        write_atomically(output, _encoded(rows, kind_of(output), generator.columns))


def _wanted(
    generator: "Generator", labels: tuple[int, ...] | None, number: int
) -> np.ndarray | None:
    """A label for each sample, an equal part of each label; None for none.

    Errors: UsageError for labels that the generator does not know.
    """
    if labels is None:
        return None
    if generator.classes is None:
        raise click.UsageError("--label: expected none for a generator without labels")
    if max(labels) >= generator.classes:
        raise click.UsageError(
            f"--label: expected labels in 0 ... {generator.classes - 1}, got "
            f"{max(labels)}"
        )
    return np.array(labels).repeat(number // len(labels))


def _file_of(run: Path) -> Path:
    """The file with the generator: in a folder, the checkpoint, else generator.npz."""
    if not run.is_dir():
        return run
    for name in ("checkpoint.npz", "generator.npz"):
        if (run / name).is_file():
            return run / name
    raise ArgumentError(f"{run / 'checkpoint.npz'}: no such file")


def _expect_writable(output: Path | None, force: bool) -> None:
    """Errors: UsageError for another kind of file, or one that is there."""
    if output is None:
        return
    if kind_of(output) not in (*SUFFIXES, PICTURE):
        raise click.UsageError(
            f"--output: expected a .csv, .npy, .npz or (for images) .png file, got "
            f"'{output}'"
        )
    choices.refuse_existing("--output", output, force)


def _output(
    generator: "Generator", output: Path | None, number: int, force: bool
) -> Path | None:
    """Where samples go, once it is known what they are; None is standard output."""
    images = generator.image_shape
    if output is None and images:
        output = Path("sample.png")
        _expect_writable(output, force)
    if output is not None and kind_of(output) == PICTURE:
        if not images:
            raise click.UsageError(
                f"--output: expected a .csv, .npy or .npz file for samples that are no "
                f"images, got '{output}'"
            )
        if number > MOST_DRAWN:
            raise click.UsageError(
                f"--number: expected at most {MOST_DRAWN:,} images in a .png, got "
                f"{number:,} (an .npz file takes any number)"
            )
    return output


def _draw(
    generator: "Generator", rows: np.ndarray, output: Path, columns: int | None
) -> None:
    """A grid of the images.  Errors: OutputError."""
    from ..images import as_bytes
    from ..pictures import image_grid

    shape = generator.image_shape
    assert shape is not None  # other rows are refused before
    images = as_bytes(rows, shape)
    note = f"step {generator.step:,}"
    image_grid.samples_png(images, output, generator.recipe, note, columns)


def as_csv(rows: np.ndarray, columns: "Columns | None" = None) -> str:
    """Text with a header, each number with as many digits as it needs."""
    from ..data.columns import default_names

    rows, text = rows.reshape(len(rows), -1), io.StringIO()
    names = columns.names if columns else default_names(rows.shape[1])
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows([map(str, row) for row in rows])
    return text.getvalue()


def _encoded(rows: np.ndarray, suffix: str, columns: "Columns | None") -> bytes:
    """The content of a .csv, .npy or .npz file."""
    if suffix == ".csv":
        return as_csv(rows, columns).encode()
    content = io.BytesIO()
    if suffix == ".npy":
        np.save(content, rows, allow_pickle=False)
    else:
        np.savez(content, samples=rows)
    return content.getvalue()
