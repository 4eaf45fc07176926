"""`keras.backend`: the float type, and elementary functions of tensors and arrays.

On tensors a function is a layer, see `operations`; on arrays it is NumPy's.  So loss
functions, metrics and `Lambda` layers can be written with them.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import validate
from ..errors import ArgumentError
from . import formulas, lambdas, operations
from .arguments import only
from .operations import (
    batch_flatten,
    clip,
    concatenate,
    equal,
    exp,
    flatten,
    greater,
    greater_equal,
    l2_normalize,
    less,
    less_equal,
    log,
    maximum,
    mean,
    minimum,
    not_equal,
    ones_like,
    relu,
    reshape,
    sigmoid,
    softmax,
    softplus,
    sqrt,
    square,
    tanh,
    zeros_like,
)
from .session import (
    clear_session,
    epsilon,
    floatx,
    generator,
    image_data_format,
    set_floatx,
    set_image_data_format,
)
from .tensors import KerasTensor

__all__ = [
    "abs",
    "batch_flatten",
    "binary_crossentropy",
    "cast",
    "categorical_crossentropy",
    "clear_session",
    "clip",
    "concatenate",
    "constant",
    "epsilon",
    "equal",
    "eval",
    "exp",
    "flatten",
    "floatx",
    "get_value",
    "greater",
    "greater_equal",
    "image_data_format",
    "int_shape",
    "l2_normalize",
    "less",
    "less_equal",
    "log",
    "max",
    "maximum",
    "mean",
    "min",
    "minimum",
    "not_equal",
    "ones_like",
    "pow",
    "random_normal",
    "random_uniform",
    "relu",
    "reshape",
    "set_floatx",
    "set_image_data_format",
    "set_image_dim_ordering",
    "set_value",
    "shape",
    "sigmoid",
    "softmax",
    "softplus",
    "sqrt",
    "square",
    "sum",
    "tanh",
    "variable",
    "zeros_like",
]


abs, pow, sum = operations.absolute, operations.power, operations.summed
max, min = operations.largest, operations.smallest


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """-(t log p + (1 - t) log(1 - p)), element by element."""
    return formulas.binary_terms(target, output, from_logits)


def categorical_crossentropy(
    target: Any, output: Any, from_logits: bool = False, axis: int = -1
) -> Any:
    """-sum(t log p) over the last axis."""
    only("categorical_crossentropy", "from_logits", from_logits, False)
    only("categorical_crossentropy", "axis", axis, -1)
    return formulas.categorical_crossentropy(target, output)


def cast(x: Any, dtype: DTypeLike) -> Any:
    """x in another type; tensors have but the one of the weights."""
    return x if isinstance(x, KerasTensor) else np.asarray(x).astype(np.dtype(dtype))


def constant(value: ArrayLike, dtype: DTypeLike | None = None) -> Any:
    """A number, or an array."""
    array = np.asarray(value, dtype or floatx())
    return float(array) if array.ndim == 0 else array


variable = constant


def int_shape(x: Any) -> tuple[int | None, ...]:
    """The shape, (None, ...) for a tensor."""
    return tuple(x.shape)


def shape(x: Any) -> tuple[int | None, ...]:
    """The shape, (None, ...) for a tensor: for `random_normal`."""
    return tuple(x.shape)


def random_normal(
    shape: Sequence[int | None],
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> Any:
    """N(mean, stddev^2).  In a `Lambda`, a shape (None, ...) draws for each example."""
    if len(shape) and shape[0] is None:
        return operations.add(lambdas.noise(shape[1:], stddev, seed), mean)
    rng = generator() if seed is None else np.random.default_rng(seed)
    sizes = [int(size or 0) for size in shape]
    return rng.normal(mean, stddev, sizes).astype(dtype or floatx())


def random_uniform(
    shape: Sequence[int],
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: DTypeLike | None = None,
    seed: int | None = None,
) -> NDArray[Any]:
    """U(minval, maxval), an array."""
    if None in shape:
        expected = "known sizes (only random_normal draws for each example)"
        validate.complain(
            ArgumentError, "random_uniform", "shape", expected, validate.shown(shape)
        )
    rng = generator() if seed is None else np.random.default_rng(seed)
    return rng.uniform(minval, maxval, tuple(shape)).astype(dtype or floatx())


def get_value(x: Any) -> Any:
    """The numbers of a variable or rate."""
    array = np.array(x)
    return array.item() if array.ndim == 0 else array


eval = get_value


def set_value(x: Any, value: Any) -> None:
    """Set a learning rate, or the numbers of a variable: `x.assign(value)`."""
    if not hasattr(x, "assign"):
        expected = "a variable of a layer, or the learning rate of an optimizer"
        validate.complain(ArgumentError, "set_value", "x", expected, validate.shown(x))
    x.assign(value)


def set_image_dim_ordering(dim_ordering: str) -> None:
    """Of Keras 1: "tf" is channels last, "th" channels first."""
    formats = {"tf": "channels_last", "th": "channels_first"}
    where = "set_image_dim_ordering"
    validate.choice(where, "dim_ordering", dim_ordering, tuple(formats))
    set_image_data_format(formats[dim_ordering])
