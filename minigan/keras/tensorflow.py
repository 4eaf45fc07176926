"""What tutorials take from `tf` beside `tf.keras`: arrays, random numbers, formulas.

After `import minigan as tf` these are `tf.math.log`, `tf.random.normal`, `tf.square`...
"""

from collections.abc import Callable, Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike

from .. import validate
from ..errors import ArgumentError
from . import arguments, backend, session
from .base import Result
from .tensors import KerasTensor

float32, float64, int32, int64 = np.float32, np.float64, np.int32, np.int64


def _result(array: Any) -> Any:
    return np.asarray(array).view(Result)


def normal(
    shape: Sequence[int],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike = np.float32,
    seed: int | None = None,
) -> Any:
    """`tf.random.normal`: N(mean, stddev^2)."""
    made = backend.random_normal(shape, mean, stddev, dtype, seed)
    return made if isinstance(made, KerasTensor) else _result(made)


def uniform(
    shape: Sequence[int],
    minval: float = 0,
    maxval: float | None = None,
    dtype: DTypeLike = np.float32,
    seed: int | None = None,
) -> Any:
    """`tf.random.uniform`: U(minval, maxval); integers where dtype is one."""
    kind = np.dtype(dtype)
    if kind.kind == "i":
        if maxval is None:
            expected = "a number, for integers"
            validate.complain(ArgumentError, "uniform", "maxval", expected, "None")
        rng = session.generator() if seed is None else np.random.default_rng(seed)
        return _result(rng.integers(int(minval), int(maxval), tuple(shape), kind))
    high = 1.0 if maxval is None else maxval
    return _result(backend.random_uniform(shape, minval, high, dtype, seed))


def convert_to_tensor(value: ArrayLike, dtype: DTypeLike | None = None) -> Any:
    """An array, float32 for Python's floats."""
    if isinstance(value, KerasTensor):
        return value
    array = np.asarray(value)
    if dtype is None and array.dtype == np.float64 and not hasattr(value, "dtype"):
        dtype = np.float32
    return _result(array if dtype is None else array.astype(np.dtype(dtype)))


def ones(shape: Any, dtype: DTypeLike = np.float32) -> Any:
    """All 1."""
    return _result(np.ones(shape, dtype))


def zeros(shape: Any, dtype: DTypeLike = np.float32) -> Any:
    """All 0."""
    return _result(np.zeros(shape, dtype))


def concat(values: Sequence[Any], axis: int) -> Any:
    """Arrays side by side along an axis."""
    if any(isinstance(value, KerasTensor) for value in values):
        from .merging import concatenate

        return concatenate(list(values), axis)
    return _result(np.concatenate(values, axis))


def _axis(function: Callable[..., Any]) -> Callable[..., Any]:
    """A reduction with the arguments and names of `tf.reduce_mean`."""

    def reduced(
        input_tensor: Any,
        axis: Any = None,
        keepdims: bool = False,
        name: str | None = None,
    ) -> Any:
        arguments.only(function.__name__, "name", name, None)
        return function(input_tensor, axis, keepdims)

    return reduced


reduce_mean, reduce_sum = _axis(backend.mean), _axis(backend.sum)
abs, cast, exp, square, sqrt = (
    backend.abs,
    backend.cast,
    backend.exp,
    backend.square,
    backend.sqrt,
)
maximum, minimum, pow = backend.maximum, backend.minimum, backend.pow
clip_by_value, ones_like, zeros_like = (
    backend.clip,
    backend.ones_like,
    backend.zeros_like,
)
greater, less, equal, shape = (
    backend.greater,
    backend.less,
    backend.equal,
    backend.shape,
)
constant = convert_to_tensor
sigmoid, tanh = backend.sigmoid, backend.tanh

random = SimpleNamespace(
    normal=normal,
    uniform=uniform,
    set_seed=lambda seed: session.seed_generator(seed),
)
math = SimpleNamespace(
    abs=abs,
    exp=exp,
    log=backend.log,
    maximum=maximum,
    minimum=minimum,
    pow=pow,
    reduce_mean=reduce_mean,
    reduce_sum=reduce_sum,
    sigmoid=sigmoid,
    softplus=backend.softplus,
    sqrt=sqrt,
    square=square,
    tanh=tanh,
    greater=greater,
    less=less,
    equal=equal,
    add=lambda x, y: x + y,
    subtract=lambda x, y: x - y,
    multiply=lambda x, y: x * y,
    divide=lambda x, y: x / y,
)
nn = SimpleNamespace(
    relu=backend.relu,
    sigmoid=sigmoid,
    softplus=backend.softplus,
    softmax=backend.softmax,
    tanh=tanh,
)
EAGER = ("GradientTape", "Variable", "function")


def attribute(name: str) -> Any:
    """What stands for `tf.<name>`.  Errors: AbsentError."""
    if name in EAGER:
        from .absent import AbsentError

        raise AbsentError(
            f"tf.{name}: not supported; there is no autograd: compile models and call "
            "train_on_batch, or write the step with minigan's layers (gan.penalties "
            "has penalties on gradients)"
        )
    return globals()[name]
