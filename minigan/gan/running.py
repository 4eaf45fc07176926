"""Runs the steps of a trainer: captured where that is possible, eagerly where not.

Either way the bytes are the same, and where a number stops being finite the state of
the last good step is left and the step and tensor are named.
"""

import warnings

import numpy as np

from .. import program
from ..errors import CaptureError, NonFiniteError
from ..kernels import ops
from .history import COLUMNS

ROWS = 4096  # of the history table: the most steps between two looks


class Runner:
    """Owns the program of one trainer, and the memory its steps write to.

    capture: False runs every step eagerly.
    """

    def __init__(self, trainer, capture):
        self.trainer = trainer
        self.capture = capture
        self.table = np.zeros((ROWS, len(COLUMNS)))
        self.cursor = np.zeros((), np.int64)
        self._program = None
        self._key = None, None  # what the program was recorded for
        self._said = False  # that there can be no program
        self._spare = None  # a snapshot whose memory is used again
        self._own = []  # what the user's layers kept beside parameters

    def run(self, steps):
        """Train 1 <= steps <= ROWS steps, or leave the last good state and raise."""
        trainer = self.trainer
        self._spare = trainer.snapshot(into=self._spare)
        self._own = own_state(trainer)
        self.cursor[...] = 0
        try:
            with ops.use_backend(trainer.backend):
                done = self._captured(steps)
                if not self._finite(done):
                    raise NonFiniteError("a captured step")  # run again, to name it
                for _ in range(steps - done):
                    trainer._step()
        except NonFiniteError as error:
            raise self._named(error, steps) from None
        except BaseException:  # Ctrl-C, or a layer of the user's: no half a step stays
            trainer.restore(self._spare)
            put_back(self._own)
            raise
        if trainer.backend == "jit":
            look_at_threads()
        trainer.history.append(self.table[:steps])

    def _named(self, error, steps):
        """Go back, train up to the last good step, and return the error of the next."""
        trainer = self.trainer
        trainer.restore(self._spare)
        put_back(self._own)
        self.cursor[...] = 0
        good = trainer.snapshot()
        with ops.use_backend(trainer.backend):
            for _ in range(steps):
                try:
                    trainer._step()
                except NonFiniteError as found:
                    error = found
                    break
                good = trainer.snapshot(into=good)
        trainer.restore(good)
        already = _poisoned(trainer)
        trainer.history.append(self.table[: int(self.cursor)])
        return NonFiniteError(f"step {trainer.step_count + 1}: {error}{already}")

    def _finite(self, steps):
        """True where nothing went wrong in the first `steps` rows of this run."""
        trainer = self.trainer
        overflow = (
            trainer.generator_optimizer.overflow,
            trainer.discriminator_optimizer.overflow,
        )
        return not any(overflow) and bool(np.isfinite(self.table[:steps]).all())

    # ---- captured ------------------------------------------------------------------

    def _captured(self, steps):
        """Run steps by the program, if there can be one; how many were run."""
        trainer = self.trainer
        if not self.capture or trainer.backend != "jit":
            return 0
        key = self._current_key()
        refused = self._program is None and key[0] == self._key[0]
        if key != self._key and not refused:
            self._key, self._program = key, None
            try:
                self._program = self._record()
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

    def _record(self):
        trainer = self.trainer
        arrays = self.arrays()
        return program.capture(
            trainer._step,
            arrays,
            named_generators(trainer),
            self,
            gradients=[name for name in arrays if ".d" in name and name[1] != "."],
        )

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
        with ops.use_backend("jit"):
            recorded = self._record()
        self.restore(before)
        return recorded

    def arrays(self):
        """name -> array, all memory that a step may use."""
        trainer = self.trainer
        found = {"history": self.table, "cursor": self.cursor}
        for label, name in (("G", "generator"), ("D", "discriminator")):
            network = getattr(trainer, name)
            optimizer = getattr(trainer, f"{name}_optimizer")
            found[f"{label}.theta"] = network.theta
            found[f"{label}.dtheta"] = network.dtheta
            found.update(
                {f"{label}.{k}": v for k, v in optimizer.cells().items()},
                **{f"{label}.{k}": v for k, v in optimizer.state(network).items()},
            )
            for k, layer in enumerate(network.layers):
                for parameter in layer.parameters:
                    found[f"{label}{k}.{parameter.name}"] = parameter.value
                    found[f"{label}{k}.d{parameter.name}"] = parameter.grad
                for statistic in layer.statistics:
                    found[f"{label}{k}.{statistic.name}"] = statistic.value
        found.update({f"data.{k}": a for k, a in trainer.data.arrays().items()})
        return {name: array for name, array in found.items() if array.nbytes}

    def _current_key(self):
        """All that a recorded step takes for granted; other values, other program.

        In two parts, what it is made of and the plain attributes of that: a layer that
        counts its calls changes the second at every step.
        """
        trainer = self.trainer
        layers = [
            layer
            for n in (trainer.generator, trainer.discriminator)
            for layer in n.walk()
        ]
        attributes = [vars_of(part) for part in (*layers, trainer.data)]
        made_of = (
            trainer.options(),
            [(id(layer), layer.is_frozen) for layer in layers],
            [
                {k: v for k, v in optimizer.config().items() if k != "learning_rate"}
                for optimizer in (
                    trainer.generator_optimizer,
                    trainer.discriminator_optimizer,
                )
            ],
            [id(rng) for rng in trainer.generators()],
            [array.ctypes.data for array in trainer.memory().values()],
            [array.ctypes.data for array in trainer.data.arrays().values()],
        )
        return made_of, attributes


def _poisoned(trainer):
    """Which parameter, statistic or optimizer vector was not finite before the step."""
    for name in ("generator", "discriminator"):
        network = getattr(trainer, name)
        for key, vector in getattr(trainer, f"{name}_optimizer").state(network).items():
            if not np.isfinite(vector).all():
                return f" (before the step, {name}_optimizer {key} was not finite)"
        for k, layer in enumerate(network.layers):
            for array in (*layer.parameters, *layer.statistics):
                if not np.isfinite(array.value).all():
                    return (
                        f" (before the step, {name} layer {k} ({type(layer).__name__}) "
                        f"{array.name} was not finite)"
                    )
    return ""


def vars_of(part):
    """The plain attributes of a layer or source: its options, whatever it is."""
    return {
        name: value
        for name, value in getattr(part, "__dict__", {}).items()
        if isinstance(value, (int, float, str, bool, tuple)) and name != "layers"
    }


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


def named_generators(trainer):
    """name -> generator: the streams, then those in layers."""
    names = {id(rng): name for name, rng in trainer.streams.items()}
    return {
        names.get(id(rng), f"layer rng {k}"): rng
        for k, rng in enumerate(trainer.generators())
    }
