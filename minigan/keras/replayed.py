"""One batch of a small model as a recorded program: the same bits, without Python.

A model of a few hundred weights spends its time between the kernels.  Once a batch
shape has come often enough, the step is recorded by `minigan.capture.program`, which
checks one replay against the eager step, and from then on played on fixed memory.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Any

from numpy.typing import NDArray

from .. import primitives
from ..capture.program import capture
from ..errors import CaptureError
from ..losses import Loss
from ..network import Network
from ..optimizers import Optimizer
from ..state import Arrays as Named
from ..state import Generators, Snapshot
from . import batches
from .batches import Arrays

Array = NDArray[Any]
Losses = Sequence[tuple[Loss, float]]
Scope = Callable[[], AbstractContextManager[object]]

AFTER = 100  # batches of one shape before it is recorded
LARGEST = 20_000  # weights; above, the kernels take the time
SHAPES = 4  # programs kept a model


Key = tuple[tuple[tuple[int, ...], ...], str]  # shapes, arithmetic


def _key(x: Arrays) -> Key:
    """What a recorded step takes for granted."""
    return tuple(part.shape for part in x), primitives.asked_products()


class Replays:
    """The programs of one compiled model, by batch shape and arithmetic of products.

    body: the engine's network up to the losses.  live: the blocks that train.
    frozen: () -> a scope that holds the others.  losses: (loss, what it counts) of each
    output.

    Never recorded is a model that draws, and one whose outputs the loss must look at
    in every step: a program checks nothing.
    """

    def __init__(
        self,
        body: Network,
        live: Sequence[Network],
        frozen: Scope,
        losses: Losses,
        optimizer: Optimizer,
    ) -> None:
        self._parts = body, live, frozen, losses, optimizer
        self._counts: dict[Key, int] = {}
        self._programs: dict[Key, Replayed] = {}
        checked = any(loss.pred_range is not None for loss, _ in losses)
        small = sum(block.theta.size for block in body.owners()) <= LARGEST
        self.possible = small and not checked and not body.generators()

    def __getstate__(self) -> dict[str, Any]:
        """What a copy gets: programs hold addresses and are recorded anew."""
        return {**vars(self), "_programs": {}, "_counts": {}}

    def step(self, x: Arrays, targets: Arrays) -> tuple[list[float], Arrays] | None:
        """(losses, outputs) of one step, or None where it must be run eagerly."""
        if not self.possible or primitives.backend() != "jit":
            return None
        program = self._programs.get(_key(x))
        return None if program is None else program.step(x, targets)

    def seen(self, x: Arrays, targets: Arrays) -> None:
        """Called after an eager step: record one when the time has come."""
        key = _key(x)
        if not self.possible or key in self._programs or primitives.backend() != "jit":
            return
        count = self._counts[key] = self._counts.get(key, 0) + 1
        if count == AFTER and len(self._programs) < SHAPES:
            try:
                self._programs[key] = Replayed(*self._parts, x, targets)
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
        losses: Losses,
        optimizer: Optimizer,
        x: Arrays,
        targets: Arrays,
    ) -> None:
        self._parts = body, live, losses, optimizer
        self._x = tuple(part.copy() for part in x)
        self._targets = tuple(part.copy() for part in targets)
        self._losses: list[Array] = []
        self._out: Arrays = ()
        self._factors = [loss.factor for loss, _ in losses]
        self._kept = dict(optimizer.cells())
        for k, block in enumerate(live):
            vectors = block.state() | optimizer.vectors(block)
            self._kept |= {f"{k}/{name}": v for name, v in vectors.items() if v.size}
        arrays = dict(body.tables())
        for name, given in (("x", self._x), ("target", self._targets)):
            arrays |= {f"{name}[{k}]": part for k, part in enumerate(given)}
        for k, block in enumerate(body.owners()):
            vectors = block.state() | {"dtheta": block.dtheta}
            arrays |= {f"{name} of {k}": v for name, v in vectors.items() if v.size}
        self._before = Snapshot(self)
        with frozen():
            self._program = capture(self._step, self, arrays, fused=False)
        self._before.restore()

    def _step(self) -> None:
        """The step in primitives, as `compiled.Plan.train` runs it with checks."""
        body, live, losses, optimizer = self._parts
        out, cache = body.forward_pass(batches.one(self._x), True)
        out, values, gradients = batches.several(out), [], []
        for (loss, weight), p, target in zip(losses, out, self._targets, strict=True):
            value, kept = loss.forward_pass(p, target)
            values.append(value)
            d = loss.backward_pass(kept)
            gradients.append(d if weight == 1 else primitives.scale(d, weight))
        for block in live:
            primitives.fill(block.dtheta, 0.0)
        body.backward_pass(batches.one(gradients), cache, False)
        optimizer.apply(*live)
        if primitives.recorder.get() is not None:  # the program writes there
            self._losses, self._out = values, out

    def step(self, x: Arrays, targets: Arrays) -> tuple[list[float], Arrays] | None:
        """(losses, outputs), or None where something is not finite: nothing changed."""
        for own, given in zip((*self._x, *self._targets), (*x, *targets), strict=True):
            own[...] = given
        self._before.take()
        self._program.play(1)
        pairs = zip(self._losses, self._factors, strict=True)
        losses = [float(value) * factor for value, factor in pairs]
        if any(loss - loss != 0 for loss in losses) or self._kept["overflow"]:
            self._before.restore()
            return None
        return losses, self._out

    # ---- what the step changes -----------------------------------------------------

    def state(self) -> Named:
        """name -> array."""
        return self._kept

    def generators(self) -> Generators:
        """None: a model that draws is not recorded."""
        return {}
