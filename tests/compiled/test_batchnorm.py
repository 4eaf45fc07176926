"""Kernels that work down columns: any shape, and means far from zero."""

import numpy as np
import pytest

from minigan.compiled import batchnorm as kernels
from minigan.compiled import dense

from ..helpers import normal

FLOATS = (np.float32, np.float64)
each_type = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
SHAPES = ((64, 130), (7, 3), (2, 1), (1, 4), (133, 17))


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


@each_type
@pytest.mark.parametrize("shape", SHAPES)
def test_bias_sums_are_taken_in_float64(shape, dtype):
    dy = 1e4 + normal(*shape, dtype=dtype)
    db = np.empty(shape[1])
    dense.dense_db(dy, db)
    near = 10 * np.finfo(dtype).eps
    np.testing.assert_allclose(db, dy.astype(float).sum(axis=0), rtol=near)
