"""What a case is: given arrays, a formula, and the arrays that come out."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..state import Arrays

GIVEN, EXPECTED = "given", "expected"


@dataclass(frozen=True)
class Case:
    """One thing to compute.

    name: of the case, and of the folder of its arrays in the file.   kind: "layer",
    "loss", "objective", "optimizer" or "training".   formula: how the expected arrays
    follow from the given ones.   options: the constants in it.
    meaning(name) -> str: of one array.
    draw(rng) -> name -> given array.   run(given) -> name -> expected array.
    tolerance: |got - expected| <= tolerance max |expected|, array by array.
    subject: the class that the case is about, None for whole GAN steps.
    """

    name: str
    kind: str
    formula: str
    options: Mapping[str, Any]
    meaning: Callable[[str], str | None]
    draw: Callable[[np.random.Generator], Arrays]
    run: Callable[[Arrays], Arrays]
    tolerance: float = 1e-12
    subject: type | None = None

    def compute(self, given: Arrays) -> Arrays:
        """name -> expected array, by the engine, from the given arrays."""
        found = self.run({name: array.copy() for name, array in given.items()})
        return {name: np.array(array) for name, array in found.items()}


def normal(rng: np.random.Generator, *shape: int) -> NDArray[Any]:
    """Draws from N(0, 1), moved away from 0, where rectifiers have their kink."""
    x = rng.standard_normal(shape)
    return x + 0.1 * np.sign(x)
