"""`keras.callbacks`: functions that `fit` calls on its way."""

import os
import sys
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError, StateError
from . import arguments

Logs = dict[str, float] | None

__all__ = [
    "CSVLogger",
    "Callback",
    "EarlyStopping",
    "History",
    "LambdaCallback",
    "LearningRateScheduler",
    "ModelCheckpoint",
    "ReduceLROnPlateau",
    "TensorBoard",
    "TerminateOnNaN",
]


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


class Monitor(Callback):
    """Base class of those that watch one figure of the logs.

    monitor: a name in the logs.  mode: "min", "max", or "auto" ("max" for accuracies).
    min_delta: what counts as better.
    Epochs without the figure, as those without validation, are passed over with a
    warning, as in Keras.
    """

    def __init__(self, monitor: str, mode: str, min_delta: float = 0.0) -> None:
        where = type(self).__name__
        self.monitor = monitor
        self.min_delta = abs(validate.number(where, "min_delta", min_delta))
        mode = validate.choice(where, "mode", mode, ("auto", "min", "max"))
        rising = mode == "max" or (mode == "auto" and monitor.endswith("acc"))
        rising = rising or (mode == "auto" and monitor.endswith("accuracy"))
        self.sign = 1 if rising else -1
        self.best = -np.inf * self.sign

    def figure(self, logs: Logs) -> float | None:
        """The figure of this epoch, or None."""
        logs = logs or {}
        if self.monitor in logs:
            return logs[self.monitor]
        names = ", ".join(logs)
        warnings.warn(
            f"{type(self).__name__}: argument 'monitor': expected one of {names}, got "
            f"{self.monitor}: this epoch does not count",
            stacklevel=5,
        )
        return None

    def better(self, value: float, than: float) -> bool:
        """Whether one figure is better than another, by more than `min_delta`."""
        return self.sign * (value - than) > self.min_delta


class EarlyStopping(Monitor):
    """End the training when a figure no longer improves.

    monitor, min_delta, mode: see `Monitor`.  patience: epochs without a better one.
    baseline: a figure that must be passed for an epoch to count as better, or None.
    restore_best_weights: bool.  start_from_epoch: epochs before it are not looked at.
    verbose: 1 prints when it stops.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        min_delta: float = 0.0,
        patience: int = 0,
        verbose: int = 0,
        mode: str = "auto",
        baseline: float | None = None,
        restore_best_weights: bool = False,
        start_from_epoch: int = 0,
    ) -> None:
        where = "EarlyStopping"
        super().__init__(monitor, mode, min_delta)
        self.patience = validate.integer(where, "patience", patience, least=0)
        self.verbose = arguments.only(where, "verbose", verbose, 0, 1, True, False)
        if baseline is not None:
            baseline = validate.number(where, "baseline", baseline)
        self.baseline = baseline
        self.start = validate.integer(
            where, "start_from_epoch", start_from_epoch, least=0
        )
        self.restore = validate.flag(
            where, "restore_best_weights", restore_best_weights
        )

    def on_train_begin(self, logs: Logs = None) -> None:
        self.best, self.waited = -np.inf * self.sign, 0
        self.weights: list[NDArray[Any]] | None = None
        self.stopped_epoch = self.best_epoch = 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        value = self.figure(logs)
        if value is None or epoch < self.start:
            return
        if self.restore and self.weights is None:
            self.weights = self.model.get_weights()
        self.waited += 1
        if self.better(value, self.best):
            self.best, self.best_epoch = value, epoch
            if self.restore:
                self.weights = self.model.get_weights()
            if self.baseline is None or self.better(value, self.baseline):
                self.waited = 0
            return
        if self.waited >= self.patience and epoch > 0:
            self.stopped_epoch = epoch
            self.model.stop_training = True

    def on_train_end(self, logs: Logs = None) -> None:
        if self.stopped_epoch and self.verbose:
            sys.stdout.write(f"Epoch {self.stopped_epoch + 1}: early stopping\n")
        if self.weights is not None:
            self.model.set_weights(self.weights)


class ReduceLROnPlateau(Monitor):
    """Make the learning rate smaller when a figure no longer improves.

    monitor, min_delta, mode: see `Monitor`.  factor: in (0, 1), of the rate.
    patience: epochs without a better figure.  cooldown: epochs after that in which none
    are counted.  min_lr: the least rate.  verbose: 1 prints it.
    """

    def __init__(
        self,
        monitor: str = "val_loss",
        factor: float = 0.1,
        patience: int = 10,
        verbose: int = 0,
        mode: str = "auto",
        min_delta: float = 1e-4,
        cooldown: int = 0,
        min_lr: float = 0.0,
        **rest: Any,
    ) -> None:
        where = "ReduceLROnPlateau"
        min_delta = arguments.renamed(
            where, rest, "epsilon", "min_delta", min_delta, 1e-4
        )
        arguments.no_more(where, rest, ("monitor", "factor", "patience", "min_lr"))
        super().__init__(monitor, mode, min_delta)
        self.factor = validate.number(where, "factor", factor, above=0, below=1)
        self.patience = validate.integer(where, "patience", patience, least=0)
        self.verbose = arguments.only(where, "verbose", verbose, 0, 1, True, False)
        self.cooldown = validate.integer(where, "cooldown", cooldown, least=0)
        self.min_lr = validate.number(where, "min_lr", min_lr, least=0)

    def on_train_begin(self, logs: Logs = None) -> None:
        self.best, self.waited, self.cooling = -np.inf * self.sign, 0, 0

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        value, optimizer = self.figure(logs), self.model.optimizer
        rate = float(optimizer.learning_rate)
        if logs is not None:
            logs["lr"] = rate
        if value is None:
            return
        if self.cooling:
            self.cooling, self.waited = self.cooling - 1, 0
        if self.better(value, self.best):
            self.best, self.waited = value, 0
        elif not self.cooling:
            self.waited += 1
            if self.waited >= self.patience and rate > self.min_lr:
                optimizer.learning_rate = max(rate * self.factor, self.min_lr)
                self.cooling, self.waited = self.cooldown, 0
                if self.verbose:
                    sys.stdout.write(
                        f"Epoch {epoch + 1}: ReduceLROnPlateau reducing learning rate "
                        f"to {float(optimizer.learning_rate):g}.\n"
                    )


class LearningRateScheduler(Callback):
    """Set the learning rate before each epoch.

    schedule: (epoch, rate) -> rate, or (epoch) -> rate.  verbose: 1 prints it.
    """

    def __init__(self, schedule: Callable[..., float], verbose: int = 0) -> None:
        self.schedule = schedule
        self.verbose = arguments.only(
            "LearningRateScheduler", "verbose", verbose, 0, 1, True, False
        )

    def on_epoch_begin(self, epoch: int, logs: Logs = None) -> None:
        rate = float(self.model.optimizer.learning_rate)
        try:  # as in Keras: new functions take two arguments, old ones one
            rate = self.schedule(epoch, rate)
        except TypeError:
            rate = self.schedule(epoch)
        self.model.optimizer.learning_rate = float(rate)
        if self.verbose:
            sys.stdout.write(
                f"Epoch {epoch + 1}: LearningRateScheduler setting learning rate to "
                f"{float(rate):g}.\n"
            )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if logs is not None:
            logs["lr"] = float(self.model.optimizer.learning_rate)


class ModelCheckpoint(Monitor):
    """Save the model after epochs.

    filepath: a path, in which names of the logs and `epoch` may stand as in
    "weights.{epoch:02d}-{val_loss:.2f}".  monitor, mode: see `Monitor`.
    save_best_only: only where the figure is better than all before.
    save_weights_only: as `save_weights` does, else as `save`.  save_freq: "epoch".
    verbose: 1 prints what is saved.
    """

    def __init__(
        self,
        filepath: str | os.PathLike[str],
        monitor: str = "val_loss",
        verbose: int = 0,
        save_best_only: bool = False,
        save_weights_only: bool = False,
        mode: str = "auto",
        save_freq: str = "epoch",
        initial_value_threshold: float | None = None,
        **rest: Any,
    ) -> None:
        where = "ModelCheckpoint"
        super().__init__(monitor, mode)
        self.filepath = os.fspath(filepath)
        self.verbose = arguments.only(where, "verbose", verbose, 0, 1, True, False)
        self.best_only = validate.flag(where, "save_best_only", save_best_only)
        self.weights_only = validate.flag(where, "save_weights_only", save_weights_only)
        arguments.only(where, "save_freq", save_freq, "epoch")
        self.period = validate.integer(where, "period", rest.pop("period", 1))
        arguments.no_more(where, rest, ("filepath", "monitor", "save_best_only"))
        if initial_value_threshold is not None:
            self.best = validate.number(
                where, "initial_value_threshold", initial_value_threshold
            )

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        if (epoch + 1) % self.period:
            return
        if self.best_only:
            value = self.figure(logs)
            if value is None or not self.better(value, self.best):
                return
            self.best = value
        path = self.filepath.format(epoch=epoch + 1, **(logs or {}))
        if self.verbose:
            sys.stdout.write(f"Epoch {epoch + 1}: saving model to {path}\n")
        if self.weights_only:
            self.model.save_weights(path)
        else:
            self.model.save(path)


class CSVLogger(Callback):
    """Write the logs of each epoch as a row of a file.

    filename: path.  separator: between columns, default ",".  append: whether to go on
    in a file that there is.
    """

    def __init__(
        self,
        filename: str | os.PathLike[str],
        separator: str = ",",
        append: bool = False,
    ) -> None:
        self.filename, self.separator = os.fspath(filename), separator
        self.append = validate.flag("CSVLogger", "append", append)
        self.keys: list[str] = []

    def on_train_begin(self, logs: Logs = None) -> None:
        self.keys = []
        old = self.append and os.path.exists(self.filename)
        self._headed = old and os.path.getsize(self.filename) > 0
        with open(self.filename, "a" if self.append else "w", encoding="utf-8"):
            pass  # an error of the file comes before the training

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        logs = logs or {}
        self.keys = self.keys or sorted(logs)
        row = [str(epoch), *(str(logs.get(key, "NA")) for key in self.keys)]
        with open(self.filename, "a", encoding="utf-8") as file:
            if not self._headed:
                file.write(self.separator.join(["epoch", *self.keys]) + "\n")
                self._headed = True
            file.write(self.separator.join(row) + "\n")


class TensorBoard(Callback):
    """Write the logs of each epoch for TensorBoard; needs tensorboardX.

    log_dir: folder; those of the validation go into `validation` below it, the others
    into `train`.  Of Keras' other arguments only the neutral values are accepted.
    """

    NEUTRAL: dict[str, tuple[Any, ...]] = {
        "histogram_freq": (0,),
        "write_graph": (True, False),
        "write_images": (False,),
        "write_steps_per_second": (False,),
        "write_grads": (False,),
        "update_freq": ("epoch",),
        "profile_batch": (0,),
        "batch_size": (None, 32),
        "embeddings_freq": (0,),
        "embeddings_metadata": (None,),
    }

    def __init__(self, log_dir: str | os.PathLike[str] = "logs", **rest: Any) -> None:
        for argument, allowed in self.NEUTRAL.items():
            if argument in rest:
                arguments.only("TensorBoard", argument, rest.pop(argument), *allowed)
        arguments.no_more("TensorBoard", rest, ("log_dir",))
        try:
            from tensorboardX import SummaryWriter
        except ImportError:
            raise StateError(
                "TensorBoard: expected tensorboardX (pip install tensorboardX), got "
                "none (CSVLogger needs nothing)"
            ) from None
        self.log_dir, self._make = os.fspath(log_dir), SummaryWriter
        self._writers: dict[str, Any] = {}

    def on_epoch_end(self, epoch: int, logs: Logs = None) -> None:
        for name, value in (logs or {}).items():
            there = "validation" if name.startswith("val_") else "train"
            if there not in self._writers:
                self._writers[there] = self._make(os.path.join(self.log_dir, there))
            tag = f"epoch_{name.removeprefix('val_')}"
            self._writers[there].add_scalar(tag, value, epoch)

    def on_train_end(self, logs: Logs = None) -> None:
        for writer in self._writers.values():
            writer.close()
        self._writers = {}


class TerminateOnNaN(Callback):
    """Nothing to do: a loss that is not finite is an error here in any case."""


class CallbackList:
    """All callbacks of one `fit`, the History last."""

    def __init__(
        self, where: str, callbacks: Any, model: Any, params: dict[str, Any]
    ) -> None:
        self.history = History()
        given = callbacks if isinstance(callbacks, (list, tuple)) else [callbacks]
        self.callbacks = [*(c for c in given if c is not None), self.history]
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
