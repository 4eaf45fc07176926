"""`keras.callbacks`: functions that `fit` calls on its way."""

import sys
import warnings

import numpy as np

from .. import validate
from ..errors import ArgumentError
from . import arguments


class Callback:
    """Base class: define those of the methods that you need.

    model: the model in training.  params: a dict with verbose, epochs and steps.
    """

    model = None
    params: dict = {}

    def set_model(self, model):
        """Called before training."""
        self.model = model

    def set_params(self, params):
        """Called before training."""
        self.params = params

    def on_train_begin(self, logs=None):
        """Before the first epoch."""

    def on_train_end(self, logs=None):
        """After the last epoch."""

    def on_epoch_begin(self, epoch, logs=None):
        """Before an epoch; they count from 0."""

    def on_epoch_end(self, epoch, logs=None):
        """After an epoch.  logs: loss, metrics, and val_... of the validation."""

    def on_batch_begin(self, batch, logs=None):
        """Old name of `on_train_batch_begin`."""

    def on_batch_end(self, batch, logs=None):
        """Old name of `on_train_batch_end`."""

    def on_train_batch_begin(self, batch, logs=None):
        """Before a batch; they count from 0 in each epoch."""
        self.on_batch_begin(batch, logs)

    def on_train_batch_end(self, batch, logs=None):
        """After a batch.  logs: means over the epoch so far."""
        self.on_batch_end(batch, logs)

    def on_test_begin(self, logs=None):
        """Before a validation of `fit`."""

    def on_test_end(self, logs=None):
        """After a validation.  logs: loss and metrics, by names without val_."""

    def on_test_batch_begin(self, batch, logs=None):
        """Before a batch of a validation."""

    def on_test_batch_end(self, batch, logs=None):
        """After a batch of a validation.  logs: means so far."""


class History(Callback):
    """What `fit` returns: `history` (name -> list of values), `epoch`, `params`."""

    def __init__(self):
        self.history, self.epoch = {}, []

    def on_train_begin(self, logs=None):
        self.epoch = []

    def on_epoch_end(self, epoch, logs=None):
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

    def __init__(self, **functions):
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
        monitor="val_loss",
        min_delta=0.0,
        patience=0,
        verbose=0,
        mode="auto",
        baseline=None,
        restore_best_weights=False,
        start_from_epoch=0,
    ):
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

    def on_train_begin(self, logs=None):
        self.best, self.waited, self.weights = -np.inf, 0, None
        self.stopped_epoch = 0

    def on_epoch_end(self, epoch, logs=None):
        if self.monitor not in (logs or {}):
            names = ", ".join(logs or {})
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

    def __init__(self, where, callbacks, model, params):
        self.history = History()
        given = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
        self.callbacks = [self.history, *(c for c in given if c is not None)]
        for callback in self.callbacks:
            if not isinstance(callback, Callback):
                expected = "Callbacks of minigan.keras.callbacks"
                validate.complain(
                    ArgumentError, where, "callbacks", expected, repr(callback)
                )
        for callback in self.callbacks:
            callback.set_model(model)
            callback.set_params(params)

    def __getattr__(self, name):
        if not name.startswith("on_"):
            raise AttributeError(name)

        def call(*arguments):
            for callback in self.callbacks:
                getattr(callback, name)(*arguments)

        return call
