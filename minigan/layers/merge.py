"""Layers that join: several values of one batch become one."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

import numpy as np

from .. import primitives, validate
from ..errors import ArgumentError, DTypeError, ShapeError
from ..registry import Example
from .arrays import Array, Shape, _added
from .base import LAYERS, Layer


class Merge(Layer):
    """Base of layers that take a tuple of two or more arrays of one shape.

    A subclass defines `forward_pass` and `backward_pass` on tuples of arrays.
    """

    joins = True

    def _fits(self, one: Shape, other: Shape) -> bool:
        """Whether examples of these two shapes can be joined."""
        return one == other

    def output_shape(self, shape: Any) -> Any:
        """Shape of one example, given the shapes of those that are joined."""
        return shape[0]

    def random_input(self, shape: Any, rng: np.random.Generator, dtype: Any) -> Any:
        return tuple(super(Merge, self).random_input(s, rng, dtype) for s in shape)

    def _label_inputs(self, where: str, count: int) -> tuple[bool, ...]:
        if count < 2:
            expected = "two or more nodes"
            validate.complain(ArgumentError, where, "inputs", expected, f"{count}")
        return (False,) * count

    def _results(self, where: str, shapes: Sequence[Any]) -> tuple[Any, ...]:
        known = [shape for shape in shapes if shape is not None]
        for k, shape in enumerate(shapes):
            if shape is not None and not self._fits(known[0], shape):
                expected = f"one that fits {validate.shape_text(('batch', *known[0]))}"
                given = validate.shape_text(("batch", *shape))
                validate.complain(ShapeError, where, f"inputs[{k}]", expected, given)
        return (self.output_shape(shapes) if len(known) == len(shapes) else None,)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        if not isinstance(x, (tuple, list)):
            expected, given = "a tuple of arrays", f"a {type(x).__name__}"
            validate.complain(DTypeError, where, argument, expected, given)
        if len(x) < 2:
            validate.complain(
                ArgumentError, where, argument, "at least two arrays", len(x)
            )
        arrays: list[Array] = []
        for k, part in enumerate(x):
            dtype = arrays[0].dtype if arrays else None
            arrays.append(validate.array(where, f"{argument}[{k}]", part, None, dtype))
            first, shape = arrays[0].shape, arrays[k].shape
            fits = len(shape) > 1 and shape[0] == first[0]
            if not fits or not self._fits(first[1:], shape[1:]):
                expected = "shape (batch, features)"
                if k:
                    expected = f"a shape that fits {validate.shape_text(first)}"
                given = validate.shape_text(shape)
                validate.complain(
                    ShapeError, where, f"{argument}[{k}]", expected, given
                )
        return tuple(arrays)


@LAYERS.register(
    Example(shape=((5, 4), (5, 4)), note="two"),
    Example(shape=((5, 2, 3),) * 3, note="three"),
)
class Add(Merge):
    """The sum, element by element.

        y = x_1 + x_2 + ...        dx_k = dy

    Shapes: x_k, y (N, ...), all the same.
    """

    def forward_pass(self, x: Any, training: bool) -> tuple[Array, Any]:
        y = x[0]
        for other in x[1:]:
            y = primitives.add(y, other)
        return y, len(x)

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Any:
        return (dy,) * cache if need_dx else None

    def tangent_pass(self, t: Any, cache: Any) -> Any:
        total = None
        for part in t:
            total = _added(total, part)
        return total

    def curvature_pass(self, dy: Array, t: Any, cache: Any, need_dx: bool) -> None:
        return None


@LAYERS.register(
    Example(shape=((5, 4), (5, 4)), note="two"),
    Example(shape=((5, 2, 3),) * 3, note="three"),
)
class Multiply(Merge):
    """The product, element by element.

        y = x_1 x_2 ...        dx_k = dy times all x but x_k

    Shapes: x_k, y (N, ...), all the same.
    """

    def forward_pass(self, x: Any, training: bool) -> tuple[Array, Any]:
        y = x[0]
        for other in x[1:]:
            y = primitives.multiply(y, other)
        return y, x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Any:
        if not need_dx:
            return None
        return tuple(_product(dy, cache, k) for k in range(len(cache)))

    def tangent_pass(self, t: Any, cache: Any) -> Any:
        total = None  # the sum over k of t_k times all x but x_k
        for k, part in enumerate(t):
            if part is not None:
                total = _added(total, _product(part, cache, k))
        return total

    def curvature_pass(self, dy: Array, t: Any, cache: Any, need_dx: bool) -> Any:
        if not need_dx:
            return None
        gradients = [None] * len(
            cache
        )  # dx_j = the sum over k of dy t_k, all x but both
        for k, part in enumerate(t):
            if part is None:
                continue
            both = primitives.multiply(dy, part)
            for j in range(len(cache)):
                if j != k:
                    gradients[j] = _added(gradients[j], _product(both, cache, k, j))
        return tuple(gradients)


@LAYERS.register(Example(shape=((5, 4), (5, 4))))
class Subtract(Merge):
    """The difference of two, element by element.

        y = a - b        da = dy        db = -dy

    Shapes: a, b, y (N, ...), all the same.
    """

    def forward_pass(self, x: Any, training: bool) -> tuple[Array, Any]:
        a, b = x
        return primitives.add(a, primitives.scale(b, -1.0)), None

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Any:
        return (dy, primitives.scale(dy, -1.0)) if need_dx else None

    def tangent_pass(self, t: Any, cache: Any) -> Any:
        a, b = t
        return _added(a, None if b is None else primitives.scale(b, -1.0))

    def curvature_pass(self, dy: Array, t: Any, cache: Any, need_dx: bool) -> None:
        return None

    def _label_inputs(self, where: str, count: int) -> tuple[bool, ...]:
        return _two(where, "inputs", "nodes", count)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        x = super()._checked_input(where, argument, x)
        _two(where, argument, "arrays", len(x))
        return x


@LAYERS.register(
    Example(shape=((5, 4), (5, 4)), note="two"),
    Example(shape=((5, 2, 3),) * 3, note="three"),
)
class Average(Add):
    """The mean of all, element by element.

        y = (x_1 + ... + x_n) / n        dx_k = dy / n

    Shapes: x_k, y (N, ...), all the same.
    """

    def forward_pass(self, x: Any, training: bool) -> tuple[Array, Any]:
        total, count = super().forward_pass(x, training)
        return primitives.scale(total, 1 / count), count

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Any:
        return (primitives.scale(dy, 1 / cache),) * cache if need_dx else None

    def tangent_pass(self, t: Any, cache: Any) -> Any:
        return primitives.scale(super().tangent_pass(t, cache), 1 / cache)


@LAYERS.register(
    Example(shape=((5, 4), (5, 4)), note="two"),
    Example(shape=((5, 2, 3),) * 3, note="three"),
)
class Maximum(Merge):
    """The largest of all, element by element.

        y = max(x_1, x_2, ...)        dx_k = dy where x_k is the largest, else 0

    Of equal ones the first has the gradient.
    Shapes: x_k, y (N, ...), all the same.
    """

    sign = 1.0

    def forward_pass(self, x: Any, training: bool) -> tuple[Array, Any]:
        y, pairs = self._signed(x[0]), []
        for other in x[1:]:
            pairs.append((y, self._signed(other)))
            y = primitives.maximum(*pairs[-1])
        return self._signed(y), pairs

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Any:
        if not need_dx:
            return None
        gradients = []
        for pair in reversed(cache):
            first = primitives.maximum_backward(dy, *pair)
            gradients.append(primitives.add(dy, primitives.scale(first, -1.0)))
            dy = first
        return (dy, *reversed(gradients))

    def tangent_pass(self, t: Any, cache: Any) -> Any:
        total = None  # each t_k where x_k is the largest
        for k, part in enumerate(t):
            if part is not None:
                total = _added(total, self.backward_pass(part, cache, True)[k])
        return total

    def curvature_pass(self, dy: Array, t: Any, cache: Any, need_dx: bool) -> None:
        return None

    def _signed(self, x: Array) -> Array:
        """x, or -x where the smallest is wanted."""
        return x if self.sign > 0 else primitives.scale(x, -1.0)


@LAYERS.register(
    Example(shape=((5, 4), (5, 4)), note="two"),
    Example(shape=((5, 2, 3),) * 3, note="three"),
)
class Minimum(Maximum):
    """The smallest of all, element by element: y = -max(-x_1, -x_2, ...).

    Of equal ones the first has the gradient.
    Shapes: x_k, y (N, ...), all the same.
    """

    sign = -1.0


@LAYERS.register(
    Example(shape=((5, 4), (5, 3)), note="two"),
    Example(shape=((5, 2, 3), (5, 2, 1), (5, 2, 2)), note="three"),
)
class Concatenate(Merge):
    """The features of all, side by side.

        y = (x_1, x_2, ...)        dx_k = the part of dy where x_k stands

    Shapes: x_k (N, ..., D_k), y (N, ..., sum of D_k); all but the last size equal.
    """

    def forward_pass(self, x: Any, training: bool) -> tuple[Array, Any]:
        y = _flat(x[0])
        for other in x[1:]:
            y = primitives.concatenate_features(y, _flat(other))
        shapes = [part.shape for part in x]
        return y.reshape(*shapes[0][:-1], y.shape[1]), shapes

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Any:
        if not need_dx:
            return None
        dy, start, gradients = _flat(dy), 0, []
        for shape in cache:
            dx = primitives.take_features(dy, start, shape[-1])
            gradients.append(dx.reshape(shape))
            start += shape[-1]
        return tuple(gradients)

    def tangent_pass(self, t: Any, cache: Any) -> Array:
        known = next(part for part in t if part is not None)
        parts = [
            primitives.full(prod(shape[:-1]), shape[-1], 0.0, dtype=known.dtype)
            if part is None
            else part
            for part, shape in zip(t, cache, strict=True)
        ]
        shapes = zip(parts, cache, strict=True)
        return self.forward_pass([part.reshape(s) for part, s in shapes], True)[0]

    def curvature_pass(self, dy: Array, t: Any, cache: Any, need_dx: bool) -> None:
        return None

    def _fits(self, one: Shape, other: Shape) -> bool:
        return len(other) > 0 and one[:-1] == other[:-1]

    def output_shape(self, shape: Any) -> Any:
        return (*shape[0][:-1], sum(s[-1] for s in shape))


@LAYERS.register(
    Example(shape=((5, 4), (5, 4)), note="features"),
    Example(shape=((5, 2, 3), (5, 2, 3)), note="more axes"),
)
class Dot(Merge):
    """The inner product of two, one number an example.

        y = sum of a_k b_k over all features k        da = dy b        db = dy a

    With a vector for each class it is the part of a projection discriminator that
    looks at the label (Miyato & Koyama 2018).
    Shapes: a, b (N, ...), both the same; y (N, 1).
    """

    def forward_pass(self, x: Any, training: bool) -> tuple[Array, Any]:
        return _inner(*x), x

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Any:
        if not need_dx:
            return None
        a, b = cache
        dy = _spread(dy, a)
        return primitives.multiply(dy, b), primitives.multiply(dy, a)

    def tangent_pass(self, t: Any, cache: Any) -> Any:
        total = None
        for part, other in zip(t, reversed(cache), strict=True):
            if part is not None:
                total = _added(total, _inner(part, other))
        return total

    def curvature_pass(self, dy: Array, t: Any, cache: Any, need_dx: bool) -> Any:
        if not need_dx:
            return None
        dy = _spread(dy, cache[0])
        return tuple(
            None if part is None else primitives.multiply(dy, part)
            for part in reversed(t)
        )

    def output_shape(self, shape: Any) -> Any:
        return (1,)

    def _label_inputs(self, where: str, count: int) -> tuple[bool, ...]:
        return _two(where, "inputs", "nodes", count)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        x = super()._checked_input(where, argument, x)
        _two(where, argument, "arrays", len(x))
        return x


def _two(where: str, argument: str, what: str, count: int) -> tuple[bool, ...]:
    """Refuse all counts but two."""
    if count != 2:
        validate.complain(ArgumentError, where, argument, f"two {what}", f"{count}")
    return (False, False)


def _inner(a: Array, b: Array) -> Array:
    """The sum of a b for each example, as a Dense of ones adds it up: (N, 1)"""
    product = primitives.multiply(a, b).reshape(len(a), -1)
    none = primitives.full(1, 1, 0.0, dtype=a.dtype).reshape(1)
    return primitives.dense_forward(product, _ones(product), none)


def _spread(dy: Array, x: Array) -> Array:
    """The same number of dy for all features of an example, in the shape of x."""
    ones = _ones(x.reshape(len(x), -1))
    return primitives.dense_dx(dy, ones).reshape(x.shape)


def _ones(x: Array) -> Array:
    """A column as long as a row of x."""
    return primitives.full(x.shape[1], 1, 1.0, dtype=x.dtype)


def _product(dy: Array, x: Sequence[Array], *but: int) -> Array:
    """dy times all x but some."""
    for k, factor in enumerate(x):
        if k not in but:
            dy = primitives.multiply(dy, factor)
    return dy


def _flat(x: Array) -> Array:
    """(N, ..., D) -> (rows, D)"""
    return x.reshape(-1, x.shape[-1])
