"""Argument checks, all with the same form of message; see `errors`."""

import math
import reprlib
from collections.abc import Iterable, Sequence
from numbers import Integral, Real
from typing import Any, NoReturn

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .errors import ArgumentError, DTypeError, NonFiniteError, ShapeError

Array = NDArray[Any]
RandomLike = np.random.Generator | int

FLOAT_TYPES = (np.dtype(np.float32), np.dtype(np.float64))
NUMERIC_TYPES = (*FLOAT_TYPES, np.dtype(np.complex128))


SHOWN, LONGEST = (
    80,
    300,
)  # characters of a value in a message, and of what is said of it
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = SHOWN


def complain(
    error: type[Exception], where: str, argument: str, expected: str, given: object
) -> NoReturn:
    """Raise `error` with the message that every check here uses.

    given: what stands in the message, cut to a line of bounded length; see `shown`.
    """
    text = " ".join(str(given).split(maxsplit=LONGEST)[:LONGEST])
    text = text if len(text) <= LONGEST else text[: LONGEST - 3] + "..."
    raise error(f"{where}: argument {argument!r}: expected {expected}, got {text}")


def _is_own(value: object) -> bool:
    """True for an object of the project, which says of itself what it is."""
    return type(value).__module__.startswith("minigan.")


def shown(value: object) -> str:
    """A value for a message: one line of at most 80 characters, soon made.

    An array, a table or a tensor is named by its type and shape, a long list by its
    first items.
    """
    shape = getattr(value, "shape", None)
    tells = isinstance(value, (np.generic, type)) or _is_own(value)
    if not tells and isinstance(shape, tuple):
        text = f"{type(value).__name__} of shape {shape_text(shape)}"
    else:
        try:
            text = " ".join(_SHORT.repr(value).split())
        except Exception:  # of any kind, from a __repr__ of the user's
            text = f"an object of type {type(value).__name__}"
    return text if len(text) <= SHOWN else text[: SHOWN - 3] + "..."


def number(
    where: str,
    argument: str,
    value: Any,
    *,
    above: float | None = None,
    least: float | None = None,
    below: float | None = None,
    most: float | None = None,
) -> float:
    """A finite real number within its bounds, as a Python float."""
    bounds = {">": above, ">=": least, "<": below, "<=": most}
    text = " and ".join(f"{s} {b:g}" for s, b in bounds.items() if b is not None)
    expected = "a finite number" + (f" {text}" if text else "")
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Real):
        complain(DTypeError, where, argument, expected, shown(value))
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
        complain(ArgumentError, where, argument, expected, shown(value))
    return value


def integer(
    where: str, argument: str, value: Any, *, least: int = 1, most: int = 2**62
) -> int:
    """A whole number within its bounds, as a Python int; booleans are refused."""
    expected = f"an integer >= {least}"
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, Integral):
        complain(DTypeError, where, argument, expected, shown(value))
    number = int(value)
    if not least <= number <= most:
        if number > most:
            expected = f"an integer <= {most}"
        short = abs(number) < 10**100  # Python refuses to print very long ones
        given = repr(number) if short else "one of more than 100 digits"
        complain(ArgumentError, where, argument, expected, given)
    return number


def sizes(
    where: str, argument: str, value: Any, *, most: int = 2**62
) -> tuple[int, ...]:
    """The shape of an example: a tuple or list of one or more integers >= 1."""
    if not isinstance(value, (tuple, list)) or not value:
        complain(DTypeError, where, argument, "a tuple of integers", shown(value))
    return tuple(integer(where, argument, size, most=most) for size in value)


def flag(where: str, argument: str, value: Any) -> bool:
    """True or False, nothing that merely looks like it."""
    if not isinstance(value, (bool, np.bool_)):
        complain(DTypeError, where, argument, "True or False", shown(value))
    return bool(value)


def text(where: str, argument: str, value: Any) -> str:
    """Any text."""
    if not isinstance(value, str):
        complain(DTypeError, where, argument, "a string", shown(value))
    return value


def choice(where: str, argument: str, value: Any, choices: Iterable[str]) -> str:
    """One of the names in `choices`."""
    if not isinstance(value, str) or value not in choices:
        expected = "one of " + ", ".join(repr(c) for c in choices)
        complain(ArgumentError, where, argument, expected, shown(value))
    return value


def float_type(where: str, value: Any) -> np.dtype[Any]:
    """A numpy dtype out of float32, float64 (and complex128 for gradient checks)."""
    try:
        dtype = None if value is None else np.dtype(value)  # np.dtype(None) is float64
    except Exception:  # of many kinds, for what is not a type at all
        dtype = None
    if dtype is None or dtype not in NUMERIC_TYPES:
        complain(DTypeError, where, "dtype", "float32 or float64", shown(value))
    return dtype


def random_generator(where: str, value: Any) -> np.random.Generator:
    """A numpy Generator, or an integer seed from which one is made."""
    if isinstance(value, np.random.Generator):
        return value
    if isinstance(value, Integral) and not isinstance(value, bool):
        return np.random.default_rng(integer(where, "rng", value, least=0))
    complain(
        DTypeError, where, "rng", "a numpy.random.Generator or a seed", shown(value)
    )


def shape_text(shape: Sequence[int | str]) -> str:
    """("batch", 784) -> "(batch, 784)"."""
    inner = ", ".join(str(s) for s in shape)
    return f"({inner},)" if len(shape) == 1 else f"({inner})"


def array(
    where: str,
    argument: str,
    value: Any,
    shape: tuple[int | str, ...] | None = None,
    dtype: DTypeLike | None = None,
    finite: bool = False,
) -> Array:
    """An ndarray of float32 or float64, C-contiguous and in native byte order.

    shape: a tuple of sizes and names (a name stands for any size of at least 1), or
    None for any shape with at least one element.  dtype: the one that is required,
    or None for any of float32, float64 and complex128.  A well-laid-out array is
    returned as it is, any other as a copy.
    """
    if not isinstance(value, np.ndarray):
        hint = ", of which numpy.asarray makes one"
        hint = hint if isinstance(value, (list, tuple)) else ""
        complain(DTypeError, where, argument, "a numpy array", kind_of(value) + hint)
    native = value.dtype.newbyteorder("=")
    allowed = NUMERIC_TYPES if dtype is None else (np.dtype(dtype),)
    if native not in allowed:
        expected = "float32 or float64" if dtype is None else f"dtype {dtype}"
        hint = "" if native.kind not in "fiub" else _cast_hint(dtype)
        complain(DTypeError, where, argument, expected + hint, f"dtype {value.dtype}")
    if shape is not None:
        if value.shape != shape and not _fits(value.shape, shape):
            got = shape_text(value.shape)
            complain(ShapeError, where, argument, f"shape {shape_text(shape)}", got)
    elif value.size == 0:
        got = f"shape {shape_text(value.shape)}"
        complain(ShapeError, where, argument, "at least one element", got)
    if type(value) is not np.ndarray:
        unmasked(where, argument, value)
    if type(value) is not np.ndarray or not (
        value.flags.carray and value.dtype.isnative
    ):
        value = np.array(value, dtype=native, order="C", subok=False)
    return finite_numbers(where, argument, value) if finite else value


def finite_numbers(where: str, argument: str, value: Array) -> Array:
    """The array, where all of its numbers are finite."""
    if not np.isfinite(value).all():
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


def labels(
    where: str,
    argument: str,
    value: Any,
    classes: int,
    rows: int | None = None,
    *,
    length: int | None = None,
) -> Array:
    """Class labels (N,) as int64, each in 0 ... classes - 1.

    rows: N, where it is known.  length: L for labels (N, L).  An array of that type is
    returned as it is.
    """
    sizes: tuple[int | str, ...] = ("batch" if rows is None else rows,)
    sizes += () if length is None else (length,)
    expected = f"an integer array of shape {shape_text(sizes)}"
    unmasked(where, argument, value)
    if not isinstance(value, np.ndarray) or value.dtype.kind not in "iu":
        given = getattr(value, "dtype", None)
        given = type(value).__name__ if given is None else f"dtype {given}"
        complain(DTypeError, where, argument, expected, given)
    if not _fits(value.shape, sizes):
        given = f"shape {shape_text(value.shape)}"
        complain(ShapeError, where, argument, expected, given)
    low, high = value.min(), value.max()
    if low < 0 or high >= classes:
        worst = low if low < 0 else high
        expected = f"labels in 0 ... {classes - 1}"
        complain(ArgumentError, where, argument, expected, f"{worst}")
    return np.asarray(value, dtype=np.int64, order="C")


def unmasked(where: str, argument: str, value: object) -> None:
    """Refuse a masked array in which values are masked: nothing knows what they are."""
    if isinstance(value, np.ndarray) and hasattr(value, "mask"):
        masked = int(np.ma.getmaskarray(value).sum())
        if masked:
            expected = "an array without masked values (leave their rows out)"
            complain(
                NonFiniteError,
                where,
                argument,
                expected,
                f"{masked:,} of {value.size:,} masked",
            )


def _fits(shape: tuple[int, ...], wanted: tuple[int | str, ...]) -> bool:
    """Whether the sizes are the wanted ones; a name stands for any of at least 1."""
    if len(shape) != len(wanted):
        return False
    for have, want in zip(shape, wanted, strict=True):
        if have < 1 if isinstance(want, str) else have != want:
            return False
    return True


def kind_of(value: object) -> str:
    """The type of a value and, where that tells more, the value."""
    kind, text = type(value).__name__, shown(value)
    return text if text.startswith(kind) else f"{kind} {text}"[:SHOWN]


def _cast_hint(dtype: DTypeLike | None) -> str:
    return f" (cast with .astype({str(np.dtype(dtype or np.float32))!r}))"
