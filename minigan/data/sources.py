"""Where data sets are looked for, in which order, and how they are read from there.

Every place is a folder in which a data set may be a subfolder (`mnist/`, `MNIST/raw/`)
or lie directly: as four IDX files, raw or gzipped, or as one npz file.
"""

import os
import warnings
from dataclasses import dataclass
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np

from .. import npy
from ..errors import DatasetError, OutputError
from ..files import as_path, cache_root
from ..reading import broken
from . import idx
from .catalog import ImageFiles, Part, image_files

SYSTEM = Path("/usr/share/datasets")


@dataclass(frozen=True)
class Place:
    """A folder (or an npz file) to look in.

    strict: the user named it, so that what is wrong there is an error; from any other
    place the search goes on.  only: there is no other place.
    """

    label: str
    path: Path
    strict: bool = False
    only: bool = False

    def __str__(self) -> str:
        return str(self.path) if self.only else f"{self.label} ({self.path})"


@dataclass(frozen=True)
class Found:
    """A data set in a place: the file of each part, or one file with all of them."""

    place: Place
    files: tuple[Path, ...]


# ---- the order ---------------------------------------------------------------------


def places(path: Any = None) -> list[Place]:
    """Where to look, first to last; a `path` is the only place."""
    if path is not None:
        path = as_path("data.load", path)
        return [Place("path", path, strict=True, only=True)]
    own = os.environ.get("MINIGAN_DATA")
    keras = Path(os.environ.get("KERAS_HOME") or "~/.keras")
    return [
        *([Place("$MINIGAN_DATA", _expanded(own), strict=True)] if own else []),
        *_own_cache(),
        Place("Keras' cache", _expanded(keras / "datasets")),
        Place("torchvision's folder", Path("data")),
        Place("Debian's folder", SYSTEM),
    ]


def _own_cache() -> list[Place]:
    """minigan's cache, where there can be one."""
    try:
        return [Place("minigan's cache", cache_folder())]
    except OutputError:
        return []


def cache_folder() -> Path:
    """Folder of minigan's own downloads: $MINIGAN_CACHE_DIR or the platform's cache.

    Errors: OutputError where nobody knows a home folder.
    """
    return cache_root("MINIGAN_CACHE_DIR") / "data"


def _expanded(path: str | Path) -> Path:
    """The path with ~ replaced; as it is where nobody knows a home folder."""
    return Path(os.path.expanduser(path))


# ---- finding -----------------------------------------------------------------------


def find(dataset: ImageFiles, place: Place) -> Found | None:
    """What a place has of a data set: a `Found`, or None.

    Errors: DatasetError where only some of the four files are there.
    """
    if place.strict and os.path.isfile(place.path):
        return Found(place, (place.path,))
    for folder in [*(place.path / name for name in dataset.folders), place.path]:
        paths = [find_part(part, folder) for part in dataset.parts]
        present = [path for path in paths if path is not None]
        if len(present) == len(paths):
            direct = folder == place.path and not place.only
            if direct and _is_another(dataset, present[-1]):
                continue
            return Found(place, tuple(present))
        if os.path.isfile(folder / dataset.archive):
            return Found(place, (folder / dataset.archive,))
        if present:
            pairs = zip(dataset.parts, paths, strict=True)
            missing = [part.file for part, path in pairs if path is None]
            found = f"{len(present)} of 4 files"
            broken(folder, "also " + " and ".join(missing), found)
    return None


def find_part(part: Part, folder: Path) -> Path | None:
    """The file of a part, raw or gzipped, with a dash or a dot in its name; or None."""
    for name in (part.file, part.file.replace("-idx", ".idx")):
        for path in (folder / name, folder / f"{name}.gz"):
            if os.path.isfile(path):  # False also where one may not look
                return path
    return None


def _is_another(dataset: ImageFiles, labels: Path) -> bool:
    """Whether a file of test labels is that of another data set we know.

    MNIST and Fashion-MNIST have the same file names: without a folder of its own, only
    the content tells whose they are.
    """
    others = [d.parts[-1].sha256 for d in image_files() if d.name != dataset.name]
    try:
        return idx.digest(idx.read(labels, dataset.parts[-1].shape)) in others
    except DatasetError:  # is reported when the data set is read
        return False


# ---- reading -----------------------------------------------------------------------


def read(dataset: ImageFiles, found: Found) -> list[np.ndarray]:
    """The parts, checked, in the order of the catalog.  Errors: DatasetError."""
    if len(found.files) == 1:
        arrays = read_archive(dataset, found.files[0])
    else:
        pairs = zip(dataset.parts, found.files, strict=True)
        arrays = [read_part(dataset, part, path) for part, path in pairs]
    for images, labels, path in (
        (arrays[0], arrays[1], found.files[0]),
        (arrays[2], arrays[3], found.files[-1]),
    ):
        if len(images) != len(labels):
            counts = f"{len(images):,} images and {len(labels):,} labels"
            broken(path, "as many images as labels", counts)
    return arrays


def read_part(
    dataset: ImageFiles, part: Part, path: Any, name: str | None = None
) -> np.ndarray:
    """One part from an IDX file (a path or a file).  Errors: DatasetError."""
    name = name or str(path)
    array = idx.read(path, part.shape, name, largest=part.bytes)
    dataset.check(part, array, name)
    return array


def read_archive(
    dataset: ImageFiles, path: Any, name: str | None = None
) -> list[np.ndarray]:
    """All parts from an npz file (a path or a file).  Errors: DatasetError."""
    name = name or str(path)
    arrays = []
    with npy.archive(path, name) as members:
        missing = [part.key for part in dataset.parts if part.key not in members]
        if missing:
            has = ", ".join(members) or "nothing"
            broken(name, f"the array {missing[0]!r}", has[:200])
        for part in dataset.parts:
            array = members[part.key].array(largest=part.bytes)
            dataset.check(part, array, f"{name}: {part.key}")
            arrays.append(array)
    return arrays


def bundled(dataset: ImageFiles) -> list[np.ndarray]:
    """The parts of a data set that is in the package."""
    with as_file(files(__package__) / dataset.archive) as path:
        return read_archive(dataset, path)


def search(
    dataset: ImageFiles, path: Any = None
) -> tuple[Found | None, list[np.ndarray] | None, list[str]]:
    """The first place that has a data set in good order.

    Returns (its `Found`, the parts, what was seen in the places before it); found and
    parts are None where no place has it.
    Warns of broken files in other places than those that the user named.
    Errors: DatasetError for what is broken in those.
    """
    notes = [] if os.environ.get("MINIGAN_DATA") else ["$MINIGAN_DATA: not set"]
    for place in places(path):
        found = None
        try:
            found = find(dataset, place)
            if found is not None:
                return found, read(dataset, found), notes
            notes.append(f"{place}: {seen(place)}")
        except DatasetError as error:
            if place.strict:
                raise
            notes.append(f"{place.label}: {error}")
            if found is not None:  # a download that goes on elsewhere is no fault
                text = f"minigan: {error}; looking elsewhere"
                warnings.warn(text, RuntimeWarning, stacklevel=4)
    return None, None, notes


def seen(place: Place) -> str:
    """Why a place has nothing."""
    return "not there" if os.path.exists(place.path) else "no such folder"
