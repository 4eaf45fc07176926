"""Argument checks, all with the same form of message; see `errors`."""

import math
from numbers import Integral, Real

import numpy as np

from .errors import ArgumentError, DTypeError, NonFiniteError, ShapeError

FLOAT_TYPES = (np.dtype(np.float32), np.dtype(np.float64))
NUMERIC_TYPES = (*FLOAT_TYPES, np.dtype(np.complex128))


def complain(error, where, argument, expected, given):
    """Raise `error` with the message that every check here uses."""
    raise error(f"{where}: argument {argument!r}: expected {expected}, got {given}")


def number(where, argument, value, *, above=None, least=None, below=None, most=None):
    """A finite real number within its bounds, as a Python float."""
    bounds = {">": above, ">=": least, "<": below, "<=": most}
    text = " and ".join(f"{s} {b:g}" for s, b in bounds.items() if b is not None)
    expected = "a finite number" + (f" {text}" if text else "")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        complain(DTypeError, where, argument, expected, repr(value))
    try:
        value = float(value)
    except OverflowError:  # an integer or fraction beyond 1.8e308
        value = math.inf if value > 0 else -math.inf
    if (
        not math.isfinite(value)
        or (above is not None and not value > above)
        or (least is not None and not value >= least)
        or (below is not None and not value < below)
        or (most is not None and not value <= most)
    ):
        complain(ArgumentError, where, argument, expected, repr(value))
    return value


def integer(where, argument, value, *, least=1, most=2**62):
    """A whole number within its bounds, as a Python int; booleans are refused."""
    expected = f"an integer >= {least}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        complain(DTypeError, where, argument, expected, repr(value))
    if not least <= value <= most:
        if value > most:
            expected = f"an integer <= {most}"
        short = abs(value) < 10**100  # Python refuses to print very long ones
        given = repr(int(value)) if short else "one of more than 100 digits"
        complain(ArgumentError, where, argument, expected, given)
    return int(value)


def flag(where, argument, value):
    """True or False, nothing that merely looks like it."""
    if not isinstance(value, (bool, np.bool_)):
        complain(DTypeError, where, argument, "True or False", repr(value))
    return bool(value)


def choice(where, argument, value, choices):
    """One of the names in `choices`."""
    if not isinstance(value, str) or value not in choices:
        expected = "one of " + ", ".join(repr(c) for c in choices)
        complain(ArgumentError, where, argument, expected, repr(value))
    return value


def float_type(where, value):
    """A numpy dtype out of float32, float64 (and complex128 for gradient checks)."""
    try:
        dtype = None if value is None else np.dtype(value)  # np.dtype(None) is float64
    except Exception:  # of many kinds, for what is not a type at all
        dtype = None
    if dtype is None or dtype not in NUMERIC_TYPES:
        complain(DTypeError, where, "dtype", "float32 or float64", repr(value))
    return dtype


def random_generator(where, value):
    """A numpy Generator, or an integer seed from which one is made."""
    if isinstance(value, np.random.Generator):
        return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        return np.random.default_rng(integer(where, "rng", value, least=0))
    return complain(
        DTypeError, where, "rng", "a numpy.random.Generator or a seed", repr(value)
    )


def shape_text(shape):
    """("batch", 784) -> "(batch, 784)"."""
    inner = ", ".join(str(s) for s in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def array(where, argument, value, shape=None, dtype=None, finite=False):
    """An ndarray of float32 or float64, C-contiguous and in native byte order.

    shape: a tuple of sizes and names (a name stands for any size of at least 1), or
    None for any shape with at least one element.  dtype: the one that is required,
    or None for any of float32, float64 and complex128.  A well-laid-out array is
    returned as it is, any other as a copy.
    """
    if not isinstance(value, np.ndarray):
        complain(DTypeError, where, argument, "a numpy array", _kind(value))
    native = value.dtype.newbyteorder("=")
    allowed = NUMERIC_TYPES if dtype is None else (np.dtype(dtype),)
    if native not in allowed:
        expected = "float32 or float64" if dtype is None else f"dtype {dtype}"
        hint = "" if native.kind not in "fiub" else _cast_hint(dtype)
        complain(DTypeError, where, argument, expected + hint, f"dtype {value.dtype}")
    if shape is not None:
        fits = value.ndim == len(shape) and all(
            have >= 1 if isinstance(want, str) else have == want
            for have, want in zip(value.shape, shape, strict=True)
        )
        if not fits:
            got = shape_text(value.shape)
            complain(ShapeError, where, argument, f"shape {shape_text(shape)}", got)
    elif value.size == 0:
        got = f"shape {shape_text(value.shape)}"
        complain(ShapeError, where, argument, "at least one element", got)
    if type(value) is not np.ndarray or not (
        value.flags.carray and value.dtype.isnative
    ):
        value = np.array(value, dtype=native, order="C", subok=False)
    if finite and not np.isfinite(value).all():
        bad = int(value.size - np.isfinite(value).sum())
        where_at = tuple(int(i) for i in np.argwhere(~np.isfinite(value))[0])
        complain(
            NonFiniteError,
            where,
            argument,
            "finite numbers",
            f"{bad} of {value.size} not finite, the first at {where_at}",
        )
    return value


def _kind(value):
    return f"{type(value).__name__} {value!r}"[:80]


def _cast_hint(dtype):
    return f" (cast with .astype({str(np.dtype(dtype or np.float32))!r}))"
