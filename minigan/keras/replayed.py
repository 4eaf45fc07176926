"""One batch of a small model as a recorded program: the same bits, without Python.

A model of a few hundred weights spends its time between the kernels.  Once a batch
shape has come often enough, the step is recorded by `minigan.capture.program`, which
checks one replay against the eager step, and from then on played on fixed memory.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import primitives
from ..capture.program import capture
from ..errors import CaptureError
from ..losses import Loss
from ..network import Network
from ..optimizers import Optimizer
from ..state import Arrays, Generators, Snapshot

Array = NDArray[Any]
Scope = Callable[[], AbstractContextManager[object]]

AFTER = 100  # batches of one shape before it is recorded
LARGEST = 20_000  # weights; above, the kernels take the time
SHAPES = 4  # programs kept a model


Key = tuple[tuple[int, ...], str]  # shape, arithmetic


def _key(x: Array) -> Key:
    """What a recorded step takes for granted."""
    return x.shape, primitives.asked_products()


class Replays:
    """The programs of one compiled model, by batch shape and arithmetic of products.

    body: the engine's network up to the loss.  live: the blocks that train.
    frozen: () -> a scope that holds the others.

    Never recorded is a model that draws, and one whose outputs the loss must look at
    in every step: a program checks nothing.
    """

    def __init__(
        self,
        body: Network,
        live: Sequence[Network],
        frozen: Scope,
        loss: Loss,
        optimizer: Optimizer,
    ) -> None:
        self._parts = body, live, frozen, loss, optimizer
        self._counts: dict[Key, int] = {}
        self._programs: dict[Key, Replayed] = {}
        checked = loss.pred_range is not None
        small = sum(block.theta.size for block in body.owners()) <= LARGEST
        self.possible = small and not checked and not body.generators()

    def __getstate__(self) -> dict[str, Any]:
        """What a copy gets: programs hold addresses and are recorded anew."""
        return {**vars(self), "_programs": {}, "_counts": {}}

    def step(self, x: Array, target: Array) -> tuple[float, Array] | None:
        """(loss, outputs) of one step, or None where it must be run eagerly."""
        if not self.possible or primitives.backend() != "jit":
            return None
        program = self._programs.get(_key(x))
        return None if program is None else program.step(x, target)

    def seen(self, x: Array, target: Array) -> None:
        """Called after an eager step: record one when the time has come."""
        key = _key(x)
        if not self.possible or key in self._programs or primitives.backend() != "jit":
            return
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if count == AFTER and len(self._programs) < SHAPES:
            try:
                self._programs[key] = Replayed(*self._parts, x, target)
            except CaptureError:
                self.possible = False
        if len(self._counts) > 64:
            self._counts.clear()


class Replayed:
    """The recorded step for one batch shape."""

    def __init__(
        self,
        body: Network,
        live: Sequence[Network],
        frozen: Scope,
        loss: Loss,
        optimizer: Optimizer,
        x: Array,
        target: Array,
    ) -> None:
        self._parts = body, live, loss, optimizer
        self._x, self._target = x.copy(), target.copy()
        self._loss = self._out = np.zeros(())
        self._recorded = False
        self._factor = loss.factor
        self._kept = dict(optimizer.cells())
        for k, block in enumerate(live):
            vectors = block.state() | optimizer.vectors(block)
            self._kept |= {f"{k}/{name}": v for name, v in vectors.items() if v.size}
        arrays = {"x": self._x, "target": self._target, **body.tables()}
        for k, block in enumerate(body.owners()):
            vectors = block.state() | {"dtheta": block.dtheta}
            arrays |= {f"{name} of {k}": v for name, v in vectors.items() if v.size}
        self._before = Snapshot(self)
        with frozen():
            self._program = capture(self._step, self, arrays, fused=False)
        self._before.restore()

    def _step(self) -> None:
        """The step in primitives, as `compiled.Plan.train` runs it with checks."""
        body, live, loss, optimizer = self._parts
        out, cache = body.forward_pass(self._x, True)
        value, kept = loss.forward_pass(out, self._target)
        for block in live:
            primitives.fill(block.dtheta, 0.0)
        body.backward_pass(loss.backward_pass(kept), cache, False)
        optimizer.apply(*live)
        if not self._recorded:  # those of the recording: the program writes there
            self._loss, self._out, self._recorded = value, out, True

    def step(self, x: Array, target: Array) -> tuple[float, Array] | None:
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

    def state(self) -> Arrays:
        """name -> array."""
        return self._kept

    def generators(self) -> Generators:
        """None: a model that draws is not recorded."""
        return {}
