"""Mixtures of normal distributions in the plane: where their modes are.

`ring` and `grid` place the centres of the two that papers on mode collapse measure
with; `RING` and `GRID` are those two.  What is known of a mixture is a `Modes`.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from . import validate

# Samples of a mixture are healthy where they cover all modes, and ...
GOOD = 0.8  # ... at least this share of them is within 3 sd of a mode, and ...
UNEVEN = 0.05  # ... at most this is the KL of their counts by mode from equal counts


@dataclass(frozen=True, eq=False)
class Modes:
    """k normal distributions, all equally likely, of one width in all directions.

    centres: (k, features) float64.   sd: the standard deviation.
    """

    centres: NDArray
    sd: float

    def __len__(self) -> int:
        return len(self.centres)

    def drawn(self, rng: np.random.Generator, n: int) -> tuple[NDArray, NDArray]:
        """n points (n, features) float32, and which mode each is of: (n,) uint8."""
        labels = rng.integers(len(self), size=n)
        noise = rng.standard_normal((n, self.centres.shape[1]))
        points = self.centres[labels] + self.sd * noise
        return points.astype(np.float32), labels.astype(np.uint8)


def ring(count: int = 8, radius: float = 2.0) -> NDArray:
    """Centres on a circle around 0, the first on the x axis: (count, 2).

        radius (cos t, sin t),   t = 2 pi j / count,   j = 0 ... count - 1

    The last is not at 2 pi: that is the first again, and one mode would be missing.
    """
    count = validate.integer("ring", "count", count)
    radius = validate.number("ring", "radius", radius, above=0)
    angle = 2 * np.pi * np.arange(count) / count
    return radius * np.stack([np.cos(angle), np.sin(angle)], axis=1)


def grid(side: int = 5, spacing: float = 2.0) -> NDArray:
    """Centres on a square grid around 0, row by row from below: (side^2, 2)."""
    side = validate.integer("grid", "side", side, most=1000)
    spacing = validate.number("grid", "spacing", spacing, above=0)
    place = spacing * (np.arange(side) - (side - 1) / 2)
    y, x = np.meshgrid(place, place, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1)


RING, GRID = Modes(ring(), 0.02), Modes(grid(), 0.05)
