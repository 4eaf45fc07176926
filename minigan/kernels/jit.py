"""The compiled twins of `reference.py`: same names, same arguments, plain loops.

Operands of any shape (`[*]` in the table) arrive as vectors and memory cells as
arrays of one element.  Sums run in one fixed order, so the results do not depend on
the number of threads; long sums are taken in float64.  Constants arrive as float64
and are rounded once to the type of the data (`kind(slope)`), as NumPy does it.
"""

import math

import numpy as np

from .compiling import kernel

# ---- data and random draws ---------------------------------------------------------


@kernel
def standard_normal(rng, n, d, z):
    draws = rng.standard_normal(size=z.size, dtype=z.dtype.type)
    for i in range(n):
        for j in range(d):
            z[i, j] = draws[i * d + j]


@kernel
def uniform(rng, n, d, u):
    draws = rng.random(size=u.size, dtype=u.dtype.type)
    for i in range(n):
        for j in range(d):
            u[i, j] = draws[i * d + j]


@kernel
def integers(rng, high, n, index):
    u = rng.random(size=n)
    for i in range(n):
        index[i] = int(u[i] * high)


@kernel
def parabola(u, points):
    kind = u.dtype.type
    for i in range(u.shape[0]):
        x = u[i, 0] - kind(0.5)
        points[i, 0] = x
        points[i, 1] = x * x


@kernel
def gather(data, index, batch):
    for i in range(index.size):
        for j in range(data.shape[1]):
            batch[i, j] = data[index[i], j]


@kernel
def concatenate(a, b, c):
    n = a.shape[0]
    for i in range(n):
        for j in range(a.shape[1]):
            c[i, j] = a[i, j]
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            c[n + i, j] = b[i, j]


@kernel
def copy(x, y):
    for i in range(x.size):
        y[i] = x[i]


@kernel
def fill(x, value):
    for i in range(x.size):
        x[i] = value


@kernel
def full(n, d, value, x):
    for i in range(n):
        for j in range(d):
            x[i, j] = value


@kernel
def epoch_indices(rng, order, cursor, shuffle, n, index):
    if cursor[0] == 0 and shuffle:
        u = rng.random(size=order.size)
        for i in range(order.size - 1, 0, -1):
            k = int(u[i] * (i + 1))
            order[i], order[k] = order[k], order[i]
    start = cursor[0]
    for i in range(n):
        index[i] = order[start + i]
    cursor[0] = start + n if start + 2 * n <= order.size else 0


# ---- Dense -------------------------------------------------------------------------


@kernel
def dense_forward(x, W, b, y):
    for i in range(x.shape[0]):
        for j in range(W.shape[1]):
            y[i, j] = 0
        for k in range(W.shape[0]):
            for j in range(W.shape[1]):
                y[i, j] += x[i, k] * W[k, j]
        for j in range(W.shape[1]):
            y[i, j] += b[j]


@kernel
def dense_dW(x, dy, dW):
    row = np.empty(dy.shape[1], dy.dtype)
    for k in range(x.shape[1]):
        for j in range(row.size):
            row[j] = 0
        for i in range(x.shape[0]):
            for j in range(row.size):
                row[j] += x[i, k] * dy[i, j]
        for j in range(row.size):
            dW[k, j] += row[j]


@kernel
def dense_db(dy, db):
    for j in range(dy.shape[1]):
        total = np.float64(0)
        for i in range(dy.shape[0]):
            total += dy[i, j]
        db[j] += dy.dtype.type(total)


@kernel
def dense_dx(dy, W, dx):
    for i in range(dy.shape[0]):
        for k in range(W.shape[0]):
            total = dy.dtype.type(0)
            for j in range(dy.shape[1]):
                total += dy[i, j] * W[k, j]
            dx[i, k] = total


# ---- activations -------------------------------------------------------------------


@kernel
def relu_forward(x, y):
    zero = x.dtype.type(0)
    for i in range(x.size):
        y[i] = zero if x[i] <= zero else x[i]


@kernel
def relu_backward(dy, y, dx):
    zero = dy.dtype.type(0)
    for i in range(dy.size):
        dx[i] = dy[i] if y[i] > zero else zero


@kernel
def leaky_relu_forward(x, slope, y):
    kind = x.dtype.type
    a = kind(slope)
    for i in range(x.size):
        y[i] = x[i] if x[i] > kind(0) else a * x[i]


@kernel
def leaky_relu_backward(dy, y, slope, dx):
    kind = dy.dtype.type
    a = kind(slope)
    for i in range(dy.size):
        dx[i] = dy[i] if y[i] > kind(0) else a * dy[i]


@kernel
def sigmoid_forward(x, y):
    one = x.dtype.type(1)
    for i in range(x.size):
        e = np.exp(-abs(x[i]))
        y[i] = (one if x[i] > 0 else e) / (one + e)


@kernel
def sigmoid_backward(dy, y, dx):
    one = dy.dtype.type(1)
    for i in range(dy.size):
        dx[i] = dy[i] * (y[i] * (one - y[i]))


@kernel
def tanh_forward(x, y):
    for i in range(x.size):
        y[i] = np.tanh(x[i])


@kernel
def tanh_backward(dy, y, dx):
    one = dy.dtype.type(1)
    for i in range(dy.size):
        dx[i] = dy[i] * (one - y[i] * y[i])


# ---- BatchNorm ---------------------------------------------------------------------


@kernel
def batchnorm_forward(x, gamma, beta, epsilon, y, xhat, mean, var, rstd):
    n, d = x.shape
    kind = x.dtype.type
    for j in range(d):
        total = np.float64(0)
        for i in range(n):
            total += x[i, j]
        m = total / n
        total = np.float64(0)
        for i in range(n):
            total += (x[i, j] - m) ** 2
        v = total / n
        r = 1 / math.sqrt(v + epsilon)
        for i in range(n):
            xhat[i, j] = kind((x[i, j] - m) * r)
        mean[j], var[j], rstd[j] = kind(m), kind(v), kind(r)
    for i in range(n):
        for j in range(d):
            y[i, j] = gamma[j] * xhat[i, j] + beta[j]


@kernel
def batchnorm_update(mean, var, moving_mean, moving_var, momentum):
    kind = mean.dtype.type
    keep, take = kind(momentum), kind(1 - momentum)
    for j in range(mean.size):
        moving_mean[j] = keep * moving_mean[j] + take * mean[j]
        moving_var[j] = keep * moving_var[j] + take * var[j]


@kernel
def batchnorm_inference(
    x, gamma, beta, moving_mean, moving_var, epsilon, y, xhat, rstd
):
    kind = x.dtype.type
    for j in range(x.shape[1]):
        rstd[j] = kind(1) / np.sqrt(moving_var[j] + kind(epsilon))
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            xhat[i, j] = (x[i, j] - moving_mean[j]) * rstd[j]
            y[i, j] = gamma[j] * xhat[i, j] + beta[j]


@kernel
def batchnorm_backward(dy, xhat, gamma, rstd, dx):
    n, d = dy.shape
    kind = dy.dtype.type
    for j in range(d):
        total, projection = np.float64(0), np.float64(0)
        for i in range(n):
            dxhat = dy[i, j] * gamma[j]
            total += dxhat
            projection += dxhat * xhat[i, j]
        for i in range(n):
            dxhat = dy[i, j] * gamma[j]
            dx[i, j] = kind(
                rstd[j] * (dxhat - total / n - xhat[i, j] * (projection / n))
            )


@kernel
def batchnorm_inference_backward(dy, gamma, rstd, dx):
    for i in range(dy.shape[0]):
        for j in range(dy.shape[1]):
            dx[i, j] = dy[i, j] * (gamma[j] * rstd[j])


@kernel
def batchnorm_dgamma_dbeta(dy, xhat, dgamma, dbeta):
    kind = dy.dtype.type
    for j in range(dy.shape[1]):
        total, projection = np.float64(0), np.float64(0)
        for i in range(dy.shape[0]):
            total += dy[i, j]
            projection += dy[i, j] * xhat[i, j]
        dgamma[j] += kind(projection)
        dbeta[j] += kind(total)


# ---- Dropout -----------------------------------------------------------------------


@kernel
def dropout_forward(x, rng, rate, y, mask):
    kind = x.dtype.type
    edge, keep = kind(rate), kind(1 / (1 - rate))
    u = rng.random(size=x.size, dtype=x.dtype.type)
    for i in range(x.size):
        mask[i] = keep if u[i] >= edge else kind(0)
        y[i] = x[i] * mask[i]


@kernel
def dropout_backward(dy, mask, dx):
    for i in range(dy.size):
        dx[i] = dy[i] * mask[i]


# ---- losses ------------------------------------------------------------------------


@kernel
def bce_forward(p, t, epsilon, loss):
    kind = p.dtype.type
    lower, upper = kind(epsilon), kind(1 - epsilon)
    total = np.float64(0)
    for i in range(p.size):
        q = p[i]
        q = lower if q < lower else q
        q = upper if q > upper else q
        total -= t[i] * np.log(q) + (kind(1) - t[i]) * np.log(kind(1) - q)
    loss[0] = total / p.size


@kernel
def bce_backward(p, t, epsilon, dp):
    kind = p.dtype.type
    lower, upper = kind(epsilon), kind(1 - epsilon)
    n = kind(p.size)
    for i in range(p.size):
        q = p[i]
        if q >= lower and q <= upper:
            dp[i] = (q - t[i]) / (q * (kind(1) - q)) / n
        else:
            dp[i] = kind(0)


@kernel
def bce_logits_forward(z, t, weight, loss):
    zero = z.dtype.type(0)
    total = np.float64(0)
    for i in range(z.size):
        tail = np.log1p(np.exp(-abs(z[i])))
        total += ((z[i] if z[i] > zero else zero) - z[i] * t[i]) + tail
    loss[0] = weight * (total / z.size)


@kernel
def bce_logits_backward(z, t, weight, dz):
    kind = z.dtype.type
    factor = kind(weight / z.size)
    for i in range(z.size):
        e = np.exp(-abs(z[i]))
        s = (kind(1) if z[i] > kind(0) else e) / (kind(1) + e)
        dz[i] = (s - t[i]) * factor


# ---- metrics -----------------------------------------------------------------------


@kernel
def mean_sigmoid(z, mean):
    one = z.dtype.type(1)
    total = np.float64(0)
    for i in range(z.size):
        e = np.exp(-abs(z[i]))
        total += (one if z[i] > 0 else e) / (one + e)
    mean[0] = total / z.size


@kernel
def accuracy(z, label, share):
    right = 0
    for i in range(z.size):
        right += (z[i] > 0) == (label == 1)
    share[0] = right / z.size


@kernel
def average(a, b, mean):
    mean[0] = (a[0] + b[0]) / 2


@kernel
def record(value, column, cursor, table):
    table[cursor[0], column] = value[0]


@kernel
def advance(cursor):
    cursor[0] += 1


# ---- optimizers --------------------------------------------------------------------


@kernel
def adam_schedule(t, learning_rate, beta_1, beta_2, epsilon, corrected, schedule):
    t[0] += 1
    root = math.sqrt(1 - beta_2 ** float(t[0]))
    schedule[0] = learning_rate[0] * root / (1 - beta_1 ** float(t[0]))
    schedule[1] = epsilon * root if corrected else epsilon


@kernel
def adam_update(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow):
    kind = theta.dtype.type
    alpha, epsilon = kind(schedule[0]), kind(schedule[1])
    keep_1, take_1 = kind(beta_1), kind(1 - beta_1)
    keep_2, take_2 = kind(beta_2), kind(1 - beta_2)
    for i in range(theta.size):
        g = dtheta[i]
        m[i] = keep_1 * m[i] + take_1 * g
        v[i] = keep_2 * v[i] + take_2 * (g * g)
        theta[i] -= alpha * m[i] / (np.sqrt(v[i]) + epsilon)
        if not (np.isfinite(m[i]) and np.isfinite(v[i])):
            overflow[0] = 1


@kernel
def sgd_update(theta, dtheta, velocity, learning_rate, momentum, overflow):
    kind = theta.dtype.type
    rate, keep = kind(learning_rate[0]), kind(momentum)
    for i in range(theta.size):
        velocity[i] = keep * velocity[i] - rate * dtheta[i]
        theta[i] += velocity[i]
        if not np.isfinite(velocity[i]):
            overflow[0] = 1
