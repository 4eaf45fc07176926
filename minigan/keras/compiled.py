"""What `compile()` keeps: optimizer, loss, metrics, and which layers train.

The flags are read once, when the model is compiled, as the tutorials explain it and
Keras 2 does.  They are then held by the compiled model: for the time of each call its
still layers lie in the engine's `frozen()` scopes, and nothing is left behind.
"""

import warnings
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .. import layers as engine
from .. import losses as engine_losses
from .. import primitives, validate
from ..errors import ArgumentError, ShapeError, StateError
from ..network import Network
from . import batches, losses, metrics, optimizers, weighting
from .base import Layer
from .batches import Arrays
from .blocks import frozen
from .replayed import Replays
from .wiring import Wiring

if TYPE_CHECKING:
    from .training import TrainableChain

Array = NDArray[Any]
Weights = Sequence[Array | None] | None  # of the rows, for each loss


class Output:
    """An output of a model, its loss and its metrics.

    weight: what the loss counts in the sum.   tail: the engine's layer that is part of
    the engine's loss, and not of the network that is trained; or None.
    """

    def __init__(
        self,
        name: str,
        loss: losses.Loss | None,
        weight: float,
        metric_list: list[metrics.Metric],
    ) -> None:
        self.name, self.loss, self.weight = name, loss, weight
        self.metrics = metric_list
        self.engine: engine_losses.Loss
        self.tail: engine.Layer | None = None
        self.shape: tuple[int, ...] = ()

    def bind(self, last: engine.Layer | None, shape: tuple[int, ...]) -> None:
        """Choose the engine's loss.  last: the layer that makes the output."""
        assert self.loss is not None
        self.engine, ends = self.loss.bind(last, shape)
        self.tail, self.shape = last if ends else None, shape

    def target(self, where: str, y: Array, rows: int, dtype: Any) -> Array:
        """y as the engine's loss takes it."""
        assert self.loss is not None
        target = self.loss.target(where, y, (rows, *self.shape), dtype)
        if target.dtype == dtype:
            self.engine.check_target(where, target)
        return target

    def measured(self, out: Array, y: Array) -> list[float]:
        """The metrics of a batch."""
        if not self.metrics:
            return []
        p = out if self.tail is None else self.tail.forward_pass(out, False)[0]
        return [metric.measure(y, p) for metric in self.metrics]


class Plan:
    """A compiled model, ready to train."""

    def __init__(
        self,
        model: "TrainableChain",
        optimizer: Any,
        loss: Any,
        metric_list: Any,
        loss_weights: Any = None,
    ) -> None:
        where = f"{model.name}.compile"
        self.model = model
        self.optimizer = optimizers.get(optimizer, where, "optimizer")
        self.given = {
            "loss": loss,
            "metrics": metric_list,
            "loss_weights": loss_weights,
        }
        names = model.output_names or [""]
        chosen = [
            None if one is None else losses.get(one, where, "loss")
            for one in for_each(where, "loss", loss, names)
        ]
        counts = for_each(where, "loss_weights", loss_weights, names)
        lists = metrics.for_each(where, metric_list, names)
        self.every = [
            Output(
                name,
                chosen[k],
                1.0
                if counts[k] is None
                else validate.number(where, "loss_weights", counts[k]),
                lists[k],
            )
            for k, name in enumerate(names)
        ]
        self.with_loss = [output for output in self.every if output.loss is not None]
        self.outputs = self.with_loss  # and, once bound, those of `add_loss`
        # leaf layer -> whether it trains
        self.captured: dict[Layer, bool] = {}
        for leaf, flag in model.walk():
            self.captured[leaf] = self.captured.get(leaf, False) or flag
        self._used: dict[Output, engine_losses.Loss] = {}  # in the last forward
        self.bound = False
        self._warned = False
        if model.built and self.outputs:
            self.bind()

    @property
    def names(self) -> list[str]:
        """What train_on_batch returns, by name."""
        if len(self.every) == 1:
            return ["loss", *(metric.name for metric in self.every[0].metrics)]
        return [
            "loss",
            *(f"{output.name}_loss" for output in self.with_loss),
            *(f"{o.name}_{m.name}" for o in self.with_loss for m in o.metrics),
        ]

    # ---- once, when the shapes are known -------------------------------------------

    def bind(self) -> None:
        """Take the engine's blocks of the model, now that it is built."""
        if self.bound:
            return
        model, added = self.model, self.model.losses
        if not self.with_loss and not added:
            raise StateError(
                f"{model.name}: argument 'loss': expected a loss in compile(), got None"
            )
        for output, name in zip(self.every, model.output_names, strict=True):
            output.name = name
        wiring, cut, ends = model.wiring, [], [*model.outputs, *added]
        if added:
            wiring = Wiring(model.inputs, ends)
        more = [Output(tensor.name, losses.Added(), 1.0, []) for tensor in added]
        self.outputs, self._used = [*self.with_loss, *more], {}
        places = [
            k
            for k, output in enumerate([*self.every, *more])
            if output.loss is not None
        ]
        for k, output in zip(places, self.outputs, strict=True):
            output.bind(wiring.last(k), ends[k].example or ())
            cut += [k] if output.tail is not None else []
        self._body = wiring.network(cut, places)
        self._live: list[Network] = []
        self._held: list[Network] = []
        owners = set(self._body.owners())
        for leaf, trains in self.captured.items():
            block = leaf.block
            if block is not None and block in owners and block.parameters:
                (self._live if trains else self._held).append(block)
        parts = [part for block in self._live for part in block.walk()]
        decay = self.optimizer.engine.weight_decay
        if decay and any("gamma" in getattr(part, "still", ()) for part in parts):
            expected = "None for a model with a BatchNormalization(scale=False)"
            where = type(self.optimizer).__name__
            validate.complain(ArgumentError, where, "weight_decay", expected, decay)
        self._has_norm = any(getattr(part, "positions", 0) == 1 for part in parts)
        self._replays = Replays(
            self._body,
            self._live,
            self._frozen,
            [(output.engine, output.weight) for output in self.outputs],
            self.optimizer.engine,
        )
        self.bound = True

    # ---- data ----------------------------------------------------------------------

    def data(
        self,
        where: str,
        x: Any,
        y: Any,
        sample_weight: Any = None,
        by_class: Any = None,
    ) -> tuple[Arrays, Arrays, Weights]:
        """(inputs, targets as they were given, weights of the rows), all checked."""
        arrays = batches.inputs(where, x, self.model)
        self.bind()
        names = [output.name for output in self.every]
        if isinstance(y, dict):
            names = [output.name for output in self.with_loss]
        given = batches.parts(where, "y", y, names) if self.with_loss else []
        if len(given) > len(self.with_loss):
            given = [
                part
                for part, output in zip(given, self.every, strict=True)
                if output.loss is not None
            ]
        rows, targets = len(arrays[0]), []
        for k, part in enumerate(given):
            argument = "y" if len(given) == 1 else f"y[{k}]"
            targets.append(batches.numbers(where, argument, part))
            if len(targets[k]) != rows:
                expected = f"{rows} rows, as in 'x'"
                validate.complain(
                    ShapeError, where, argument, expected, len(targets[k])
                )
        kept = [output.name for output in self.with_loss]
        weights = weighting.of_rows(where, sample_weight, by_class, targets, kept)
        for _ in self.outputs[len(kept) :]:
            targets.append(np.zeros(rows))
            weights = None if weights is None else [*weights, None]
        return arrays, tuple(targets), weights

    # ---- one batch -----------------------------------------------------------------

    def train(self, x: Arrays, y: Arrays, weights: Weights = None) -> list[float]:
        """[loss, *losses of several, *metrics] of a batch, then the update.

        weights: of the rows, for each loss.
        """
        where = f"{self.model.name}.train_on_batch"
        self._check_trainable(where)
        self.refuse_single_row(where, len(x[0]))
        targets = self._targets(where, x, y)
        self.optimizer.prepare()
        if weights is None and all(np.isfinite(part).all() for part in x):
            replayed = self._replays.step(x, targets)
            if replayed is not None:
                return self._results(*replayed, y)
        moving = [block.buffers for block in self._live if block.buffers.size]
        before = [buffers.copy() for buffers in moving]
        try:
            results = self._eager(where, x, targets, y, weights)
        except Exception:  # the forward pass has moved them already
            for buffers, kept in zip(moving, before, strict=True):
                buffers[...] = kept
            raise
        if weights is None:
            self._replays.seen(x, targets)
        return results

    def _eager(
        self, where: str, x: Arrays, targets: Arrays, y: Arrays, weights: Weights
    ) -> list[float]:
        """The step layer by layer, with all checks."""
        with self._frozen():
            out = batches.several(self._body.forward(batches.one(x), training=True))
            values = self._losses(where, out, targets, weights)
            results = self._results(values, out, y)
            for block in self._live:
                block.zero_grad()
            gradients = [
                d if o.weight == 1 else primitives.scale(d, o.weight)
                for o, d in ((o, used.backward()) for o, used in self._used.items())
            ]
            self._body.backward(batches.one(gradients), need_dx=False)
        self.optimizer.engine.step(*self._live)
        return results

    def test(self, x: Arrays, y: Arrays, weights: Weights = None) -> list[float]:
        """[loss, *losses of several, *metrics] in inference mode; nothing changes."""
        where = f"{self.model.name}.evaluate"
        targets = self._targets(where, x, y)
        out = batches.several(self._body.predict(batches.one(x)))
        return self._results(self._losses(where, out, targets, weights), out, y)

    def refuse_single_row(self, where: str, rows: int) -> None:
        """One row has no variance: BatchNorm cannot train on it."""
        if rows == 1 and self._has_norm:
            raise StateError(
                f"{where}: argument 'x': expected batches of at least 2 rows for a "
                "model that trains a BatchNormalization, got one of 1 row"
            )

    def _targets(self, where: str, x: Arrays, y: Arrays) -> Arrays:
        pairs = zip(self.outputs, y, strict=True)
        rows, dtype = len(x[0]), self.model.dtype
        return tuple(output.target(where, part, rows, dtype) for output, part in pairs)

    def _losses(
        self, where: str, out: Arrays, targets: Arrays, weights: Weights
    ) -> list[float]:
        """The losses, before they are weighted and added."""
        found = []
        for k, (output, p, target) in enumerate(
            zip(self.outputs, out, targets, strict=True)
        ):
            output.engine.check_pred(where, p)
            rows = None if weights is None else weights[k]
            loss = weighting.loss(output.engine, rows)
            self._used[output] = loss
            found.append(float(loss.forward(p, target)))
        return found

    def _results(self, values: Sequence[float], out: Arrays, y: Arrays) -> list[float]:
        """What train_on_batch returns."""
        pairs = zip(self.outputs, values, strict=True)
        total = sum(v if o.weight == 1 else o.weight * v for o, v in pairs)
        triples = zip(self.outputs, out, y, strict=True)
        measured = [m for output, p, t in triples for m in output.measured(p, t)]
        each = values[: len(self.with_loss)] if len(self.every) > 1 else ()
        return [total, *each, *measured]

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


def for_each(where: str, argument: str, given: Any, names: Sequence[str]) -> list[Any]:
    """What was given for each output: one for all, a list, or a dict by their names."""
    if isinstance(given, dict):
        unknown = [name for name in given if name not in names]
        if unknown:
            expected = f"the names of outputs: {', '.join(names)}"
            validate.complain(ArgumentError, where, argument, expected, unknown[0])
        return [given.get(name) for name in names]
    if not isinstance(given, (list, tuple)):
        return [given] * len(names)
    if len(given) != len(names):
        expected = f"{len(names)}, for {', '.join(names)}"
        validate.complain(ArgumentError, where, argument, expected, len(given))
    return list(given)
