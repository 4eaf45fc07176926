"""Comparing a student's numbers with the right ones, and with well-known wrong ones."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..validate import shape_text

Array = NDArray[Any]
TOLERANCE = 1e-6  # relative to the largest number of an array


def difference(
    name: str,
    given: Any,
    expected: Any,
    suspects: Mapping[str, Any] | None = None,
    tolerance: float = TOLERANCE,
) -> str:
    """What is wrong with an array, in words; "" where it is right.

    suspects: what to say -> the array that this mistake leads to.
    """
    expected = np.asarray(expected)
    if given is None:
        return f"{name}: expected an array, got None; is there a return?"
    try:
        array = np.asarray(given, dtype=np.float64)
    except (TypeError, ValueError):
        return f"{name}: expected numbers, got a {type(given).__name__}"
    if array.shape != expected.shape:
        want, got = shape_text(expected.shape), shape_text(array.shape)
        return f"{name}: expected shape {want}, got {got}"
    if close(array, expected, tolerance):
        return ""
    for said, wrong in (suspects or {}).items():
        if np.shape(wrong) == array.shape and close(array, wrong, tolerance):
            return f"{name}: {said}"
    return f"{name}: {furthest(array, expected, tolerance)}"


def close(given: Array, expected: Any, tolerance: float = TOLERANCE) -> bool:
    """Whether no number is further off than a share of the largest."""
    expected = np.asarray(expected)
    scale = max(float(np.abs(expected).max(initial=0.0)), 1e-30)
    gap = np.abs(given - expected)
    return bool(np.isfinite(given).all() and gap.max(initial=0.0) <= tolerance * scale)


def furthest(given: Array, expected: Array, tolerance: float = TOLERANCE) -> str:
    """How many numbers are wrong, and the one that is furthest off."""
    gap = np.where(np.isfinite(given), np.abs(given - expected), np.inf)
    if gap.ndim == 0:
        return f"expected {expected:.6g}, got {given:.6g}"
    scale = float(np.abs(expected).max(initial=0.0))
    place = tuple(int(k) for k in np.unravel_index(gap.argmax(), gap.shape))
    wrong = int((gap > tolerance * scale).sum())
    index = ", ".join(map(str, place))
    ratio = quotient(given, expected)
    return (
        f"{wrong} of {gap.size} numbers are wrong; [{index}] has to be "
        f"{expected[place]:.6g}, but is {given[place]:.6g}{ratio}"
    )


def quotient(given: Array, expected: Array) -> str:
    """What all numbers are off by, where that is one factor."""
    sure = np.abs(expected) > 1e-12
    if not sure.any() or not np.isfinite(given).all():
        return ""
    ratios = given[sure] / expected[sure]
    if np.abs(ratios - ratios[0]).max() > 1e-6 * max(abs(ratios[0]), 1e-12):
        return ""
    return f" (each is {ratios[0]:.4g} times what it has to be)"
