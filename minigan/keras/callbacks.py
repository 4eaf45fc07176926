"""`keras.callbacks`: functions that `fit` calls on its way."""

import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError
from . import arguments

Logs = dict[str, float] | None

__all__ = ["Callback", "EarlyStopping", "History", "LambdaCallback"]


class Callback:
    """Base class: define those of the methods that you need.

    model: the model in training.  params: a dict with verbose, epochs and steps.
    """

    model: Any = None  # the model in training, once there is one
    params: dict[str, Any] = {}

    def set_model(self, model: Any) -> None:
        """Called before training."""
        self.model = model

    def set_params(self, params: dict[str, Any]) -> None:
        """Called before training."""
        self.params = params

    def on_train_begin(self, logs: Logs = None) -> None:
        """Before the first epoch."""

    def on_train_end(self, logs: Logs = None) -> None:
        """After the last epoch."""

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        """Before an epoch; they count from 0."""

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        """After an epoch.  logs: loss, metrics, and val_... of the validation."""

    def on_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Old name of `on_train_batch_begin`."""

    def on_batch_end(self, batch: int, logs: Logs = None) -> None:
        """Old name of `on_train_batch_end`."""

    def on_train_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch; they count from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch.  logs: means over the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs: Logs = None) -> None:
        """Before a validation of `fit`."""

    def on_test_end(self, logs: Logs = None) -> None:
        """After a validation.  logs: loss and metrics, by names without val_."""

    def on_test_batch_begin(self, batch: int, logs: Logs = None) -> None:
        """Before a batch of a validation."""

    def on_test_batch_end(self, batch: int, logs: Logs = None) -> None:
        """After a batch of a validation.  logs: means so far."""


class History(Callback):
    """What `fit` returns: `history` (name -> list of values), `epoch`, `params`."""

    def __init__(self) -> None:
        self.history: dict[str, list[float]] = {}
        self.epoch: list[int] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        self.epoch = []

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        self.epoch.append(epoch)
        for name, value in (logs or {}).items():
            self.history.setdefault(name, []).append(value)


class LambdaCallback(Callback):
    """Functions by the names of the methods: `on_epoch_end=lambda epoch, logs: ...`."""

    METHODS = (
        "on_train_begin",
        "on_train_end",
        "on_epoch_begin",
        "on_epoch_end",
        "on_train_batch_begin",
        "on_train_batch_end",
        "on_batch_begin",
        "on_batch_end",
        "on_test_begin",
        "on_test_end",
        "on_test_batch_begin",
        "on_test_batch_end",
    )

    def __init__(self, **functions: Callable[..., object] | None) -> None:
        for name, function in functions.items():
            if name not in self.METHODS:
                arguments.no_more("LambdaCallback", {name: function}, self.METHODS)
            if function is not None:
                setattr(self, name, function)


class EarlyStopping(Callback):
    """End the training when a figure no longer improves.

    monitor: a name in the logs.  min_delta: what counts as better.  patience: epochs
    without it.  mode: "min", "max", or "auto" ("max" for accuracies).
    restore_best_weights: bool.  verbose: 1 prints when it stops.
    Epochs without the figure, as those without validation, are passed over with a
    warning, as in Keras.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        where = "EarlyStopping"
        self.monitor = monitor
        self.min_delta = abs(validate.number(where, "min_delta", min_delta))
        self.patience = validate.integer(where, "patience", patience, least=0)
        self.verbose = arguments.only(where, "verbose", verbose, 0, 1)
        mode = validate.choice(where, "mode", mode, ("auto", "min", "max"))
        arguments.only(where, "baseline", baseline, None)
        arguments.only(where, "start_from_epoch", start_from_epoch, 0)
        self.restore = validate.flag(
            where, "restore_best_weights", restore_best_weights
        )
        rising = mode == "max" or (mode == "auto" and monitor.endswith("acc"))
        rising = rising or (mode == "auto" and monitor.endswith("accuracy"))
        self.sign = 1 if rising else -1

    def on_train_begin(self, logs: Logs = None) -> None:
        self.best, self.waited = -np.inf, 0
        self.weights: list[NDArray[Any]] | None = None
        self.stopped_epoch = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        if self.monitor not in logs:
            names = ", ".join(logs)
            warnings.warn(
                f"EarlyStopping: argument 'monitor': expected one of {names}, got "
                f"{self.monitor}: this epoch does not count",
                stacklevel=4,
            )
            return
        value = self.sign * logs[self.monitor]
        if value > self.best + self.min_delta:
            self.best, self.waited = value, 0
            if self.restore:
                self.weights = self.model.get_weights()
            return
        self.waited += 1
        if self.waited >= max(self.patience, 1):
            self.stopped_epoch = epoch
            self.model.stop_training = True
            if self.verbose:
                sys.stdout.write(f"Epoch {epoch + 1}: early stopping\n")
            if self.weights is not None:
                self.model.set_weights(self.weights)


class CallbackList:
    """All callbacks of one `fit`, the History first."""

    def __init__(
        self, where: str, callbacks: Any, model: Any, params: dict[str, Any]
    ) -> None:
        self.history = History()
        given = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
        self.callbacks = [self.history, *(c for c in given if c is not None)]
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                expected = "Callbacks of minigan.keras.callbacks"
                validate.complain(
                    ArgumentError,
                    where,
                    "callbacks",
                    expected,
                    validate.shown(callback),
                )
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def __getattr__(self, name: str) -> Callable[..., None]:
        if not name.startswith("on_"):
            raise AttributeError(name)

        def call(*arguments: Any) -> None:
            for callback in self.callbacks:
                getattr(callback, name)(*arguments)

        return call
