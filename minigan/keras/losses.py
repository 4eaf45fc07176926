"""`keras.losses`: which engine loss a name stands for, and what it does to targets.

A cross-entropy of a model that ends in a sigmoid or softmax is computed from the
scores before it, in the stable form, as Keras does on TensorFlow.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import layers as engine
from .. import losses, validate
from ..errors import ArgumentError, ShapeError
from . import arguments, traced
from .absent import Absent
from .serial import Remembers

Array = NDArray[Any]
Shape = tuple[int, ...]


class Loss(Remembers):
    """Base class.

    from_logits: the model ends in scores, with no sigmoid or softmax behind them.
    """

    _instead = "a loss of keras.losses, or a function handed to compile(loss=...)"
    tail: type[engine.Layer] | None = None  # the activation inside the engine loss
    # () -> engine loss, for scores and for what stands behind `tail`
    on_logits: Callable[[], losses.Loss]
    on_outputs: Callable[[], losses.Loss] | None = None
    name = ""

    def __init__(
        self,
        name: str | None = None,
        reduction: str = "sum_over_batch_size",
        dtype: str | None = None,
    ) -> None:
        where = type(self).__name__
        self.name = name or self.name
        arguments.only(where, "dtype", dtype, None)
        arguments.only(where, "reduction", reduction, "sum_over_batch_size", "auto")
        self.from_logits = False

    def bind(self, last: engine.Layer | None) -> tuple[losses.Loss, bool]:
        """(engine loss, whether `last`, the model's last engine layer, is in it)."""
        where = type(self).__name__
        ends = self.tail is not None and isinstance(last, self.tail)
        tail = self.tail.__name__ if self.tail else "no activation"
        if self.from_logits and ends:
            expected = f"False for a model that ends in {tail}"
            validate.complain(ArgumentError, where, "from_logits", expected, "True")
        if ends or self.from_logits:
            return self.on_logits(), ends
        if self.on_outputs is None:
            expected = f"a model that ends in {tail}, or from_logits=True"
            given = f"one that ends in {type(last).__name__}"
            validate.complain(ArgumentError, where, "model", expected, given)
        return self.on_outputs(), False

    def target(self, where: str, y: Any, shape: Shape, dtype: DTypeLike) -> Array:
        """y as the engine loss takes it, for predictions of `shape`."""
        return same_shape(where, y, shape).astype(dtype)


class _BCE(losses.BCE):
    target_range = None  # other labels are the caller's business, as in Keras

    def refuse_pred(self, where: str, pred: Array, expected: str) -> None:
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

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        **rest: Any,
    ) -> None:
        super().__init__(**rest)
        where = type(self).__name__
        arguments.only(where, "axis", axis, -1)
        self.from_logits = validate.flag(where, "from_logits", from_logits)
        self.label_smoothing = validate.number(
            where, "label_smoothing", label_smoothing, least=0, most=1
        )

    def target(self, where: str, y: Any, shape: Shape, dtype: DTypeLike) -> Array:
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

    def __init__(self, function: Callable[..., Any], where: str = "compile") -> None:
        super().__init__(getattr(function, "__name__", "loss"))
        self.on_outputs = traced.engine_loss(function, where)


class SparseCategoricalCrossentropy(Loss):
    """-mean(log p[label]), labels (n,) or (n, 1): integers 0 ... C - 1."""

    tail = engine.Softmax
    on_logits = losses.SoftmaxCrossEntropy
    name = "sparse_categorical_crossentropy"

    def __init__(self, from_logits: bool = False, **rest: Any) -> None:
        super().__init__(**rest)
        self.from_logits = validate.flag(
            type(self).__name__, "from_logits", from_logits
        )

    def target(self, where: str, y: Any, shape: Shape, dtype: DTypeLike) -> Array:
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

    def __init__(
        self,
        from_logits: bool = False,
        label_smoothing: float = 0.0,
        axis: int = -1,
        **rest: Any,
    ) -> None:
        super().__init__(from_logits, **rest)
        arguments.only(type(self).__name__, "label_smoothing", label_smoothing, 0.0, 0)
        arguments.only(type(self).__name__, "axis", axis, -1)

    def target(self, where: str, y: Any, shape: Shape, dtype: DTypeLike) -> Array:
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


def same_shape(where: str, y: Any, shape: Shape, what: str = "targets") -> Array:
    """y as an array of `shape`, which may differ from y's in sizes of 1 at the end."""
    y = np.asarray(y)
    if _core(y.shape) != _core(shape) or y.dtype.kind not in "fiub":
        expected = f"{what} of shape {tuple(shape)}"
        given = f"shape {y.shape}, {y.dtype}"
        validate.complain(ShapeError, where, "y", expected, given)
    return y.reshape(shape)


def _core(shape: Shape) -> Shape:
    """A shape without the sizes of 1 behind the batch."""
    shape = tuple(shape)
    while len(shape) > 1 and shape[-1] == 1:
        shape = shape[:-1]
    return shape


KINDS = {
    kind.__name__: kind
    for kind in (
        BinaryCrossentropy,
        CategoricalCrossentropy,
        MeanAbsoluteError,
        MeanSquaredError,
        SparseCategoricalCrossentropy,
    )
}
SHORT = {"mae": MeanAbsoluteError, "mse": MeanSquaredError}
NAMES: dict[str, type[Loss]] = {kind.name: kind for kind in KINDS.values()}
NAMES = dict(sorted((NAMES | SHORT).items())) | KINDS


class Function:
    """`keras.losses.binary_crossentropy` and the like: to hand to compile()."""

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, *_: Any, **__: Any) -> Any:
        raise ArgumentError(
            f"losses.{self.__name__}: expected to be handed to compile(loss=...), got "
            f"a call: on arrays, nothing of keras.losses is computed"
        )

    def __repr__(self) -> str:
        return f"<loss {self.__name__}>"


FUNCTIONS = {name: Function(name) for name in NAMES if name.islower()}
FUNCTIONS |= {name.upper(): Function(name) for name in SHORT}
globals().update(FUNCTIONS)

__all__ = [
    *sorted(KINDS),
    *sorted(FUNCTIONS),
    "Loss",
    "get",
]


def get(
    identifier: object, where: str = "losses.get", argument: str = "identifier"
) -> Loss:
    """A `Loss` from its name, class or object, or from a function (see `traced`)."""
    if isinstance(identifier, Function):
        identifier = identifier.__name__
    if callable(identifier) and not isinstance(identifier, (Loss, type, Absent)):
        return OfFunction(identifier, where)
    return arguments.lookup(where, argument, identifier, NAMES, Loss)
