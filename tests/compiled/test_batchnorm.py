"""Kernels that work down columns: any shape, and means far from zero."""

import numpy as np
import pytest

from minigan import primitives
from minigan.compiled import batchnorm as kernels
from minigan.compiled import dense
from minigan.compiled.sharing import PARALLEL
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import normal, threads

FLOATS = (np.float32, np.float64)
each_type = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
SHAPES = ((64, 130), (7, 3), (2, 1), (1, 4), (133, 17))
LARGE = ((301, 200), (2101, 17), (10, 4001))  # shared by threads


def batchnorm(x, gamma, beta, epsilon=1e-3):
    """y, xhat, mean, var, rstd."""
    d = x.shape[1]
    results = np.empty_like(x), np.empty_like(x), np.empty(d), np.empty(d)
    results += (np.empty(d, x.dtype),)
    kernels.batchnorm_forward(x, gamma, beta, epsilon, *results)
    return results


@each_type
@pytest.mark.parametrize("centre", (0, 1e4))
@pytest.mark.parametrize("shape", SHAPES)
def test_batchnorm_forward(shape, centre, dtype):
    x = centre + normal(*shape, dtype=dtype)
    gamma, beta = normal(2, shape[1], dtype=dtype, seed=1)
    y, xhat, mean, var, rstd = batchnorm(x, gamma, beta)
    exact, eps = x.astype(float), np.finfo(dtype).eps
    want_var = exact.var(axis=0)
    want = (exact - exact.mean(axis=0)) / np.sqrt(want_var + 1e-3)
    atol = 4 * eps
    np.testing.assert_allclose(mean, exact.mean(axis=0), rtol=1e-12, atol=atol)
    np.testing.assert_allclose(var, want_var, rtol=20 * eps, atol=1e-10)
    np.testing.assert_allclose(rstd, 1 / np.sqrt(want_var + 1e-3), rtol=20 * eps)
    if dtype == np.float64:  # the expected value has lost these digits itself
        atol += 4 * centre * eps / np.sqrt(want_var.min() + 1e-3)
    np.testing.assert_allclose(xhat, want, rtol=20 * eps, atol=atol)
    want = gamma * want + beta
    np.testing.assert_allclose(y, want, rtol=20 * eps, atol=3 * atol)


def test_batchnorm_of_a_constant_column_is_beta():
    x, beta = np.full((63, 5), 0.1, np.float32), normal(5)
    y, *_ = batchnorm(x, np.ones(5, np.float32), beta)
    np.testing.assert_allclose(y, np.broadcast_to(beta, y.shape), rtol=1e-6)


@each_type
@pytest.mark.parametrize("shape", SHAPES)
def test_batchnorm_backward(shape, dtype):
    dy, xhat = normal(2, *shape, dtype=dtype, seed=3)
    gamma, rstd = normal(2, shape[1], dtype=dtype, seed=4)
    sum_dy, sum_dy_xhat = np.empty((2, shape[1]))
    dx = np.empty_like(dy)
    kernels.batchnorm_sums(dy, xhat, sum_dy, sum_dy_xhat)
    kernels.batchnorm_backward(dy, xhat, gamma, rstd, sum_dy, sum_dy_xhat, dx)
    a, b = dy.astype(float), xhat.astype(float)
    near = {"rtol": 20 * np.finfo(dtype).eps, "atol": 40 * np.finfo(dtype).eps}
    np.testing.assert_allclose(sum_dy, a.sum(axis=0), **near)
    np.testing.assert_allclose(sum_dy_xhat, (a * b).sum(axis=0), **near)
    want = gamma * rstd * (a - a.mean(axis=0) - b * (a * b).mean(axis=0))
    np.testing.assert_allclose(dx, want, **near)


@pytest.mark.skipif(JIT_DISABLED, reason="nothing is parallel without the JIT")
@each_type
@pytest.mark.parametrize("shape", LARGE)
def test_large_ones_with_any_number_of_threads(shape, dtype):
    """The bits are the same, and it is the formula."""
    x, dy = normal(2, *shape, dtype=dtype, seed=5)
    gamma, beta = normal(2, shape[1], dtype=dtype, seed=6)
    assert x.size >= PARALLEL
    found = []
    for n in (1, 3):
        with threads(n):
            y, xhat, mean, var, rstd = batchnorm(x, gamma, beta)
            still = np.empty_like(x), np.empty_like(x), np.empty_like(rstd)
            moving = mean.astype(dtype), var.astype(dtype)
            kernels.batchnorm_inference(x, gamma, beta, *moving, 1e-3, *still)
            sums, dx = np.empty((2, shape[1])), np.empty_like(x)
            kernels.batchnorm_sums(dy, xhat, *sums)
            kernels.batchnorm_backward(dy, xhat, gamma, rstd, *sums, dx)
            found.append((y, xhat, mean, var, rstd, *still, sums, dx))
    for one, three in zip(*found, strict=True):
        np.testing.assert_array_equal(one, three)
    y, xhat, mean, var, rstd, again, *_, sums, dx = found[0]
    expected = [np.empty_like(a) for a in (y, xhat, mean, var, rstd)]
    primitives.batchnorm_forward.formula(x, gamma, beta, 1e-3, *expected)
    back, near = np.empty_like(x), 1e4 * np.finfo(dtype).eps
    primitives.batchnorm_backward.formula(dy, xhat, gamma, rstd, *sums, back)
    pairs = zip((y, xhat, mean, var, rstd, dx), (*expected, back), strict=True)
    for result, formula in pairs:
        np.testing.assert_allclose(result, formula, rtol=near, atol=near)
    np.testing.assert_allclose(again, y, rtol=near, atol=near)


@each_type
@pytest.mark.parametrize("shape", SHAPES)
def test_bias_sums_are_taken_in_float64(shape, dtype):
    dy = 1e4 + normal(*shape, dtype=dtype)
    db = np.empty(shape[1])
    dense.dense_db(dy, db)
    near = 10 * np.finfo(dtype).eps
    np.testing.assert_allclose(db, dy.astype(float).sum(axis=0), rtol=near)
