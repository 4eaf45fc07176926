"""`load` a data set by its name."""

import numpy as np

from .. import validate
from ..errors import DatasetError
from ..reading import broken
from . import sources
from .catalog import DATASETS
from .download import fetch
from .scaling import real_type, scale

POINTS = (10_000, 2_000)  # of the parabola, to train on and to compare with
NAMES = ("parabola", *DATASETS)
BUNDLED = ("digits",)


def load(name, path=None):
    """A data set: `(x_train, y_train), (x_test, y_test)`.

    name: one of `NAMES`.
        parabola: points on y = x^2, x ~ U[-1/2, 1/2): float32 (10000, 2) and (2000, 2),
            always the same ones; they are of one kind, so all labels are 0.
        digits: images (1500, 8, 8) and (297, 8, 8), values 0 to 16.
        mnist, fashion_mnist: images (60000, 28, 28) and (10000, 28, 28), 0 to 255.
    Images and labels (n,) are uint8.
    path: a folder or npz file to read mnist or fashion_mnist from, and nowhere else.
    Without it they are looked for in $MINIGAN_DATA, the caches of minigan, Keras and
    torchvision and Debian's folder, and downloaded at last.  The content is checked
    against its sha256 wherever it comes from.
    Errors: ArgumentError for a name that is none; DatasetError for files that are
    broken or cannot be had.
    """
    validate.choice("data.load", "name", name, NAMES)
    if path is not None and name not in downloadable():
        given = repr(str(path))
        expected = f"None ({name!r} needs no files)"
        validate.complain(validate.ArgumentError, "data.load", "path", expected, given)
    if name == "parabola":
        return _parabola()
    return load_dataset(DATASETS[name], path)


def load_dataset(dataset, path=None):
    """As `load`, for a `catalog.Dataset`."""
    if dataset.name in BUNDLED:
        parts = sources.bundled(dataset)
    else:
        _, parts, notes = sources.search(dataset, path)
        if parts is None and path is not None:
            broken(path, layout(dataset), "none of them")
        if parts is None:
            parts = downloaded(dataset, notes)
    return tuple(parts[:2]), tuple(parts[2:])


def images(name, path=None, dtype=np.float32):
    """Training rows of a data set for `recipes.load(..., data=...)`: (n, features).

    Scaled to [-1, 1]; the points of `parabola` are as they are.  Errors: as `load`.
    """
    dtype = real_type("data.images", dtype)
    (x_train, _), _ = load(name, path)
    if name == "parabola":
        return x_train.astype(dtype)
    return scale(x_train.reshape(len(x_train), -1), dtype, DATASETS[name].largest)


def downloadable():
    """Names of the data sets that are files outside the package."""
    return tuple(name for name in DATASETS if name not in BUNDLED)


def _parabola():
    rng = np.random.default_rng(0)
    result = []
    for count in POINTS:
        x = rng.random((count, 1), dtype=np.float32) - np.float32(0.5)
        result.append((np.hstack([x, x * x]), np.zeros(count, np.uint8)))
    return tuple(result)


# ---- nothing found -----------------------------------------------------------------


def downloaded(dataset, notes=()):
    """The parts, after a download into the cache.

    notes: of a search in vain.  Errors: DatasetError that lists the ways to get the
    data set; OutputError if the cache cannot be written.
    """
    try:
        fetch(dataset)
        place = sources.Place("minigan's cache", sources.cache_folder())
        return sources.read(dataset, sources.find(dataset, place))
    except DatasetError as error:
        raise DatasetError(ways(dataset, notes, error)) from None


def layout(dataset):
    """What a folder should hold, in words."""
    names = ", ".join(part.file for part in dataset.parts)
    return f"the files {names} (raw or .gz), or {dataset.archive}"


def ways(dataset, notes, error):
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
