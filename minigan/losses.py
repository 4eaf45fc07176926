"""Losses: how wrong a prediction is, as one number, and the gradient of that number.

The mean over all elements (over all rows, where a row is one answer) is taken once,
here; layers only ever sum.

A loss is a pair of functions, as a layer is,

    forward_pass(pred, target)   -> loss, cache
    backward_pass(cache)         -> dpred

and everything else stands in the base class.  So is one of your own, in plain NumPy:

    @LOSSES.register(Example(shape=(8, 1)))
    class LogCosh(Loss):
        def forward_pass(self, p, t):
            return np.mean(np.log(np.cosh(p - t))), (p, t)

        def backward_pass(self, cache):
            p, t = cache
            return np.tanh(p - t) / p.size
"""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from . import primitives, validate
from .errors import (
    ArgumentError,
    NonFiniteError,
    ShapeError,
    StateError,
)
from .registry import Example, Registry, config_of
from .state import whole_copy

__all__ = [
    "BCE",
    "BCEWithLogits",
    "LOSSES",
    "Loss",
    "MeanAbsoluteError",
    "MeanSquaredError",
    "SoftmaxCrossEntropy",
    "Wasserstein",
]

Array = NDArray[Any]

LOSSES: Registry[type[Loss]] = Registry("loss")


class Loss:
    """Base class: `forward(pred, target) -> loss`, then `backward() -> dpred`.

    Both are copied, so later changes to them do not reach the gradient.

    pred, target: finite arrays of one shape (N, ...) and type.
    A target of shape (n,) beside a prediction of shape (n, 1) is refused: NumPy would
    broadcast the two to (n, n) and return a wrong number.
    Errors: ShapeError, DTypeError; ArgumentError for numbers out of range;
    NonFiniteError for NaN or infinity; StateError for a backward without a forward.

    What a subclass may say of itself:

    pred_range, target_range: (lowest, highest) number allowed, or None for any.
    class_labels: True where pred is (N, C) and target the class of each row instead:
        (N,) integers in 0 ... C - 1.
    factor: the loss is this times what `forward_pass` returns.
    """

    pred_range: ClassVar[tuple[float, float] | None] = None
    target_range: ClassVar[tuple[float, float] | None] = None
    class_labels: ClassVar[bool] = False
    factor: ClassVar[float] = 1.0
    _cache: tuple[Any] | None = None

    __copy__ = whole_copy

    # ---- what a subclass defines ---------------------------------------------------

    def forward_pass(self, pred: Array, target: Array) -> tuple[Any, Any]:
        """The loss, one number, and what backward_pass needs."""
        raise StateError(f"{type(self).__name__}: this loss defines no forward_pass")

    def backward_pass(self, cache: Any) -> Array:
        """dpred, with the shape and type of pred; `factor` is part of it."""
        raise StateError(f"{type(self).__name__}: this loss defines no backward_pass")

    # ---- what a user calls ---------------------------------------------------------

    def forward(self, pred: Array, target: Array) -> Array:
        """The loss, a float64 array of shape (): `float(loss)` is the number."""
        where = f"{type(self).__name__}.forward"
        shape = ("n", "classes") if self.class_labels else None
        pred = validate.array(where, "pred", pred, shape, finite=True)
        if self.class_labels:
            rows, classes = pred.shape
            target = validate.labels(where, "target", target, classes, rows).copy()
        else:
            target = validate.array(where, "target", target, pred.shape, pred.dtype)
            self.check_target(where, target)
            target = primitives.copy(target)
        self.check_pred(where, pred)
        loss, cache = self.forward_pass(primitives.copy(pred), target)
        loss = np.asarray(loss, np.result_type(np.asarray(loss), np.float64))
        if loss.shape:
            given = f"shape {validate.shape_text(loss.shape)}"
            validate.complain(ShapeError, where, "loss", "one number", given)
        if not np.isfinite(loss):
            raise NonFiniteError(
                f"{where}: the loss is {loss}, expected a finite number"
            )
        self._cache = (cache,)
        return loss if self.factor == 1.0 else np.asarray(self.factor * loss)

    def backward(self) -> Array:
        """dpred = dL/dpred, with the shape of `pred`."""
        if self._cache is None:
            raise StateError(
                f"{type(self).__name__}.backward: expected a forward before each "
                "backward, got none since the last backward"
            )
        (cache,) = self._cache
        self._cache = None
        return self.backward_pass(cache)

    def config(self) -> dict[str, Any]:
        """The constructor's arguments, as JSON can hold them."""
        return config_of(self)

    # ---- what is allowed -----------------------------------------------------------

    def check_target(self, where: str, target: Array) -> None:
        """Refuse a target with a number outside `target_range`, or not finite."""
        if self.target_range is None:
            validate.array(where, "target", target, finite=True)
        elif not _within(target, self.target_range):
            validate.array(where, "target", target, finite=True)
            low, high = self.target_range
            worst = target.real.flat[np.argmax(np.abs(target.real - (low + high) / 2))]
            expected = f"labels in [{low:g}, {high:g}]"
            validate.complain(ArgumentError, where, "target", expected, f"{worst}")

    def check_pred(self, where: str, pred: Array) -> None:
        """Refuse a prediction with a number outside `pred_range`."""
        if self.pred_range is not None and not _within(pred, self.pred_range):
            low, high = self.pred_range
            self.refuse_pred(where, pred, f"numbers in [{low:g}, {high:g}]")

    def refuse_pred(self, where: str, pred: Array, expected: str) -> None:
        """Say that a prediction is not what was expected."""
        given = f"values from {pred.real.min():g} to {pred.real.max():g}"
        validate.complain(ArgumentError, where, "pred", expected, given)


def _within(numbers: Array, bounds: tuple[float, float]) -> bool:
    low, high = bounds
    return bool(((numbers.real >= low) & (numbers.real <= high)).all())


@LOSSES.register(Example(shape=(8, 1)))
class BCE(Loss):
    """Binary cross-entropy of probabilities, clipped as Keras clips them.

        q = clip(p, epsilon, 1 - epsilon)
        L = -mean(t log q + (1 - t) log(1 - q))
        dp = (p - t) / (p (1 - p)) / N      and 0 where p was clipped

    epsilon: 0 < epsilon < 0.5, default 1e-7.  Beyond the clip the gradient is exactly
    zero, so a discriminator that is sure of itself teaches nothing any more: prefer
    `BCEWithLogits`.  On the bound itself the gradient passes.
    """

    pred_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)
    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def __init__(self, epsilon: float = 1e-7) -> None:
        self.epsilon = validate.number("BCE", "epsilon", epsilon, above=0, below=0.5)

    def forward_pass(self, p: Array, t: Array) -> tuple[Any, Any]:
        return primitives.bce_forward(p, t, self.epsilon), (p, t)

    def backward_pass(self, cache: Any) -> Array:
        p, t = cache
        return primitives.bce_backward(p, t, self.epsilon)

    def refuse_pred(self, where: str, pred: Array, expected: str) -> None:
        expected = "probabilities in [0, 1] (for logits use BCEWithLogits)"
        super().refuse_pred(where, pred, expected)


@LOSSES.register(Example(shape=(8, 1)))
class BCEWithLogits(Loss):
    """Binary cross-entropy of logits z, stable for every z.

        L  = mean(max(z, 0) - z t + log(1 + exp(-|z|)))
        dz = (s(z) - t) / N,     s(z) = 1 / (1 + exp(-z))

    which equals BCE of s(z) without the clip: the gradient lives on for any z.
    """

    target_range: ClassVar[tuple[float, float] | None] = (0.0, 1.0)

    def forward_pass(self, z: Array, t: Array) -> tuple[Any, Any]:
        return primitives.bce_logits_forward(z, t, 1.0), (z, t)

    def backward_pass(self, cache: Any) -> Array:
        z, t = cache
        return primitives.bce_logits_backward(z, t, 1.0)


@LOSSES.register(Example(shape=(8, 1)))
class MeanSquaredError(Loss):
    """The mean of the squared differences; any finite target.

    L  = mean((p - t)^2)
    dp = 2 (p - t) / N,     N the number of elements
    """

    factor = 2.0  # the primitive is half of it

    def forward_pass(self, p: Array, t: Array) -> tuple[Any, Any]:
        return primitives.squared_forward(p, t), (p, t)

    def backward_pass(self, cache: Any) -> Array:
        p, t = cache
        return primitives.scale(primitives.squared_backward(p, t), 2.0)


@LOSSES.register(Example(shape=(8, 1)))
class MeanAbsoluteError(Loss):
    """The mean of the absolute differences; any finite target.

    L  = mean(|p - t|)
    dp = sign(p - t) / N, and 0 where they are equal;     N the number of elements
    """

    def forward_pass(self, p: Array, t: Array) -> tuple[Any, Any]:
        return primitives.absolute_forward(p, t), (p, t)

    def backward_pass(self, cache: Any) -> Array:
        p, t = cache
        return primitives.absolute_backward(p, t)


@LOSSES.register(Example(shape=(8, 1)))
class Wasserstein(Loss):
    """The mean of score times label, the loss of a critic; any finite target.

        L  = weight mean(p t)
        dp = weight t / N,     N the number of elements

    With labels -1 for real and 1 for fake, minimising it widens the gap between the
    critic's mean scores of the two.  weight: finite, default 1.
    Source: Arjovsky et al. 2017, Algorithm 1.
    """

    def __init__(self, weight: float = 1.0) -> None:
        self.weight = validate.number("Wasserstein", "weight", weight)

    def forward_pass(self, p: Array, t: Array) -> tuple[Any, Any]:
        return primitives.product_forward(p, t, self.weight), t

    def backward_pass(self, cache: Any) -> Array:
        t = cache
        return primitives.scale(t, self.weight / t.size)


@LOSSES.register(Example(shape=(8, 4)))
class SoftmaxCrossEntropy(Loss):
    """Cross-entropy of logits z over C classes, of which each row has one.

        p  = softmax(z) = exp(z) / sum_j exp(z_j)
        L  = -mean(log p[label])
        dz = (p - onehot(label)) / N

    pred: (N, C) logits, no softmax layer before it.  target: (N,) integers in
    0 ... C - 1.  The largest logit of each row is taken off first, so no exp
    overflows.  The mean is over rows.
    """

    class_labels = True

    def forward_pass(self, z: Array, label: Array) -> tuple[Any, Any]:
        loss, p = primitives.softmax_forward(z, label)
        return loss, (p, label)

    def backward_pass(self, cache: Any) -> Array:
        p, label = cache
        return primitives.softmax_backward(p, label)
