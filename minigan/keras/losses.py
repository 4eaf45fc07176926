"""`keras.losses`: which engine loss a name stands for, and what it does to targets.

A cross-entropy of a model that ends in a sigmoid or softmax is computed from the
scores before it, in the stable form, as Keras does on TensorFlow.
"""

import numpy as np

from .. import layers as engine
from .. import losses, validate
from ..errors import ArgumentError, ShapeError
from . import arguments, traced
from .absent import Absent
from .serial import Remembers


class Loss(Remembers):
    """Base class.

    from_logits: the model ends in scores, with no sigmoid or softmax behind them.
    """

    _instead = "a loss of keras.losses, or a function handed to compile(loss=...)"
    tail: type | None = None  # the engine activation that the engine loss contains
    on_logits: type  # engine losses for scores, and for what stands behind `tail`
    on_outputs: type | None = None
    name = ""

    def __init__(self, name=None, reduction="sum_over_batch_size", dtype=None):
        where = type(self).__name__
        self.name = name or self.name
        arguments.only(where, "dtype", dtype, None)
        arguments.only(where, "reduction", reduction, "sum_over_batch_size", "auto")
        self.from_logits = False

    def bind(self, last):
        """(engine loss, whether `last`, the model's last engine layer, is in it)."""
        where = type(self).__name__
        ends = self.tail is not None and isinstance(last, self.tail)
        if self.from_logits and ends:
            expected = f"False for a model that ends in {self.tail.__name__}"
            validate.complain(ArgumentError, where, "from_logits", expected, "True")
        if ends or self.from_logits:
            return self.on_logits(), ends
        if self.on_outputs is None:
            expected = f"a model that ends in {self.tail.__name__}, or from_logits=True"
            given = f"one that ends in {type(last).__name__}"
            validate.complain(ArgumentError, where, "model", expected, given)
        return self.on_outputs(), False

    def target(self, where, y, shape, dtype):
        """y as the engine loss takes it, for predictions of `shape`."""
        return same_shape(where, y, shape).astype(dtype)


class _BCE(losses.BCE):
    target_range = None  # other labels are the caller's business, as in Keras

    def refuse_pred(self, where, pred, expected):
        expected = (
            "probabilities in [0, 1] (for a model that ends in scores, "
            "keras.losses.BinaryCrossentropy(from_logits=True))"
        )
        given = f"values from {pred.min():g} to {pred.max():g}"
        validate.complain(ArgumentError, where, "y_pred", expected, given)


class _BCEWithLogits(losses.BCEWithLogits):
    target_range = None


class BinaryCrossentropy(Loss):
    """-mean(t log p + (1 - t) log(1 - p)).

    label_smoothing: s moves both labels towards 1/2: t (1 - s) + s / 2.
    """

    tail = engine.Sigmoid
    on_logits, on_outputs = _BCEWithLogits, _BCE
    name = "binary_crossentropy"

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, **rest):
        super().__init__(**rest)
        where = type(self).__name__
        arguments.only(where, "axis", axis, -1)
        self.from_logits = validate.flag(where, "from_logits", from_logits)
        self.label_smoothing = validate.number(
            where, "label_smoothing", label_smoothing, least=0, most=1
        )

    def target(self, where, y, shape, dtype):
        t = super().target(where, y, shape, dtype)
        s = self.label_smoothing
        return (t * (1 - s) + s / 2).astype(dtype) if s else t


class MeanSquaredError(Loss):
    """mean((p - t)^2)."""

    on_outputs = losses.MeanSquaredError
    name = "mean_squared_error"


class MeanAbsoluteError(Loss):
    """mean(|p - t|)."""

    on_outputs = losses.MeanAbsoluteError
    name = "mean_absolute_error"


class OfFunction(Loss):
    """A loss that is a Python function; see `traced`."""

    def __init__(self, function):
        super().__init__(getattr(function, "__name__", "loss"))
        self._make = traced.engine_loss(function)

    def on_outputs(self):
        return self._make()


class SparseCategoricalCrossentropy(Loss):
    """-mean(log p[label]), labels (n,) or (n, 1): integers 0 ... C - 1."""

    tail = engine.Softmax
    on_logits = losses.SoftmaxCrossEntropy
    name = "sparse_categorical_crossentropy"

    def __init__(self, from_logits=False, **rest):
        super().__init__(**rest)
        self.from_logits = validate.flag(
            type(self).__name__, "from_logits", from_logits
        )

    def target(self, where, y, shape, dtype):
        labels = same_shape(where, y, (shape[0], 1), "integer labels").reshape(-1)
        whole = labels.astype(np.int64)
        inside = (whole >= 0) & (whole < shape[-1])
        if not (inside & (whole == labels)).all():
            expected = f"integer labels in 0 ... {shape[-1] - 1}"
            worst = labels[~(inside & (whole == labels))][0]
            validate.complain(ArgumentError, where, "y", expected, worst)
        return whole


class CategoricalCrossentropy(SparseCategoricalCrossentropy):
    """-mean(log p[label]), labels as rows (n, C) with a single 1."""

    name = "categorical_crossentropy"

    def __init__(self, from_logits=False, label_smoothing=0.0, axis=-1, **rest):
        super().__init__(from_logits, **rest)
        arguments.only(type(self).__name__, "label_smoothing", label_smoothing, 0.0, 0)
        arguments.only(type(self).__name__, "axis", axis, -1)

    def target(self, where, y, shape, dtype):
        y = np.asarray(y)
        one_hot = y.shape == tuple(shape) and (y.max(-1) == 1).all()
        if not one_hot or (np.count_nonzero(y, axis=-1) != 1).any():
            expected = (
                f"rows of shape {tuple(shape)} with a single 1 (utils.to_categorical "
                "makes them; integers go with sparse_categorical_crossentropy)"
            )
            validate.complain(
                ShapeError, where, "y", expected, f"shape {y.shape}, {y.dtype}"
            )
        return y.argmax(axis=-1)


def same_shape(where, y, shape, what="targets"):
    """y as an array of `shape`, which may differ from y's in sizes of 1 at the end."""
    y = np.asarray(y)
    if _core(y.shape) != _core(shape) or y.dtype.kind not in "fiub":
        expected = f"{what} of shape {tuple(shape)}"
        given = f"shape {y.shape}, {y.dtype}"
        validate.complain(ShapeError, where, "y", expected, given)
    return y.reshape(shape)


def _core(shape):
    """A shape without the sizes of 1 behind the batch."""
    shape = tuple(shape)
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


NAMES = {
    "binary_crossentropy": BinaryCrossentropy,
    "categorical_crossentropy": CategoricalCrossentropy,
    "mae": MeanAbsoluteError,
    "mean_absolute_error": MeanAbsoluteError,
    "mean_squared_error": MeanSquaredError,
    "mse": MeanSquaredError,
    "sparse_categorical_crossentropy": SparseCategoricalCrossentropy,
}
NAMES |= {kind.__name__: kind for kind in NAMES.values()}


class Function:
    """`keras.losses.binary_crossentropy` and the like: to hand to compile()."""

    def __init__(self, name):
        self.__name__ = name

    def __call__(self, *_, **__):
        raise ArgumentError(
            f"losses.{self.__name__}: expected to be handed to compile(loss=...), got "
            f"a call: on arrays, nothing of keras.losses is computed"
        )

    def __repr__(self):
        return f"<loss {self.__name__}>"


FUNCTIONS = {name: Function(name) for name in NAMES if name.islower()}
FUNCTIONS |= {"MAE": Function("mae"), "MSE": Function("mse")}
globals().update(FUNCTIONS)


def get(identifier, where="losses.get", argument="identifier"):
    """A `Loss` from its name, class or object, or from a function (see `traced`)."""
    if isinstance(identifier, Function):
        identifier = identifier.__name__
    if callable(identifier) and not isinstance(identifier, (Loss, type, Absent)):
        return OfFunction(identifier)
    return arguments.lookup(where, argument, identifier, NAMES, Loss)
