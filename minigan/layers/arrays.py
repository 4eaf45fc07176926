"""Arrays as layers have them: parameters, statistics, and tuples of arrays.

What goes into a layer or comes out of it is an array, or a tuple where it joins or
splits; the functions here take both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..errors import DTypeError
from ..state import own_copy, whole_copy

Array = NDArray[Any]
Shape = tuple[int, ...]


class Parameter:
    """A trainable array and its gradient; both are updated in place.

    value, grad: arrays of one shape.  A network moves them into its flat vectors
    once, when it adopts the layer; after that they are never rebound.
    """

    def __init__(self, name: str, value: Array) -> None:
        self.name = name
        self.value = value
        self.grad = np.zeros_like(value)

    __copy__, __setstate__ = whole_copy, own_copy

    def __repr__(self) -> str:
        return f"Parameter({self.name!r}, shape {self.value.shape})"


class Buffer:
    """A running statistic: kept with the network, changed by forward passes only."""

    def __init__(self, name: str, value: Array) -> None:
        self.name = name
        self.value = value

    __copy__, __setstate__ = whole_copy, own_copy

    def __repr__(self) -> str:
        return f"Buffer({self.name!r}, shape {self.value.shape})"


def _copied(x: Any) -> Any:
    """A copy of an array, or of each in a tuple, made by primitives."""
    if isinstance(x, tuple):
        return tuple(_copied(part) for part in x)
    if x.dtype.kind == "i":
        return primitives.copy_labels(x.reshape(-1)).reshape(x.shape)
    return primitives.copy(x)


def _added(a: Any, b: Any) -> Any:
    """a + b, of arrays or tuples of them; None for zero."""
    if a is None or b is None:
        return b if a is None else a
    if isinstance(a, tuple):
        return tuple(_added(*pair) for pair in zip(a, b, strict=True))
    return primitives.add(a, b)


def _apart(y: Any, others: Any) -> Any:
    """y, copied where it shares memory with others; of a tuple, each by itself."""
    if isinstance(y, tuple):
        done: tuple[Any, ...] = ()
        for part in y:
            done += (_apart(part, (others, done)),)
        return done
    if y is None or not _shares_memory(others, y):
        return y
    return _copied(y)


def _checked_like(where: str, argument: str, given: Any, y: Any) -> Any:
    """An array of y's shape and type; a tuple of them, where y is one."""
    if not isinstance(y, tuple):
        return validate.array(where, argument, given, y.shape, y.dtype)
    if not isinstance(given, (tuple, list)) or len(given) != len(y):
        expected = f"a tuple of {len(y)} arrays"
        validate.complain(DTypeError, where, argument, expected, _kind(given))
    pairs = enumerate(zip(given, y, strict=True))
    return tuple(_checked_like(where, f"{argument}[{k}]", *pair) for k, pair in pairs)


def _kind(given: object) -> str:
    """What something is, in few words."""
    if isinstance(given, (tuple, list)):
        return f"a {type(given).__name__} of {len(given)}"
    return f"a {type(given).__name__}"


def _joined(place: str, name: str) -> str:
    """("1.0", "W") -> "1.0.W"; one of them may be empty."""
    return f"{place}.{name}" if place and name else place or name


def _shares_memory(cache: Any, y: Array) -> bool:
    """True where the caller's y is also in the cache, so that it must be copied."""
    parts = [cache]
    while parts:
        part = parts.pop()
        if isinstance(part, np.ndarray):
            if np.may_share_memory(part, y):
                return True
        elif isinstance(part, (tuple, list)):
            parts.extend(part)
    return False
