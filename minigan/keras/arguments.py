"""Checks of arguments: what Keras knows and this front does not fails at once."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from .. import validate
from ..errors import ArgumentError, DTypeError

T = TypeVar("T")


def only(where: str, argument: str, value: Any, *allowed: Any) -> Any:
    """`value`, which must be one of the `allowed` ones: the rest is not supported."""
    for choice in allowed:
        if value is choice or (type(value) is type(choice) and value == choice):
            return value
    expected = " or ".join(repr(choice) for choice in allowed)
    expected = f"{expected} (all that is supported)"
    given = validate.shown(value)
    return validate.complain(ArgumentError, where, argument, expected, given)


def no_more(where: str, rest: Mapping[str, Any], supported: Iterable[str]) -> None:
    """Refuse the keyword arguments in `rest`, naming those that are supported."""
    for argument, value in rest.items():
        expected = f"one of the supported arguments: {', '.join(supported)}"
        validate.complain(
            ArgumentError, where, argument, expected, validate.shown(value)
        )


def renamed(
    where: str, rest: dict[str, Any], old: str, new: str, value: Any, default: Any
) -> Any:
    """The value of an argument that may come under its old name, taken from `rest`."""
    if old not in rest:
        return value
    given = rest.pop(old)
    if value != default:
        expected = f"{new!r} or its old name {old!r}, not both"
        validate.complain(ArgumentError, where, old, expected, f"{given!r}, {value!r}")
    return given


def lookup(
    where: str,
    argument: str,
    value: object,
    table: Mapping[str, Callable[[], T]],
    kind: type[T],
) -> T:
    """The object for a name in `table`, or `value` if it is a `kind` already.

    A class is called without arguments, as Keras does.
    """
    if isinstance(value, type) and issubclass(value, kind):
        value = value()
    if isinstance(value, kind):
        return value
    if isinstance(value, str) and value in table:
        return table[value]()
    made: dict[Callable[[], T], str] = {}  # one name of each, without its aliases
    for name, make in table.items():
        made.setdefault(make, name)
    names = ", ".join(map(repr, made.values()))
    expected = f"one of {names}, or an object of this package"
    return validate.complain(
        ArgumentError, where, argument, expected, validate.shown(value)
    )


def example_shape(
    where: str, argument: str, value: Any, free: bool = False
) -> tuple[int, ...]:
    """The shape of one example: (784,), (28, 28, 1); sizes must be known.

    free: -1 may stand for a size.
    """
    if isinstance(value, (int, str, bytes)) or not hasattr(value, "__iter__"):
        expected = "a tuple of integers, such as (784,)"
        validate.complain(DTypeError, where, argument, expected, validate.shown(value))
    return tuple(
        -1 if free and size == -1 else validate.integer(where, argument, size)
        for size in value
    )
