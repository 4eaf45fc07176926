"""`minigan data`: which data sets are here, and how they look."""

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import rich_click as click

from .. import validate
from ..data import loading, scaling, sources
from ..data.catalog import DATASETS, ImageFiles, image_files
from ..errors import ArgumentError, DatasetError
from ..images import as_bytes, image_shape
from . import choices
from .choices import OneOf, Place, kind_of
from .output import print_table

SHOWN = 25
Verified = tuple[str, str, bool]


def _in_files() -> dict[str, ImageFiles]:
    """The data sets with files that can be checked: name -> data set."""
    return {dataset.name: dataset for dataset in image_files()}


def _elsewhere() -> dict[str, ImageFiles]:
    """Those of them that are not in the package: they can be fetched."""
    return {name: d for name, d in _in_files().items() if not d.bundled}


@click.group(no_args_is_help=True)
def data() -> None:
    """Find, fetch, verify and look at data sets.

    MNIST and Fashion-MNIST are looked for in $MINIGAN_DATA, in the caches of minigan,
    Keras and torchvision, and in Debian's folder of data sets.
    """


# ---- list --------------------------------------------------------------------------


@data.command("list")
def list_() -> None:
    """Show all data sets and where they are."""
    columns = "Name", ">Images", "Size", "Where"
    _show("Data sets", columns, map(_listed, DATASETS))


def _listed(name: str) -> list[str]:
    """One row: name, how many images, their size, where they are."""
    dataset = DATASETS[name]
    if not isinstance(dataset, ImageFiles):
        try:
            (rows, _), (others, _) = loading.load(name)
        except DatasetError as error:
            return [name, "", "", str(error)]
        count, size = len(rows) + len(others), list(map(str, rows.shape[1:]))
        size = [f"{size[0]} numbers"] if len(size) == 1 else size
        return [name, f"{count:,}", " x ".join(size), "computed"]
    train, _, test, _ = (part.shape for part in dataset.parts)
    if dataset.bundled:
        where = "in minigan itself"
    else:
        found, notes = _first(dataset)
        where = str(found.files[0].parent) if found else "not here"
        where = "; ".join([where, *notes])
    count = (train[0] or 0) + (test[0] or 0)
    return [name, f"{count:,}", " x ".join(map(str, train[1:])), where]


def _first(dataset: ImageFiles) -> tuple[sources.Found | None, list[str]]:
    """(the first place that has a data set, what is wrong in those before it)."""
    notes: list[str] = []
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


@data.command(epilog="Examples:\n\nminigan data fetch mnist")
@click.argument("names", metavar="[NAME]...", nargs=-1, type=OneOf(_elsewhere))
def fetch(names: tuple[str, ...]) -> None:
    """Download data sets that are not here yet.

    They go into minigan's cache: $MINIGAN_CACHE_DIR, or the platform's folder. Without
    a name: all that are not in minigan itself.
    """
    known = _elsewhere()
    for name in names or known:
        dataset = known[name]
        found, _, notes = sources.search(dataset)
        if found:
            click.echo(f"{name}: already here, in {found.files[0].parent}")
        else:
            loading.downloaded(dataset, notes)
            click.echo(f"{name}: fetched, into {sources.cache_folder() / name}")


# ---- verify ------------------------------------------------------------------------


@data.command()
@click.argument("names", metavar="[NAME]...", nargs=-1, type=OneOf(_in_files))
def verify(names: tuple[str, ...]) -> None:
    """Check the files of data sets against their sha256.

    All places are checked, not only the first. Exit code 1 if a file is broken, or if
    a data set that was named is nowhere.
    """
    rows: list[list[str]] = []
    wrong: set[int] = set()
    known = _in_files()
    for name in names or known:
        results = list(_verified(known[name])) or [("", "not here", not names)]
        for where, result, good in results:
            if not good:
                wrong.add(len(rows))
            rows.append([name, result, where])
    _show("Checks", ("Name", "Result", "File"), rows, wrong)
    if wrong:
        raise SystemExit(1)


def _verified(dataset: ImageFiles) -> Iterator[Verified]:
    """(file, result, whether it is good) for every file of a data set."""
    if dataset.bundled:
        yield _result("in minigan itself", partial(sources.bundled, dataset))
        return
    for place in sources.places():
        try:
            found = sources.find(dataset, place)
        except DatasetError as error:
            yield str(place.path), str(error), False
            continue
        if found and len(found.files) == 1:
            yield _result(found.files[0], partial(sources.read, dataset, found))
        elif found:
            for part, path in zip(dataset.parts, found.files, strict=True):
                read = partial(sources.read_part, dataset, part, path)
                yield _result(path, read)


def _result(path: str | Path, read: Callable[[], Any]) -> Verified:
    """The row of a file that `read` reads."""
    try:
        read()
    except DatasetError as error:
        return str(path), str(error).removeprefix(f"{path}: "), False
    return str(path), "good", True


# ---- preview -----------------------------------------------------------------------


@data.command(
    epilog="Examples:\n\nminigan data preview digits\n\n"
    "minigan data preview fashion_mnist --seed 3 -o clothes.png"
)
@click.argument("name", type=OneOf(DATASETS))
@click.option(
    "-o",
    "--output",
    type=Place(dir_okay=False),
    metavar="FILE",
    default="preview.png",
    show_default=True,
    help="The picture, a .png file.",
)
@choices.seed("Which images are drawn.", default=0)
@click.option(
    "--path",
    type=Place(exists=True),
    help="Folder or npz file with the data. [default: looked for, then fetched]",
)
@click.option("--force", is_flag=True, help="Overwrite the picture.")
def preview(name: str, output: Path, seed: int, path: Path | None, force: bool) -> None:
    """Draw 25 training images of a data set, five by five."""
    if kind_of(output) != ".png":
        raise click.UsageError(f"--output: expected a .png file, got '{output}'")
    choices.refuse_existing("--output", output, force)
    from ..pictures import image_grid

    dataset: Any = DATASETS[name]
    (images, labels), _ = loading.load(name, path)
    shape = image_shape(images.shape[1:])
    if shape is None:
        row = validate.shape_text(images.shape[1:])
        raise ArgumentError(f"{name}: expected images, got rows of shape {row}")
    chosen = np.random.default_rng(seed).permutation(len(images))[:SHOWN]
    classes = getattr(dataset, "classes", None)
    captions = [str(classes[k] if classes else k) for k in labels[chosen]]
    title = getattr(dataset, "title", name)
    title = f"{title}: {len(chosen)} of {len(images):,} training images"
    largest = getattr(dataset, "largest", 255)
    shown = as_bytes(scaling.rows(images[chosen], name, largest=largest), shape)
    image_grid.captioned_png(shown, captions, output, title)
    click.echo(str(output))


# ---- tables ------------------------------------------------------------------------


def _show(
    title: str,
    columns: tuple[str, ...],
    rows: Iterable[list[str]],
    marked: Iterable[int] = (),
) -> None:
    """A table in colour on a terminal, as plain text elsewhere."""
    from ..tables import Table

    print_table(Table(title, columns, list(rows), marked=frozenset(marked)))
