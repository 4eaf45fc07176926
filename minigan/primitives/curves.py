"""Curved activations: one primitive for all, which is told the number of the curve.

A curve is a function f of one number x and of up to two constants, a and b.  One
formula gives f, its slope f' and its bend f'' together, since they share an exp:

    @curve
    def softplus(x, a, b):
        ...
        return y, slope, bend

One more costs such a formula here, the same for a single number in `compiled.curves`,
and a class in `layers.curves`.  The forward keeps the slope, so that backward and
tangent are a product: dx = dy f'(x) and J t = t f'(x).
"""

from collections.abc import Callable

import numpy as np

from ..jit.normal import DENSITY, GELU_CUBE, GELU_ROOT, TAIL_64, TAIL_SCALE
from .declare import TRANSCENDENTAL, primitive

CURVES: dict[str, Callable] = {}  # name -> formula, in the order of their numbers


def curve(formula):
    """Give a formula the next number."""
    CURVES[formula.__name__] = formula
    return formula


def number_of(name):
    """Under which number the primitives know a curve."""
    return [*CURVES].index(name)


def _polynomial(x, coefficients):
    """a[0] + a[1] x + a[2] x^2 + ... (Horner's scheme)."""
    total = np.zeros_like(x)
    for a in reversed(coefficients):
        total = total * x + a
    return total


def _sigmoid(x):
    """(e^-|x|, 1 / (1 + e^-x))"""
    above = x.real > 0
    e = np.exp(np.where(above, -x, x))
    return e, np.where(above, 1, e) / (1 + e)


@curve
def elu(x, a, b):
    """b x where x > 0, else b a (e^x - 1)."""
    above = x.real > 0
    low = np.where(above, 0, x)
    e = a * np.exp(low)
    y = np.where(above, x, a * np.expm1(low))
    return b * y, b * np.where(above, 1, e), b * np.where(above, 0, e)


@curve
def softplus(x, a, b):
    """log(1 + e^x), written with e^-|x|, which cannot overflow."""
    e, s = _sigmoid(x)
    return np.where(x.real > 0, x, 0) + np.log1p(e), s, s * (1 - s)


@curve
def softsign(x, a, b):
    """x / (1 + |x|)."""
    size = 1 + np.where(x.real < 0, -x, x)
    return x / size, 1 / (size * size), -2 * np.sign(x.real) / (size * size * size)


@curve
def swish(x, a, b):
    """x s(x) with the sigmoid s."""
    e, s = _sigmoid(x)
    return x * s, s * (1 + x * (1 - s)), s * (1 - s) * (2 + x * (1 - 2 * s))


@curve
def gelu(x, a, b):
    """x P(X <= x) for a normal X, whose density is p."""
    above = x.real > 0
    size = np.where(above, x, -x)
    e = np.exp(-0.5 * (x * x))
    t = 1 / (1 + TAIL_SCALE * size)
    tail = e * t * _polynomial(2 * t - 1, TAIL_64)
    P = np.where(above, 1 - tail, tail)
    p = DENSITY * e
    return x * P, P + x * p, p * (2 - x * x)


@curve
def gelu_tanh(x, a, b):
    """x/2 (1 + tanh u), u = sqrt(2 / pi) (x + 0.044715 x^3): close to `gelu`.

    (1 + tanh u) / 2 is the sigmoid of v = 2 u, which loses nothing where it is small.
    """
    v = 2 * GELU_ROOT * (x + GELU_CUBE * x * x * x)
    v1 = 2 * GELU_ROOT * (1 + 3 * GELU_CUBE * x * x)
    v2 = 12 * GELU_ROOT * GELU_CUBE * x
    s = _sigmoid(v)[1]
    s1 = s * (1 - s)
    return x * s, s + x * s1 * v1, s1 * (2 * v1 + x * ((1 - 2 * s) * v1 * v1 + v2))


@curve
def exponential(x, a, b):
    """e^x."""
    with np.errstate(over="ignore"):
        y = np.exp(x)
    return y, y, y


@curve
def hard_sigmoid(x, a, b):
    """a x + b, between 0 and 1."""
    line = a * x + b
    inside = (line.real > 0) & (line.real < 1)
    y = np.where(line.real >= 1, 1, np.where(line.real <= 0, 0, line))
    return y, np.where(inside, a, 0), 0 * x


@curve
def logarithm(x, a, b):
    """log x; -inf at 0, NaN below."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.log(x), 1 / x, -1 / (x * x)


@curve
def power(x, a, b):
    """x^a; NaN for x < 0 where a is no integer."""
    with np.errstate(divide="ignore", invalid="ignore", over="ignore"):
        slope = a * x ** (a - 1) if a else 0 * x
        bend = a * (a - 1) * x ** (a - 2) if a not in (0, 1) else 0 * x
        return x**a, slope, bend


@curve
def absolute(x, a, b):
    """|x|, with the slope 0 at 0."""
    sign = np.sign(x.real)
    return sign * x, sign, 0 * x


@curve
def clip(x, a, b):
    """x, but at least a and at most b, with the slope 1 from a to b."""
    y = np.where(x.real < a, a, np.where(x.real > b, b, x))
    return y, np.where((x.real < a) | (x.real > b), 0, 1), 0 * x


@curve
def affine(x, a, b):
    """a x + b."""
    return a * x + b, a + 0 * x, 0 * x


@curve
def above(x, a, b):
    """1 where x > a, else 0; where x = a it is b."""
    y = np.where(x.real > a, 1, np.where(x.real == a, b, 0))
    return y + 0 * x, 0 * x, 0 * x


_COSTS = 2 * TRANSCENDENTAL + 10  # of any of them, about


@primitive(
    "x[*] curve=i a=f b=f -> y[*] slope[*]", flops=lambda S: _COSTS * S, rows="S"
)
def curve_forward(x, curve, a, b, y, slope):
    """y = f(x), slope = f'(x), for the curve of that number."""
    y[...], slope[...], _ = [*CURVES.values()][curve](x, a, b)


@primitive(
    "dy[*] t[*] x[*] curve=i a=f b=f -> dx[*]",
    flops=lambda S: (_COSTS + 2) * S,
    rows="S",
)
def curve_curvature(dy, t, x, curve, a, b, dx):
    """dx = dy t f''(x): how the slope that t meets bends."""
    dx[...] = dy * t * [*CURVES.values()][curve](x, a, b)[2]
