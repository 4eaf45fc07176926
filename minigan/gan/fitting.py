"""How long training goes on, and who looks at it meanwhile."""

import math
import time
from contextlib import contextmanager

from .. import validate
from ..files import as_path
from .callbacks import Hooks
from .history import History
from .interrupt import finish_first
from .running import ROWS
from .state import refuse_foreign_parts

CHUNK_SECONDS = 0.2  # about how long training goes on between two looks at it


class Fitting:
    """The part of a `Trainer` that runs it."""

    def fit(
        self,
        steps=None,
        *,
        epochs=None,
        seconds=None,
        report_every=2000,
        callbacks=(),
        save_every=None,
        path=None,
    ):
        """Train on and return the `History` of all steps so far.

        Exactly one of these says for how long:
        steps: integer >= 0.
        epochs: integer >= 0, of `steps_per_epoch` steps each.
        seconds: a time budget; training ends with the first look at the clock after
            it, up to about 0.2 s or one step late.

        report_every: steps between two reports, or None for none.
        callbacks: objects with any of the methods of `Callback`.
        save_every: write a checkpoint to `path` after each step whose number is a
            multiple of it, atomically, when reports and callbacks of that step are
            done: a run resumed from it ends with the bytes of this one.
        Ctrl-C finishes the step, then raises KeyboardInterrupt; training can go on.
        Errors: as `step`; ArgumentError, DTypeError for arguments out of range, with
        nothing trained; OutputError where the checkpoint cannot be written.
        """
        end, deadline = self._length(steps, epochs, seconds)
        if report_every is not None:
            report_every = validate.integer("Trainer.fit", "report_every", report_every)
        saving = self._saving(save_every, path)
        hooks = Hooks(callbacks, report_every, *saving)
        self._stop = False
        chunk = Chunk(deadline)
        try:
            with finish_first(self.stop):
                if end > self.step_count:
                    self._pretrain_first(chunk)
                while self.step_count < end and not self._stop and not chunk.late():
                    n = hooks.next_stop(self.step_count, end, chunk.steps)
                    with chunk.of(n):
                        self._runner.run(n)
                    hooks.call(self)
        finally:
            hooks.on_end(self)
        return self.history

    def pretrain(self, steps):
        """Train D alone: `steps` discriminator steps, in which nothing of G changes.

        Returns a `History` of these steps, with NaN in the columns of G; the trainer's
        own history and its step count stay as they are.
        Ctrl-C finishes the step, then raises KeyboardInterrupt.
        Errors: as `step`; ArgumentError, DTypeError for steps that are no count.
        """
        steps = validate.integer("Trainer.pretrain", "steps", steps, least=0)
        self._stop = False
        history = History()
        with finish_first(self.stop):
            self._pretrain(steps, history, Chunk(math.inf))
        return history

    def stop(self):
        """Let a running `fit` or `pretrain` end after the step it is in."""
        self._stop = True

    @property
    def steps_per_epoch(self):
        """floor(n / (B k)): n rows of data, B of them in each of k discriminator steps.

        Errors: ArgumentError for data without an end, or with too few rows.
        """
        return self._steps_per_epoch("Trainer.steps_per_epoch")

    # ---- how -----------------------------------------------------------------------

    def _length(self, steps, epochs, seconds):
        """The step to end at, and the time."""
        where = "Trainer.fit"
        asked = {"steps": steps, "epochs": epochs, "seconds": seconds}
        given = [name for name, length in asked.items() if length is not None]
        if len(given) != 1:
            expected = "exactly one of steps, epochs and seconds"
            got = " and ".join(given) or "None"
            validate.complain(validate.ArgumentError, where, "steps", expected, got)
        if seconds is not None:
            seconds = validate.number(where, "seconds", seconds, least=0)
            return math.inf, time.monotonic() + seconds
        if epochs is not None:
            epochs = validate.integer(where, "epochs", epochs, least=0)
            steps = epochs * self._steps_per_epoch(where, "epochs")
        steps = validate.integer(where, "steps", steps, least=0)
        return self.step_count + steps, math.inf

    def _saving(self, save_every, path):
        """Both or neither, and a trainer that can be saved."""
        where = "Trainer.fit"
        if save_every is None and path is None:
            return None, None
        if save_every is None or path is None:
            name = "path" if path is None else "save_every"
            expected = "a value, as save_every and path go together"
            validate.complain(validate.ArgumentError, where, name, expected, "None")
        save_every = validate.integer(where, "save_every", save_every)
        refuse_foreign_parts(self)
        return save_every, as_path(where, path)

    def _steps_per_epoch(self, where, argument="data"):
        rows = getattr(self.data, "rows", None)
        if rows is None:
            validate.complain(
                validate.ArgumentError,
                where,
                argument,
                "data of so many rows",
                "a source without an end",
            )
        used = self.real_rows * self.discriminator_steps
        if rows < used:
            expected = f"at least the {used} rows of data that one step takes"
            validate.complain(validate.ArgumentError, where, argument, expected, rows)
        return rows // used

    def _pretrain_first(self, chunk=None):
        """What is left of the option `pretraining_steps`, before the first step."""
        left = self.pretraining_steps - int(self.pretrained)
        if left > 0 and not self.step_count:
            self._pretrain(left, History(), chunk or Chunk(math.inf))

    def _pretrain(self, steps, history, chunk):
        done = 0
        while done < steps and not self._stop and not chunk.late():
            n = min(chunk.steps, steps - done)
            with chunk.of(n):
                self._runner.pretrain(n, history)
            done += n
        chunk.steps = 1


class Chunk:
    """How many steps to run before the next look: about CHUNK_SECONDS of them.

    deadline: the end, in the time of `time.monotonic`.
    """

    def __init__(self, deadline):
        self.deadline = deadline
        self.steps = 1

    def late(self):
        return self.deadline < math.inf and time.monotonic() >= self.deadline

    @contextmanager
    def of(self, n):
        """Measures a block that runs n steps, and says how many can come next."""
        started = time.monotonic()
        yield
        ended = time.monotonic()
        budget = min(CHUNK_SECONDS, max(0.0, self.deadline - ended))
        affordable = n * budget / max(ended - started, 1e-9)
        self.steps = int(max(1, min(2 * n, affordable, ROWS)))
