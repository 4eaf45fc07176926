"""Curved activations; formulas in `primitives.curves`.

A curve is a function of one number that gives f, f' and f'' together; two loops are all
that stands around it, and LLVM leaves out of each what it does not store.
"""

from collections.abc import Callable, Mapping
from functools import update_wrapper
from typing import Any, NamedTuple

import numpy as np
from numba import types
from numba.extending import overload

from ..jit import normal
from ..jit.compiling import JIT_DISABLED, inlined, kernel
from ..jit.mathfun import (
    _exp_parts,
    _log_of_parts,
    constants,
    exp,
    log,
    polynomial,
    sigmoid,
    two_to,
)


class Numbers(NamedTuple):
    """What the formulas need beside `mathfun.Constants`, in one floating-point type."""

    density: np.floating
    tail_scale: np.floating
    root: np.floating  # 2 sqrt(2 / pi), and its products in the approximate GELU
    cube: np.floating
    three_cubes: np.floating
    tail: tuple


def _numbers(kind, tail):
    root = 2 * normal.GELU_ROOT
    cubes = root * normal.GELU_CUBE, 3 * root * normal.GELU_CUBE
    plain = normal.DENSITY, normal.TAIL_SCALE, root, *cubes
    return Numbers(*map(kind, plain), tuple(map(kind, tail)))


N32, N64 = _numbers(np.float32, normal.TAIL_32), _numbers(np.float64, normal.TAIL_64)


def numbers(x):
    """The `Numbers` of x's type."""
    return N32 if isinstance(x, np.float32) else N64


@overload(numbers)
def _(x):
    return (lambda x: N32) if x == types.float32 else (lambda x: N64)


def _curve(function):
    """A function that becomes part of the loops that call it, or quiet Python."""
    if JIT_DISABLED:
        return np.errstate(all="ignore")(function)
    return inlined(function)


@_curve
def elu(x, a, b):
    c = constants(x)
    low = c.two - c.exp_highest  # e^x is a normal number from here on
    below = c.zero if x > c.zero else x
    below = low if below < low else below
    k, p = _exp_parts(below)
    scale = two_to(k)
    e = c.zero if x < low else a * (scale * p + scale)
    y = x if x > c.zero else a * (scale * p + (scale - c.one))
    return b * y, b * (c.one if x > c.zero else e), b * (c.zero if x > c.zero else e)


@_curve
def softplus(x, a, b):
    c = constants(x)
    t = exp(-abs(x))
    s = (t if x < c.zero else c.one) / (c.one + t)
    above = c.zero if x <= c.zero else x
    big = t > c.sqrt_two_less_1  # then log 2 + log((1 + t) / 2)
    f = (t - c.one) * c.half if big else t
    tail = _log_of_parts(c.one if big else c.zero, f)  # log(1 + t)
    return above + tail, s, s * (c.one - s)


@_curve
def softsign(x, a, b):
    c = constants(x)
    size = c.one + abs(x)
    sign = c.one if x > c.zero else -c.one
    sign = x if x == c.zero else sign
    cube = size * size * size
    return x / size, c.one / (size * size), -c.two * sign / cube


@_curve
def swish(x, a, b):
    c = constants(x)
    s = sigmoid(x)
    rest = c.one - s
    slope = s * (c.one + x * rest)
    return x * s, slope, s * rest * (c.two + x * (c.one - c.two * s))


@_curve
def gelu(x, a, b):
    c, n = constants(x), numbers(x)
    e = exp(-c.half * (x * x))
    t = c.one / (c.one + n.tail_scale * abs(x))
    tail = e * t * polynomial(c.two * t - c.one, n.tail)
    P = c.one - tail if x > c.zero else tail
    p = n.density * e
    return x * P, P + x * p, p * (c.two - x * x)


@_curve
def gelu_tanh(x, a, b):
    c, n = constants(x), numbers(x)
    square = x * x
    v1 = n.root + n.three_cubes * square
    v2 = c.two * n.three_cubes * x
    s = sigmoid(n.root * x + n.cube * x * square)
    rest = c.one - s
    s1 = s * rest
    bend = s1 * (c.two * v1 + x * ((rest - s) * v1 * v1 + v2))
    return x * s, s + x * s1 * v1, bend


@_curve
def exponential(x, a, b):
    y = exp(x)
    return y, y, y


@_curve
def hard_sigmoid(x, a, b):
    c = constants(x)
    line = a * x + b
    y = c.zero if line <= c.zero else line
    y = c.one if line >= c.one else y
    inside = (line > c.zero) & (line < c.one)
    return y, a if inside else c.zero, c.zero * x


@_curve
def logarithm(x, a, b):
    c = constants(x)
    return log(x), c.one / x, -c.one / (x * x)


@_curve
def power(x, a, b):
    c = constants(x)
    slope = a * x ** (a - c.one) if a != c.zero else c.zero * x
    bent = a != c.zero and a != c.one
    bend = a * (a - c.one) * x ** (a - c.two) if bent else c.zero * x
    return x**a, slope, bend


@_curve
def absolute(x, a, b):
    c = constants(x)
    sign = c.one if x > c.zero else -c.one
    sign = x if x == c.zero or x != x else sign
    return abs(x), sign, c.zero * x


@_curve
def clip(x, a, b):
    c = constants(x)
    y = a if x < a else x
    y = b if x > b else y
    return y, c.zero if x < a or x > b else c.one, c.zero * x


@_curve
def affine(x, a, b):
    c = constants(x)
    return a * x + b, a + c.zero * x, c.zero * x


@_curve
def above(x, a, b):
    c = constants(x)
    y = c.one if x > a else c.zero
    y = b if x == a else y
    return y + c.zero * x, c.zero * x, c.zero * x


class ByCurve:
    """A twin that is a kernel for each curve, of which those in use are compiled.

    One kernel with a loop for each would be slower: its exp is called, not inlined.
    """

    def __init__(self, *kernels: Callable[..., None]) -> None:
        self.kernels = kernels  # in the order of `primitives.curves.CURVES`
        update_wrapper(self, kernels[0])

    def chosen(self, sizes: Mapping[str, int], dtype: Any, asked: str) -> Any:
        """The kernel for the curve of that number; see `Primitive.twin_for`."""
        return self.kernels[sizes["curve"]]

    def __call__(self, *operands: Any) -> None:
        number = next(operand for operand in operands if isinstance(operand, int))
        self.kernels[number](*operands)


@kernel
def _elu_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = elu(x[i], a, b)


@kernel
def _elu_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * elu(x[i], a, b)[2]


@kernel
def _softplus_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = softplus(x[i], a, b)


@kernel
def _softplus_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * softplus(x[i], a, b)[2]


@kernel
def _softsign_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = softsign(x[i], a, b)


@kernel
def _softsign_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * softsign(x[i], a, b)[2]


@kernel
def _swish_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = swish(x[i], a, b)


@kernel
def _swish_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * swish(x[i], a, b)[2]


@kernel
def _gelu_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = gelu(x[i], a, b)


@kernel
def _gelu_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * gelu(x[i], a, b)[2]


@kernel
def _gelu_tanh_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = gelu_tanh(x[i], a, b)


@kernel
def _gelu_tanh_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * gelu_tanh(x[i], a, b)[2]


@kernel
def _exponential_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = exponential(x[i], a, b)


@kernel
def _exponential_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * exponential(x[i], a, b)[2]


@kernel
def _hard_sigmoid_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = hard_sigmoid(x[i], a, b)


@kernel
def _hard_sigmoid_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * hard_sigmoid(x[i], a, b)[2]


@kernel
def _logarithm_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = logarithm(x[i], a, b)


@kernel
def _logarithm_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * logarithm(x[i], a, b)[2]


@kernel
def _power_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = power(x[i], a, b)


@kernel
def _power_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * power(x[i], a, b)[2]


@kernel
def _absolute_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = absolute(x[i], a, b)


@kernel
def _absolute_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * absolute(x[i], a, b)[2]


@kernel
def _clip_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = clip(x[i], a, b)


@kernel
def _clip_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * clip(x[i], a, b)[2]


@kernel
def _affine_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = affine(x[i], a, b)


@kernel
def _affine_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * affine(x[i], a, b)[2]


@kernel
def _above_forward(x, curve, a, b, y, slope):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        y[i], slope[i], _ = above(x[i], a, b)


@kernel
def _above_curvature(dy, t, x, curve, a, b, dx):
    a, b = x.dtype.type(a), x.dtype.type(b)
    for i in range(x.size):
        dx[i] = dy[i] * t[i] * above(x[i], a, b)[2]


curve_forward = ByCurve(
    _elu_forward,
    _softplus_forward,
    _softsign_forward,
    _swish_forward,
    _gelu_forward,
    _gelu_tanh_forward,
    _exponential_forward,
    _hard_sigmoid_forward,
    _logarithm_forward,
    _power_forward,
    _absolute_forward,
    _clip_forward,
    _affine_forward,
    _above_forward,
)
curve_curvature = ByCurve(
    _elu_curvature,
    _softplus_curvature,
    _softsign_curvature,
    _swish_curvature,
    _gelu_curvature,
    _gelu_tanh_curvature,
    _exponential_curvature,
    _hard_sigmoid_curvature,
    _logarithm_curvature,
    _power_curvature,
    _absolute_curvature,
    _clip_curvature,
    _affine_curvature,
    _above_curvature,
)
