"""Learning-rate schedules: what share of its learning rate each step uses.

    @SCHEDULES.register()
    def halved(progress):
        return np.where(progress < 0.5, 1.0, 0.5)

A schedule is a function of progress, the number of steps trained divided by the option
`schedule_steps`: 0 at the first step, 1 behind the last.  It takes and returns float64
arrays (n,); the result is >= 0.  Both players and all optimizers follow it alike.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from .. import primitives, validate
from ..errors import ArgumentError
from ..optimizers import Optimizer
from ..registry import Registry
from ..state import Arrays, own_copy, whole_copy

Schedule = Callable[[NDArray], NDArray]

SCHEDULES: Registry[Schedule] = Registry("schedule")


@SCHEDULES.register()
def constant(progress: NDArray) -> NDArray:
    """1, always."""
    return np.ones_like(progress)


@SCHEDULES.register()
def linear(progress: NDArray) -> NDArray:
    """1 - progress, and 0 behind the end: a straight line."""
    return np.maximum(0, 1 - progress)


@SCHEDULES.register()
def cosine(progress: NDArray) -> NDArray:
    """(1 + cos(pi progress)) / 2, and 0 behind the end (Loshchilov & Hutter 2017)."""
    return (1 + np.cos(np.pi * np.minimum(progress, 1))) / 2


@SCHEDULES.register()
def step(progress: NDArray) -> NDArray:
    """1, from one half on 1/10, from three quarters on 1/100 (He et al. 2016)."""
    return np.where(progress < 0.5, 1.0, np.where(progress < 0.75, 0.1, 0.01))


class Rates:
    """The learning rates of the next steps.

    name: one of `SCHEDULES`.  steps: where its progress is 1; None for "constant".
    rows: how many steps `plan` can look ahead.

    The shares lie in memory, a number for each of the next steps, since a constant in a
    recorded step would stand still.
    """

    def __init__(self, name: str, steps: int | None, rows: int) -> None:
        self.name, self.steps = name, steps
        self.factors = np.ones(rows)
        self.cursor = np.zeros((), np.int64)

    def of(self, optimizer: Optimizer) -> NDArray | None:
        """A cell with the learning rate of this step; None where it stays."""
        if self.steps is None:
            return None
        rate = optimizer.cells()["learning_rate"]
        return primitives.scheduled_rate(rate, self.factors, self.cursor)

    def plan(self, step: int, falls: bool = True) -> None:
        """Work out the shares of the steps from number `step` (from 0) on.

        falls: False for steps that all have that of the first.
        Errors: ArgumentError, ShapeError, DTypeError, NonFiniteError for a schedule
        that returns anything but shares.
        """
        self.cursor[...] = 0
        if self.steps is not None:
            counts = step + np.arange(len(self.factors)) * int(falls)
            found = SCHEDULES[self.name](counts / self.steps)
            where, shape = f"schedule {self.name!r}", self.factors.shape
            validate.array(where, "shares", found, shape, finite=True)
            if (found < 0).any():
                validate.complain(
                    ArgumentError, where, "shares", "numbers >= 0", found.min()
                )
            self.factors[:] = found

    def advance(self) -> None:
        """Go on to the rate of the next step."""
        if self.steps is not None:
            primitives.advance(self.cursor)

    __copy__, __setstate__ = whole_copy, own_copy

    def memory(self) -> Arrays:
        """name -> array that a step reads or changes."""
        if self.steps is None:
            return {}
        return {"rate shares": self.factors, "rate cursor": self.cursor}
