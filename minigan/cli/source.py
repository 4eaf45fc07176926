"""`--data`: which rows a run trains on, and how a run that goes on finds them again."""

import os

from .. import data
from ..errors import ArgumentError
from ..gan.recipes import RECIPES

NAMES = tuple(name for name in data.NAMES if name != "parabola")


def chosen(recipe, given):
    """What config.json keeps: the name of a data set, a path, or None for computed."""
    if given is None or given in NAMES:
        return given or RECIPES[recipe].dataset
    if not os.path.isfile(given):
        known = ", ".join(NAMES)
        raise ArgumentError(
            f"--data: expected {known} or a .npy, .npz or IDX file, got '{given}'"
        )
    return os.path.abspath(given)


def rows(source):
    """The rows of a `chosen` source, scaled to [-1, 1]; None for computed points.

    Errors: DatasetError for what cannot be had, or read.
    """
    if source is None:
        return None
    return data.images(source) if source in NAMES else data.from_file(source)
