"""Batch normalisation: N rows of a batch, D features."""

import numpy as np

from .declare import primitive, wide


@primitive(
    "x[N,D] gamma[D] beta[D] epsilon=f -> y[N,D] xhat[N,D] mean[D]:f var[D]:f rstd[D]",
    flops=lambda N, D: 8 * N * D + 3 * D,
)
def batchnorm_forward(x, gamma, beta, epsilon, y, xhat, mean, var, rstd):
    """Normalise each feature by the statistics of this batch.

        mean = 1/N sum x          var = 1/N sum (x - mean)^2
        rstd = 1 / sqrt(var + epsilon)
        xhat = (x - mean) rstd    y = gamma xhat + beta

    The variance is the biased one, taken in two passes: the short cut
    E[x^2] - E[x]^2 loses all digits once the mean is large.  Where it does not fit the
    type of x, rstd is NaN, and so is all that follows: 0 would look like a result.
    x, y, xhat: (N, D)   gamma, beta, rstd: (D,)   mean, var: (D,) float64
    """
    m = x.mean(axis=0, dtype=wide(x))
    centred = x - m
    v = (centred * centred).mean(axis=0)
    with np.errstate(over="ignore", invalid="ignore"):
        fits = np.isfinite(v.astype(x.dtype))
    r = np.where(fits, 1 / np.sqrt(v + epsilon), np.nan)
    mean[:], var[:], rstd[:] = m, v, r
    xhat[:] = centred * r
    y[:] = gamma * xhat + beta


@primitive(
    "mean[D]:f var[D]:f moving_mean[D]! moving_var[D]! momentum=f",
    flops=lambda D: 6 * D,
)
def batchnorm_update(mean, var, moving_mean, moving_var, momentum):
    """moving = momentum moving + (1 - momentum) batch, for mean and variance: (D,)"""
    moving_mean[:] = momentum * moving_mean + (1 - momentum) * mean
    moving_var[:] = momentum * moving_var + (1 - momentum) * var


@primitive(
    "x[N,D] gamma[D] beta[D] moving_mean[D] moving_var[D] epsilon=f"
    " -> y[N,D] xhat[N,D] rstd[D]",
    flops=lambda N, D: 4 * N * D + 3 * D,
)
def batchnorm_inference(
    x, gamma, beta, moving_mean, moving_var, epsilon, y, xhat, rstd
):
    """Normalise by the moving statistics, which are constants here.

        rstd = 1 / sqrt(moving_var + epsilon)
        xhat = (x - moving_mean) rstd       y = gamma xhat + beta

    x, y, xhat: (N, D)   gamma, beta, moving_mean, moving_var, rstd: (D,)
    """
    rstd[:] = 1 / np.sqrt(moving_var + epsilon)
    xhat[:] = (x - moving_mean) * rstd
    y[:] = gamma * xhat + beta


@primitive(
    "dy[N,D] xhat[N,D] -> sum_dy[D]:f sum_dy_xhat[D]:f", flops=lambda N, D: 3 * N * D
)
def batchnorm_sums(dy, xhat, sum_dy, sum_dy_xhat):
    """The gradients of beta and gamma: sums over the batch of dy and of dy xhat.

        dbeta = sum dy          dgamma = sum dy xhat

    dy, xhat: (N, D)   sum_dy, sum_dy_xhat: (D,) float64
    """
    sum_dy[:] = dy.sum(axis=0, dtype=wide(dy))
    sum_dy_xhat[:] = (dy * xhat).sum(axis=0, dtype=wide(dy))


@primitive(
    "dy[N,D] xhat[N,D] gamma[D] rstd[D] sum_dy[D]:f sum_dy_xhat[D]:f -> dx[N,D]",
    flops=lambda N, D: 5 * N * D + 3 * D,
)
def batchnorm_backward(dy, xhat, gamma, rstd, sum_dy, sum_dy_xhat, dx):
    """Gradient through y, mean and variance of `batchnorm_forward`.

        dxhat = dy gamma
        dx    = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat))

    gamma is the same for all rows and comes out of the means over the batch, which
    are then the sums of `batchnorm_sums` over N.
    dy, xhat, dx: (N, D)   gamma, rstd: (D,)   sum_dy, sum_dy_xhat: (D,)
    """
    n = len(dy)
    dx[:] = gamma * rstd * (dy - sum_dy / n - xhat * (sum_dy_xhat / n))


@primitive(
    "dy[N,D] gamma[D] rstd[D] -> dx[N,D]", flops=lambda N, D: N * D + D, rows="N"
)
def batchnorm_inference_backward(dy, gamma, rstd, dx):
    """dx = dy gamma rstd: with constant statistics the layer is a straight line.

    dy, dx: (N, D)   gamma, rstd: (D,)
    """
    dx[:] = dy * (gamma * rstd)
