"""Data to draw, and what pictures look like."""

import numpy as np
from PIL import Image

from minigan.gan.history import COLUMNS, History


def parabola_points(n, seed=0):
    x = np.random.default_rng(seed).random(n) - 0.5
    return np.column_stack([x, x * x])


def history(n=300, seed=0, **columns):
    """Random values near 1/2, with some columns replaced."""
    shape = n, len(COLUMNS)
    table = 0.5 + 0.1 * np.random.default_rng(seed).random(shape)
    for name, value in columns.items():
        table[:, COLUMNS.index(name)] = value
    return History(table)


def image(path):
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB")).astype(int)


def near(picture, colour, tolerance=40):
    """Which pixels have about this colour, given as #rrggbb."""
    wanted = np.array(list(bytes.fromhex(colour[1:])))
    return (np.abs(picture - wanted) < tolerance).all(axis=-1)
