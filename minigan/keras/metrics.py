"""`keras.metrics`: how often a model is right, measured before the update.

An accuracy compares labels with answers for equality, as Keras does: a soft label such
as 0.9 never matches.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..errors import ArgumentError
from ..registry import Registry
from . import arguments, formulas, losses
from .absent import Absent
from .keras_names import KERAS
from .serial import Remembers

Array = NDArray[Any]

__all__ = [
    "BinaryAccuracy",
    "CategoricalAccuracy",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "Metric",
    "SparseCategoricalAccuracy",
    "binary_accuracy",
    "categorical_accuracy",
    "get",
    "sparse_categorical_accuracy",
]

METRICS: Registry[type[Metric]] = Registry("metric")


class Metric(Remembers):
    """Base class: `measure(y, p)` is the mean over one batch."""

    _instead = "a metric of keras.metrics"
    name = ""

    def __init__(self, name: str | None = None, dtype: str | None = None) -> None:
        arguments.only(type(self).__name__, "dtype", dtype, None)
        self.name = name or self.name

    def measure(self, y: Any, p: Array) -> float:
        """y: labels, p: the model's outputs (n, ...)."""
        raise NotImplementedError


def binary_accuracy(y_true: Any, y_pred: Any, threshold: float = 0.5) -> Any:
    """The share of each row's outputs on their label's side: y == [p > threshold]."""
    y, p = np.asarray(y_true), np.asarray(y_pred)
    return np.mean(y == (p > threshold), axis=-1)


def categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 for a row whose largest output is where its label has the 1, else 0."""
    y, p = np.asarray(y_true), np.asarray(y_pred)
    return 1.0 * (y.argmax(axis=-1) == p.argmax(axis=-1))


def sparse_categorical_accuracy(y_true: Any, y_pred: Any) -> Any:
    """1 for a row whose largest output is at its label (n,) or (n, 1), else 0."""
    y, p = np.asarray(y_true), np.asarray(y_pred)
    return 1.0 * (y.reshape(p.shape[:-1]) == p.argmax(axis=-1))


@METRICS.register()
class BinaryAccuracy(Metric):
    """Share of outputs on their label's side: y == [p > threshold]."""

    name = "binary_accuracy"

    def __init__(
        self,
        name: str | None = None,
        dtype: str | None = None,
        threshold: float = 0.5,
    ) -> None:
        super().__init__(name, dtype)
        self.threshold = validate.number("BinaryAccuracy", "threshold", threshold)

    def measure(self, y: Any, p: Array) -> float:
        y = losses.same_shape(self.name, y, p.shape).astype(p.dtype)
        return float(np.mean(binary_accuracy(y, p, self.threshold)))


@METRICS.register()
class SparseCategoricalAccuracy(Metric):
    """Share of rows whose largest output is at the label (n,) or (n, 1)."""

    name = "sparse_categorical_accuracy"

    def measure(self, y: Any, p: Array) -> float:
        y = losses.same_shape(self.name, y, (*p.shape[:-1], 1))[..., 0]
        return float(np.mean(sparse_categorical_accuracy(y, p)))


@METRICS.register()
class CategoricalAccuracy(Metric):
    """Share of rows whose largest output is where the one-hot label has its 1."""

    name = "categorical_accuracy"

    def measure(self, y: Any, p: Array) -> float:
        y = losses.same_shape(self.name, y, p.shape)
        return float(np.mean(categorical_accuracy(y, p)))


@METRICS.register()
class _Accuracy(Metric):
    """The accuracy that fits the shapes: what the string "accuracy" means.

    One output: binary.  More: categorical, by integer or one-hot labels.
    """

    name = "accuracy"

    def measure(self, y: Any, p: Array) -> float:
        y = np.asarray(y)
        if p.shape[-1] == 1:
            kind: type[Metric] = BinaryAccuracy
        elif y.ndim < p.ndim or y.shape[-1] == 1:
            kind = SparseCategoricalAccuracy
        else:
            kind = CategoricalAccuracy
        return kind(self.name).measure(y, p)


@METRICS.register()
class MeanSquaredError(Metric):
    """mean((p - y)^2)."""

    name = "mean_squared_error"

    def measure(self, y: Any, p: Array) -> float:
        y = losses.same_shape(self.name, y, p.shape)
        return float(np.mean(np.square(p - y)))


@METRICS.register()
class MeanAbsoluteError(Metric):
    """mean(|p - y|)."""

    name = "mean_absolute_error"

    def measure(self, y: Any, p: Array) -> float:
        y = losses.same_shape(self.name, y, p.shape)
        return float(np.mean(np.abs(p - y)))


class OfFunction(Metric):
    """A metric that is a Python function of arrays, (y_true, y_pred)."""

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(getattr(function, "__name__", "metric"))
        self.function = function

    def measure(self, y: Any, p: Array) -> float:
        y = np.asarray(y)
        if losses._core(y.shape) == losses._core(p.shape):
            y = y.reshape(p.shape)
        return float(np.mean(self.function(y.astype(p.dtype), p)))


FUNCTIONS = {
    name: function
    for name, function in losses.FUNCTIONS.items()
    if function.formula is not None and name in KERAS["metrics"]
}
globals().update(FUNCTIONS)
__all__ += FUNCTIONS

NAMES: dict[str, Callable[[], Metric]] = {
    **METRICS,
    "acc": lambda: _Accuracy("acc"),
    "mae": lambda: MeanAbsoluteError("mae"),
    "mse": lambda: MeanSquaredError("mse"),
}
NAMES = dict(sorted(NAMES.items()))


def get(
    identifier: object, where: str = "metrics.get", argument: str = "identifier"
) -> Metric:
    """A `Metric` from its name, class or object, or from a function of arrays."""
    if isinstance(identifier, losses.Function):
        identifier = identifier.__name__.lower()
    if isinstance(identifier, str) and identifier not in NAMES:
        identifier = formulas.FORMULAS.get(identifier, identifier)
    if callable(identifier) and not isinstance(identifier, (Metric, type, Absent)):
        return OfFunction(identifier)
    return arguments.lookup(where, argument, identifier, NAMES, Metric)


def for_each(where: str, given: Any, names: Sequence[str]) -> list[list[Metric]]:
    """The metrics of each output, from what `compile` was given.

    One list is for every output; a list of lists, or a dict by the names of the
    outputs, has those of each.
    """
    if isinstance(given, dict):
        unknown = [name for name in given if name not in names]
        if unknown:
            expected = f"the names of outputs: {', '.join(names)}"
            validate.complain(ArgumentError, where, "metrics", expected, unknown[0])
        return [_listed(where, given.get(name)) for name in names]
    nested = isinstance(given, (list, tuple)) and any(
        isinstance(one, (list, tuple)) or one is None for one in given
    )
    if not nested:
        return [_listed(where, given) for _ in names]
    if len(given) != len(names):
        expected = f"{len(names)} lists, for {', '.join(names)}"
        validate.complain(ArgumentError, where, "metrics", expected, len(given))
    return [_listed(where, one) for one in given]


def _listed(where: str, given: Any) -> list[Metric]:
    """A list of metrics, from one or a list of names and objects, or None."""
    given = given if isinstance(given, (list, tuple)) else [given]
    return [get(metric, where, "metrics") for metric in given if metric is not None]
