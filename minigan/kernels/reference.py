"""The mathematics of minigan, one NumPy function a primitive.

This is the text to study: each function is a formula and the line that computes it.
Results are written into the last arguments, so that `jit.py` can hold a compiled
twin with the same arguments; `table.py` lists shapes and costs.

Every formula here is analytic in its branches (comparisons look at the real part),
so complex numbers may be passed through a whole network: the complex step
`Im f(x + ih) / h` then gives derivatives to the last digits (see `gradcheck`).

Notation: N rows of a batch, D features in, M features out; `d<name>` is the
gradient dL/d<name> of the loss, with the shape of `<name>`.

Here stand data and layers; convolutions are in `reference_images`, losses, metrics and
optimizers in `reference_training`.
"""

import numpy as np


def wide(x):
    """float64 (complex128 for complex x): the type in which long sums are taken."""
    return np.result_type(x.dtype, np.float64)


# ---- data and random draws ---------------------------------------------------------


def standard_normal(rng, n, d, z):
    """z ~ N(0, 1).   z: (n, d)"""
    rng.standard_normal(out=z, dtype=z.dtype)


def uniform(rng, n, d, u):
    """u ~ U[0, 1).   u: (n, d)"""
    rng.random(out=u, dtype=u.dtype)


def integers(rng, high, n, index):
    """index = floor(u high), u ~ U[0, 1): any of 0 ... high - 1.   index: (n,)"""
    index[:] = rng.random(n) * high


def parabola(u, points):
    """Points (x, x^2) with x = u - 1/2.   u: (N, 1)   points: (N, 2)"""
    points[:, 0] = u[:, 0] - 0.5
    points[:, 1] = points[:, 0] * points[:, 0]


def gather(data, index, batch):
    """batch = data[index].   data: (R, D)   index: (N,)   batch: (N, D)"""
    batch[:] = data[index]


def concatenate(a, b, c):
    """c = a above b.   a: (N, D)   b: (M, D)   c: (N + M, D)"""
    c[: len(a)] = a
    c[len(a) :] = b


def copy(x, y):
    """y = x."""
    y[...] = x


def add_scaled(x, noise, scale, y):
    """y = x + scale noise."""
    y[...] = x + scale * noise


def scale(x, factor, y):
    """y = factor x."""
    y[...] = factor * x


def fill(x, value):
    """x = value, everywhere."""
    x[...] = value


def full(n, d, value, x):
    """x = value, everywhere.   x: (n, d)"""
    x[:] = value


def epoch_indices(rng, order, cursor, shuffle, n, index):
    """The next n indices of an epoch; a tail too short for a batch is dropped.

    At the start of an epoch `order`, a permutation of 0 ... R - 1, is shuffled (by
    Fisher and Yates: swap each place with one at or below it) or left alone.  Where the
    batches before were smaller and this one does not fit any more, an epoch starts.
    order: (R,)   index: (n,)   cursor: how many of them are used up
    """
    if cursor + n > len(order):
        cursor[...] = 0
    if cursor == 0 and shuffle:
        u = rng.random(len(order))
        for i in range(len(order) - 1, 0, -1):
            k = int(u[i] * (i + 1))
            order[i], order[k] = order[k], order[i]
    start = int(cursor)
    index[:] = order[start : start + n]
    cursor[...] = start + n if start + 2 * n <= len(order) else 0


# ---- Dense -------------------------------------------------------------------------


def dense_forward(x, W, b, y):
    """y = x W + b.   x: (N, D)   W: (D, M)   b: (M,)   y: (N, M)"""
    y[:] = x @ W + b


def dense_dW(x, dy, dW):
    """dW += x^T dy.   x: (N, D)   dy: (N, M)   dW: (D, M)"""
    dW += x.T @ dy


def dense_db(dy, db):
    """db = sum over the batch of dy.   dy: (N, M)   db: (M,) float64"""
    db[:] = dy.sum(axis=0, dtype=wide(dy))


def accumulate(total, grad):
    """grad += total, rounded to grad's type.   total: (D,) float64   grad: (D,)"""
    grad += total.astype(grad.dtype)


def dense_dx(dy, W, dx):
    """dx = dy W^T.   dy: (N, M)   W: (D, M)   dx: (N, D)"""
    dx[:] = dy @ W.T


def dense_relu_forward(x, W, b, y):
    """y = relu(x W + b)."""
    relu_forward(x @ W + b, y)


def dense_leaky_relu_forward(x, W, b, slope, y):
    """y = leaky_relu(x W + b)."""
    leaky_relu_forward(x @ W + b, slope, y)


def dense_leaky_relu_dx(dy, W, y, slope, dx):
    """dx = dy W^T, through a LeakyReLU whose output was y: (N, D)"""
    leaky_relu_backward(dy @ W.T, y, slope, dx)


def dense_dW_first(x, dy, dW):
    """dW = 0 + x^T dy: the first contribution to a gradient."""
    dW[:] = 0 + x.T @ dy


def accumulate_first(total, grad):
    """grad = 0 + total: the first contribution to a gradient."""
    grad[:] = 0 + total


# ---- activations -------------------------------------------------------------------


def relu_forward(x, y):
    """y = max(x, 0), where NaN stays NaN."""
    y[...] = np.where(x.real <= 0, 0, x)


def relu_backward(dy, y, dx):
    """dx = dy where y > 0, else 0: at the kink the derivative is 0."""
    dx[...] = np.where(y.real > 0, dy, 0)


def leaky_relu_forward(x, slope, y):
    """y = x where x > 0, else slope x."""
    y[...] = np.where(x.real > 0, x, slope * x)


def leaky_relu_backward(dy, y, slope, dx):
    """dx = dy where y > 0, else slope dy: at the kink the derivative is `slope`.

    With slope >= 0 the output has the sign of the input, so y serves for x.
    """
    dx[...] = np.where(y.real > 0, dy, slope * dy)


def clipped_relu_forward(x, slope, threshold, limit, y):
    """y = min(x, limit) where x > threshold, else slope (x - threshold)."""
    above = np.where(x.real < limit, x, limit)
    y[...] = np.where(x.real > threshold, above, slope * (x - threshold))


def clipped_relu_backward(dy, x, slope, threshold, limit, dx):
    """dx = dy where threshold < x < limit, 0 from limit on, else slope dy."""
    above = np.where(x.real < limit, dy, 0)
    dx[...] = np.where(x.real > threshold, above, slope * dy)


def sigmoid_forward(x, y):
    """y = 1 / (1 + exp(-x)), written with exp(-|x|), which cannot overflow."""
    e = np.exp(np.where(x.real > 0, -x, x))  # exp(-|x|)
    y[...] = np.where(x.real > 0, 1, e) / (1 + e)


def sigmoid_backward(dy, y, dx):
    """dx = dy y (1 - y)."""
    dx[...] = dy * (y * (1 - y))


def tanh_forward(x, y):
    """y = tanh x."""
    y[...] = np.tanh(x)


def tanh_backward(dy, y, dx):
    """dx = dy (1 - y^2)."""
    dx[...] = dy * (1 - y * y)


# ---- BatchNorm ---------------------------------------------------------------------


def batchnorm_forward(x, gamma, beta, epsilon, y, xhat, mean, var, rstd):
    """Normalise each feature by the statistics of this batch.

        mean = 1/N sum x          var = 1/N sum (x - mean)^2
        rstd = 1 / sqrt(var + epsilon)
        xhat = (x - mean) rstd    y = gamma xhat + beta

    The variance is the biased one, taken in two passes: the short cut
    E[x^2] - E[x]^2 loses all digits once the mean is large.
    x, y, xhat: (N, D)   gamma, beta, rstd: (D,)   mean, var: (D,) float64
    """
    m = x.mean(axis=0, dtype=wide(x))
    centred = x - m
    v = (centred * centred).mean(axis=0)
    r = 1 / np.sqrt(v + epsilon)
    mean[:], var[:], rstd[:] = m, v, r
    xhat[:] = centred * r
    y[:] = gamma * xhat + beta


def batchnorm_update(mean, var, moving_mean, moving_var, momentum):
    """moving = momentum moving + (1 - momentum) batch, for mean and variance: (D,)"""
    moving_mean[:] = momentum * moving_mean + (1 - momentum) * mean
    moving_var[:] = momentum * moving_var + (1 - momentum) * var


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


def batchnorm_sums(dy, xhat, sum_dy, sum_dy_xhat):
    """The gradients of beta and gamma: sums over the batch of dy and of dy xhat.

        dbeta = sum dy          dgamma = sum dy xhat

    dy, xhat: (N, D)   sum_dy, sum_dy_xhat: (D,) float64
    """
    sum_dy[:] = dy.sum(axis=0, dtype=wide(dy))
    sum_dy_xhat[:] = (dy * xhat).sum(axis=0, dtype=wide(dy))


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


def batchnorm_inference_backward(dy, gamma, rstd, dx):
    """dx = dy gamma rstd: with constant statistics the layer is a straight line.

    dy, dx: (N, D)   gamma, rstd: (D,)
    """
    dx[:] = dy * (gamma * rstd)


# ---- Dropout -----------------------------------------------------------------------


def dropout_forward(x, rng, rate, y, mask):
    """mask = [u >= rate] / (1 - rate) with u ~ U[0, 1),   y = x mask.

    "Inverted" dropout: the mean of y is x, so that inference needs no factor.
    """
    u = rng.random(x.shape, dtype=x.real.dtype)
    mask[...] = np.where(u >= rate, 1 / (1 - rate), 0)
    y[...] = x * mask


def dropout_backward(dy, mask, dx):
    """dx = dy mask."""
    dx[...] = dy * mask
