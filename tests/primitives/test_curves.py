"""Curves beside their definitions: value, slope and bend in exact arithmetic."""

import numpy as np
import pytest

from minigan import primitives
from minigan.primitives.curves import CURVES, number_of

mpmath = pytest.importorskip("mpmath")
pytestmark = pytest.mark.usefixtures("formulas")
EVERYWHERE = np.array([-30.0, -6.5, -2.5, -0.75, -1e-3, 1e-3, 0.25, 1.0, 3.5, 12.0])
A, B = 0.3, 0.6


def _gelu_tanh(x):
    u = mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf(44715) / 10**6 * x**3)
    return x / 2 * (1 + mpmath.tanh(u))


def _between(x):
    return max(0, min(1, A * x + B))


EXACT = {
    "elu": lambda x: B * (x if x > 0 else A * mpmath.expm1(x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "softsign": lambda x: x / (1 + abs(x)),
    "swish": lambda x: x / (1 + mpmath.exp(-x)),
    "gelu": lambda x: x * mpmath.ncdf(x),
    "gelu_tanh": _gelu_tanh,
    "exponential": mpmath.exp,
    "hard_sigmoid": _between,
    "logarithm": mpmath.log,
    "power": lambda x: x ** mpmath.mpf(A),
    "absolute": abs,
    "clip": lambda x: max(A, min(B, x)),
    "affine": lambda x: A * x + B,
    "above": lambda x: mpmath.mpf(x > A),
}
POSITIVE = ("logarithm", "power")  # curves of positive numbers only


@pytest.mark.parametrize("name", CURVES)
def test_value_slope_and_bend(name):
    X = np.abs(EVERYWHERE) if name in POSITIVE else EVERYWHERE
    k, ones = number_of(name), np.ones_like(X)
    y, slope = primitives.curve_forward(X, k, A, B)
    bend = primitives.curve_curvature(2 * ones, ones, X, k, A, B) / 2
    with mpmath.workdps(60):
        for order, got in enumerate((y, slope, bend)):
            want = [
                float(mpmath.diff(EXACT[name], mpmath.mpf(v), order, h=1e-20))
                for v in X
            ]
            np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)


@pytest.mark.parametrize("name", CURVES)
def test_far_out_without_a_warning(name):
    far = np.array([8.0 if name in POSITIVE else -800.0, 800.0])
    with np.errstate(all="raise", under="ignore"):
        y, slope = primitives.curve_forward(far, number_of(name), A, B)
    assert not np.isnan(y).any() and not np.isnan(slope).any()


def test_kinks_and_bounds():
    """The slope of |x| at 0 is 0; on the bounds of a clip the gradient passes."""
    x = np.array([-1.0, 0.0, 0.3, 0.6, 1.0])

    def of(name):
        return [v.tolist() for v in primitives.curve_forward(x, number_of(name), A, B)]

    assert of("absolute") == [[1, 0, 0.3, 0.6, 1], [-1, 0, 1, 1, 1]]
    assert of("clip") == [[0.3, 0.3, 0.3, 0.6, 0.6], [0, 0, 1, 1, 0]]
    assert of("above") == [[0, 0, 0.6, 1, 1], [0] * 5]


@pytest.mark.parametrize("a", [-1.0, 0.0, 0.5, 1.0, 2.0, 3.0])
def test_powers(a):
    x, k, ones = np.array([0.25, 2.0, 9.0]), number_of("power"), np.ones(3)
    y, slope = primitives.curve_forward(x, k, a, 0.0)
    bend = primitives.curve_curvature(ones, ones, x, k, a, 0.0)
    np.testing.assert_allclose(y, x**a, rtol=1e-15)
    np.testing.assert_allclose(slope, a * x ** (a - 1), rtol=1e-15)
    np.testing.assert_allclose(bend, a * (a - 1) * x ** (a - 2), rtol=1e-15)
    square = primitives.curve_forward(np.array([0.0, -3.0]), k, 2.0, 0.0)
    assert [v.tolist() for v in square] == [[0, 9], [0, -6]]
