"""Losses as formulas of rows: (y_true, y_pred) -> the loss of each row.

Each is written once, in the operations of `operations`: of arrays it gives numbers, of
tensors a graph of engine layers, which a model is trained with.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

from ..registry import Registry
from . import operations
from .operations import clip, largest, maximum, mean, square, summed

EPSILON = 1e-7
Formula = Callable[..., Any]
FORMULAS: Registry[Formula] = Registry("loss of rows")
SHORT: dict[str, str] = {}  # other names that Keras knows -> those of functions


def formula(*short: str) -> Callable[[Formula], Formula]:
    """A decorator that registers a loss under its own name and under short ones."""

    def add(function: Formula) -> Formula:
        for name in (function.__name__, *short):
            FORMULAS.register(name=name)(function)
        SHORT.update(dict.fromkeys(short, function.__name__))
        return function

    return add


@formula("mse")
def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """mean((p - t)^2)."""
    return mean(operations.power(y_pred - y_true, 2), axis=-1)


@formula("mae")
def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """mean(|p - t|)."""
    return mean(abs(y_pred - y_true), axis=-1)


@formula("mape")
def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """100 mean(|p - t| / |t|), where |t| counts as 1e-7 at least."""
    return 100.0 * mean(abs((y_true - y_pred) / maximum(abs(y_true), EPSILON)), axis=-1)


@formula("msle")
def mean_squared_logarithmic_error(y_true: Any, y_pred: Any) -> Any:
    """mean((log(1 + p) - log(1 + t))^2), of p and t that are 1e-7 at least."""
    p, t = (operations.log(maximum(v, EPSILON) + 1.0) for v in (y_pred, y_true))
    return mean(square(p - t), axis=-1)


def binary_terms(t: Any, p: Any, from_logits: bool = False) -> Any:
    """-(t log p + (1 - t) log(1 - p)) element by element, clipped as Keras does."""
    if from_logits:
        p = operations.sigmoid(p)
    q = clip(p, EPSILON, 1 - EPSILON)
    return -(
        t * operations.log(q + EPSILON) + (1.0 - t) * operations.log(1.0 - q + EPSILON)
    )


@formula()
def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Any:
    """The mean of -(t log p + (1 - t) log(1 - p)) over the last axis."""
    if label_smoothing:
        y_true = y_true * (1 - label_smoothing) + label_smoothing / 2
    return mean(binary_terms(y_true, y_pred, from_logits), axis=-1)


@formula()
def categorical_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """-sum(t log p) over the last axis, of p that are made to sum to 1."""
    p = y_pred / summed(y_pred, axis=-1, keepdims=True)
    q = clip(p, EPSILON, 1 - EPSILON)
    return -summed(y_true * operations.log(q), axis=-1)


@formula("kld", "kullback_leibler_divergence")
def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """sum(t log(t / p)), of t and p between 1e-7 and 1."""
    t, p = (clip(v, EPSILON, 1) for v in (y_true, y_pred))
    return summed(t * operations.log(t / p), axis=-1)


@formula()
def poisson(y_true: Any, y_pred: Any) -> Any:
    """mean(p - t log(p + 1e-7))."""
    return mean(y_pred - y_true * operations.log(y_pred + EPSILON), axis=-1)


@formula()
def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """-sum(t p), of t and p made to have length 1: -1 where they point the same way.

    axis: the last one, -1.
    """
    t, p = (operations.l2_normalize(v, axis) for v in (y_true, y_pred))
    return -summed(t * p, axis=axis)


@formula()
def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """The mean of e^2 / 2 where e = |p - t| <= delta, else of delta e - delta^2 / 2.

    delta: > 0, default 1.
    """
    error = abs(y_pred - y_true)
    inner = operations.minimum(error, delta)
    return mean(0.5 * square(inner) + delta * (error - inner), axis=-1)


@formula("logcosh")
def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """mean(log(cosh(p - t)))."""
    error = y_pred - y_true
    return mean(error + operations.softplus(-2.0 * error) - log(2.0), axis=-1)


@formula()
def hinge(y_true: Any, y_pred: Any) -> Any:
    """mean(max(1 - t p, 0)), labels -1 and 1; where all are 0 and 1, 0 counts as -1."""
    return mean(maximum(1.0 - signs(y_true) * y_pred, 0.0), axis=-1)


@formula()
def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """mean(max(1 - t p, 0)^2), labels as for `hinge`."""
    return mean(square(maximum(1.0 - signs(y_true) * y_pred, 0.0)), axis=-1)


def signs(y: Any) -> Any:
    """Labels as they are; where all of a batch are 0 and 1, 0 becomes -1."""
    share = mean(operations.equal(y, 0.0) + 1.0 * operations.equal(y, 1.0))
    binary = 1.0 * operations.greater_equal(share, 1.0)
    return y + binary * (y - 1.0)


@formula()
def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """max(1 + max((1 - t) p) - sum(t p), 0), labels as rows with a single 1."""
    right = summed(y_true * y_pred, axis=-1)
    wrong = largest((1.0 - y_true) * y_pred, axis=-1)
    return maximum(wrong - right + 1.0, 0.0)
