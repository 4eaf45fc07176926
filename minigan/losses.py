"""Losses: how wrong a prediction is, as one number, and the gradient of that number.

The mean over all elements (over all rows, where a row is one answer) is taken once,
here; layers only ever sum.
"""

import numpy as np

from . import primitives, validate
from .errors import (
    ArgumentError,
    DTypeError,
    NonFiniteError,
    ShapeError,
    StateError,
)


class Loss:
    """Base class: `forward(pred, target) -> loss`, then `backward() -> dpred`.

    Both are copied, so later changes to them do not reach the gradient.

    pred, target: arrays of one shape (N, ...) and type; targets lie in [0, 1].
    A target of shape (n,) beside a prediction of shape (n, 1) is refused: NumPy would
    broadcast the two to (n, n) and return a wrong number.
    Errors: ShapeError, DTypeError; ArgumentError for a target outside [0, 1];
    NonFiniteError for NaN or infinity; StateError for a backward without a forward.
    """

    _cache = None
    _factor = 1.0  # the loss is this times what the primitive computes

    def forward(self, pred, target):
        """The loss, a float64 array of shape (): `float(loss)` is the number."""
        where = f"{type(self).__name__}.forward"
        pred = validate.array(where, "pred", pred, finite=True)
        target = validate.array(where, "target", target, pred.shape, pred.dtype)
        self._check_target(where, target)
        self._check_prediction(where, pred)
        loss = self._loss(pred, target)
        if not np.isfinite(loss):
            raise NonFiniteError(
                f"{where}: the loss is {loss}, expected a finite number"
            )
        self._cache = (primitives.copy(pred), primitives.copy(target))
        return loss

    def _loss(self, pred, target):
        loss = self._cell(pred, target)
        return loss if self._factor == 1.0 else self._factor * loss

    def backward(self):
        """dpred = dL/dpred, with the shape of `pred`."""
        if self._cache is None:
            raise StateError(
                f"{type(self).__name__}.backward: expected a forward before each "
                "backward, got none since the last backward"
            )
        pred, target = self._cache
        self._cache = None
        return self._gradient(pred, target)

    def _check_target(self, where, target):
        if not ((target.real >= 0) & (target.real <= 1)).all():
            if not np.isfinite(target).all():
                validate.array(where, "target", target, finite=True)
            worst = target.real.flat[np.argmax(np.abs(target.real - 0.5))]
            validate.complain(
                ArgumentError, where, "target", "labels in [0, 1]", f"{worst}"
            )

    def _check_prediction(self, where, pred):
        pass


class BCE(Loss):
    """Binary cross-entropy of probabilities, clipped as Keras clips them.

        q = clip(p, epsilon, 1 - epsilon)
        L = -mean(t log q + (1 - t) log(1 - q))
        dp = (p - t) / (p (1 - p)) / N      and 0 where p was clipped

    epsilon: 0 < epsilon < 0.5, default 1e-7.  Beyond the clip the gradient is exactly
    zero, so a discriminator that is sure of itself teaches nothing any more: prefer
    `BCEWithLogits`.  On the bound itself the gradient passes.
    """

    def __init__(self, epsilon=1e-7):
        self.epsilon = validate.number("BCE", "epsilon", epsilon, above=0, below=0.5)

    def _cell(self, p, t):
        return primitives.bce_forward(p, t, self.epsilon)

    def _gradient(self, p, t):
        return primitives.bce_backward(p, t, self.epsilon)

    def _check_prediction(self, where, pred):
        if not ((pred.real >= 0) & (pred.real <= 1)).all():
            validate.complain(
                ArgumentError,
                where,
                "pred",
                "probabilities in [0, 1] (for logits use BCEWithLogits)",
                f"values from {pred.real.min():g} to {pred.real.max():g}",
            )


class BCEWithLogits(Loss):
    """Binary cross-entropy of logits z, stable for every z.

        L  = mean(max(z, 0) - z t + log(1 + exp(-|z|)))
        dz = (s(z) - t) / N,     s(z) = 1 / (1 + exp(-z))

    which equals BCE of s(z) without the clip: the gradient lives on for any z.
    """

    def _cell(self, z, t):
        return primitives.bce_logits_forward(z, t, 1.0)

    def _gradient(self, z, t):
        return primitives.bce_logits_backward(z, t, 1.0)


class MeanSquaredError(Loss):
    """The mean of the squared differences; any finite target.

    L  = mean((p - t)^2)
    dp = 2 (p - t) / N,     N the number of elements
    """

    _factor = 2.0  # the primitive is half of it

    def _cell(self, p, t):
        return primitives.squared_forward(p, t)

    def _gradient(self, p, t):
        return primitives.scale(primitives.squared_backward(p, t), 2.0)

    def _check_target(self, where, target):
        validate.array(where, "target", target, finite=True)


class MeanAbsoluteError(Loss):
    """The mean of the absolute differences; any finite target.

    L  = mean(|p - t|)
    dp = sign(p - t) / N, and 0 where they are equal;     N the number of elements
    """

    def _cell(self, p, t):
        return primitives.absolute_forward(p, t)

    def _gradient(self, p, t):
        return primitives.absolute_backward(p, t)

    def _check_target(self, where, target):
        validate.array(where, "target", target, finite=True)


class Wasserstein(Loss):
    """The mean of score times label, the loss of a critic; any finite target.

        L  = weight mean(p t)
        dp = weight t / N,     N the number of elements

    With labels -1 for real and 1 for fake, minimising it widens the gap between the
    critic's mean scores of the two.  weight: finite, default 1.
    Source: Arjovsky et al. 2017, Algorithm 1.
    """

    def __init__(self, weight=1.0):
        self.weight = validate.number("Wasserstein", "weight", weight)

    def _cell(self, p, t):
        return primitives.product_forward(p, t, self.weight)

    def _gradient(self, p, t):
        return primitives.scale(t, self.weight / t.size)

    def _check_target(self, where, target):
        validate.array(where, "target", target, finite=True)


class SoftmaxCrossEntropy(Loss):
    """Cross-entropy of logits z over C classes, of which each row has one.

        p  = softmax(z) = exp(z) / sum_j exp(z_j)
        L  = -mean(log p[label])
        dz = (p - onehot(label)) / N

    pred: (N, C) logits, no softmax layer before it.  target: (N,) integers in
    0 ... C - 1.  The largest logit of each row is taken off first, so no exp
    overflows.  The mean is over rows.
    """

    def forward(self, pred, target):
        """The loss, a float64 array of shape (): `float(loss)` is the number."""
        where = f"{type(self).__name__}.forward"
        pred = validate.array(where, "pred", pred, ("n", "classes"), finite=True)
        target = _labels(where, target, pred.shape)
        loss, p = primitives.softmax_forward(pred, target)
        if not np.isfinite(loss):
            raise NonFiniteError(
                f"{where}: the loss is {loss}, expected a finite number"
            )
        self._cache = (p, target)
        return loss

    def _gradient(self, p, label):
        return primitives.softmax_backward(p, label)


def _labels(where, target, shape):
    """A copy of the class labels (N,) as int64, each below C; shape: (N, C)."""
    rows, classes = shape
    expected = f"an integer array of shape ({rows},)"
    if not isinstance(target, np.ndarray) or target.dtype.kind not in "iu":
        given = getattr(target, "dtype", None)
        given = type(target).__name__ if given is None else f"dtype {given}"
        validate.complain(DTypeError, where, "target", expected, given)
    if target.shape != (rows,):
        given = f"shape {validate.shape_text(target.shape)}"
        validate.complain(ShapeError, where, "target", expected, given)
    if target.min() < 0 or target.max() >= classes:
        worst = target.min() if target.min() < 0 else target.max()
        expected = f"labels in 0 ... {classes - 1}"
        validate.complain(ArgumentError, where, "target", expected, f"{worst}")
    return np.array(target, dtype=np.int64, order="C")
