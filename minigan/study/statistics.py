"""What is said of many runs: shares with their intervals, and distributions."""

from collections.abc import Sequence
from math import sqrt

import numpy as np

from .. import validate

Z95 = 1.959963984540054  # the 97.5 % quantile of N(0, 1)
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def wilson(hits: int, trials: int) -> tuple[float, float]:
    """The 95 % interval of a share, (low, high).

        centre = (p + z^2 / 2n) / (1 + z^2 / n)
        half   = z sqrt(p (1 - p) / n + z^2 / 4n^2) / (1 + z^2 / n)

    p = hits / trials, n = trials; (0, 1) for none.  Unlike p +- z sqrt(p (1 - p) / n)
    it is right for few trials, and for shares near 0 and 1.
    Errors: ArgumentError, DTypeError for what are no counts, hits <= trials.
    Source: Wilson 1927, "Probable inference".
    """
    trials = validate.integer("wilson", "trials", trials, least=0)
    hits = validate.integer("wilson", "hits", hits, least=0, most=trials)
    if not trials:
        return 0.0, 1.0
    share, z2 = hits / trials, Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials**2)
    half = Z95 * sqrt(spread) / (1 + z2 / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def quantiles(values: Sequence[float]) -> list[float]:
    """Those of `QUANTILES`, linear between two values; infinite ones count as such."""
    ordered = np.sort(np.asarray(values, dtype=np.float64))
    place = np.array(QUANTILES) * (len(ordered) - 1)
    below = np.floor(place).astype(int)
    above = np.ceil(place).astype(int)
    low, high, part = ordered[below], ordered[above], place - below
    with np.errstate(invalid="ignore"):
        between = low + part * (high - low)
    return np.where(low == high, low, between).tolist()
