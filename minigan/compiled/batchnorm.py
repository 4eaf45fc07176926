"""Batch normalisation; formulas in `primitives.batchnorm`.

A matrix lies in memory row by row, so the loops go row by row as well and treat many
columns of a row at once, as vectors.  Totals are float64.  Four rows are summed in the
type of the data before they are added to a total, which is then touched a quarter as
often; the order is fixed.  Threads share columns where mean and variance are summed,
and rows where nothing is; the sums of the way back are done by one.
"""

import numpy as np

from ..jit.compiling import kernel
from ..jit.tasks import next_task, share_out
from .sharing import column_span, cut_columns, cut_rows, span


@kernel(inside=True)
def _statistics(x, epsilon, mean, var, high, rest, rstd, low, end):
    """Columns low ... end - 1: mean, also in two parts, variance, 1 / deviation."""
    n = x.shape[0]
    kind = x.dtype.type
    whole = n - n % 4
    # The mean, measured from the first row: numbers around 1e4 become small ones.
    for j in range(low, end):
        mean[j], var[j] = 0.0, 0.0
    for i in range(0, whole, 4):
        for j in range(low, end):
            first = x[0, j]
            a = (x[i, j] - first) + (x[i + 1, j] - first)
            b = (x[i + 2, j] - first) + (x[i + 3, j] - first)
            mean[j] += np.float64(a + b)
    for i in range(whole, n):
        for j in range(low, end):
            mean[j] += np.float64(x[i, j] - x[0, j])
    for j in range(low, end):
        mean[j] = mean[j] / n + np.float64(x[0, j])
        # x - mean is (x - high) - rest: subtracting the larger part is exact.
        high[j] = kind(mean[j])
        rest[j] = kind(mean[j] - np.float64(high[j]))
    for i in range(0, whole, 4):
        for j in range(low, end):
            a, b = (x[i, j] - high[j]) - rest[j], (x[i + 1, j] - high[j]) - rest[j]
            c, e = (x[i + 2, j] - high[j]) - rest[j], (x[i + 3, j] - high[j]) - rest[j]
            var[j] += np.float64((a * a + b * b) + (c * c + e * e))
    for i in range(whole, n):
        for j in range(low, end):
            a = (x[i, j] - high[j]) - rest[j]
            var[j] += np.float64(a * a)
    for j in range(low, end):
        var[j] /= n
        fits = var[j] - var[j]  # 0, or NaN where squares left the type of x
        rstd[j] = kind(1.0 / np.sqrt(var[j] + epsilon) + fits)


@kernel(inside=True)
def _statistics_parts(share, x, epsilon, mean, var, high, rest, rstd):
    part = next_task(share)
    while part >= 0:
        low, end = column_span(part, share[3], x.shape[1])
        _statistics(x, epsilon, mean, var, high, rest, rstd, low, end)
        part = next_task(share)


@kernel(inside=True)
def _normalise_parts(share, x, high, rest, rstd, gamma, beta, y, xhat):
    part = next_task(share)
    while part >= 0:
        first, last = span(part, share[3], x.shape[0])
        for i in range(first, last):
            for j in range(x.shape[1]):
                xhat[i, j] = ((x[i, j] - high[j]) - rest[j]) * rstd[j]
                y[i, j] = gamma[j] * xhat[i, j] + beta[j]
        part = next_task(share)


@kernel
def batchnorm_forward(x, gamma, beta, epsilon, y, xhat, mean, var, rstd):
    n, d = x.shape
    high, rest = np.empty(d, x.dtype), np.empty(d, x.dtype)
    workers, parts = cut_columns(n, d)
    arguments = x, epsilon, mean, var, high, rest, rstd
    share_out(_statistics_parts, workers, parts, arguments)
    workers, parts = cut_rows(n, d)
    results = x, high, rest, rstd, gamma, beta, y, xhat
    share_out(_normalise_parts, workers, parts, results)


@kernel
def batchnorm_update(mean, var, moving_mean, moving_var, momentum):
    kind = moving_mean.dtype.type
    keep, take = kind(momentum), kind(1 - momentum)
    for j in range(mean.size):
        moving_mean[j] = keep * moving_mean[j] + take * kind(mean[j])
        moving_var[j] = keep * moving_var[j] + take * kind(var[j])


@kernel(inside=True)
def _inference_parts(share, x, gamma, beta, moving_mean, y, xhat, rstd):
    part = next_task(share)
    while part >= 0:
        first, last = span(part, share[3], x.shape[0])
        for i in range(first, last):
            for j in range(x.shape[1]):
                xhat[i, j] = (x[i, j] - moving_mean[j]) * rstd[j]
            for j in range(x.shape[1]):
                y[i, j] = gamma[j] * xhat[i, j] + beta[j]
        part = next_task(share)


@kernel
def batchnorm_inference(
    x, gamma, beta, moving_mean, moving_var, epsilon, y, xhat, rstd
):
    kind = x.dtype.type
    one, eps = kind(1), kind(epsilon)
    for j in range(x.shape[1]):
        rstd[j] = one / np.sqrt(moving_var[j] + eps)
    workers, parts = cut_rows(*x.shape)
    arguments = x, gamma, beta, moving_mean, y, xhat, rstd
    share_out(_inference_parts, workers, parts, arguments)


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


@kernel(inside=True)
def _backward_parts(share, dy, xhat, gamma, rstd, sum_dy, sum_dy_xhat, dx):
    n, d = dy.shape
    kind = dy.dtype.type
    portion = 1.0 / n
    part = next_task(share)
    while part >= 0:
        first, last = span(part, share[3], n)
        for i in range(first, last):
            for j in range(d):
                mean, slope = kind(sum_dy[j] * portion), kind(sum_dy_xhat[j] * portion)
                dx[i, j] = (dy[i, j] - mean) - xhat[i, j] * slope
            for j in range(d):
                dx[i, j] *= gamma[j] * rstd[j]
        part = next_task(share)


@kernel
def batchnorm_backward(dy, xhat, gamma, rstd, sum_dy, sum_dy_xhat, dx):
    workers, parts = cut_rows(*dy.shape)
    arguments = dy, xhat, gamma, rstd, sum_dy, sum_dy_xhat, dx
    share_out(_backward_parts, workers, parts, arguments)


@kernel
def batchnorm_inference_backward(dy, gamma, rstd, dx):
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            dx[i, j] = dy[i, j] * (gamma[j] * rstd[j])
