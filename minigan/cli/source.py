"""`--data`: which rows a run trains on, and how a run that goes on finds them again."""

import os

import numpy as np

from .. import data
from ..data import DATASETS
from ..errors import ArgumentError
from ..gan.recipes import RECIPES


def chosen(recipe: str, given: str | None) -> str | None:
    """What config.json keeps: the name of a data set, a path, or None for computed."""
    if given is None or given in DATASETS:
        return given or RECIPES[recipe].dataset
    if not os.path.isfile(given):
        known = ", ".join(DATASETS)
        raise ArgumentError(
            f"--data: expected {known} or a .npy, .npz or IDX file, got '{given}'"
        )
    return os.path.abspath(given)


def rows(source: str | None) -> np.ndarray | None:
    """The rows of a `chosen` source, scaled to [-1, 1]; None for computed points.

    Errors: DatasetError for what cannot be had, or read.
    """
    if source is None:
        return None
    return data.images(source) if source in DATASETS else data.from_file(source)
