"""`keras.losses`: which engine loss a name stands for, and what it does to targets.

A cross-entropy of a model that ends in a sigmoid or softmax is computed from the
scores before it, in the stable form, as Keras does on TensorFlow.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import layers as engine
from .. import losses, primitives, validate
from ..errors import ArgumentError, ShapeError
from ..network import Network
from ..registry import Registry
from . import arguments, batches, formulas, lambdas, operations
from .absent import Absent
from .formulas import FORMULAS, SHORT
from .serial import Remembers
from .tensors import KerasTensor
from .wiring import Wiring

Array = NDArray[Any]
Shape = tuple[int, ...]

LOSSES: Registry[type[Loss]] = Registry("loss")


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

    def bind(self, last: engine.Layer | None, shape: Shape) -> tuple[losses.Loss, bool]:
        """(engine loss, whether `last`, the model's last engine layer, is in it).

        shape: of one example of the output.
        """
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


@LOSSES.register()
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


@LOSSES.register()
class MeanSquaredError(Loss):
    """mean((p - t)^2)."""

    on_outputs = losses.MeanSquaredError
    name = "mean_squared_error"


@LOSSES.register()
class MeanAbsoluteError(Loss):
    """mean(|p - t|)."""

    on_outputs = losses.MeanAbsoluteError
    name = "mean_absolute_error"


class OfGraph(losses.Loss):
    """The mean of what a network makes of target and prediction.

    network: the engine's.   places: which of the two (0, 1) are its inputs, in order.
    """

    def __init__(self, network: Network, places: Sequence[int]) -> None:
        self.network, self.places = network, places

    def forward_pass(self, pred: Array, target: Array) -> tuple[Any, Any]:
        given = batches.one([(target, pred)[k] for k in self.places])
        y, cache = self.network.forward_pass(given, True)
        return primitives.linear_forward(y, 1.0), (y, cache, pred.shape)

    def backward_pass(self, cache: Any) -> Array:
        y, kept, shape = cache
        dy = primitives.linear_backward(y, 1.0)
        gradients = batches.several(self.network.backward_pass(dy, kept, True))
        dpred = gradients[self.places.index(1)]
        if dpred is None:  # y does not depend on it
            return primitives.full(
                shape[0], prod(shape[1:]), 0.0, dtype=y.dtype
            ).reshape(shape)
        return dpred


class OfTensor(losses.Loss):
    """The mean of an output that is a loss itself; targets are not looked at."""

    def forward_pass(self, pred: Array, target: Array) -> tuple[Any, Any]:
        return primitives.linear_forward(pred, 1.0), pred

    def backward_pass(self, cache: Any) -> Array:
        return primitives.linear_backward(cache, 1.0)


class Added(Loss):
    """A loss that stands in the graph: one number of the batch, see `add_loss`."""

    name = "added"
    on_outputs = OfTensor

    def target(self, where: str, y: Any, shape: Shape, dtype: DTypeLike) -> Array:
        return np.zeros((shape[0], 1), dtype)


class OfFunction(Loss):
    """A loss that is a Python function of tensors, (y_true, y_pred)."""

    def __init__(self, function: Callable[..., Any], where: str = "compile") -> None:
        super().__init__(getattr(function, "__name__", "loss"))
        self.function, self.where = function, where

    def bind(self, last: engine.Layer | None, shape: Shape) -> tuple[losses.Loss, bool]:
        pair = KerasTensor(shape), KerasTensor(shape)
        result = lambdas.traced(
            self.where, "loss", self.function, pair, lambdas.EXPECTED, apart=True
        )
        while isinstance(result.layer, operations.Reduction) and (
            result.layer.kind == "BatchMean" and not result.layer.constants
        ):  # the mean is taken in any case
            result = result.call.inputs[0]  # type: ignore[union-attr]
        if result.call is None:
            result = operations.affine(result, 1.0)
        used = Wiring(pair, [result]).used()
        if 1 not in used:
            given = f"{self.name}, which does not use y_pred"
            validate.complain(
                ArgumentError, self.where, "loss", lambdas.EXPECTED, given
            )
        network = Wiring([pair[k] for k in used], [result]).network()
        return OfGraph(network, used), False


@LOSSES.register()
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


@LOSSES.register()
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


class OfFormula(Loss):
    """Base of those that are a formula of tensors, and no loss of the engine.

    formula: a function of `formulas`, which gives the class its name and its docstring.
    """

    formula: formulas.Formula

    def __init_subclass__(
        cls, formula: formulas.Formula | None = None, **options: Any
    ) -> None:
        super().__init_subclass__(**options)
        if formula is not None:
            cls.formula, cls.name = staticmethod(formula), formula.__name__
            text = inspect.cleandoc(formula.__doc__ or "")
            cls.__doc__ = f"{text}\n\nOf a batch: the mean over its rows."

    def __init__(self, **rest: Any) -> None:
        super().__init__(**rest)
        self.arguments: dict[str, Any] = {}

    def bind(self, last: engine.Layer | None, shape: Shape) -> tuple[losses.Loss, bool]:
        formula = partial(self.formula, **self.arguments)
        return OfFunction(formula, type(self).__name__).bind(last, shape)


@LOSSES.register()
class MeanAbsolutePercentageError(
    OfFormula, formula=formulas.mean_absolute_percentage_error
):
    pass


@LOSSES.register()
class MeanSquaredLogarithmicError(
    OfFormula, formula=formulas.mean_squared_logarithmic_error
):
    pass


@LOSSES.register()
class KLDivergence(OfFormula, formula=formulas.kl_divergence):
    pass


@LOSSES.register()
class Poisson(OfFormula, formula=formulas.poisson):
    pass


@LOSSES.register()
class LogCosh(OfFormula, formula=formulas.log_cosh):
    pass


@LOSSES.register()
class CategoricalHinge(OfFormula, formula=formulas.categorical_hinge):
    pass


@LOSSES.register()
class CosineSimilarity(OfFormula, formula=formulas.cosine_similarity):
    def __init__(self, axis: int = -1, **rest: Any) -> None:
        super().__init__(**rest)
        arguments.only(type(self).__name__, "axis", axis, -1)


@LOSSES.register()
class Huber(OfFormula, formula=formulas.huber):
    def __init__(self, delta: float = 1.0, **rest: Any) -> None:
        super().__init__(**rest)
        delta = validate.number(type(self).__name__, "delta", delta, above=0)
        self.arguments["delta"] = delta


@LOSSES.register()
class Hinge(OfFormula, formula=formulas.hinge):
    pass


@LOSSES.register()
class SquaredHinge(OfFormula, formula=formulas.squared_hinge):
    pass


KINDS = {kind.__name__: kind for kind in LOSSES.values()}
NAMES = {**LOSSES, **{short: LOSSES[name] for short, name in SHORT.items()}}
NAMES = dict(sorted(NAMES.items())) | KINDS


class Function:
    """`keras.losses.binary_crossentropy` and the like: to hand to compile().

    Called on arrays or tensors it gives the loss of each row, where `FORMULAS` has it.
    """

    def __init__(self, name: str) -> None:
        self.__name__ = name
        self.formula = FORMULAS.get(name.lower())

    def __call__(self, y_true: Any, y_pred: Any, **options: Any) -> Any:
        if self.formula is None:
            known = ", ".join(sorted(FORMULAS))
            raise ArgumentError(
                f"losses.{self.__name__}: expected to be handed to compile(loss=...), "
                f"got a call: those that can be called are {known}"
            )
        pair = (
            v if isinstance(v, KerasTensor) else np.asarray(v) for v in (y_true, y_pred)
        )
        return self.formula(*pair, **options)

    def __repr__(self) -> str:
        return f"<loss {self.__name__}>"


FUNCTIONS = {name: Function(name) for name in NAMES if name.islower()}
FUNCTIONS |= {name.upper(): Function(name) for name in sorted(SHORT) if len(name) < 5}
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
    """A `Loss` from its name, class or object, or from a function of tensors."""
    if isinstance(identifier, Function):
        identifier = identifier.__name__.lower()
    if callable(identifier) and not isinstance(identifier, (Loss, type, Absent)):
        return OfFunction(identifier, where)
    return arguments.lookup(where, argument, identifier, NAMES, Loss)
