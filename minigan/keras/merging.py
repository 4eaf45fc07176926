"""The layers of `keras.layers` that join several tensors, and their functions.

Concatenate()([a, b])        concatenate([a, b])
"""

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, ClassVar

from .. import layers as engine
from .. import validate
from ..errors import ArgumentError
from .base import Layer

__all__ = [
    "Add",
    "Average",
    "Concatenate",
    "Dot",
    "Maximum",
    "Minimum",
    "Multiply",
    "Subtract",
    "add",
    "average",
    "concatenate",
    "dot",
    "maximum",
    "minimum",
    "multiply",
    "subtract",
]


class _Merge(Layer):
    """A layer of a list of tensors, of one shape each."""

    joins = True
    engine_kind: ClassVar[type[engine.Layer]]

    def engine_layers(self, shape: Any) -> list[engine.Layer]:
        # what does not fit is refused by the engine, with the shapes
        return [self.engine_kind()]


class Add(_Merge):
    """x_1 + x_2 + ..., element by element."""

    engine_kind = engine.Add


class Subtract(_Merge):
    """x_1 - x_2, element by element."""

    engine_kind = engine.Subtract


class Multiply(_Merge):
    """x_1 x_2 ..., element by element."""

    engine_kind = engine.Multiply


class Average(_Merge):
    """The mean, element by element."""

    engine_kind = engine.Average


class Maximum(_Merge):
    """The largest, element by element."""

    engine_kind = engine.Maximum


class Minimum(_Merge):
    """The smallest, element by element."""

    engine_kind = engine.Minimum


class Concatenate(_Merge):
    """Side by side along the last axis."""

    engine_kind = engine.Concatenate

    def __init__(self, axis: int = -1, **rest: Any) -> None:
        super().__init__(**rest)
        self.axis = axis

    def engine_layers(self, shape: Any) -> list[engine.Layer]:
        last = len(shape[0])
        if self.axis not in (-1, last) or isinstance(self.axis, bool):
            expected = f"-1 or {last}, the last axis of {(None, *shape[0])}"
            validate.complain(
                ArgumentError, self.name, "axis", expected, validate.shown(self.axis)
            )
        return super().engine_layers(shape)


class Dot(_Merge):
    """The inner product of two, (None, D) each.

    axes: the last one.  normalize: only False.
    """

    ONLY = {"normalize": False}
    engine_kind = engine.Dot

    def __init__(self, axes: int | Sequence[int], **rest: Any) -> None:
        super().__init__(**rest)
        self.axes = axes

    def engine_layers(self, shape: Any) -> list[engine.Layer]:
        axes = set(self.axes) if isinstance(self.axes, (list, tuple)) else {self.axes}
        if not axes <= {1, -1} or any(len(one) != 1 for one in shape):
            expected = "1, the last axis of tensors (None, features)"
            validate.complain(
                ArgumentError, self.name, "axes", expected, validate.shown(self.axes)
            )
        return super().engine_layers(shape)


def add(inputs: Any, **options: Any) -> Any:
    """`Add(**options)(inputs)`."""
    return Add(**options)(inputs)


def subtract(inputs: Any, **options: Any) -> Any:
    """`Subtract(**options)(inputs)`."""
    return Subtract(**options)(inputs)


def multiply(inputs: Any, **options: Any) -> Any:
    """`Multiply(**options)(inputs)`."""
    return Multiply(**options)(inputs)


def average(inputs: Any, **options: Any) -> Any:
    """`Average(**options)(inputs)`."""
    return Average(**options)(inputs)


def maximum(inputs: Any, **options: Any) -> Any:
    """`Maximum(**options)(inputs)`."""
    return Maximum(**options)(inputs)


def minimum(inputs: Any, **options: Any) -> Any:
    """`Minimum(**options)(inputs)`."""
    return Minimum(**options)(inputs)


def concatenate(inputs: Any, axis: int = -1, **options: Any) -> Any:
    """`Concatenate(axis, **options)(inputs)`."""
    return Concatenate(axis, **options)(inputs)


def merge(
    inputs: Sequence[Any],
    mode: Any = "sum",
    concat_axis: int = -1,
    dot_axes: Any = -1,
    **options: Any,
) -> Any:
    """Of Keras 1: "sum", "mul", "ave", "max", "concat", "dot", or a function."""
    if callable(mode):
        from .lambdas import Lambda

        return Lambda(mode, **options)(inputs)
    kinds: dict[str, Callable[..., Layer]] = {
        "sum": Add,
        "mul": Multiply,
        "ave": Average,
        "max": Maximum,
        "concat": partial(Concatenate, concat_axis),
        "dot": partial(Dot, dot_axes),
    }
    kind = kinds[validate.choice("merge", "mode", mode, tuple(kinds))]
    return kind(**options)(inputs)


def dot(inputs: Any, axes: Any = -1, **options: Any) -> Any:
    """`Dot(axes, **options)(inputs)`."""
    return Dot(axes, **options)(inputs)
