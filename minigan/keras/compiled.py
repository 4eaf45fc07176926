"""What `compile()` keeps: optimizer, loss, metrics, and which layers train.

The flags are read once, when the model is compiled, as the tutorials explain it and
Keras 2 does.  They are then held by the compiled model: for the time of each call its
still layers lie in the engine's `frozen()` scopes, and nothing is left behind.
"""

import warnings
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import DTypeError, ShapeError, StateError
from ..network import Sequential as Network
from . import losses, metrics, optimizers
from .base import Layer
from .blocks import frozen
from .replayed import Replays

if TYPE_CHECKING:
    from .training import TrainableChain

Array = NDArray[Any]


class Plan:
    """A compiled model, ready to train."""

    def __init__(
        self, model: "TrainableChain", optimizer: Any, loss: Any, metric_list: Any
    ) -> None:
        where = f"{model.name}.compile"
        self.model = model
        self.optimizer = optimizers.get(optimizer, where, "optimizer")
        self.loss = None if loss is None else losses.get(loss, where, "loss")
        self.metrics = metrics.listed(metric_list, where)
        # leaf layer -> whether it trains
        self.captured: dict[Layer, bool] = dict(model.walk())
        self._bound = False
        self._warned = False

    @property
    def names(self) -> list[str]:
        """What train_on_batch returns, by name."""
        return ["loss", *(metric.name for metric in self.metrics)]

    # ---- once, when the shapes are known -------------------------------------------

    def bind(self) -> None:
        """Take the engine's blocks of the model, now that it is built."""
        if self._bound:
            return
        model = self.model
        if self.loss is None:
            raise StateError(
                f"{model.name}: argument 'loss': expected a loss in compile(), got None"
            )
        blocks = model.blocks()
        last = blocks[-1].layers[-1]
        self._translate = self.loss.target
        self._engine_loss, ends = self.loss.bind(last)
        self._tail = last if ends else None
        body: list[Network] = list(blocks)
        if ends:
            body[-1:] = [blocks[-1][:-1]] if len(blocks[-1]) > 1 else []
        if not body:
            raise StateError(f"{model.name}: expected layers before {last!r}, got none")
        self._body = Network(body)
        self._live: list[Network] = []
        self._held: list[Network] = []
        for leaf, trains in self.captured.items():
            if leaf.block is not None and leaf.block.parameters:
                (self._live if trains else self._held).append(leaf.block)
        self._out_shape = model.example_out or ()
        parts = [part for block in self._live for part in block.layers]
        self._has_norm = any(getattr(part, "positions", 0) == 1 for part in parts)
        self._replays = Replays(
            self._body,
            self._live,
            self._frozen,
            self._engine_loss,
            self.optimizer.engine,
        )
        self._bound = True

    # ---- one batch -----------------------------------------------------------------

    def train(self, x: Array, y: Array) -> list[float]:
        """[loss, *metrics] of a batch before the update, then the update."""
        where = f"{self.model.name}.train_on_batch"
        self.bind()
        self._check_trainable(where)
        self.refuse_single_row(where, len(x))
        target = self._target(where, x, y)
        replayed = self._replays.step(x, target) if np.isfinite(x).all() else None
        if replayed is not None:
            loss, out = replayed
            return self._results(loss, out, y)
        moving = [block.buffers for block in self._live if block.buffers.size]
        before = [buffers.copy() for buffers in moving]
        try:
            results = self._eager(where, x, target, y)
        except Exception:  # the forward pass has moved them already
            for buffers, kept in zip(moving, before, strict=True):
                buffers[...] = kept
            raise
        self._replays.seen(x, target)
        return results

    def _eager(self, where: str, x: Array, target: Array, y: Array) -> list[float]:
        """The step layer by layer, with all checks."""
        with self._frozen():
            out = self._body.forward(x, training=True)
            loss = self._loss_of(where, out, target)
            results = self._results(loss, out, y)
            for block in self._live:
                block.zero_grad()
            self._body.backward(self._engine_loss.backward(), need_dx=False)
        self.optimizer.engine.step(*self._live)
        return results

    def test(self, x: Array, y: Array) -> list[float]:
        """[loss, *metrics] of a batch in inference mode; nothing changes."""
        where = f"{self.model.name}.evaluate"
        self.bind()
        target = self._target(where, x, y)
        out = self._body.predict(x)
        return self._results(self._loss_of(where, out, target), out, y)

    def refuse_single_row(self, where: str, rows: int) -> None:
        """One row has no variance: BatchNorm cannot train on it."""
        if rows == 1 and self._has_norm:
            raise StateError(
                f"{where}: argument 'x': expected batches of at least 2 rows for a "
                "model that trains a BatchNormalization, got one of 1 row"
            )

    def _target(self, where: str, x: Array, y: Array) -> Array:
        target = self._translate(where, y, (len(x), *self._out_shape), x.dtype)
        if target.dtype == x.dtype:
            self._engine_loss.check_target(where, target)
        return target

    def _loss_of(self, where: str, out: Array, target: Array) -> Array:
        self._engine_loss.check_pred(where, out)
        return self._engine_loss.forward(out, target)

    def _results(self, loss: Any, out: Array, y: Array) -> list[float]:
        results = [float(loss)]
        if self.metrics:
            p = out if self._tail is None else self._tail.forward_pass(out, False)[0]
            results += [metric.measure(y, p) for metric in self.metrics]
        return results

    def _frozen(self) -> AbstractContextManager[object]:
        """A scope in which the still layers are frozen."""
        return frozen(self._held)

    # ---- what is easily done wrong -------------------------------------------------

    def _check_trainable(self, where: str) -> None:
        if not self._live:
            raise StateError(
                f"{where}: expected something to train, got a model that had no "
                "trainable weights when it was compiled: set trainable = True, then "
                "compile again"
            )
        if not self._warned and self.model.trainable:
            self._warn_of_late_freezing(where)

    def _warn_of_late_freezing(self, where: str) -> None:
        """A network inside this one whose flag was taken back too late.

        The model's own layers do not count: frozen after compile() for the sake of
        another model is the classic idiom.
        """
        for inner in self.model.layers:
            leaves = list(inner.walk())
            late = [leaf for leaf, flag in leaves if not flag and self.captured[leaf]]
            if late and leaves[0][0] is not inner:
                self._warned = True
                warnings.warn(
                    f"{where}: {inner.name} will be trained, although trainable is "
                    "False in it now: it was True when the model was compiled, and "
                    "that counts. Set trainable before compile()",
                    stacklevel=5,
                )


def as_batch(where: str, x: Any, model: "TrainableChain") -> Array:
    """x in the model's type and shape; the model is built if it was not yet.

    As in Keras, x may have a last axis of 1 more or less than the model's input.
    Errors: DTypeError for what is no array of numbers, ShapeError.
    """
    x = numbers(where, "x", x)
    if x.ndim == 1:
        x = x[:, np.newaxis]
    x = np.ascontiguousarray(x, dtype=model.dtype)
    own = model.example_in
    if x.shape[1:] == own:
        return x
    if own is None or not model.built:
        model.build_for(x.shape[1:])
        return x
    if (*x.shape[1:], 1) != own and x.shape[1:] != (*own, 1):
        expected = f"shape {validate.shape_text(('batch', *own))}"
        validate.complain(ShapeError, where, "x", expected, x.shape)
    return x.reshape(len(x), *own)


def numbers(where: str, argument: str, value: Any) -> Array:
    """An array of numbers with at least one row."""
    if isinstance(value, (list, tuple)) and len(value) == 1:
        (value,) = value
    if not hasattr(value, "__array__"):
        given = type(value).__name__
        validate.complain(DTypeError, where, argument, "one NumPy array", given)
    validate.unmasked(where, argument, value)
    value = np.asarray(value)
    if value.dtype.kind not in "fiub":
        expected = "an array of numbers"
        validate.complain(DTypeError, where, argument, expected, f"{value.dtype}")
    if value.ndim == 0 or not len(value):
        given = f"shape {value.shape}"
        validate.complain(ShapeError, where, argument, "at least one row", given)
    return value
