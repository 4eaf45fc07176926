"""compile, train, evaluate, predict: the calls of a model."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ShapeError, StateError
from . import arguments, fitting
from .base import Layer
from .chain import Chain
from .compiled import Plan, as_batch, numbers
from .optimizers import Optimizer

CHUNK = 4096  # rows at a time in `predict`: results do not depend on it


class TrainableChain(Chain):
    """A chain of layers that is compiled, trained, and asked for its outputs."""

    _plan: Plan | None = None

    def compile(
        self,
        optimizer: Any = "rmsprop",
        loss: Any = None,
        metrics: Any = None,
        **rest: Any,
    ) -> None:
        """Choose how to train, and note which layers are trainable now.

        optimizer: "adam", "rmsprop", "sgd", or an object of `keras.optimizers`.
        loss: a name or object of `keras.losses`, or a function that `traced` knows.
        metrics: a list of names or objects of `keras.metrics`.
        """
        where = f"{self.name}.compile"
        only = {
            "loss_weights": (None, 1, 1.0, [1.0]),
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
        if isinstance(loss, (list, tuple)) and len(loss) == 1:
            (loss,) = loss
        self._plan = Plan(self, optimizer, loss, metrics)

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
        sample_weight: None = None,
        class_weight: None = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """One update.  Returns the loss before it, or [loss, *metrics].

        x: (n, ...) numbers.  y: labels (n,) or (n, 1), or as the loss takes them.
        """
        where = f"{self.name}.train_on_batch"
        self._refuse_weights(where, sample_weight, class_weight)
        arguments.only(where, "reset_metrics", reset_metrics, True)
        plan = self.plan("train_on_batch")
        x, y = self._pair(where, x, y)
        return self._returned(plan.train(x, y), return_dict)

    def test_on_batch(
        self,
        x: Any,
        y: Any = None,
        sample_weight: None = None,
        reset_metrics: bool = True,
        return_dict: bool = False,
    ) -> Any:
        """The loss, or [loss, *metrics], in inference mode; nothing changes."""
        where = f"{self.name}.test_on_batch"
        self._refuse_weights(where, sample_weight)
        arguments.only(where, "reset_metrics", reset_metrics, True)
        plan = self.plan("test_on_batch")
        x, y = self._pair(where, x, y)
        return self._returned(plan.test(x, y), return_dict)

    def predict_on_batch(self, x: Any) -> NDArray[Any]:
        """The outputs (n, ...) in inference mode."""
        return self.network.predict(as_batch(f"{self.name}.predict_on_batch", x, self))

    # ---- many ----------------------------------------------------------------------

    fit = fitting.fit

    def evaluate(
        self,
        x: Any = None,
        y: Any = None,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        sample_weight: None = None,
        steps: None = None,
        callbacks: None = None,
        return_dict: bool = False,
        **rest: Any,
    ) -> Any:
        """The loss, or [loss, *metrics]: means over all rows, in inference mode."""
        where = f"{self.name}.evaluate"
        arguments.no_more(where, rest, ("x", "y", "batch_size", "verbose"))
        self._refuse_weights(where, sample_weight)
        arguments.only(where, "steps", steps, None)
        arguments.only(where, "callbacks", callbacks, None)
        plan = self.plan("evaluate")
        x, y = self._pair(where, x, y)
        size = validate.integer(
            where, "batch_size", 32 if batch_size is None else batch_size
        )
        verbose = fitting.verbosity(where, verbose)
        results = fitting.evaluate(plan, x, y, size)
        if verbose:
            fitting.report_evaluation(plan.names, results, -(-len(x) // size))
        return self._returned(results, return_dict)

    def predict(
        self,
        x: Any,
        batch_size: int | None = None,
        verbose: int | str = "auto",
        steps: None = None,
        callbacks: None = None,
        **rest: Any,
    ) -> NDArray[Any]:
        """The outputs (n, ...) in inference mode.

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
        arguments.only(where, "steps", steps, None)
        arguments.only(where, "callbacks", callbacks, None)
        x = as_batch(where, x, self)
        network = self.network
        if len(x) <= CHUNK:
            return network.predict(x)
        parts = [network.predict(x[k : k + CHUNK]) for k in range(0, len(x), CHUNK)]
        return np.concatenate(parts)

    # ---- helpers -------------------------------------------------------------------

    def _pair(self, where: str, x: Any, y: Any) -> tuple[NDArray[Any], NDArray[Any]]:
        x = as_batch(where, x, self)
        y = numbers(where, "y", y)
        if len(x) != len(y):
            expected = f"{len(x)} rows, as in 'x'"
            validate.complain(ShapeError, where, "y", expected, len(y))
        return x, y

    @staticmethod
    def _refuse_weights(
        where: str, sample_weight: None = None, class_weight: None = None
    ) -> None:
        arguments.only(where, "sample_weight", sample_weight, None)
        arguments.only(where, "class_weight", class_weight, None)

    def _returned(self, results: list[float], return_dict: bool) -> Any:
        """A scalar where no metrics were compiled, else a list, or a dict."""
        if return_dict:
            return dict(zip(self.metrics_names, results, strict=True))
        return results[0] if len(results) == 1 else results
