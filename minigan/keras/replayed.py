"""One batch of a small model as a recorded program: the same bits, without Python.

A model of a few hundred weights spends its time between the kernels.  Once a batch
shape has come often enough, the step is recorded by `minigan.capture.program`, which
checks one replay against the eager step, and from then on played on fixed memory.
"""

from .. import losses, primitives
from ..capture.program import capture
from ..errors import CaptureError
from ..layers import Dropout
from ..state import Snapshot

AFTER = 100  # batches of one shape before it is recorded
LARGEST = 20_000  # weights; above, the kernels take the time
RECORDED = (  # without BCE: its check of the outputs is no part of a program
    losses.BCEWithLogits,
    losses.MeanAbsoluteError,
    losses.MeanSquaredError,
    losses.Wasserstein,
)
SHAPES = 4  # programs kept a model


class Replays:
    """The programs of one compiled model, by batch shape.

    body: the engine's network up to the loss.  live: the blocks that train.
    frozen: () -> a scope that holds the others.
    """

    def __init__(self, body, live, frozen, loss, optimizer):
        self._parts = body, live, frozen, loss, optimizer
        self._counts: dict = {}
        self._programs: dict = {}
        known = isinstance(loss, RECORDED)
        draws = any(isinstance(layer, Dropout) for layer in body.walk())
        small = sum(block.theta.size for block in body.owners()) <= LARGEST
        self.possible = known and small and not draws

    def step(self, x, target):
        """(loss, outputs) of one step, or None where it must be run eagerly."""
        if not self.possible or primitives.backend() != "jit":
            return None
        program = self._programs.get(x.shape)
        return None if program is None else program.step(x, target)

    def seen(self, x, target):
        """Called after an eager step: record one when the time has come."""
        if (
            not self.possible
            or x.shape in self._programs
            or primitives.backend() != "jit"
        ):
            return
        count = self._counts[x.shape] = self._counts.get(x.shape, 0) + 1
        if count == AFTER and len(self._programs) < SHAPES:
            try:
                self._programs[x.shape] = Replayed(*self._parts, x, target)
            except CaptureError:
                self.possible = False
        if len(self._counts) > 64:
            self._counts.clear()


class Replayed:
    """The recorded step for one batch shape."""

    def __init__(self, body, live, frozen, loss, optimizer, x, target):
        self._parts = body, live, loss, optimizer
        self._x, self._target = x.copy(), target.copy()
        self._loss = self._out = None
        self._factor = loss.factor
        self._kept = {"t": optimizer.t, "overflow": optimizer.overflow}
        for k, block in enumerate(live):
            self._kept[f"theta {k}"] = block.theta
            if block.buffers.size:
                self._kept[f"statistics {k}"] = block.buffers
            for name, vector in optimizer.vectors(block).items():
                self._kept[f"{name} {k}"] = vector
        arrays = {"x": self._x, "target": self._target, **optimizer.cells()}
        for k, block in enumerate(body.owners()):
            for name in ("theta", "dtheta", "buffers"):
                vector = getattr(block, name)
                if vector.size:
                    arrays[f"{name} of {k}"] = vector
        arrays |= body.tables()
        self._before = Snapshot(self)
        with frozen():
            self._program = capture(self._step, self, arrays, fused=False)
        self._before.restore()

    def _step(self):
        """The step in primitives, as `compiled.Plan.train` runs it with checks."""
        body, live, loss, optimizer = self._parts
        out, cache = body.forward_pass(self._x, True)
        value, kept = loss.forward_pass(out, self._target)
        for block in live:
            primitives.fill(block.dtheta, 0.0)
        body.backward_pass(loss.backward_pass(kept), cache, False)
        optimizer.apply(*live)
        if self._out is None:  # those of the recording: the program writes there
            self._loss, self._out = value, out

    def step(self, x, target):
        """(loss, outputs), or None where something is not finite: nothing changed."""
        self._x[...] = x
        self._target[...] = target
        self._before.take()
        self._program.play(1)
        loss = float(self._loss) * self._factor
        if loss - loss != 0 or self._kept["overflow"]:
            self._before.restore()
            return None
        return loss, self._out

    # ---- what the step changes -----------------------------------------------------

    def state(self):
        """name -> array."""
        return self._kept

    def generators(self):
        """None: a model that draws is not recorded."""
        return {}
