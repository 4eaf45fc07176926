"""Initial values of weights, with Keras' names, bounds and defaults.

For a kernel of shape (inputs, units); one of shape (KH, KW, channels, filters) has
inputs = KH KW channels and units = KH KW filters:

    glorot_uniform   U(-a, a), a = sqrt(6 / (inputs + units))     Glorot & Bengio 2010
    he_uniform       U(-a, a), a = sqrt(6 / inputs)                     He et al. 2015
    glorot_normal    N(0, 2 / (inputs + units)), cut at two standard deviations
    he_normal        N(0, 2 / inputs), cut at two standard deviations
    lecun_uniform    U(-a, a), a = sqrt(3 / inputs)                   LeCun et al. 1998
    lecun_normal     N(0, 1 / inputs), cut at two standard deviations
    RandomNormal     N(mean, stddev^2)
    RandomUniform    U(minval, maxval)
    zeros, ones      constants

An initialiser is the name of a function, or an object whose class is registered, such
as `RandomNormal(0.0, 0.02)`.  One of your own is a function of shape and generator:

    @INITIALIZERS.register()
    def widest_uniform(shape, rng):
        return rng.uniform(-1, 1, shape) / np.sqrt(min(shape))
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np
from numpy.typing import NDArray

from . import validate
from .errors import ArgumentError, CheckpointError, ShapeError
from .registry import Registry
from .validate import number

__all__ = ["INITIALIZERS", "RandomNormal", "RandomUniform"]

Array = NDArray[Any]
Shape = tuple[int, ...]
Random = np.random.Generator

INITIALIZERS: Registry[Callable[..., Any]] = Registry("initializer")

# The standard deviation of N(0, 1) cut at +-2: dividing by it restores the variance.
TRUNCATED_STDDEV = 0.87962566103423978

PLACES = 2**24  # of tables that a file may ask for, and 64 for each of its numbers

# Inside `blank`: how many numbers, and places in tables, may still be allocated.
_left: ContextVar[dict[str, int] | None] = ContextVar("left", default=None)


def _fans(shape: Shape) -> tuple[int, int]:
    """(inputs, units) of a kernel; of a bias, its size twice."""
    area = prod(shape[:-2])
    return area * shape[-2 if len(shape) > 1 else -1], area * shape[-1]


def _uniform(bound: float, shape: Shape, rng: Random) -> Array:
    return bound * (2 * rng.random(shape) - 1)


def _truncated_normal(variance: float, shape: Shape, rng: Random) -> Array:
    values = rng.standard_normal(shape)
    while (outside := np.abs(values) > 2).any():  # draw those again
        values[outside] = rng.standard_normal(outside.sum())
    return values * (np.sqrt(variance) / TRUNCATED_STDDEV)


@INITIALIZERS.register()
def glorot_uniform(shape: Shape, rng: Random) -> Array:
    """U(-a, a), a = sqrt(6 / (inputs + units))."""
    return _uniform(np.sqrt(6 / sum(_fans(shape))), shape, rng)


@INITIALIZERS.register()
def he_uniform(shape: Shape, rng: Random) -> Array:
    """U(-a, a), a = sqrt(6 / inputs)."""
    return _uniform(np.sqrt(6 / _fans(shape)[0]), shape, rng)


@INITIALIZERS.register()
def glorot_normal(shape: Shape, rng: Random) -> Array:
    """N(0, 2 / (inputs + units)), cut at two standard deviations."""
    return _truncated_normal(2 / sum(_fans(shape)), shape, rng)


@INITIALIZERS.register()
def he_normal(shape: Shape, rng: Random) -> Array:
    """N(0, 2 / inputs), cut at two standard deviations."""
    return _truncated_normal(2 / _fans(shape)[0], shape, rng)


@INITIALIZERS.register()
def lecun_uniform(shape: Shape, rng: Random) -> Array:
    """U(-a, a), a = sqrt(3 / inputs)."""
    return _uniform(np.sqrt(3 / _fans(shape)[0]), shape, rng)


@INITIALIZERS.register()
def lecun_normal(shape: Shape, rng: Random) -> Array:
    """N(0, 1 / inputs), cut at two standard deviations."""
    return _truncated_normal(1 / _fans(shape)[0], shape, rng)


@INITIALIZERS.register()
def zeros(shape: Shape, rng: Random) -> Array:
    """0 everywhere."""
    return np.zeros(shape)


@INITIALIZERS.register()
def ones(shape: Shape, rng: Random) -> Array:
    """1 everywhere."""
    return np.ones(shape)


@INITIALIZERS.register()
@dataclass(frozen=True)
class RandomNormal:
    """Draws from N(mean, stddev^2).

    mean: finite float, default 0.  stddev: float >= 0, default 0.05 (Keras').
    """

    mean: float = 0.0
    stddev: float = 0.05

    def __post_init__(self) -> None:
        number("RandomNormal", "mean", self.mean)
        number("RandomNormal", "stddev", self.stddev, least=0)

    def __call__(self, shape: Shape, rng: Random) -> Array:
        return self.mean + self.stddev * rng.standard_normal(shape)


@INITIALIZERS.register()
@dataclass(frozen=True)
class RandomUniform:
    """Draws from U(minval, maxval).

    minval, maxval: finite floats, default -0.05 and 0.05 (Keras'); minval <= maxval.
    """

    minval: float = -0.05
    maxval: float = 0.05

    def __post_init__(self) -> None:
        number("RandomUniform", "minval", self.minval)
        number("RandomUniform", "maxval", self.maxval, least=self.minval)

    def __call__(self, shape: Shape, rng: Random) -> Array:
        return self.minval + (self.maxval - self.minval) * rng.random(shape)


def initialize(
    where: str,
    argument: str,
    initializer: Any,
    shape: Shape,
    rng: Random,
    dtype: np.dtype[Any],
) -> Array:
    """An array of `shape`, drawn in float64 and rounded once to `dtype`.

    Errors: ArgumentError for an unknown initialiser, naming the known ones; ShapeError
    for one that returns another shape.
    """
    draw = known(where, argument, initializer)
    if claim(where, argument, "numbers", prod(shape)):
        return np.zeros(shape, dtype)
    values = np.asarray(draw(shape, rng))
    if values.shape != tuple(shape):
        expected = f"an initializer of shape {validate.shape_text(shape)}"
        given = validate.shape_text(values.shape)
        validate.complain(ShapeError, where, argument, expected, given)
    return values.astype(dtype)


def known(where: str, argument: str, initializer: Any) -> Callable[..., Any]:
    """The function of shape and generator that an initialiser stands for."""
    if isinstance(initializer, str) and initializer in INITIALIZERS:
        known = INITIALIZERS[initializer]
        return known() if isinstance(known, type) else known
    if INITIALIZERS.name_of(type(initializer)) is not None:
        return initializer
    names = [repr(n) for n, f in INITIALIZERS.items() if not isinstance(f, type)]
    kinds = [f"a {n}" for n, f in INITIALIZERS.items() if isinstance(f, type)]
    raise ArgumentError(
        f"{where}: argument {argument!r}: expected one of {', '.join(names)} or "
        f"{' or '.join(kinds)}, got {validate.shown(initializer)}"
    )


@contextmanager
def blank(most: int) -> Iterator[None]:
    """A scope in which `initialize` draws nothing and returns zeros.

    For layers whose values come from a file.  most: how many numbers the file holds;
    the allocation of more is refused with a CheckpointError.
    """
    token = _left.set({"numbers": most, "places": PLACES + 64 * most})
    try:
        yield
    finally:
        _left.reset(token)


def claim(where: str, argument: str, kind: str, count: int) -> bool:
    """Inside `blank`, take so many of the "numbers" or "places" that a file may have.

    False outside, where nothing is counted.  Errors: CheckpointError for too many.
    """
    left = _left.get()
    if left is None:
        return False
    if count > left[kind]:
        raise CheckpointError(
            f"{where}: argument {argument!r}: expected at most the {left[kind]} "
            f"{kind} that are left in the file, got {count}"
        )
    left[kind] -= count
    return True
