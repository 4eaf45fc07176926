"""The twins of the curves: in the right order, close to the formulas, NaN passes."""

import numpy as np
import pytest

from minigan import primitives
from minigan.compiled import curves
from minigan.primitives.curves import CURVES, number_of

from ..helpers import TOLERANCE

FLOATS = (np.float32, np.float64)
A, B = 0.3, 0.6


def test_the_kernels_stand_in_the_order_of_the_curves():
    for twin, kind in (
        (curves.curve_forward, "forward"),
        (curves.curve_curvature, "curvature"),
    ):
        names = [kernel.__name__ for kernel in twin.kernels]
        assert names == [f"_{name}_{kind}" for name in CURVES]


def found(x, number, backend):
    """y, slope and bend."""
    ones = np.ones_like(x)
    with primitives.use_backend(backend):
        y, slope = primitives.curve_forward(x, number, A, B)
        return y, slope, primitives.curve_curvature(ones, ones, x, number, A, B)


@pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
@pytest.mark.parametrize("name", CURVES)
def test_twin_and_formula(name, dtype):
    x = np.append(np.linspace(-9, 9, 181), [-0.0, -40, 40]).astype(dtype)
    x = x[x > 0] if name in ("logarithm", "power") else x
    k = number_of(name)
    pairs = zip(found(x, k, "numpy"), found(x, k, "jit"), strict=True)
    for formula, twin in pairs:
        np.testing.assert_allclose(twin, formula, **TOLERANCE[np.dtype(dtype)])
    nan = np.full(3, np.nan, dtype)
    for backend in ("numpy", "jit"):
        assert np.isnan(found(nan, k, backend)[0]).all()


def test_a_twin_may_be_called_by_itself():
    x, y, slope = np.ones(3), np.empty(3), np.empty(3)
    curves.curve_forward(x, number_of("softsign"), A, B, y, slope)
    assert (y == 0.5).all() and (slope == 0.25).all()
    curves.curve_curvature(x, x, x, number_of("softsign"), A, B, y)
    assert (y == -0.25).all()
