"""Bad calls: one argument of a good call is replaced by what it cannot be.

Each is refused with an error of the project that names the callable and the argument,
and nothing has changed; an argument that there is not is refused as Python does it.
What may be either way (-1, 0, a read-only array) is refused likewise, or works.
"""

import inspect
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import numpy as np

from minigan.errors import MiniganError
from minigan.state import Snapshot

NAN, INF = float("nan"), float("inf")
LONGEST = 500  # characters of a message
Array = np.ndarray


class Foreign:
    """An object of a class that nobody knows."""

    def __repr__(self) -> str:
        raise RuntimeError("an object that cannot even be shown")


# What no number, text, flag, array and so on can be.
NOTHING = (None, Foreign(), Foreign, [], (), {}, set(), b"1", len, slice(2))
NO_NUMBERS = (*NOTHING, "0.5", "", True, 1j, [0.5], np.ones(2), np.array("x"))
NEVER: dict[str, tuple[Any, ...]] = {
    "real": (*NO_NUMBERS, NAN, INF, -INF, 10**400, np.float32("inf")),
    "whole": (*NO_NUMBERS, NAN, INF, 1.5, np.float64(2), 10**400, 2**63),
    "flag": (*NOTHING, 1, 0, "yes", NAN, 1j, np.ones(1, bool), "True"),
    "name": (*NOTHING, "no such name", "", 1, NAN, 1j, True, np.array("a")),
    "text": (*NOTHING, 1, NAN, True, np.ones(2)),
    "path": (*NOTHING, 1, NAN, True, "a\0b", np.ones(2)),
    "seed": (*NO_NUMBERS, -1, 1.5, NAN, np.random.RandomState(0)),
    "type": (*NOTHING, int, "float16", "int8", 3.5, "double trouble"),
    "part": (*NOTHING, 2.5, NAN, "part", True, np.array("x")),
    "table": (*NOTHING[:3], (), b"1", len, slice(2), 2.5, NAN, True, 1j, np.array("x")),
    "array": (*NOTHING, 3.5, NAN, "rows", True, [[1.0]], np.float32(1)),
}
NEVER["parts"] = tuple(v for v in NEVER["part"] if not isinstance(v, (list, tuple)))
NEVER["time"] = NEVER["real"]  # of which a large one is long
NEVER["any array"] = NEVER["array"]  # of which each shape will do
NEVER["any rows"] = tuple(v for v in NEVER["array"] if v != [[1.0]])  # or a list
NEVER["operand"] = (*NOTHING, 3.5, NAN, "rows", True, [[1.0]])  # of a primitive
NEVER["numbers"] = NEVER["array"]  # of which each type of numbers will do as well
ARRAYS = ("array", "any array", "any rows", "numbers", "operand")
MAYBE: dict[str, tuple[Any, ...]] = {
    "real": (-1.0, 0, 1e308, -1e-300, np.float32(0.25), 2**70),
    "whole": (-1, 0, np.int8(2), -(2**62)),
    "seed": (0, np.int64(3), 2**80),
}


@dataclass
class Subject:
    """A callable and a good call of it.

    label: as messages name it.  good: its arguments by name.
    kinds: name -> key of `NEVER`, where the good value does not tell.
    watched: what a refused call must leave as it is; see `remembered`.
    before: called before each call.  free: names that may be None as well.
    labels: other names that a message may give to the callable.
    finite: whether arrays with NaN are refused.
    """

    label: str
    call: Callable[..., Any]
    good: dict[str, Any]
    kinds: dict[str, str] = field(default_factory=dict)
    watched: tuple[Any, ...] = ()
    before: Callable[[], Any] = lambda: None
    free: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    finite: bool = True

    def kind(self, name: str) -> str:
        """Which values the argument takes."""
        return self.kinds.get(name) or kind_of(name, self.good[name])


def kind_of(name: str, value: Any) -> str:
    """Key of `NEVER`, told by a good value and by names that mean one thing."""
    known = {"rng": "seed", "seed": "seed", "dtype": "type", "path": "path"}
    if name in known:
        return known[name]
    for types, kind in (
        (bool, "flag"),
        (int, "whole"),
        (float, "real"),
        (str, "name"),
        (Array, "array"),
    ):
        if isinstance(value, types):
            return kind
    return "part"


# ---- arrays ------------------------------------------------------------------------


def bad_arrays(good: Array, finite: bool, kind: str) -> Iterator[Any]:
    """Arrays of other types, shapes and contents than a good one.

    finite: whether NaN is refused.   kind: see `NEVER`.
    """
    yield from (good.astype(object), np.full(good.shape, "x"), good.astype("M8[s]"))
    if kind != "operand":
        yield from (good.reshape(-1)[0], good[:0])
    if kind == "array":
        yield good[None]
        yield np.concatenate([good, good], axis=-1)
    if good.dtype.kind == "f":
        types = () if kind == "numbers" else (np.float16, np.int32, bool)
        yield from map(good.astype, types)
        if kind != "operand":
            yield np.ma.masked_array(good, np.ones(good.shape, bool))
        if finite and kind != "operand":
            for value in (NAN, INF, -INF):
                bad = good.copy()
                bad.reshape(-1)[-1] = value
                yield bad
    else:
        yield from (good.astype(kind) for kind in (np.float32, bool))


def layouts(good: Array) -> Iterator[Array]:
    """The same numbers in other memory."""
    held = good.copy()
    held.flags.writeable = False
    yield held
    yield np.asfortranarray(good)
    if good.ndim:
        yield good[::-1].copy()[::-1]
    yield good.astype(good.dtype.newbyteorder())
    wide = np.zeros((*good.shape, 2), good.dtype)
    wide[..., 1] = good
    yield wide[..., 1]


# ---- what must not change ----------------------------------------------------------


def remembered(things: tuple[Any, ...]) -> list[Any]:
    """State, random states and plain attributes of what is watched, as bytes."""
    everyone_s = np.random.get_state()[2]  # noqa: NPY002, what users may use
    return [everyone_s, *map(_remembered, things)]


def _remembered(thing: Any) -> Any:
    if isinstance(thing, Array):
        return thing.tobytes(), thing.shape, str(thing.dtype)
    if isinstance(thing, np.random.Generator):
        return repr(thing.bit_generator.state)
    if isinstance(thing, (list, tuple)):
        return [_remembered(item) for item in thing]
    if hasattr(thing, "state") and hasattr(thing, "generators"):
        kept = Snapshot(thing)
        arrays = [(name, a.tobytes()) for name, a in kept.arrays.items()]
        return [*arrays, repr(kept.random), repr(getattr(thing, "options", None))]
    return _remembered(thing()) if callable(thing) else repr(thing)


# ---- the calls ---------------------------------------------------------------------


@dataclass
class Tally:
    """How many calls were refused, how many worked, and which broke the promise."""

    refused: int = 0
    worked: int = 0
    broken: list[str] = field(default_factory=list)

    @property
    def calls(self) -> int:
        """All together."""
        return self.refused + self.worked + len(self.broken)


def tried(subjects: Iterable[Subject], every: int = 1) -> Tally:
    """Every argument of each call, replaced by bad values of its kind.

    every: take each second, third ... value.
    """
    tally, counted = Tally(), count()
    for subject in subjects:
        subject.before()
        subject.call(**_fresh(subject))  # the good call itself
        for name, value, must in _values(subject):
            if next(counted) % every == 0:
                _try(subject, name, value, must, tally)
        _unknown(subject, tally)
    return tally


def _fresh(subject: Subject) -> dict[str, Any]:
    return {
        name: value.copy() if type(value) is Array else value
        for name, value in subject.good.items()
    }


def _values(subject: Subject) -> Iterator[tuple[str, Any, bool]]:
    """(argument, value, whether it must be refused)"""
    for name, good in subject.good.items():
        kind = subject.kind(name)
        optional = name in subject.free or _default(subject.call, name) is None
        for value in NEVER[kind]:
            if value is not None or not optional:
                yield name, value, True
        for value in MAYBE.get(kind, ()):
            yield name, value, False
        if isinstance(good, Array) and kind in ARRAYS:
            for value in bad_arrays(good, subject.finite, kind):
                yield name, value, True
            for value in layouts(good):
                yield name, value, False


def _default(call: Callable[..., Any], name: str) -> Any:
    try:
        known = inspect.signature(call).parameters.get(name)
    except ValueError:
        return inspect.Parameter.empty
    return inspect.Parameter.empty if known is None else known.default


def _try(subject: Subject, name: str, value: Any, must: bool, tally: Tally) -> None:
    subject.before()
    watched = (*subject.watched, *_arrays(subject.good))
    before = remembered(watched)
    text = f"{subject.label}({name}={_text(value)})"
    try:
        subject.call(**{**_fresh(subject), name: value})
    except MiniganError as error:
        named = must and subject.kind(name) != "operand"  # those fit each other
        fault = _fault(subject, name if named else "", str(error))
        if remembered(watched) != before:
            fault = "refused, and yet something changed"
    except Exception as error:
        fault = f"{type(error).__name__}: {error}"[:200]
    else:
        if must:
            tally.broken.append(f"{text}: taken")
        else:
            tally.worked += 1
        return
    if fault:
        tally.broken.append(f"{text}: {fault}")
    else:
        tally.refused += 1


def _fault(subject: Subject, name: str, message: str) -> str:
    """What is wrong with a message; nothing where it names callable and argument."""
    labels = (subject.label, *subject.labels)
    if len(message) > LONGEST or "\n" in message:
        return f"a message of {len(message)} characters"
    if not message.startswith(tuple(f"{label}:" for label in labels)):
        return f"names another callable: {message}"
    if f"argument '{name}" not in message:  # with others it may not go together
        return f"names another argument: {message}"
    return ""


def _unknown(subject: Subject, tally: Tally) -> None:
    """An argument that there is not."""
    subject.before()
    before = remembered(subject.watched)
    text = f"{subject.label}(no_such_argument=1)"
    try:
        subject.call(**_fresh(subject), no_such_argument=1)
    except (TypeError, MiniganError) as error:
        if "no_such_argument" not in str(error) and "no arguments" not in str(error):
            tally.broken.append(f"{text}: {error}")
        elif remembered(subject.watched) != before:
            tally.broken.append(f"{text}: refused, and yet something changed")
        else:
            tally.refused += 1
    except Exception as error:
        tally.broken.append(f"{text}: {type(error).__name__}: {error}")
    else:
        tally.broken.append(f"{text}: taken")


def _arrays(arguments: dict[str, Any]) -> list[Array]:
    return [value for value in arguments.values() if isinstance(value, Array)]


def _text(value: Any) -> str:
    if isinstance(value, Array):
        return f"{value.dtype}{list(value.shape)}"
    try:
        return repr(value)[:40]
    except RuntimeError:
        return "Foreign()"
