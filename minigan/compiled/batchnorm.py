"""Batch normalisation; formulas in `primitives.batchnorm`.

A matrix lies in memory row by row, so the loops go row by row as well and treat all
columns of a row at once, as vectors.  Totals are float64.  Four rows are summed in the
type of the data before they are added to a total, which is then touched a quarter as
often; the order is fixed.
"""

import numpy as np

from ..jit.compiling import kernel


@kernel
def batchnorm_forward(x, gamma, beta, epsilon, y, xhat, mean, var, rstd):
    n, d = x.shape
    kind = x.dtype.type
    whole = n - n % 4
    # The mean, measured from the first row: numbers around 1e4 become small ones.
    for j in range(d):
        mean[j], var[j] = 0.0, 0.0
    for i in range(0, whole, 4):
        for j in range(d):
            first = x[0, j]
            a = (x[i, j] - first) + (x[i + 1, j] - first)
            b = (x[i + 2, j] - first) + (x[i + 3, j] - first)
            mean[j] += np.float64(a + b)
    for i in range(whole, n):
        for j in range(d):
            mean[j] += np.float64(x[i, j] - x[0, j])
    for j in range(d):
        mean[j] = mean[j] / n + np.float64(x[0, j])
    # x - mean, the mean in two parts: subtracting the larger one is exact.
    for i in range(n):
        for j in range(d):
            high = kind(mean[j])
            low = kind(mean[j] - np.float64(high))
            xhat[i, j] = (x[i, j] - high) - low
    for i in range(0, whole, 4):
        for j in range(d):
            a, b, c, e = xhat[i, j], xhat[i + 1, j], xhat[i + 2, j], xhat[i + 3, j]
            var[j] += np.float64((a * a + b * b) + (c * c + e * e))
    for i in range(whole, n):
        for j in range(d):
            var[j] += np.float64(xhat[i, j] * xhat[i, j])
    for j in range(d):
        var[j] /= n
        fits = var[j] - var[j]  # 0, or NaN where squares left the type of x
        rstd[j] = kind(1.0 / np.sqrt(var[j] + epsilon) + fits)
    for i in range(n):
        for j in range(d):
            xhat[i, j] *= rstd[j]
            y[i, j] = gamma[j] * xhat[i, j] + beta[j]


@kernel
def batchnorm_update(mean, var, moving_mean, moving_var, momentum):
    kind = moving_mean.dtype.type
    keep, take = kind(momentum), kind(1 - momentum)
    for j in range(mean.size):
        moving_mean[j] = keep * moving_mean[j] + take * kind(mean[j])
        moving_var[j] = keep * moving_var[j] + take * kind(var[j])


@kernel
def batchnorm_inference(
    x, gamma, beta, moving_mean, moving_var, epsilon, y, xhat, rstd
):
    kind = x.dtype.type
    one, eps = kind(1), kind(epsilon)
    for j in range(x.shape[1]):
        rstd[j] = one / np.sqrt(moving_var[j] + eps)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            xhat[i, j] = (x[i, j] - moving_mean[j]) * rstd[j]
        for j in range(x.shape[1]):
            y[i, j] = gamma[j] * xhat[i, j] + beta[j]


@kernel
def batchnorm_sums(dy, xhat, sum_dy, sum_dy_xhat):
    n, d = dy.shape
    whole = n - n % 4
    for j in range(d):
        sum_dy[j], sum_dy_xhat[j] = 0.0, 0.0
    for i in range(0, whole, 4):
        for j in range(d):
            a, b, c, e = dy[i, j], dy[i + 1, j], dy[i + 2, j], dy[i + 3, j]
            f, g = a * xhat[i, j], b * xhat[i + 1, j]
            h, k = c * xhat[i + 2, j], e * xhat[i + 3, j]
            sum_dy[j] += np.float64((a + b) + (c + e))
            sum_dy_xhat[j] += np.float64((f + g) + (h + k))
    for i in range(whole, n):
        for j in range(d):
            sum_dy[j] += np.float64(dy[i, j])
            sum_dy_xhat[j] += np.float64(dy[i, j] * xhat[i, j])


@kernel
def batchnorm_backward(dy, xhat, gamma, rstd, sum_dy, sum_dy_xhat, dx):
    n, d = dy.shape
    kind = dy.dtype.type
    share = 1.0 / n
    for i in range(n):
        for j in range(d):
            mean, slope = kind(sum_dy[j] * share), kind(sum_dy_xhat[j] * share)
            dx[i, j] = (dy[i, j] - mean) - xhat[i, j] * slope
        for j in range(d):
            dx[i, j] *= gamma[j] * rstd[j]


@kernel
def batchnorm_inference_backward(dy, gamma, rstd, dx):
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            dx[i, j] = dy[i, j] * (gamma[j] * rstd[j])
