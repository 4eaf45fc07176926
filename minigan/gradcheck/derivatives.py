"""Derivatives from evaluations alone: the numbers that gradients are held against.

    complex step   f'(x) = Im f(x + ih) / h            no difference, so no cancellation
    central        f'(x) = (f(x + h) - f(x - h)) / 2h  good to about 1e-9

Squire & Trapp 1998 for the complex step.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterable
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..primitives import use_backend

Array = NDArray[Any]

COMPLEX_STEP = 1e-30
STEP = 2.0**-17  # near eps^(1/3), where truncation h^2 and rounding eps / h balance
SHRINK = 32  # the second try at an entry that disagrees is so much closer
EPS = float(np.finfo(np.float64).eps)

_GLOBAL_RANDOM = np.random.mtrand._rand  # what np.random.rand() and the like draw from


class Memory:
    """All that a forward pass may change in `objects`; `restore` brings it back.

    Attributes, the contents of arrays (parameters excepted), the states of random
    generators: so that each evaluation sees the same draws and the same statistics.
    """

    def __init__(self, objects: Iterable[Any]) -> None:
        parts = [part for thing in objects for part in walk(thing)]
        self.attributes = [(vars(p), dict(vars(p))) for p in parts if _has_dict(p)]
        values = [v for _, saved in self.attributes for v in saved.values()]
        for part in parts:
            values += [s.value for s in getattr(part, "statistics", ())]
        fixed = [a for p in parts for q in parameters_of(p) for a in (q.value, q.grad)]
        arrays = {id(v): v for v in values if isinstance(v, np.ndarray)}
        self.arrays = [
            (a, a.copy()) for a in arrays.values() if not _overlaps_any(a, fixed)
        ]
        draws = {id(v): v for v in (*values, _GLOBAL_RANDOM)}.values()
        self.states = [(g, _state(g)) for g in draws if _state(g) is not None]

    def restore(self) -> None:
        for attributes, saved in self.attributes:
            attributes.clear()
            attributes.update(saved)
        for array, content in self.arrays:
            array[...] = content
        for generator, state in self.states:
            if isinstance(generator, np.random.RandomState):
                generator.set_state(state)
            else:
                generator.bit_generator.state = state


def walk(thing: Any) -> list[Any]:
    """The object and all layers inside it."""
    return list(thing.walk()) if hasattr(thing, "walk") else [thing]


def parameters_of(thing: Any) -> list[Any]:
    """Its parameters: objects with `value` and `grad`; none where it has no list."""
    return list(getattr(thing, "parameters", ()))


def _has_dict(thing: Any) -> bool:
    return hasattr(thing, "__dict__")


def _overlaps_any(array: Array, others: Iterable[Array]) -> bool:
    return any(o is not None and np.may_share_memory(array, o) for o in others)


def _state(value: Any) -> Any:
    if isinstance(value, np.random.Generator):
        return value.bit_generator.state
    if isinstance(value, np.random.RandomState):
        return value.get_state()
    return None


class Probe:
    """f = sum of `terms()`, as a function of the arrays in `leaves`.

    leaves: name -> array, shifted in place and put back.  terms: () -> array.
    objects: what to rewind before each evaluation.  Runs on the NumPy reference.
    """

    def __init__(
        self,
        leaves: dict[str, Array],
        terms: Callable[[], Array],
        objects: Iterable[Any],
    ) -> None:
        self.leaves, self.terms = leaves, terms
        self.memory = Memory(objects)

    def at(self, name: str | None = None, where: Any = ..., shift: Any = 0.0) -> Array:
        """The terms with `leaves[name][where]` moved by `shift`."""
        self.memory.restore()
        with use_backend("numpy"):
            if name is None:
                return np.array(self.terms())
            leaf = self.leaves[name]
            saved = np.array(leaf[where])
            leaf[where] = saved + shift
            try:
                return np.array(self.terms())
            finally:
                leaf[where] = saved

    def complex_step(self, name: str, where: Any = ..., direction: Any = 1.0) -> float:
        """df/dleaf at an entry, or along `direction`.  Errors: TypeError if real."""
        terms = self.at(name, where, 1j * COMPLEX_STEP * direction)
        if not np.iscomplexobj(terms):
            raise TypeError("the result is real")
        return terms.imag.sum() / COMPLEX_STEP

    def central(
        self, name: str, where: Any = ..., direction: Any = 1.0, shrink: int = 1
    ) -> float:
        """df/dleaf by differences, taken term by term: untouched terms add no noise."""
        h = self.step(name, where) / shrink
        right, left = (
            self.at(name, where, h * direction),
            self.at(name, where, -h * direction),
        )
        return (right - left).sum() / (2 * h)

    def step(self, name: str, where: Any) -> float:
        """h: STEP for entries up to 1, in proportion beyond."""
        size = 1.0 if where is ... else abs(self.leaves[name][where])
        return STEP * max(1.0, float(size))

    def noise(self, shrink: int = 1) -> float:
        """What rounding alone can do to a central difference."""
        return 8 * EPS * self.norm * shrink / STEP

    @cached_property
    def norm(self) -> float:
        """The Euclidean norm of the terms."""
        return float(np.linalg.norm(self.at().ravel()))

    def has_kink(self, name: str, where: Any, direction: Any, threshold: float) -> bool:
        """True where the one-sided slopes differ, no matter how small the step.

        For a smooth f the gap between them shrinks in proportion to h.
        """
        middle, gaps = self.at(), []
        for shrink in (SHRINK, SHRINK**2):
            h = self.step(name, where) / shrink
            right = (self.at(name, where, h * direction) - middle).sum() / h
            left = (middle - self.at(name, where, -h * direction)).sum() / h
            gaps.append(abs(right - left))
        floor = max(threshold, self.noise(SHRINK**2))
        return gaps[1] > 0.5 * gaps[0] and gaps[1] > floor


def complex_trouble(
    complex_probe: Probe, real_probe: Probe, name: str, direction: Any
) -> str:
    """Why the complex step cannot be used for this leaf; "" where it can.

    Code with `abs`, `maximum`, casts and the like is not analytic: it raises, warns,
    loses the imaginary part, or returns another number than a difference does.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error", np.exceptions.ComplexWarning)
            slope = complex_probe.complex_step(name, ..., direction)
    except Exception as error:  # a layer of the user's may raise anything
        return f"its code is not made for complex numbers: {error}"[:120]
    for shrink in (1, SHRINK):  # the second in case the first crossed a kink
        other = real_probe.central(name, ..., direction, shrink)
        if abs(slope - other) <= 1e-4 * abs(other) + real_probe.noise(shrink):
            return ""
    if real_probe.has_kink(name, ..., direction, 0.0):
        return ""  # no verdict at a kink; entries that disagree get a second look
    return "its code is not analytic in complex numbers"
