"""`keras.optimizers.schedules`: learning rates that change with the number of steps.

    Adam(learning_rate=ExponentialDecay(1e-3, decay_steps=1000, decay_rate=0.9))

A schedule is called with the number of steps made so far.  So is one of your own: a
subclass of `LearningRateSchedule` that defines `__call__(step)`.
"""

import math
from collections.abc import Sequence
from typing import Any

from .. import validate
from ..errors import ArgumentError
from .serial import Remembers

__all__ = [
    "CosineDecay",
    "CosineDecayRestarts",
    "ExponentialDecay",
    "InverseTimeDecay",
    "LearningRateSchedule",
    "PiecewiseConstantDecay",
    "PolynomialDecay",
]


class LearningRateSchedule(Remembers):
    """Base class: `schedule(step)` is the learning rate of the step of that number."""

    @classmethod
    def _would_call(cls, name: str) -> bool:
        return name == "__call__"

    def __call__(self, step: int) -> float:
        """The rate; step: 0, 1, 2, ..."""
        raise ArgumentError(
            f"{type(self).__name__}: expected a schedule that defines __call__(step), "
            "got one that does not"
        )

    def get_config(self) -> dict[str, Any]:
        """The arguments, as a dict."""
        return {k: v for k, v in vars(self).items() if not k.startswith("_")}

    def _check(self, **numbers: float) -> None:
        """Keep arguments that must be numbers; those that end in "steps" are > 0."""
        for name, value in numbers.items():
            above = 0 if name.endswith("decay_steps") else None
            value = validate.number(type(self).__name__, name, value, above=above)
            setattr(self, name, value)


class ExponentialDecay(LearningRateSchedule):
    """initial_learning_rate decay_rate^(step / decay_steps).

    staircase: True takes whole numbers of step / decay_steps only.
    """

    initial_learning_rate: float
    decay_steps: float
    decay_rate: float

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        decay_rate: float,
        staircase: bool = False,
        name: str | None = None,
    ) -> None:
        self._check(
            initial_learning_rate=initial_learning_rate,
            decay_steps=decay_steps,
            decay_rate=decay_rate,
        )
        self.staircase = validate.flag(type(self).__name__, "staircase", staircase)
        self.name = name

    def _periods(self, step: int) -> float:
        periods = step / self.decay_steps
        return math.floor(periods) if self.staircase else periods

    def __call__(self, step: int) -> float:
        return self.initial_learning_rate * self.decay_rate ** self._periods(step)


class InverseTimeDecay(ExponentialDecay):
    """initial_learning_rate / (1 + decay_rate step / decay_steps); see there."""

    def __call__(self, step: int) -> float:
        return self.initial_learning_rate / (1 + self.decay_rate * self._periods(step))


class PolynomialDecay(LearningRateSchedule):
    """From initial_learning_rate to end_learning_rate in decay_steps.

        (initial - end) (1 - step / decay_steps)^power + end

    cycle: True begins anew, each time with one more times decay_steps.
    """

    initial_learning_rate: float
    decay_steps: float
    end_learning_rate: float
    power: float

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        end_learning_rate: float = 0.0001,
        power: float = 1.0,
        cycle: bool = False,
        name: str | None = None,
    ) -> None:
        self._check(
            initial_learning_rate=initial_learning_rate,
            decay_steps=decay_steps,
            end_learning_rate=end_learning_rate,
            power=power,
        )
        self.cycle = validate.flag("PolynomialDecay", "cycle", cycle)
        self.name = name

    def __call__(self, step: int) -> float:
        steps = self.decay_steps
        if self.cycle:
            steps *= max(1, math.ceil(step / steps))
        left = 1 - min(step, steps) / steps
        span = self.initial_learning_rate - self.end_learning_rate
        return span * left**self.power + self.end_learning_rate


class PiecewiseConstantDecay(LearningRateSchedule):
    """values[k] up to and with step boundaries[k], and the last of them behind."""

    def __init__(
        self,
        boundaries: Sequence[float],
        values: Sequence[float],
        name: str | None = None,
    ) -> None:
        where = "PiecewiseConstantDecay"
        self.boundaries = [validate.number(where, "boundaries", b) for b in boundaries]
        self.values = [validate.number(where, "values", v) for v in values]
        if len(self.values) != len(self.boundaries) + 1:
            expected = f"{len(self.boundaries) + 1} values, one more than boundaries"
            given = len(self.values)
            validate.complain(ArgumentError, where, "values", expected, given)
        self.name = name

    def __call__(self, step: int) -> float:
        passed = sum(step > boundary for boundary in self.boundaries)
        return self.values[passed]


class CosineDecay(LearningRateSchedule):
    """Half a wave from initial_learning_rate to alpha times it, in decay_steps.

    warmup_target, warmup_steps: before that, a straight line up to the target.
    """

    initial_learning_rate: float
    decay_steps: float
    alpha: float

    def __init__(
        self,
        initial_learning_rate: float,
        decay_steps: float,
        alpha: float = 0.0,
        name: str | None = None,
        warmup_target: float | None = None,
        warmup_steps: int = 0,
    ) -> None:
        self._check(
            initial_learning_rate=initial_learning_rate,
            decay_steps=decay_steps,
            alpha=alpha,
        )
        self.name = name
        self.warmup_target, self.warmup_steps = warmup_target, warmup_steps
        where = "CosineDecay"
        if warmup_target is not None:
            validate.number(where, "warmup_target", warmup_target)
            validate.integer(where, "warmup_steps", warmup_steps)

    def __call__(self, step: int) -> float:
        start = self.initial_learning_rate
        if self.warmup_target is not None:
            if step < self.warmup_steps:
                rise = self.warmup_target - start
                return start + rise * step / self.warmup_steps
            start, step = self.warmup_target, step - self.warmup_steps
        wave = (1 + math.cos(math.pi * min(step / self.decay_steps, 1))) / 2
        return start * ((1 - self.alpha) * wave + self.alpha)


class CosineDecayRestarts(LearningRateSchedule):
    """Half waves one after the other, each t_mul as long and m_mul as high.

    initial_learning_rate, first_decay_steps: of the first.
    alpha: the lowest rate, as a share of the first.
    """

    initial_learning_rate: float
    first_decay_steps: float
    t_mul: float
    m_mul: float
    alpha: float

    def __init__(
        self,
        initial_learning_rate: float,
        first_decay_steps: float,
        t_mul: float = 2.0,
        m_mul: float = 1.0,
        alpha: float = 0.0,
        name: str | None = None,
    ) -> None:
        self._check(
            initial_learning_rate=initial_learning_rate,
            first_decay_steps=first_decay_steps,
            t_mul=t_mul,
            m_mul=m_mul,
            alpha=alpha,
        )
        self.name = name

    def __call__(self, step: int) -> float:
        share, height, length = step / self.first_decay_steps, 1.0, 1.0
        while share >= length and length > 0:
            share, height, length = (
                share - length,
                height * self.m_mul,
                length * self.t_mul,
            )
        wave = height * (1 + math.cos(math.pi * share / length)) / 2
        return self.initial_learning_rate * ((1 - self.alpha) * wave + self.alpha)
