"""What is called while a trainer runs: callbacks, and the reports they are told."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .. import validate
from .history import History

if TYPE_CHECKING:
    from .trainer import Trainer


@dataclass(frozen=True)
class Report:
    """What `on_report` is told: accuracies on fresh rows, not on the training batch."""

    step: int
    accuracy_real: float  # share of 100 real rows that D calls real
    accuracy_fake: float  # share of 100 fakes that D calls fake
    d_loss: float
    g_loss: float
    d_real: float
    d_fake: float


class Callback:
    """Base class for what is called during `fit`; override what you need.

    every: `on_step` is called after each step whose number is a multiple of it.
    """

    every = 1

    def on_step(self, trainer: "Trainer") -> None:
        """After a step; `trainer.step_count` is its number."""

    def on_report(self, trainer: "Trainer", report: Report) -> None:
        """After every `report_every` steps, with a `Report`."""

    def on_progress(self, trainer: "Trainer") -> None:
        """Several times a second, between two steps."""

    def on_end(self, trainer: "Trainer", history: History) -> None:
        """Once, when `fit` is done, interrupted or not."""


class Hooks:
    """The callbacks, reports and saves of one `fit`, and where it must stop for them.

    report_every, save_every: steps, or None.   path: of the checkpoint.
    """

    def __init__(
        self,
        callbacks: Sequence[Any],
        report_every: int | None = None,
        save_every: int | None = None,
        path: str | os.PathLike | None = None,
    ) -> None:
        self.report_every, self.save_every, self.path = report_every, save_every, path
        where = "Trainer.fit"
        if not isinstance(callbacks, (list, tuple)):
            validate.complain(
                validate.DTypeError,
                where,
                "callbacks",
                "a list",
                validate.shown(callbacks),
            )
        self.callbacks = list(callbacks)
        for callback in self.callbacks:
            if isinstance(callback, type) or not any(
                callable(getattr(callback, name, None))
                for name in ("on_step", "on_report", "on_progress", "on_end")
            ):
                validate.complain(
                    validate.DTypeError,
                    where,
                    "callbacks",
                    "objects with on_step, on_report, on_progress or on_end",
                    validate.shown(callback),
                )
        self.steppers = [
            (
                validate.integer(where, "every", getattr(callback, "every", 1)),
                callback.on_step,
            )
            for callback in self.callbacks
            if _overrides(callback, "on_step")
        ]

    def next_stop(self, step: int, end: float, chunk: int) -> int:
        """How many steps may run before somebody wants to look."""
        stops = [end, step + chunk]
        regular = [self.report_every, self.save_every, *(e for e, _ in self.steppers)]
        stops += [(step // every + 1) * every for every in regular if every]
        return int(max(1, min(stops) - step))

    def call(self, trainer: "Trainer") -> None:
        """All that is due after the step that the trainer has reached."""
        step = trainer.step_count
        for every, on_step in self.steppers:
            if step % every == 0:
                on_step(trainer)
        if self.report_every and step % self.report_every == 0:
            wanted = [c for c in self.callbacks if _overrides(c, "on_report")]
            report = trainer.report()
            for callback in wanted:
                callback.on_report(trainer, report)
        if self.path and self.save_every and step % self.save_every == 0:
            trainer.save(self.path)  # last: a report moves a random state as well
        for callback in self.callbacks:
            if _overrides(callback, "on_progress"):
                callback.on_progress(trainer)

    def on_end(self, trainer: "Trainer") -> None:
        for callback in self.callbacks:
            if _overrides(callback, "on_end"):
                callback.on_end(trainer, trainer.history)


def _overrides(callback: Any, method: str) -> bool:
    """True where a callback has this method and not merely inherits the empty one."""
    found = getattr(callback, method, None)
    function = getattr(found, "__func__", found)
    return found is not None and function is not getattr(Callback, method)
