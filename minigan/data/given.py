"""What a user gives as data: arrays and tensors, or an error that names what it is."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DTypeError
from ..reading import reason_of
from ..validate import complain, kind_of, shape_text, shown, unmasked

LOOKED_AT = 100  # items of a list
EXPECTED = "a numpy array"


def as_array(where: str, argument: str, given: Any) -> NDArray:
    """The array that is given, or that a tensor of another library converts to.

    Errors: DTypeError for anything else, lists and pairs too; NonFiniteError for
    masked values.  What is in the array is not looked at.
    """
    unmasked(where, argument, given)
    if isinstance(given, np.ndarray):
        return given
    if isinstance(given, (list, tuple)):
        complain(DTypeError, where, argument, EXPECTED, _sequence(given))
    if not isinstance(given, type):
        try:
            if hasattr(given, "__array__"):
                return np.asarray(given)
            if hasattr(given, "__dlpack__"):
                return np.from_dlpack(given)
        except Exception as error:  # of any kind: another library's
            found = f"{shown(given)}, which cannot be converted ({reason_of(error)})"
            complain(DTypeError, where, argument, EXPECTED, found)
    complain(DTypeError, where, argument, EXPECTED, kind_of(given))


def _sequence(given: Sequence[Any]) -> str:
    """What a list or tuple is, and what to do about it, from its first items."""
    kind = f"{type(given).__name__} of {len(given):,}"
    shapes = list(dict.fromkeys(map(_shape, given[:LOOKED_AT])))
    if len(given) == 2 and all(isinstance(item, (tuple, list)) for item in given):
        if all(len(item) == 2 and _shape(item[0]) for item in given):
            return f"{kind}, as data.load returns them: give x_train of them alone"
    if len(given) == 2 and all(hasattr(item, "shape") for item in given):
        if _shape(given[0])[:1] == _shape(given[1])[:1]:
            text = " and ".join(map(shape_text, map(_shape, given)))
            return f"{kind}, a pair (x, y) of shapes {text}: give x alone"
    if len(shapes) > 1:
        several = " and ".join(map(shape_text, shapes[:2]))
        return f"{kind} items of several shapes, {several}: make them equal first"
    return f"{kind_of(given)}, of which numpy.asarray makes one"


def _shape(item: Any) -> tuple[int, ...]:
    """The shape of an array; of a list its length alone; of anything else ()."""
    if isinstance(item, (list, tuple)):
        return (len(item),)
    found = getattr(item, "shape", ())
    return tuple(found) if isinstance(found, tuple) else ()
