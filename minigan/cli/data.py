"""`minigan data`: which data sets are here, and how they look."""

from pathlib import Path

import numpy as np
import rich_click as click

from ..data import loading, sources
from ..data.catalog import DATASETS
from ..errors import DatasetError

IMAGES = tuple(DATASETS)
FILES = loading.downloadable()
SHOWN = 25


@click.group(no_args_is_help=True)
def data():
    """Find, fetch, verify and look at data sets.

    MNIST and Fashion-MNIST are looked for in $MINIGAN_DATA, in the caches of minigan,
    Keras and torchvision, and in Debian's folder of data sets.
    """


# ---- list --------------------------------------------------------------------------


@data.command("list")
def list_():
    """Show all data sets and where they are."""
    _show(
        "Data sets", ("Name", ">Images", "Size", "Where"), map(_listed, loading.NAMES)
    )


def _listed(name):
    """One row: name, how many images, their size, where they are."""

    if name == "parabola":
        return [name, f"{sum(loading.POINTS):,}", "2 numbers", "computed"]
    dataset = DATASETS[name]
    count, *size = dataset.parts[0].shape
    count += dataset.parts[2].shape[0]
    if name not in FILES:
        where = "in minigan itself"
    else:
        found, notes = _first(dataset)
        where = str(found.files[0].parent) if found else "not here"
        where = "; ".join([where, *notes])
    return [name, f"{count:,}", " x ".join(map(str, size)), where]


def _first(dataset):
    """(the first place that has a data set, what is wrong in those before it)."""

    notes = []
    for place in sources.places():
        try:
            found = sources.find(dataset, place)
        except DatasetError as error:
            notes.append(str(error))
            continue
        if found:
            return found, notes
    return None, notes


# ---- fetch -------------------------------------------------------------------------


@data.command(epilog="Examples:\n\n\b\nminigan data fetch mnist\n")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(FILES))
def fetch(names):
    """Download data sets that are not here yet.

    They go into minigan's cache: $MINIGAN_CACHE_DIR, or the platform's folder. Without
    a name: mnist and fashion_mnist.
    """

    for name in names or FILES:
        dataset = DATASETS[name]
        found, _, notes = sources.search(dataset)
        if found:
            click.echo(f"{name}: already here, in {found.files[0].parent}")
        else:
            loading.downloaded(dataset, notes)
            click.echo(f"{name}: fetched, into {sources.cache_folder() / name}")


# ---- verify ------------------------------------------------------------------------


@data.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=click.Choice(IMAGES))
def verify(names):
    """Check the files of data sets against their sha256.

    All places are checked, not only the first. Exit code 1 if a file is broken, or if
    a data set that was named is nowhere.
    """
    rows, wrong = [], set()
    for name in names or IMAGES:
        results = list(_verified(name)) or [("", "not here", not names)]
        for where, result, good in results:
            if not good:
                wrong.add(len(rows))
            rows.append([name, result, where])
    _show("Checks", ("Name", "Result", "File"), rows, wrong)
    if wrong:
        raise click.exceptions.Exit(1)


def _verified(name):
    """(file, result, whether it is good) for every file of a data set."""

    dataset = DATASETS[name]
    if name not in FILES:
        yield _result("in minigan itself", lambda: sources.bundled(dataset))
        return
    for place in sources.places():
        try:
            found = sources.find(dataset, place)
        except DatasetError as error:
            yield str(place.path), str(error), False
            continue
        if found and len(found.files) == 1:
            yield _result(found.files[0], lambda f=found: sources.read(dataset, f))
        elif found:
            for part, path in zip(dataset.parts, found.files, strict=True):
                yield _result(
                    path, lambda p=part, f=path: sources.read_part(dataset, p, f)
                )


def _result(path, read):

    try:
        read()
    except DatasetError as error:
        return str(path), str(error).removeprefix(f"{path}: "), False
    return str(path), "good", True


# ---- preview -----------------------------------------------------------------------


@data.command(
    epilog="Examples:\n\n\b\nminigan data preview digits\n"
    "minigan data preview fashion_mnist --seed 3 -o clothes.png\n"
)
@click.argument("name", type=click.Choice(IMAGES))
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    default="preview.png",
    show_default=True,
    help="The picture, a .png file.",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    default=0,
    show_default=True,
    help="Which images are drawn.",
)
@click.option(
    "--path",
    type=click.Path(exists=True, path_type=Path),
    help="Folder or npz file with the data. [default: looked for, then fetched]",
)
@click.option("--force", is_flag=True, help="Overwrite the picture.")
def preview(name, output, seed, path, force):
    """Draw 25 training images of a data set, five by five."""
    if output.suffix.lower() != ".png":
        raise click.UsageError(f"--output: expected a .png file, got '{output}'")
    if output.exists() and not force:
        raise click.UsageError(f"--output: '{output}' exists; add --force to overwrite")
    from ..pictures import image_grid

    dataset = DATASETS[name]
    (images, labels), _ = loading.load(name, path)
    chosen = np.random.default_rng(seed).permutation(len(images))[:SHOWN]
    captions = [dataset.classes[label] for label in labels[chosen]]
    title = f"{dataset.title}: {SHOWN} of {len(images):,} training images"
    shown = np.round(images[chosen] * (255 / dataset.largest)).astype(np.uint8)
    image_grid.captioned_png(shown, captions, output, title)
    click.echo(str(output))


# ---- tables ------------------------------------------------------------------------


def _show(title, columns, rows, marked=()):
    """A table in colour on a terminal, as plain text elsewhere."""
    from rich.console import Console

    from ..tables import Table

    table = Table(title, columns, list(rows), marked=frozenset(marked))
    console = Console()
    if console.is_terminal:
        console.print(table)
    else:
        click.echo(str(table).rstrip())
