"""A small picture of what a generator makes, drawn without a plotting library."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from ..gan.players import shapes_made
from ..images import as_bytes, image_shape

if TYPE_CHECKING:
    from ..gan import Trainer

SIDE = 64  # pixels of a picture of points
POINTS = 200  # of each kind in it
MARGIN = 0.2  # around the real points, of their extent
IMAGES = 3  # in a row, and rows of them
LARGEST = 40  # pixels of an image that is shown whole; larger ones are thinned out
WHITE = (255, 255, 255)
REAL, FAKE = (246, 178, 178), (31, 78, 216)


def thumbnail(samples: NDArray, trainer: "Trainer") -> NDArray[np.uint8]:
    """(height, width) or (height, width, 3): some images, or points over real ones.

    samples: (n, features).  Points show their first two features.
    """
    shape = image_shape(shapes_made(trainer.generator)[0])
    if shape is not None:
        return _images(as_bytes(samples[: IMAGES**2], shape))
    rng = np.random.default_rng(trainer.seed)
    return points(samples[:POINTS], trainer.data.draw(POINTS, rng))


def points(fake: NDArray, real: NDArray) -> NDArray[np.uint8]:
    """Generated points over real ones, in a window around these: (SIDE, SIDE, 3)."""
    low, high = real.min(axis=0).astype(float), real.max(axis=0).astype(float)
    margin = MARGIN * np.where(high > low, high - low, 1.0)
    whole = np.full((SIDE, SIDE, 3), WHITE, np.uint8)
    for rows, colour in ((real, REAL), (fake, FAKE)):
        place = (rows - (low - margin)) / (high - low + 2 * margin)
        place = place[:, :2] if place.shape[1] > 1 else np.repeat(place, 2, axis=1)
        inside = ((place >= 0) & (place < 1)).all(axis=1)  # False for NaN
        column, row = (place[inside] * SIDE).astype(int).T
        whole[SIDE - 1 - row, column] = colour
    return whole


def _images(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """IMAGES x IMAGES of them with a grey line between: (h, w) or (h, w, 3)."""
    every = max(1, -(-max(images.shape[1:3]) // LARGEST))
    images = images[:, ::every, ::every]
    _, height, width, *colours = images.shape
    down, right = height + 1, width + 1
    shape = (IMAGES * down - 1, IMAGES * right - 1, *colours)
    whole = np.full(shape, 128, np.uint8)
    for k, image in enumerate(images):
        top, left = k // IMAGES * down, k % IMAGES * right
        whole[top : top + height, left : left + width] = image
    return whole
