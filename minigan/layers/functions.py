"""Elementary functions as layers, of which any formula can be put together in a graph.

    t, p = Input((1,)), Input((1,))
    terms = Multiply()([t, Log()(p)])        # t log p

Those of one number are curves, see `primitives.curves`; the others add up and spread.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np

from .. import primitives, validate
from ..errors import ShapeError
from ..registry import Example
from .arrays import Array
from .base import LAYERS, Layer, Shape
from .curves import Curve


class _Positive(Curve):
    """A curve whose slope is finite for positive numbers only."""

    def random_input(self, shape: Any, rng: np.random.Generator, dtype: Any) -> Any:
        return (0.5 + rng.random(shape)).astype(dtype)


@LAYERS.register(Example(shape=(5, 6)))
class Log(_Positive):
    """The natural logarithm: y = log x, dx = dy / x.  x > 0."""

    curve = "logarithm"


@LAYERS.register(Example({"exponent": -0.5}, shape=(5, 6)))
class Power(_Positive):
    """y = x^p, dx = dy p x^(p - 1).

    exponent: p, finite.  x > 0, unless p is an integer >= 0.
    """

    curve = "power"

    def __init__(self, exponent: float) -> None:
        self.exponent = validate.number("Power", "exponent", exponent)
        self.constants = self.exponent, 0.0


@LAYERS.register(Example(shape=(5, 6)))
class Absolute(Curve):
    """y = |x|, dx = dy sign(x), where the sign of 0 is 0."""

    curve = "absolute"


@LAYERS.register(Example({"least": -0.5, "most": 0.7}, shape=(5, 6)))
class Clip(Curve):
    """y = x, but at least `least` and at most `most`.

        dx = dy where least <= x <= most, else 0

    least, most: numbers, or None for no bound.
    """

    curve = "clip"

    def __init__(self, least: float | None = None, most: float | None = None) -> None:
        self.least, self.most = least, most
        low, high = -np.inf, np.inf
        if least is not None:
            low = validate.number("Clip", "least", least)
        if most is not None:
            high = validate.number("Clip", "most", most, least=low)
        self.constants = low, high


@LAYERS.register(Example({"scale": 0.5, "shift": -2.0}, shape=(5, 6)))
class Affine(Curve):
    """y = scale x + shift, dx = scale dy.  scale, shift: finite, default 1 and 0."""

    curve = "affine"

    def __init__(self, scale: float = 1.0, shift: float = 0.0) -> None:
        self.scale = validate.number("Affine", "scale", scale)
        self.shift = validate.number("Affine", "shift", shift)
        self.constants = self.scale, self.shift


@LAYERS.register(Example({"threshold": 0.2}, shape=(5, 6)))
class Above(Curve):
    """y = 1 where x > threshold, else 0; dx = 0: a comparison has no slope.

    threshold: finite, default 0.   inclusive: y where x is just there, default False.
    """

    curve = "above"
    bounds = 0.0, 1.0

    def __init__(self, threshold: float = 0.0, inclusive: bool = False) -> None:
        self.threshold = validate.number("Above", "threshold", threshold)
        self.inclusive = validate.flag("Above", "inclusive", inclusive)
        self.constants = self.threshold, float(self.inclusive)


@LAYERS.register(
    Example(shape=(5, 6)), Example({"axes": 2}, shape=(5, 3, 2), note="two axes")
)
class Sum(Layer):
    """The sum over the last axes of each example.

        y = sum of x over the last `axes`        dx = dy, the same for all of them

    axes: >= 1, default 1.   Shapes: x (N, a, ..., b, ...), y (N, a, ...), or (N, 1)
    where nothing is left.
    Errors: ShapeError for examples of fewer axes.
    """

    def __init__(self, axes: int = 1) -> None:
        self.axes = validate.integer("Sum", "axes", axes)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        self.output_shape(x.shape[1:])
        return self._sum(x), x.shape

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        size = prod(cache[-self.axes :])
        column = primitives.full(size, 1, 1.0, dtype=dy.dtype)
        return primitives.dense_dx(dy.reshape(-1, 1), column).reshape(cache)

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return self._sum(t)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None

    def output_shape(self, shape: Shape | None) -> Shape | None:
        if shape is None:
            return None
        if len(shape) < self.axes:
            expected = f"examples of {self.axes} axes or more"
            given = f"shape {validate.shape_text(('batch', *shape))}"
            validate.complain(ShapeError, "Sum.forward", "x", expected, given)
        return shape[: -self.axes] or (1,)

    def _sum(self, x: Array) -> Array:
        rows = x.reshape(-1, prod(x.shape[-self.axes :]))
        column = primitives.full(rows.shape[1], 1, 1.0, dtype=x.dtype)
        none = primitives.full(1, 1, 0.0, dtype=x.dtype).reshape(1)
        y = primitives.dense_forward(rows, column, none)
        return y.reshape(len(x), *(x.shape[1 : -self.axes] or (1,)))


@LAYERS.register(Example({"shape": (2, 3)}, shape=(5, 1)))
class Spread(Layer):
    """One number of each example for all places: the transpose of `Sum`.

        y = x, everywhere        dx = sum of dy over all places

    shape: of an example of y.   Shapes: x (N, 1), y (N, *shape).
    """

    def __init__(self, shape: Shape) -> None:
        self.shape = validate.sizes("Spread", "shape", shape)
        self.input_shape = (1,)
        self._sum = Sum(len(self.shape))

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        shape = len(x), *self.shape
        y: Any = self._sum.backward_pass(x, shape, True)
        return y, shape

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        return self._sum.forward_pass(dy, False)[0] if need_dx else None

    def tangent_pass(self, t: Array, cache: Any) -> Array:
        return self.forward_pass(t, False)[0]

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return self.shape


@LAYERS.register(
    Example(shape=(5, 3)), Example({"total": True}, shape=(5, 2, 3), note="total")
)
class BatchMean(Layer):
    """The mean of all numbers of a batch, the same in every row.

        y_n = mean of x        dx = (sum of dy over all rows) / size of x

    total: True for the sum in place of the mean.   Shapes: x (N, ...), y (N, 1).
    """

    couples_rows = True

    def __init__(self, total: bool = False) -> None:
        self.total = validate.flag("BatchMean", "total", total)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        mean = primitives.take_features(_mean(x.reshape(len(x), -1)), 0, 1)
        return primitives.scale(mean, float(x.size)) if self.total else mean, x.shape

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        column = primitives.full(prod(cache[1:]), 1, 1.0, dtype=dy.dtype)
        mean = _mean(primitives.dense_dx(dy, column))
        rows = len(dy) if self.total else len(dy) / prod(cache)
        return primitives.scale(mean, float(rows)).reshape(cache)

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return (1,)


@LAYERS.register(Example({"shape": (3,), "stddev": 0.5}, shape=(5, 2)))
class Noise(Layer):
    """Random numbers for each example, in training and in inference.

        y ~ N(0, stddev^2)        dx = 0

    shape: of an example of y.   stddev: finite, >= 0, default 1.   rng: numpy Generator
    or a seed.   Shapes: x (N, ...), of which only N matters; y (N, *shape).
    """

    def __init__(
        self, shape: Shape, stddev: float = 1.0, *, rng: validate.RandomLike = 0
    ) -> None:
        self.shape = validate.sizes("Noise", "shape", shape)
        self.stddev = validate.number("Noise", "stddev", stddev, least=0)
        self.rng = validate.random_generator("Noise", rng)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        kind, size = x.real.dtype, prod(self.shape)
        y = primitives.standard_normal(self.rng, len(x), size, dtype=kind)
        y = primitives.scale(y, self.stddev).reshape(len(x), *self.shape)
        return y.astype(x.dtype, copy=False), x.shape

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        if not need_dx:
            return None
        none = primitives.full(cache[0], prod(cache[1:]), 0.0, dtype=dy.dtype)
        return none.reshape(cache)

    def tangent_pass(self, t: Array, cache: Any) -> Any:
        none = primitives.full(len(t), prod(self.shape), 0.0, dtype=t.dtype)
        return none.reshape(len(t), *self.shape)

    def curvature_pass(self, dy: Array, t: Array, cache: Any, need_dx: bool) -> None:
        return None

    def output_shape(self, shape: Shape | None) -> Shape | None:
        return self.shape


def _mean(x: Array) -> Array:
    """The mean of all numbers, in each place of x."""
    none = primitives.full(*x.shape, 0.0, dtype=x.dtype)
    return primitives.scale(primitives.minus_mean(none, x), -1.0)
