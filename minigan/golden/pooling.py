"""The cases of windows in images, and of slopes that are learned."""

from collections.abc import Callable, Iterator
from math import prod
from typing import Any

import numpy as np

from .. import layers
from .case import Case
from .images import BORDERS, FLAT
from .layers import case

MAXIMUM = {
    "y": "the largest number of the window, at [n, i, j, c]",
    "dx": "of each entry of x, the sum of dy over the windows in which it is the first "
    "of the largest, row by row",
}
MEAN = {
    "y": "the mean of the numbers in the window, at [n, i, j, c]",
    "dx": "of each entry of x, the sum over its windows of dy / (their numbers)",
}
WINDOW = (
    "pool_size = (KH, KW), strides = (SH, SW); window [i, j] of channel c has the "
    "numbers x[n, i SH + a - top, j SW + e - left, c], a < KH, e < KW, that there are"
)
INSIDE = {
    "valid": BORDERS["valid"],
    "same": BORDERS["same"].replace(
        " rows of zeros above and as many as needed below", ""
    ),
}


def cases() -> Iterator[Case]:
    """All of them, in the order of the file."""
    for padding, image, size, strides in (
        ("valid", (4, 3, 2), (2, 2), (1, 1)),
        ("same", (3, 4, 2), (2, 3), (2, 2)),
    ):
        options: dict[str, Any] = {
            "image": list(image),
            "pool_size": list(size),
            "strides": list(strides),
            "padding": padding,
        }
        where = f"{FLAT}; y is an image (rows, columns, channels), {INSIDE[padding]}; "
        for kind, name, formulas in (
            (layers.MaxPooling2D, "max-pooling2d", MAXIMUM),
            (layers.AveragePooling2D, "average-pooling2d", MEAN),
        ):
            yield pooling(f"{name}-{padding}", kind, formulas, options, where + WINDOW)
    whole = f"{FLAT}; all pixels of an image are one window, i = j = 0"
    options = {"image": [2, 3, 2]}
    yield pooling(
        *("global-max-pooling2d", layers.GlobalMaxPooling2D, MAXIMUM, options, whole)
    )
    yield pooling(
        *("global-average-pooling2d", layers.GlobalAveragePooling2D, MEAN),
        options,
        whole,
    )
    for name, positions in (("prelu", 1), ("prelu-image", 3)):
        yield prelu(name, positions)


def pooling(
    name: str,
    kind: Callable[..., layers.Layer],
    formulas: dict[str, str],
    options: dict[str, Any],
    note: str,
) -> Case:
    """Forward and backward of a layer of this kind."""
    size = prod(options["image"])
    return case(name, lambda: kind(**options), (size,), formulas, options, note=note)


def prelu(name: str, positions: int, features: int = 2) -> Case:
    """The slopes are learned, one for all pixels of a channel."""
    rows = "x, y, dx, dy of shape (examples, positions features) stand for (examples "
    return case(
        name,
        lambda: layers.PReLU(features, positions=positions, dtype=np.float64),
        (positions * features,),
        {
            "y": "x where x > 0, else alpha x",
            "dx": "dy where x > 0, else alpha dy",
            "dalpha": "sum over rows of dy x where x <= 0",
        },
        {"positions": positions},
        note=f"{rows}positions, features)",
    )
