"""Losses as formulas of rows: (y_true, y_pred) -> the loss of each row.

Each is written once, in the operations of `operations`: of arrays it gives numbers, of
tensors a graph of engine layers, which a model is trained with.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any

from . import operations
from .operations import clip, largest, maximum, mean, square, summed

EPSILON = 1e-7


def mean_squared_error(y_true: Any, y_pred: Any) -> Any:
    """mean((p - t)^2)."""
    return mean(operations.power(y_pred - y_true, 2), axis=-1)


def mean_absolute_error(y_true: Any, y_pred: Any) -> Any:
    """mean(|p - t|)."""
    return mean(abs(y_pred - y_true), axis=-1)


def mean_absolute_percentage_error(y_true: Any, y_pred: Any) -> Any:
    """100 mean(|p - t| / |t|), where |t| counts as 1e-7 at least."""
    return 100.0 * mean(abs((y_true - y_pred) / maximum(abs(y_true), EPSILON)), axis=-1)


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


def binary_crossentropy(
    y_true: Any, y_pred: Any, from_logits: bool = False, label_smoothing: float = 0.0
) -> Any:
    """The mean of -(t log p + (1 - t) log(1 - p)) over the last axis."""
    if label_smoothing:
        y_true = y_true * (1 - label_smoothing) + label_smoothing / 2
    return mean(binary_terms(y_true, y_pred, from_logits), axis=-1)


def categorical_crossentropy(y_true: Any, y_pred: Any) -> Any:
    """-sum(t log p) over the last axis, of p that are made to sum to 1."""
    p = y_pred / summed(y_pred, axis=-1, keepdims=True)
    q = clip(p, EPSILON, 1 - EPSILON)
    return -summed(y_true * operations.log(q), axis=-1)


def kl_divergence(y_true: Any, y_pred: Any) -> Any:
    """sum(t log(t / p)), of t and p between 1e-7 and 1."""
    t, p = (clip(v, EPSILON, 1) for v in (y_true, y_pred))
    return summed(t * operations.log(t / p), axis=-1)


def poisson(y_true: Any, y_pred: Any) -> Any:
    """mean(p - t log(p + 1e-7))."""
    return mean(y_pred - y_true * operations.log(y_pred + EPSILON), axis=-1)


def cosine_similarity(y_true: Any, y_pred: Any, axis: int = -1) -> Any:
    """-sum(t p), of t and p of length 1: -1 where they point the same way."""
    t, p = (operations.l2_normalize(v, axis) for v in (y_true, y_pred))
    return -summed(t * p, axis=axis)


def huber(y_true: Any, y_pred: Any, delta: float = 1.0) -> Any:
    """The mean of e^2 / 2 where e = |p - t| <= delta, else of delta e - delta^2 / 2."""
    error = abs(y_pred - y_true)
    inner = operations.minimum(error, delta)
    return mean(0.5 * square(inner) + delta * (error - inner), axis=-1)


def log_cosh(y_true: Any, y_pred: Any) -> Any:
    """mean(log(cosh(p - t)))."""
    error = y_pred - y_true
    return mean(error + operations.softplus(-2.0 * error) - log(2.0), axis=-1)


def hinge(y_true: Any, y_pred: Any) -> Any:
    """mean(max(1 - t p, 0)), labels -1 and 1, or 0 and 1."""
    return mean(maximum(1.0 - signs(y_true) * y_pred, 0.0), axis=-1)


def squared_hinge(y_true: Any, y_pred: Any) -> Any:
    """mean(max(1 - t p, 0)^2), labels -1 and 1, or 0 and 1."""
    return mean(square(maximum(1.0 - signs(y_true) * y_pred, 0.0)), axis=-1)


def signs(y: Any) -> Any:
    """Labels as they are; where all of a batch are 0 and 1, 0 becomes -1."""
    share = mean(operations.equal(y, 0.0) + 1.0 * operations.equal(y, 1.0))
    binary = 1.0 * operations.greater_equal(share, 1.0)
    return y + binary * (y - 1.0)


def categorical_hinge(y_true: Any, y_pred: Any) -> Any:
    """max(1 + max((1 - t) p) - sum(t p), 0), labels as rows with a single 1."""
    right = summed(y_true * y_pred, axis=-1)
    wrong = largest((1.0 - y_true) * y_pred, axis=-1)
    return maximum(wrong - right + 1.0, 0.0)


FORMULAS: dict[str, Callable[..., Any]] = {
    formula.__name__: formula
    for formula in (
        binary_crossentropy,
        categorical_crossentropy,
        categorical_hinge,
        cosine_similarity,
        hinge,
        huber,
        kl_divergence,
        log_cosh,
        mean_absolute_error,
        mean_absolute_percentage_error,
        mean_squared_error,
        mean_squared_logarithmic_error,
        poisson,
        squared_hinge,
    )
}
SHORT = {  # other names that Keras knows
    "kld": "kl_divergence",
    "kullback_leibler_divergence": "kl_divergence",
    "logcosh": "log_cosh",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "mse": "mean_squared_error",
    "msle": "mean_squared_logarithmic_error",
}
FORMULAS |= {short: FORMULAS[name] for short, name in SHORT.items()}
