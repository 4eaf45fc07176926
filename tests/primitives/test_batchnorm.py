"""Batch normalisation by hand, number by number."""

import math

import numpy as np
import pytest

from minigan import primitives

pytestmark = pytest.mark.usefixtures("formulas")
X = np.array([[1.0, 5.0], [2.0, 3.0], [6.0, 4.0]])
DY = np.array([[0.5, -1.0], [2.0, 0.25], [-1.0, 3.0]])
GAMMA, BETA = np.array([2.0, 0.5]), np.array([0.25, -1.0])


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-13, atol=1e-15)


def test_a_batch():
    y, xhat, mean, var, rstd = primitives.batchnorm_forward(X, GAMMA, BETA, 0.5)
    for j in range(2):
        column = X[:, j].tolist()
        m = sum(column) / 3
        v = sum((x - m) ** 2 for x in column) / 3
        r = 1 / math.sqrt(v + 0.5)
        close([mean[j], var[j], rstd[j]], [m, v, r])
        close(xhat[:, j], [(x - m) * r for x in column])
        close(y[:, j], [GAMMA[j] * (x - m) * r + BETA[j] for x in column])


def test_moving_statistics():
    mean, var = np.array([1.0, 2.0]), np.array([3.0, 0.5])
    moving_mean, moving_var = np.array([4.0, -2.0]), np.array([2.0, 8.0])
    primitives.batchnorm_update(mean, var, moving_mean, moving_var, 0.75)
    close(moving_mean, [0.75 * 4 + 0.25 * 1, 0.75 * -2 + 0.25 * 2])
    close(moving_var, [0.75 * 2 + 0.25 * 3, 0.75 * 8 + 0.25 * 0.5])


def test_constant_statistics():
    mean, var = np.array([1.0, 2.0]), np.array([3.0, 0.5])
    r = [1 / math.sqrt(3.5), 1.0]
    found = primitives.batchnorm_inference(X, GAMMA, BETA, mean, var, 0.5)
    xhat = [[(x[j] - mean[j]) * r[j] for j in range(2)] for x in X]
    close(found[2], r)
    close(found[1], xhat)
    close(found[0], [[GAMMA[j] * x[j] + BETA[j] for j in range(2)] for x in xhat])
    dx = primitives.batchnorm_inference_backward(DY, GAMMA, np.array(r))
    close(dx, [[d[j] * GAMMA[j] * r[j] for j in range(2)] for d in DY])


def test_gradients():
    rstd = np.array([0.5, 2.0])
    total, along = primitives.batchnorm_sums(DY, X)
    close(total, [sum(d[j] for d in DY) for j in range(2)])
    close(along, [sum(d[j] * x[j] for d, x in zip(DY, X, strict=True)) for j in (0, 1)])
    dx = primitives.batchnorm_backward(DY, X, GAMMA, rstd, total, along)
    for j in range(2):
        g = [GAMMA[j] * d for d in DY[:, j]]
        mean, slope = (
            sum(g) / 3,
            sum(a * b for a, b in zip(g, X[:, j], strict=True)) / 3,
        )
        rows = zip(g, X[:, j], strict=True)
        close(dx[:, j], [rstd[j] * (a - mean - x * slope) for a, x in rows])
