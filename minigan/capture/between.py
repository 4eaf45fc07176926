"""What a recorded step calls between its primitives: a function of Python.

Processes that train together exchange numbers in the middle of a step.  A program is
played up to there, the function is called, and the rest is played.  It is a line of the
program, so that what fusion knows of neighbours holds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ..primitives.declare import Primitive
from .instructions import Instruction


def _nothing() -> None:
    """It has no formula."""


# No mathematics, and so in no registry.
BETWEEN = Primitive(_nothing, "", None, None, "", "", None, None)


@dataclass(frozen=True)
class Between(Instruction):
    """A call of `function()`."""

    function: Callable[[], object] = _nothing

    @classmethod
    def of(cls, function: Callable[[], object]) -> Between:
        """The line that calls it."""
        return cls(BETWEEN, (), {}, 0, function=function)

    def __str__(self) -> str:
        return "a function of Python is called"
