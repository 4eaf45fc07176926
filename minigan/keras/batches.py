"""What the calls of a model take as data: arrays, lists, dicts of them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError, DTypeError, ShapeError

if TYPE_CHECKING:
    from .chain import Chain

Array = NDArray[Any]
Arrays = tuple[Array, ...]


def inputs(where: str, x: Any, model: "Chain") -> Arrays:
    """An array for each input of a model, which is built if it was not yet.

    As in Keras, an array may have a last axis of 1 more or less than its input.
    Errors: DTypeError for what is no array of numbers, ShapeError, ArgumentError.
    """
    if not model.built:
        first = as_rows(numbers(where, "x", x), model.dtype)
        model.build_for(first.shape[1:])
    names = [tensor.name for tensor in model.inputs]
    given = parts(where, "x", x, names)
    found = []
    for k, part in enumerate(given):
        argument = "x" if len(given) == 1 else f"x[{k}]"
        part = numbers(where, argument, part)
        shape = model.inputs[k].example or ()
        if k in model.labels:
            found.append(_labels(where, argument, part, shape))
        else:
            part = as_rows(part, model.dtype)
            found.append(_shaped(where, argument, part, shape or (1,)))
        if len(found[k]) != len(found[0]):
            expected = f"{len(found[0])} rows, as in 'x[0]'"
            validate.complain(ShapeError, where, argument, expected, len(found[k]))
    return tuple(found)


def parts(where: str, argument: str, value: Any, names: Sequence[str]) -> list[Any]:
    """One value for each name, from a list or a dict; one alone is that value."""
    if isinstance(value, dict):
        missing = [name for name in names if name not in value]
        if missing or len(value) != len(names):
            expected, given = (
                f"the names {', '.join(names)}",
                ", ".join(map(str, value)),
            )
            validate.complain(ArgumentError, where, argument, expected, given)
        return [value[name] for name in names]
    if len(names) == 1:
        return [value]
    if not isinstance(value, (list, tuple)) or len(value) != len(names):
        expected = f"a list of {len(names)}, for {', '.join(names)}"
        kind = type(value).__name__
        given = f"{len(value)}" if isinstance(value, (list, tuple)) else f"one {kind}"
        validate.complain(ArgumentError, where, argument, expected, given)
    return list(value)


def numbers(where: str, argument: str, value: Any) -> Array:
    """An array of numbers with at least one row, from an array or lists of numbers."""
    if isinstance(value, (list, tuple)):
        alone = len(value) == 1 and hasattr(value[0], "__array__")
        value = value[0] if alone and np.ndim(value[0]) else _from_lists(value)
    if not hasattr(value, "__array__"):
        given = type(value).__name__
        validate.complain(DTypeError, where, argument, "one NumPy array", given)
    validate.unmasked(where, argument, value)
    value = np.asarray(value)
    if value.dtype.kind not in "fiub":
        expected = "an array of numbers"
        validate.complain(DTypeError, where, argument, expected, f"{value.dtype}")
    if value.ndim == 0 or not len(value):
        given = f"shape {value.shape}"
        validate.complain(ShapeError, where, argument, "at least one row", given)
    return value


def _from_lists(value: Any) -> Any:
    try:
        return np.asarray(value)
    except ValueError:  # rows of several lengths
        return np.asarray("")


def as_rows(x: Array, dtype: Any) -> Array:
    """x in the model's type; (n,) becomes (n, 1)."""
    x = x[:, np.newaxis] if x.ndim == 1 else x
    return np.ascontiguousarray(x, dtype=dtype)


def _shaped(where: str, argument: str, x: Array, own: tuple[int, ...]) -> Array:
    if x.shape[1:] == own:
        return x
    if (*x.shape[1:], 1) != own and x.shape[1:] != (*own, 1):
        expected = f"shape {validate.shape_text(('batch', *own))}"
        validate.complain(ShapeError, where, argument, expected, x.shape)
    return x.reshape(len(x), *own)


def _labels(where: str, argument: str, x: Array, own: tuple[int, ...]) -> Array:
    """Integers (n, *own), of which a size of 1 may be left out."""
    whole = x.astype(np.int64)
    if x[0].size != np.prod(own, dtype=int) or (whole != x).any():
        expected = f"integer labels of shape {validate.shape_text(('batch', *own))}"
        given = f"shape {x.shape}, {x.dtype}"
        validate.complain(ArgumentError, where, argument, expected, given)
    return np.ascontiguousarray(whole.reshape(len(x), *own))


def one(arrays: Sequence[Any]) -> Any:
    """What the engine takes: an array, or a tuple of several."""
    return arrays[0] if len(arrays) == 1 else tuple(arrays)


def several(arrays: Any) -> tuple[Any, ...]:
    """What the engine returned, as a tuple."""
    return arrays if isinstance(arrays, tuple) else (arrays,)
