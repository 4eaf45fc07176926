"""Runs the steps of a trainer: captured where that is possible, eagerly where not.

Either way the bytes are the same, and where a number stops being finite the state of
the last good step is left and the step and tensor are named.
"""

import warnings

import numpy as np

from .. import primitives
from ..capture import program
from ..capture.schedule import Schedule
from ..errors import CaptureError, NonFiniteError
from . import declared
from .declared import named_generators, poisoned, vars_of
from .history import COLUMNS

ROWS = 4096  # of the history table: the most steps between two looks
UNROLLED = 16  # steps of the players up to which one program holds them all


class Runner:
    """Owns the program of one trainer, and the memory its steps write to.

    capture: False runs every step eagerly.
    """

    def __init__(self, trainer, capture):
        self.trainer = trainer
        self.capture = capture
        self.table = np.zeros((ROWS, len(COLUMNS)))
        self.cursor = np.zeros((), np.int64)
        # std of the instance noise, row by row, where it falls
        self.levels = np.zeros((ROWS, 1), trainer.generator.dtype)
        self._program = None
        self._key = None, None  # what the program was recorded for
        self._said = False  # that there can be no program
        self._spare = None  # a snapshot whose memory is used again
        self._own = []  # what the user's layers kept beside parameters

    def run(self, steps):
        """Train 1 <= steps <= ROWS steps, or leave the last good state and raise."""
        trainer = self.trainer
        self._run(steps, trainer._step, trainer.history.append)

    def pretrain(self, steps, history):
        """The same with steps of D alone, whose rows go to `history`."""

        def keep(rows):
            self.trainer.pretrained += len(rows)
            rows = rows.copy()
            rows[:, [COLUMNS.index(name) for name in ("g_loss", "g_gradient")]] = np.nan
            history.append(rows)

        self._run(steps, self.trainer._pretraining_step, keep)

    def _run(self, steps, step, keep):
        """Run `step` so many times, then `keep` the rows that it wrote."""
        trainer = self.trainer
        self._spare = trainer.snapshot(into=self._spare)
        self._own = own_state(trainer)
        self._begin(step)
        try:
            with primitives.use_backend(trainer.backend):
                done = self._captured(steps, step)
                if not self._finite(done):
                    raise NonFiniteError("a captured step")  # run again, to name it
                for _ in range(steps - done):
                    step()
        except NonFiniteError as error:
            raise self._named(error, steps, step, keep) from None
        except BaseException:  # Ctrl-C, or a layer of the user's: no half a step stays
            trainer.restore(self._spare)
            put_back(self._own)
            raise
        if trainer.backend == "jit":
            look_at_threads()
        keep(self.table[:steps])

    def _begin(self, step):
        """Go to the first row, and say how much noise each of them has."""
        trainer = self.trainer
        self.cursor[...] = 0
        if trainer.instance_noise_steps is not None:
            counts = trainer.step_count + np.arange(ROWS)
            if step == trainer._pretraining_step:
                counts[:] = trainer.step_count
            left = np.maximum(0, 1 - counts / trainer.instance_noise_steps)
            self.levels[:, 0] = trainer.instance_noise * left

    def _named(self, error, steps, step, keep):
        """Go back, train up to the last good step, and return the error of the next."""
        trainer = self.trainer
        trainer.restore(self._spare)
        put_back(self._own)
        self._begin(step)
        good = trainer.snapshot()
        with primitives.use_backend(trainer.backend):
            for _ in range(steps):
                try:
                    step()
                except NonFiniteError as found:
                    error = found
                    break
                good = trainer.snapshot(into=good)
        trainer.restore(good)
        already = poisoned(trainer)
        keep(self.table[: int(self.cursor)])
        if step == trainer._pretraining_step:
            where = f"pre-training step {int(trainer.pretrained) + 1}"
        else:
            where = f"step {trainer.step_count + 1}"
        return NonFiniteError(f"{where}: {error}{already}")

    def _finite(self, steps):
        """True where nothing went wrong in the first `steps` rows of this run."""
        trainer = self.trainer
        overflow = (
            trainer.generator_optimizer.overflow,
            trainer.discriminator_optimizer.overflow,
        )
        return not any(overflow) and bool(np.isfinite(self.table[:steps]).all())

    # ---- captured ------------------------------------------------------------------

    def _captured(self, steps, step):
        """Run steps by the program, if there can be one; how many were run."""
        trainer = self.trainer
        if not self.capture or trainer.backend != "jit":
            return 0
        made_of, attributes = declared.key(trainer)
        key = (step.__name__, made_of), attributes
        refused = self._program is None and key[0] == self._key[0]
        if key != self._key and not refused:
            self._key, self._program = key, None
            try:
                self._program = self._record(step)
            except CaptureError as error:
                put_back(self._own)
                self._say(error)
                return 0
            if steps > 1:
                self._program.play(steps - 1)
            return steps
        if self._program is None:
            return 0
        self._program.play(steps)
        return steps

    def _say(self, error):
        if not self._said:
            self._said = True
            warnings.warn(
                f"minigan: this run is not captured, but trained step by step, "
                f"with the same results: {error}",
                RuntimeWarning,
                stacklevel=6,
            )

    def _record(self, step):
        """The program of a step, which is run once."""
        trainer = self.trainer
        many = trainer.discriminator_steps + trainer.generator_steps > UNROLLED
        if step != trainer._step or not many or trainer.latent == "shared":
            return self._capture(step)
        before = self.snapshot()
        try:
            return Schedule.record(
                self._capture,
                (trainer._discriminator_step, trainer.discriminator_steps),
                (trainer._generator_step, trainer.generator_steps - 1),
                (trainer._last_generator_step, 1),
            )
        except BaseException:
            self.restore(before)
            raise

    def _capture(self, step):
        arrays = self.arrays()
        return program.capture(
            step,
            self,
            arrays,
            gradients=[name for name in arrays if ".d" in name and name[1] != "."],
        )

    def arrays(self):
        """name -> array, all memory that a step may use."""
        return declared.arrays(self.trainer, self)

    def state(self):
        """name -> array: everything a step changes, the history row included."""
        own = {"history": self.table, "cursor": self.cursor}
        return {**self.trainer.memory(), **own}

    def generators(self):
        """name -> generator that a step draws from."""
        return named_generators(self.trainer)

    def snapshot(self):
        """Everything a step changes, the history row included (for `capture`)."""
        arrays, states = self.trainer.snapshot()
        arrays["history"] = self.table.copy()
        arrays["cursor"] = self.cursor.copy()
        return arrays, states

    def restore(self, snapshot):
        """Go back to a `snapshot`."""
        arrays, _ = snapshot
        self.table[...], self.cursor[...] = arrays["history"], arrays["cursor"]
        self.trainer.restore(snapshot)

    def program(self):
        """The program of the current options; records it without training.

        Errors: CaptureError where the step cannot be recorded.
        """
        before = self.snapshot()
        self._begin(self.trainer._step)
        with primitives.use_backend("jit"):
            recorded = self._capture(self.trainer._step)
        self.restore(before)
        return recorded


def own_state(trainer):
    """[(layer, name -> value)]: what layers of the user's own keep for themselves.

    Numbers and arrays as attributes, say a count of calls.  `Trainer.memory` does not
    know them, yet a step that is tried and taken back must not leave a trace.
    """
    kept = []
    for network in (trainer.generator, trainer.discriminator):
        for layer in network.walk():
            if not type(layer).__module__.startswith("minigan."):
                arrays = {
                    name: value.copy()
                    for name, value in vars(layer).items()
                    if isinstance(value, np.ndarray)
                }
                kept.append((layer, {**vars_of(layer), **arrays}))
    return kept


def put_back(kept):
    """Undo what happened since `own_state`."""
    for layer, values in kept:
        for name, value in values.items():
            copied = value.copy() if isinstance(value, np.ndarray) else value
            vars(layer)[name] = copied


def look_at_threads():
    """Say once that parallel loops start slowly, where they do.

    Numba chooses how threads are run when it loads the first parallel loop.
    """
    global _looked_at_threads
    if _looked_at_threads:
        return
    _looked_at_threads = True
    import numba

    try:
        layer = numba.threading_layer()
    except ValueError:  # nothing parallel was loaded, or the JIT is off
        return
    if layer == "workqueue":
        warnings.warn(
            "minigan: Numba's threading layer is 'workqueue', with which a parallel "
            "loop takes 0.1 ms to start instead of 0.001; results are the same. "
            "Install TBB (`pip install tbb`) or OpenMP (libgomp) for speed.",
            RuntimeWarning,
            stacklevel=4,
        )


_looked_at_threads = False
