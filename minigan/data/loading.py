"""`load` a data set by its name."""

from collections.abc import Sequence
from os import PathLike
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .. import validate
from ..errors import DatasetError
from ..reading import broken
from . import sources
from .catalog import DATASETS, ImageFiles, Split
from .download import fetch
from .scaling import ROUNDING, real_type, rows
from .tables import Table, table


def load(name: str, path: str | PathLike[str] | None = None) -> tuple[Split, Split]:
    """A data set: `(x_train, y_train), (x_test, y_test)`.

    name: one of `DATASETS`, such as
        parabola: points on y = x^2, x ~ U[-1/2, 1/2): float32 (10000, 2) and (2000, 2),
            always the same ones; they are of one kind, so all labels are 0.
        ring, grid: points of 8 and of 25 normal distributions, see `minigan.modes`, as
            many; labels are the numbers of the modes.
        digits: images (1500, 8, 8) and (297, 8, 8), values 0 to 16.
        mnist, fashion_mnist: images (60000, 28, 28) and (10000, 28, 28), 0 to 255.
    Images and labels (n,) are uint8.
    path: a folder or npz file to read mnist or fashion_mnist from, and nowhere else.
    Without it they are looked for in $MINIGAN_DATA, the caches of minigan, Keras and
    torchvision and Debian's folder, and downloaded at last.  The content is checked
    against its sha256 wherever it comes from.
    Errors: ArgumentError for a name that is none; DatasetError for files that are
    broken or cannot be had, and for a data set of the user's that is none.
    """
    dataset = DATASETS.chosen("data.load", "name", name)
    if isinstance(dataset, ImageFiles) and not dataset.bundled:
        return dataset(path)
    if path is not None:
        given = repr(str(path))
        expected = f"None ({name!r} needs no files)"
        validate.complain(validate.ArgumentError, "data.load", "path", expected, given)
    return _checked(dataset(), name)


def _checked(made: Any, name: str) -> tuple[Split, Split]:
    """What a function of the user's returned, if it is a data set."""
    try:
        train, test = (tuple(map(np.asarray, pair)) for pair in made)
        pairs = [(x, y) for x, y in (train, test)]
    except (TypeError, ValueError):
        broken(name, "(x_train, y_train), (x_test, y_test)", type(made).__name__)
    for x, y in pairs:
        if not x.ndim or not y.ndim or len(x) != len(y):
            shapes = f"shapes {x.shape} and {y.shape}"
            broken(name, "as many rows as labels", shapes)
    return pairs[0], pairs[1]


def load_files(
    dataset: ImageFiles, path: str | PathLike[str] | None = None
) -> tuple[Split, Split]:
    """The arrays of a data set in files, as `load` finds them."""
    if dataset.bundled:
        parts = sources.bundled(dataset)
    else:
        _, found, notes = sources.search(dataset, path)
        if found is None and path is not None:
            broken(path, layout(dataset), "none of them")
        parts = downloaded(dataset, notes) if found is None else found
    return (parts[0], parts[1]), (parts[2], parts[3])


def images(
    name: str,
    path: str | PathLike[str] | None = None,
    dtype: DTypeLike = np.float32,
) -> np.ndarray:
    """Training rows of a data set for `recipes.load(..., data=...)`.

    (n, features), or (n, height, width, channels) of images that are stored so.
    Bytes are scaled to [-1, 1]; floats are there already, as the points of `parabola`.
    Errors: as `load`; DatasetError for floats beyond [-1, 1].
    """
    dtype = real_type("data.images", dtype)
    (x_train, _), _ = load(name, path)
    return _rows(name, x_train, dtype)


def to_train_on(name: str, dtype: DTypeLike = np.float32) -> np.ndarray | Table:
    """The same for a recipe; points beyond [-1, 1] as a `Table`, which scales them."""
    dtype = real_type("data.to_train_on", dtype)
    (x_train, _), _ = load(name)
    if x_train.ndim == 2 and x_train.dtype.kind == "f" and x_train.size:
        if np.abs(x_train).max() > 1 + ROUNDING[1]:
            return table(x_train)
    return _rows(name, x_train, dtype)


def _rows(name: str, x_train: np.ndarray, dtype: np.dtype) -> np.ndarray:
    largest = getattr(DATASETS[name], "largest", 255)
    scaled = rows(x_train, name, dtype, largest)
    return scaled if scaled.ndim == 4 else scaled.reshape(len(scaled), -1)


def labelled(
    name: str,
    path: str | PathLike[str] | None = None,
    dtype: DTypeLike = np.float32,
) -> tuple[np.ndarray, np.ndarray]:
    """Training rows as `images` has them, and their labels: (n,) int64.

    For a conditional recipe: `recipes.load(..., data=data.labelled("digits"))`.
    Errors: as `images`; DatasetError for labels that are no integers >= 0.
    """
    rows = images(name, path, dtype)
    (_, y), _ = load(name, path)
    if y.dtype.kind not in "iu" or y.shape != (len(rows),) or y.min() < 0:
        given = f"{y.dtype}, shape {y.shape}"
        broken(name, "an integer label >= 0 for each row", given)
    return rows, y.astype(np.int64)


# ---- nothing found -----------------------------------------------------------------


def downloaded(dataset: ImageFiles, notes: Sequence[str] = ()) -> list[np.ndarray]:
    """The parts, after a download into the cache.

    notes: of a search in vain.  Errors: DatasetError that lists the ways to get the
    data set; OutputError if the cache cannot be written.
    """
    try:
        fetch(dataset)
        place = sources.Place("minigan's cache", sources.cache_folder())
        found = sources.find(dataset, place)
        assert found is not None  # it was put there
        return sources.read(dataset, found)
    except DatasetError as error:
        raise DatasetError(ways(dataset, notes, error)) from None


def layout(dataset: ImageFiles) -> str:
    """What a folder should hold, in words."""
    names = ", ".join(part.file for part in dataset.parts)
    return f"the files {names} (raw or .gz), or {dataset.archive}"


def ways(dataset: ImageFiles, notes: Sequence[str], error: Exception) -> str:
    """How a data set can be had, for somebody who has neither it nor a network."""
    addresses = (*dataset.mirrors, *dataset.archives)
    lines = [
        f"{dataset.title} is not here and could not be downloaded.",
        "Looked in:",
        *(f"  {note};" for note in notes),
        "Download:",
        *(f"  {line};" for line in str(error).split("; ")),
        "Ways to get it:",
        f"  'minigan data fetch {dataset.name}', with a network and pooch "
        "(pip install 'minigan[data]');",
        f"  {layout(dataset)}, in a folder that MINIGAN_DATA names or that is given "
        f"as path; they are at {', '.join(addresses)};",
        *([f"  {dataset.advice};"] if dataset.advice else []),
        "  or train on 'digits', which is part of minigan.",
    ]
    return "\n".join(lines)
