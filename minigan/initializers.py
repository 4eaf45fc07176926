"""Initial values of weights, with Keras' names, bounds and defaults.

For a kernel of shape (inputs, units); one of shape (KH, KW, channels, filters) has
inputs = KH KW channels and units = KH KW filters:

    glorot_uniform   U(-a, a), a = sqrt(6 / (inputs + units))     Glorot & Bengio 2010
    he_uniform       U(-a, a), a = sqrt(6 / inputs)                     He et al. 2015
    glorot_normal    N(0, 2 / (inputs + units)), cut at two standard deviations
    he_normal        N(0, 2 / inputs), cut at two standard deviations
    RandomNormal     N(mean, stddev^2)
    zeros, ones      constants

An initialiser is a name from this list, or a `RandomNormal(...)`.
"""

from dataclasses import dataclass
from math import prod

import numpy as np

from .errors import ArgumentError
from .validate import number

__all__ = ["RandomNormal"]

# The standard deviation of N(0, 1) cut at +-2: dividing by it restores the variance.
TRUNCATED_STDDEV = 0.87962566103423978


@dataclass(frozen=True)
class RandomNormal:
    """Draws from N(mean, stddev^2).

    mean: finite float, default 0.  stddev: float >= 0, default 0.05 (Keras').
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self):
        number("RandomNormal", "mean", self.mean)
        number("RandomNormal", "stddev", self.stddev, least=0)

    def __call__(self, shape, rng):
        return self.mean + self.stddev * rng.standard_normal(shape)


def _fans(shape):
    """(inputs, units) of a kernel; of a bias, its size twice."""
    area = prod(shape[:-2])
    return area * shape[-2 if len(shape) > 1 else -1], area * shape[-1]


def _uniform(bound, shape, rng):
    return bound * (2 * rng.random(shape) - 1)


def _truncated_normal(variance, shape, rng):
    values = rng.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():  # draw those again
        values[outside] = rng.standard_normal(outside.sum())
    return values * (np.sqrt(variance) / TRUNCATED_STDDEV)


_NAMED = {
    "glorot_uniform": lambda s, rng: _uniform(np.sqrt(6 / sum(_fans(s))), s, rng),
    "he_uniform": lambda s, rng: _uniform(np.sqrt(6 / _fans(s)[0]), s, rng),
    "glorot_normal": lambda s, rng: _truncated_normal(2 / sum(_fans(s)), s, rng),
    "he_normal": lambda s, rng: _truncated_normal(2 / _fans(s)[0], s, rng),
    "zeros": lambda s, rng: np.zeros(s),
    "ones": lambda s, rng: np.ones(s),
}
NAMES = tuple(_NAMED)


def initialize(where, argument, initializer, shape, rng, dtype):
    """An array of `shape`, drawn in float64 and rounded once to `dtype`.

    Errors: ArgumentError for an unknown initialiser, naming the known ones.
    """
    if isinstance(initializer, RandomNormal):
        draw = initializer
    elif isinstance(initializer, str) and initializer in _NAMED:
        draw = _NAMED[initializer]
    else:
        raise ArgumentError(
            f"{where}: argument {argument!r}: expected one of "
            f"{', '.join(map(repr, NAMES))} or a RandomNormal, got {initializer!r}"
        )
    return draw(shape, rng).astype(dtype)


def to_config(initializer):
    """A name, or the numbers of a RandomNormal, as JSON can hold them."""
    if isinstance(initializer, RandomNormal):
        return {"mean": initializer.mean, "stddev": initializer.stddev}
    return initializer


def from_config(config):
    """The inverse of `to_config`."""
    return RandomNormal(**config) if isinstance(config, dict) else config
