"""Elementary functions of tensors: each is a layer, so that formulas become graphs.

    K.mean(K.square(y_true - y_pred))     2 * tensor + 1

On arrays the same functions are NumPy's.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from numbers import Real
from typing import Any

import numpy as np

from .. import layers as engine
from .. import validate
from ..errors import ArgumentError
from . import merging
from .base import Layer
from .tensors import Call, KerasTensor, Sizes


class Operation(Layer):
    """A function of each number of a tensor: `Operation("Power", 2)(x)`.

    kind: an engine layer, by its name.   constants: its arguments.
    """

    def __init__(self, kind: str, *constants: Any, **rest: Any) -> None:
        super().__init__(**rest)
        self.kind, self.constants = kind, constants

    def engine_layers(self, shape: Any) -> list[engine.Layer]:
        return [getattr(engine, self.kind)(*self.constants)]

    def _on_tensors(self, given: list[Any]) -> KerasTensor:
        (tensor,) = given
        example = self.example_behind(tensor.example)
        return connected(self, given, example, tensor.flat and example is not None)

    def example_behind(self, example: Any) -> Any:
        """The shape of one example of the result; None for one number of the batch."""
        return example


class Reduction(Operation):
    """A sum over the last axes of each example, or a mean or sum of the whole batch.

    keepdims: whether a size of 1 stays for each axis.
    """

    def __init__(self, kind: str, *constants: Any, keepdims: bool = False) -> None:
        super().__init__(kind, *constants)
        self.keepdims = keepdims

    def example_behind(self, example: Any) -> Any:
        if self.kind == "BatchMean":
            return None
        (axes,) = self.constants
        return example[:-axes] + (1,) * (axes if self.keepdims else 0)


class Largest(Operation):
    """The largest number over the last axes of each example.

    axes: how many.  keepdims: whether a size of 1 stays for each.
    """

    def __init__(self, axes: int, keepdims: bool) -> None:
        super().__init__("MaxPooling2D")
        self.axes, self.keepdims = axes, keepdims

    def engine_layers(self, shape: Any) -> list[engine.Layer]:
        left, gone = prod(shape[: -self.axes]), prod(shape[-self.axes :])
        largest = engine.MaxPooling2D((left, gone, 1), (1, gone))
        behind = self.example_behind(shape) or (1,)
        return [engine.Flatten(), largest, engine.Reshape(behind)]

    def example_behind(self, example: Any) -> Any:
        return example[: -self.axes] + (1,) * (self.axes if self.keepdims else 0)


class Shaped(Operation):
    """The numbers of each example in another shape."""

    def example_behind(self, example: Any) -> Any:
        return self.constants[0]


class Spread(Operation):
    """One number for each example, in all places of a shape."""

    def example_behind(self, example: Any) -> Any:
        return self.constants[0]


def connected(
    layer: Layer, given: Sequence[KerasTensor], example: Any, flat: bool = False
) -> KerasTensor:
    """The tensor that a layer makes, where one number of a batch stands in each row."""
    shapes = tuple(tensor.example or (1,) for tensor in given)
    shape = shapes if layer.joins else shapes[0]
    layer.build_for(shape)
    call = Call(layer, given, layer._blocks[shape][0], [example], flat)
    layer._calls.append(call)
    return call.outputs[0]


# ---- of one number -------------------------------------------------------------------


def elementary(
    name: str, formula: Callable[..., Any], kind: str, *constants: Any
) -> Callable[[Any], Any]:
    """A function that is a layer on tensors and NumPy's on arrays."""

    def function(x: Any) -> Any:
        if isinstance(x, KerasTensor):
            return Operation(kind, *constants)(x)
        return formula(x)

    function.__name__, function.__doc__ = name, f"{name} of each number."
    return function


def _by_engine(kind: str) -> Callable[[Any], Any]:
    """A function of arrays that is one of the engine's layers."""
    return lambda x: Operation(kind)(np.asarray(x))


absolute = elementary("abs", np.abs, "Absolute")
exp = elementary("exp", np.exp, "Exponential")
log = elementary("log", np.log, "Log")
sqrt = elementary("sqrt", np.sqrt, "Power", 0.5)
square = elementary("square", np.square, "Power", 2.0)
tanh = elementary("tanh", np.tanh, "Tanh")
sigmoid = elementary("sigmoid", _by_engine("Sigmoid"), "Sigmoid")
relu = elementary("relu", _by_engine("ReLU"), "ReLU")
softplus = elementary("softplus", _by_engine("Softplus"), "Softplus")
_softmax = elementary("softmax", _by_engine("Softmax"), "Softmax")
ones_like = elementary("ones_like", np.ones_like, "Affine", 0.0, 1.0)
zeros_like = elementary("zeros_like", np.zeros_like, "Affine", 0.0, 0.0)


def softmax(x: Any, axis: int = -1) -> Any:
    """exp(x) over its sum along the last axis."""
    symbolic = isinstance(x, KerasTensor)
    last = (len(x.shape) if symbolic else np.ndim(x)) - 1
    if axis not in (-1, last) or (symbolic and x.flat):
        expected = "the last axis of examples"
        validate.complain(ArgumentError, "softmax", "axis", expected, axis)
    return _softmax(x)


def affine(x: KerasTensor, scale: float, shift: float = 0.0) -> KerasTensor:
    """scale x + shift."""
    return Operation("Affine", float(scale), float(shift))(x)


def power(x: Any, a: Any) -> Any:
    """x^a, a number."""
    if not isinstance(x, KerasTensor):
        if isinstance(a, KerasTensor):
            return Operation("Exponential")(affine(a, float(np.log(x))))
        return np.power(x, a)
    if not isinstance(a, Real):
        validate.complain(ArgumentError, "pow", "a", "a number", validate.shown(a))
    return Operation("Power", float(a))(x)


def clip(x: Any, min_value: Any, max_value: Any) -> Any:
    """x, but at least min_value and at most max_value; both numbers or None."""
    if isinstance(x, KerasTensor):
        bounds = (None if v is None else float(v) for v in (min_value, max_value))
        return Operation("Clip", *bounds)(x)
    return np.clip(x, min_value, max_value)


# ---- of two --------------------------------------------------------------------------


def joined(kind: type[Layer], a: Any, b: Any) -> KerasTensor:
    """A layer of two tensors; one may be one number of a batch, or (None, 1)."""
    for one, other in ((a, b), (b, a)):
        if not isinstance(one, KerasTensor):
            expected = "a tensor or a number"
            where = kind.__name__
            validate.complain(
                ArgumentError, where, "inputs", expected, validate.shown(one)
            )
        small = one.example is None or (one.example == (1,) and other.example)
        if small and one.example != other.example and other.example is not None:
            spread = Spread("Spread", other.example or (1,))(one)
            spread.example, spread.shape = other.example, other.shape
            spread.flat = other.flat
            a, b = (spread if one is a else a), (spread if one is b else b)
            break
    if a.example != b.example or a.flat != b.flat:
        expected, given = f"a tensor of shape {a.shape}", f"{b.shape}"
        validate.complain(ArgumentError, kind.__name__, "inputs", expected, given)
    return connected(kind(), [a, b], a.example, a.flat)


def add(a: Any, b: Any) -> Any:
    """a + b, tensors or numbers."""
    if _number(b):
        return affine(a, 1.0, b)
    return affine(b, 1.0, a) if _number(a) else joined(merging.Add, a, b)


def subtract(a: Any, b: Any) -> Any:
    """a - b, tensors or numbers."""
    if _number(b):
        return affine(a, 1.0, -b)
    return affine(b, -1.0, a) if _number(a) else joined(merging.Subtract, a, b)


def multiply(a: Any, b: Any) -> Any:
    """a b, tensors or numbers."""
    if _number(b):
        return affine(a, b)
    return affine(b, a) if _number(a) else joined(merging.Multiply, a, b)


def divide(a: Any, b: Any) -> Any:
    """a / b, tensors or numbers."""
    return affine(a, 1 / b) if _number(b) else multiply(a, power(b, -1))


def maximum(x: Any, y: Any) -> Any:
    """The larger of two, tensors, arrays or numbers."""
    if not _symbolic(x, y):
        return np.maximum(x, y)
    x, y = (y, x) if _number(x) else (x, y)
    return clip(x, y, None) if _number(y) else joined(merging.Maximum, x, y)


def minimum(x: Any, y: Any) -> Any:
    """The smaller of two, tensors, arrays or numbers."""
    if not _symbolic(x, y):
        return np.minimum(x, y)
    x, y = (y, x) if _number(x) else (x, y)
    return clip(x, None, y) if _number(y) else joined(merging.Minimum, x, y)


def greater(x: Any, y: Any) -> Any:
    """1 where x > y, else 0; without a slope."""
    if not _symbolic(x, y):
        return np.greater(x, y)
    return Operation("Above")(subtract(x, y))


def greater_equal(x: Any, y: Any) -> Any:
    """1 where x >= y, else 0; without a slope."""
    if not _symbolic(x, y):
        return np.greater_equal(x, y)
    return Operation("Above", 0.0, True)(subtract(x, y))


def less(x: Any, y: Any) -> Any:
    """1 where x < y, else 0; without a slope."""
    return greater(y, x)


def less_equal(x: Any, y: Any) -> Any:
    """1 where x <= y, else 0; without a slope."""
    return greater_equal(y, x)


def equal(x: Any, y: Any) -> Any:
    """1 where x = y, else 0; without a slope."""
    if not _symbolic(x, y):
        return np.equal(x, y)
    return multiply(greater_equal(x, y), less_equal(x, y))


def not_equal(x: Any, y: Any) -> Any:
    """1 where x and y differ, else 0; without a slope."""
    return 1.0 - equal(x, y) if _symbolic(x, y) else np.not_equal(x, y)


def _number(value: Any) -> bool:
    if isinstance(value, KerasTensor):
        return False
    return isinstance(value, Real) or (
        isinstance(value, np.ndarray) and value.ndim == 0
    )


def _symbolic(*values: Any) -> bool:
    return any(isinstance(value, KerasTensor) for value in values)


# ---- of many -------------------------------------------------------------------------


def summed(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The sum over axes, the last ones of each example, or over everything."""
    if not isinstance(x, KerasTensor):
        return np.sum(x, axis=axis, keepdims=keepdims)
    axes = _last_axes("sum", x, axis)
    if axes is None:
        return x if x.example is None else Reduction("BatchMean", True)(x)
    return Reduction("Sum", axes, keepdims=keepdims)(x)


def mean(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The mean over axes, the last ones of each example, or over everything."""
    if not isinstance(x, KerasTensor):
        return np.mean(x, axis=axis, keepdims=keepdims)
    axes = _last_axes("mean", x, axis)
    if axes is None:
        return x if x.example is None else Reduction("BatchMean")(x)
    size = int(np.prod((x.example or ())[-axes:]))
    return affine(Reduction("Sum", axes, keepdims=keepdims)(x), 1 / size)


def largest(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The largest number over axes, the last ones of each example.

    Of equal ones the first has the gradient.
    """
    if not isinstance(x, KerasTensor):
        return np.max(x, axis=axis, keepdims=keepdims)
    axes = _last_axes("max", x, axis)
    if axes is None:
        expected = f"the last axes of {x.shape}"
        validate.complain(ArgumentError, "max", "axis", expected, validate.shown(axis))
    return Largest(axes, keepdims)(x)


def smallest(x: Any, axis: Any = None, keepdims: bool = False) -> Any:
    """The smallest number over axes, the last ones of each example."""
    if not isinstance(x, KerasTensor):
        return np.min(x, axis=axis, keepdims=keepdims)
    return affine(largest(affine(x, -1.0), axis, keepdims), -1.0)


def flatten(x: Any) -> Any:
    """All numbers of a batch in one row."""
    if not isinstance(x, KerasTensor):
        return np.reshape(x, -1)
    if x.example is None or x.flat:
        return x
    flat = affine(x, 1.0)
    flat.flat, flat.shape = True, Sizes((None,))
    return flat


def batch_flatten(x: Any) -> Any:
    """Each example as one row."""
    if not isinstance(x, KerasTensor):
        return np.reshape(x, (len(x), -1))
    return reshape(x, (-1, prod(x.example or ())))


def reshape(x: Any, shape: Sequence[Any]) -> Any:
    """The numbers of each example in another shape; the batch, -1 or None, first."""
    if not isinstance(x, KerasTensor):
        return np.reshape(x, shape)
    sizes, size = list(shape)[1:], prod(x.example or ())
    free = sizes.count(-1)
    whole = all(isinstance(s, (int, np.integer)) for s in sizes)
    known = prod(int(s) for s in sizes if s != -1) if whole else 0
    first = shape[0] in (-1, None) if len(shape) else False
    if x.example is None or x.flat or not first or free > 1 or not known:
        fits = False
    else:
        fits = size % known == 0 if free else size == known
    if not fits:
        expected = f"(-1, ...), the batch first, and {size} numbers an example"
        given = validate.shown(shape)
        validate.complain(ArgumentError, "reshape", "shape", expected, given)
    target = tuple(size // known if s == -1 else int(s) for s in sizes)
    return Shaped("Reshape", target)(x)


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """x over its length along the last axes, which counts as 1e-6 where it is less."""
    squares = maximum(summed(square(x), axis, True), 1e-12)
    return x / sqrt(squares)


def concatenate(tensors: Sequence[Any], axis: int = -1) -> Any:
    """Side by side along the last axis; arrays along any."""
    if _symbolic(*tensors):
        return merging.Concatenate(axis)(list(tensors))
    return np.concatenate(tensors, axis)


def _last_axes(where: str, x: KerasTensor, axis: Any) -> int | None:
    """How many of the last axes are meant; None for all, the batch too."""
    rank = len(x.shape)
    given = axis if isinstance(axis, (list, tuple)) else [axis]
    if axis is None or not rank:
        return None
    wanted = sorted(a + rank if a < 0 else a for a in given)
    if wanted == list(range(rank)) or (rank == 1 and wanted == [0]):
        return None
    if not wanted or wanted != list(range(wanted[0], rank)) or wanted[0] == 0:
        expected = f"the last axes of {x.shape}, or None for everything"
        validate.complain(ArgumentError, where, "axis", expected, validate.shown(axis))
    return len(wanted)


def _install() -> None:
    """Python's operators on tensors."""

    def swapped(function: Callable[[Any, Any], Any]) -> Callable[[Any, Any], Any]:
        return lambda self, other: function(other, self)

    table = {
        "add": add,
        "sub": subtract,
        "mul": multiply,
        "truediv": divide,
        "pow": power,
    }
    for name, function in table.items():
        setattr(KerasTensor, f"__{name}__", function)
        setattr(KerasTensor, f"__r{name}__", swapped(function))
    for name, function in {
        "gt": greater,
        "ge": greater_equal,
        "lt": less,
        "le": less_equal,
    }.items():
        setattr(KerasTensor, f"__{name}__", function)
    ufuncs = {
        np.add: add,
        np.subtract: subtract,
        np.multiply: multiply,
        np.true_divide: divide,
        np.power: power,
    }

    def of_numpy(self: KerasTensor, ufunc: Any, method: str, *given: Any) -> Any:
        """NumPy's numbers may stand on the left of an operator."""
        if ufunc in ufuncs and method == "__call__":
            return ufuncs[ufunc](*given)
        return self.__array__()

    setattr(KerasTensor, "__array_ufunc__", of_numpy)  # noqa: B010
    setattr(KerasTensor, "__neg__", lambda self: affine(self, -1.0))  # noqa: B010
    setattr(KerasTensor, "__abs__", absolute)  # noqa: B010


_install()
