"""State: the arrays and random states that training changes, by name.

Everything stateful (a network, an optimizer, a source of data, a trainer) offers

    state()        -> {name: array}        what it changes in place and must not lose
    generators()   -> {name: Generator}    the random generators that it draws from

Snapshot, rollback, checkpoint, capture, the report of what was not finite and the Keras
front read these two and nothing else.  The parts of a whole are joined by a slash:
`generator/theta`, `generator_optimizer/m`.

What has a state is copied whole: `__copy__ = whole_copy` makes `copy.copy` a deep copy,
and `__setstate__ = own_copy` sees to it that a copy that came from another process may
write into all of its arrays.
"""

import copy
from collections.abc import Mapping
from typing import Any, Protocol, TypeVar

import numpy as np
from numpy.typing import NDArray

Arrays = dict[str, NDArray[Any]]
Generators = dict[str, np.random.Generator]
T = TypeVar("T")


class Stateful(Protocol):
    """What has a state; see the module."""

    def state(self) -> Arrays:
        """name -> array, changed in place and never rebound."""

    def generators(self) -> Generators:
        """name -> random generator, each one once."""


def whole_copy(part: T) -> T:
    """A deep copy: two parts never share what training changes."""
    return copy.deepcopy(part)


def own_copy(part: object, attributes: Mapping[str, Any]) -> None:
    """Give a copy its attributes, with arrays that it may write into.

    Pools of processes hand large arrays over as read-only maps of a file.
    """
    vars(part).update({name: _writable(value) for name, value in attributes.items()})


def _writable(value: Any) -> Any:
    """An array, or the arrays in a dict or list, in memory that can be written."""
    if isinstance(value, np.ndarray) and not value.flags.writeable:
        return np.array(value, order="K")
    if type(value) is dict:
        return {key: _writable(item) for key, item in value.items()}
    if type(value) is list:
        return [_writable(item) for item in value]
    return value


class Snapshot:
    """A copy of all arrays and random states of something stateful.

    `take` copies, into the same memory each time; `restore` goes back, in place.
    """

    def __init__(self, part: Stateful) -> None:
        self.part = part
        self.arrays: Arrays = {}
        self.random: dict[str, Mapping[str, Any]] = {}
        self.take()

    __copy__, __setstate__ = whole_copy, own_copy

    def take(self) -> None:
        """Copy the present state."""
        kept = self.arrays
        self.arrays = {}
        for name, array in self.part.state().items():
            copy = kept.get(name)
            if copy is None or copy.shape != array.shape or copy.dtype != array.dtype:
                copy = np.empty_like(array)
            copy[...] = array
            self.arrays[name] = copy
        self.random = {
            name: rng.bit_generator.state
            for name, rng in self.part.generators().items()
        }

    def restore(self) -> None:
        """Put the copied state back."""
        for name, array in self.part.state().items():
            array[...] = self.arrays[name]
        for name, rng in self.part.generators().items():
            rng.bit_generator.state = self.random[name]

    def differences(self, other: "Snapshot") -> list[str]:
        """Names of what differs between two snapshots, byte by byte."""
        names = [
            name
            for name, array in self.arrays.items()
            if not same_bytes(array, other.arrays[name])
        ]
        return names + (["the random state"] if self.random != other.random else [])


def joined(parts: Mapping[str, Stateful]) -> Arrays:
    """The states of the parts of a whole: "part/name" -> array."""
    return {
        f"{part}/{name}": array
        for part, stateful in parts.items()
        for name, array in stateful.state().items()
    }


def same_bytes(a: NDArray[Any], b: NDArray[Any]) -> bool:
    """True where two arrays hold the same bytes."""
    return np.ravel(a).tobytes() == np.ravel(b).tobytes()


def not_finite(arrays: Mapping[str, NDArray[Any]]) -> str | None:
    """The name of the first array that holds NaN or infinity."""
    for name, array in arrays.items():
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            return name
    return None
