"""This engine against a file: every case is computed again from its given arrays."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import CheckpointError
from .case import EXPECTED, GIVEN
from .cases import CASES
from .file import SEED, PathLike, about, read


@dataclass(frozen=True)
class Difference:
    """One expected array beside what this engine makes of it.

    name: "case/array".   gap: the largest difference, relative to the largest entry
    of the expected array; infinite for another shape or NaN.   place: where it is.
    """

    name: str
    gap: float
    tolerance: float
    place: tuple[int, ...]
    expected: float
    got: float

    @property
    def ok(self) -> bool:
        """True where the gap is allowed."""
        return self.gap <= self.tolerance

    def __str__(self) -> str:
        if self.gap == np.inf:
            return f"{self.name}: another shape, or NaN"
        at = f" at {self.place}" if self.place else ""
        return (
            f"{self.name}: differs by {self.gap:.1e} of its largest entry (allowed "
            f"{self.tolerance:.0e}){at}: expected {self.expected!r}, got {self.got!r}"
        )


@dataclass(frozen=True)
class Verdict:
    """What `verify` found: one `Difference` for each expected array, in order."""

    differences: tuple[Difference, ...]

    @property
    def wrong(self) -> list[Difference]:
        """Those that are too large."""
        return [d for d in self.differences if not d.ok]

    @property
    def worst(self) -> Difference:
        """The largest, as a part of what is allowed."""
        return max(self.differences, key=lambda d: d.gap / d.tolerance)


def verify(path: PathLike) -> Verdict:
    """Compute every case of a file again, on the backend in force: a `Verdict`.

    Errors: CheckpointError for a file that cannot be read, see `read`, or whose cases
    are not those of this engine.
    """
    arrays, meta = read(path)
    described = {case["name"]: case for case in meta["cases"]}
    _same_names(path, "case", list(CASES), list(described))
    found = []
    for name, case in CASES.items():
        for key, value in about(case).items():
            said = described[name].get(key)
            if said != value:
                raise CheckpointError(
                    f"{path}: case {name!r}: expected {key} {value!r}, got {said!r}"
                )
        rows = described[name]["arrays"]
        given, expected = (
            {
                row["name"]: arrays[f"{name}/{row['name']}"]
                for row in rows
                if row.get("role") == role
            }
            for role in (GIVEN, EXPECTED)
        )
        drawn = case.draw(np.random.default_rng(SEED))
        _same_names(path, f"given array of {name!r}", list(drawn), list(given))
        got = case.compute(given)
        _same_names(path, f"expected array of {name!r}", list(got), list(expected))
        for key, array in expected.items():
            found.append(compare(f"{name}/{key}", got[key], array, case.tolerance))
    return Verdict(tuple(found))


def _same_names(path: PathLike, what: str, known: list[str], there: list[str]) -> None:
    for name in known:
        if name not in there:
            raise CheckpointError(f"{path}: {what}: {name!r} is missing")
    for name in there:
        if name not in known:
            raise CheckpointError(f"{path}: {what}: {name!r} is unknown")


def compare(
    name: str, got: NDArray[Any], expected: NDArray[Any], tolerance: float
) -> Difference:
    """The `Difference` of one array."""
    if got.shape != expected.shape:
        return Difference(name, np.inf, tolerance, (), np.nan, np.nan)
    off = np.abs(got - expected)
    place = tuple(int(k) for k in np.unravel_index(np.argmax(off), off.shape))
    scale = np.abs(expected).max() or 1.0
    gap = float(off[place] / scale)
    gap = gap if np.isfinite(gap) else np.inf
    here, there = float(expected[place]), float(got[place])
    return Difference(name, gap, tolerance, place, here, there)
