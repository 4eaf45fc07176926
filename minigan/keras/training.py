"""compile, train, evaluate, predict: the calls of a model."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError, StateError
from . import arguments, batches, feeding, fitting
from .base import Layer
from .chain import Chain
from .compiled import Plan
from .optimizers import Optimizer
from .tensors import KerasTensor
from .wiring import calls_between

CHUNK = 4096  # rows at a time in `predict`: results do not depend on it


class TrainableChain(Chain):
    """A chain of layers that is compiled, trained, and asked for its outputs."""

    _plan: Plan | None = None
    losses: Sequence[KerasTensor] = ()  # what `add_loss` was given

    def add_loss(self, losses: Any, inputs: None = None) -> None:
        """Add one number of the batch, made of the model's tensors, to the loss.

            model.add_loss(K.mean(K.square(hidden)))

        losses: a tensor, or a list of them.  It counts beside what compile() is given;
        with no loss there, targets are not looked at.
        Errors: ArgumentError for anything but one number of the batch, made from the
        model's inputs by its layers.
        """
        where = f"{self.name}.add_loss"
        arguments.only(where, "inputs", inputs, None, True)
        if self._calls:
            expected = "a model that is no part of another (add_loss on the outer one)"
            validate.complain(ArgumentError, where, "losses", expected, "a part of one")
        added = losses if isinstance(losses, (list, tuple)) else [losses]
        for tensor in added:
            self._check_added(where, tensor)
        self.losses = [*self.losses, *added]
        if self._plan is not None:
            self._plan.bound = False

    def _on_tensors(self, given: list[Any]) -> Any:
        if self.losses:
            expected = "a model without losses of its own (add_loss on the outer one)"
            got = f"{len(self.losses)} of add_loss"
            validate.complain(ArgumentError, self.name, "inputs", expected, got)
        return super()._on_tensors(given)

    def _check_added(self, where: str, tensor: Any) -> None:
        """Errors: ArgumentError for a loss that is not made of this model."""
        expected = "one number of the batch, such as K.mean(...) of the model's tensors"
        if not isinstance(tensor, KerasTensor) or tensor.example is not None:
            shown = f"{tensor!r}"
            if not isinstance(tensor, KerasTensor):
                shown = f"{validate.shown(tensor)} (there is no autograd)"
            validate.complain(ArgumentError, where, "losses", expected, shown)
        starts = set(self._known().inputs)
        own = {leaf for leaf, _ in self.walk()}
        for call in calls_between(self.inputs, [tensor]):
            for given in call.inputs:
                if given.call is None and given not in starts:
                    shown = f"one made from {given!r}"
                    validate.complain(ArgumentError, where, "losses", expected, shown)
            for leaf, _ in call.layer.walk():
                if leaf not in own and next(leaf.shown(), None) is not None:
                    shown = f"one made by {leaf.name}, which is not in the model"
                    validate.complain(ArgumentError, where, "losses", expected, shown)

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        loss_weights: Any = None,
        **rest: Any,
    ) -> None:
        """Choose how to train, and note which layers are trainable now.

        optimizer: "adam", "rmsprop", "sgd", or an object of `keras.optimizers`.
        loss: a name or object of `keras.losses`, or a function of tensors; of several
        outputs a list of them, or a dict by the names of the outputs.
        metrics: a list of names or objects of `keras.metrics`; a list of lists, or a
        dict, of several outputs.
        loss_weights: what each loss counts in the sum, as a list or dict; default 1.
        """
        where = f"{self.name}.compile"
        only: dict[str, tuple[Any, ...]] = {
            "weighted_metrics": (None, []),
            "run_eagerly": (None, False, True),
            "steps_per_execution": (1, None),
            "jit_compile": (None, False, "auto"),
            "auto_scale_loss": (True,),
        }
        for argument, allowed in only.items():
            if argument in rest:
                arguments.only(where, argument, rest.pop(argument), *allowed)
        arguments.no_more(where, rest, ("optimizer", "loss", "metrics"))
        self._plan = Plan(self, optimizer, loss, metrics, loss_weights)

    @property
    def captured(self) -> dict[Layer, bool] | None:
        """Leaf layer -> whether it trains, as noted by compile(); None before."""
        return None if self._plan is None else self._plan.captured

    @property
    def optimizer(self) -> Optimizer | None:
        """The optimizer given to compile(), or None."""
        return None if self._plan is None else self._plan.optimizer

    @property
    def metrics_names(self) -> list[str]:
        """["loss", ...]: what train_on_batch and evaluate return."""
        return self.plan("metrics_names").names

    def plan(self, method: str) -> Plan:
        """The compiled plan.  Errors: StateError before compile()."""
        if self._plan is None:
            raise StateError(
                f"{self.name}.{method}: expected a model that was compiled, got one "
                "without compile(), or with layers added since"
            )
        return self._plan

    # ---- one batch -----------------------------------------------------------------

    def train_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        class_weight: Any = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """One update.  Returns the loss before it, or [loss, *metrics].

        x: (n, ...) numbers.  y: labels (n,) or (n, 1), or as the loss takes them.  Of
        several inputs or outputs a list, or a dict by their names.
        sample_weight: (n,), how much each row counts; of several outputs a list.
        class_weight: label -> how much its rows count.
        """
        where = f"{self.name}.train_on_batch"
        arguments.only(where, "reset_metrics", reset_metrics, True)
        plan = self.plan("train_on_batch")
        data = plan.data(where, x, y, sample_weight, class_weight)
        return self._returned(plan.train(*data), return_dict)

    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: Any = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """The loss, or [loss, *metrics], in inference mode; nothing changes."""
        where = f"{self.name}.test_on_batch"
        arguments.only(where, "reset_metrics", reset_metrics, True)
        plan = self.plan("test_on_batch")
        data = plan.data(where, x, y, sample_weight)
        return self._returned(plan.test(*data), return_dict)

    def predict_on_batch(self, x: Any) -> Any:
        """The outputs (n, ...) in inference mode; of several outputs a list."""
        x = batches.inputs(f"{self.name}.predict_on_batch", x, self)
        return self._outputs(x)

    # ---- many ----------------------------------------------------------------------

    fit = fitting.fit

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: Any = None,
        steps: int | None = None,
        callbacks: Any = None,
        return_dict: bool = False,
        **rest: Any,
    ) -> Any:
        """The loss, or [loss, *metrics]: means over all rows, in inference mode.

        x: arrays, or a generator or `Sequence` of batches, of which `steps` are taken.
        """
        where = f"{self.name}.evaluate"
        arguments.no_more(where, rest, ("x", "y", "batch_size", "verbose"))
        arguments.only(where, "callbacks", callbacks, None)
        plan = self.plan("evaluate")
        verbose = fitting.verbosity(where, verbose)
        data = feeding.feed(where, plan, x, y, batch_size, sample_weight, steps=steps)
        results = fitting.evaluate(plan, data)
        if verbose:
            fitting.report_evaluation(plan.names, results, data.steps or 0)
        return self._returned(results, return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: int | None = None,
        callbacks: None = None,
        **rest: Any,
    ) -> Any:
        """The outputs (n, ...) in inference mode; of several outputs a list.

        batch_size: checked, but results do not depend on it.  verbose: nothing is
        printed whatever it says, since this takes microseconds.
        """
        where = f"{self.name}.predict"
        if rest:
            arguments.no_more(where, rest, ("x", "batch_size", "verbose"))
        if batch_size is not None:
            validate.integer(where, "batch_size", batch_size)
        if verbose != 0:
            fitting.verbosity(where, verbose)
        arguments.only(where, "callbacks", callbacks, None)
        if feeding.is_stream(x):
            found = [self.predict_on_batch(part) for part in feeding.only_x(x, steps)]
            return self._above(found)
        arguments.only(where, "steps", steps, None)
        x = batches.inputs(where, x, self)
        if len(x[0]) <= CHUNK:
            return self._outputs(x)
        starts = range(0, len(x[0]), CHUNK)
        return self._above(
            [self._outputs([part[k : k + CHUNK] for part in x]) for k in starts]
        )

    # ---- helpers -------------------------------------------------------------------

    def _outputs(self, x: Sequence[NDArray[Any]]) -> Any:
        found = self.network.predict(batches.one(x))
        return list(found) if isinstance(found, tuple) else found

    def _above(self, found: Sequence[Any]) -> Any:
        """The outputs of several batches as those of one."""
        if isinstance(found[0], list):
            return [np.concatenate(parts) for parts in zip(*found, strict=True)]
        return np.concatenate(found)

    def _returned(self, results: list[float], return_dict: bool) -> Any:
        """A scalar where no metrics were compiled, else a list, or a dict."""
        if return_dict:
            return dict(zip(self.metrics_names, results, strict=True))
        return results[0] if len(results) == 1 else results
