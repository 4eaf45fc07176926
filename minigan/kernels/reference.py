"""The mathematics of minigan, one NumPy function a primitive.

This is the text to study: each function is a formula and the line that computes it.
Results are written into the last arguments, so that `jit.py` can hold a compiled
twin with the same arguments; `table.py` lists shapes and costs.

Every formula here is analytic in its branches (comparisons look at the real part),
so complex numbers may be passed through a whole network: the complex step
`Im f(x + ih) / h` then gives derivatives to the last digits (see `gradcheck`).

Notation: N rows of a batch, D features in, M features out; `d<name>` is the
gradient dL/d<name> of the loss, with the shape of `<name>`.
"""

import numpy as np


def _wide(x):
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
    db[:] = dy.sum(axis=0, dtype=_wide(dy))


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
    m = x.mean(axis=0, dtype=_wide(x))
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
    sum_dy[:] = dy.sum(axis=0, dtype=_wide(dy))
    sum_dy_xhat[:] = (dy * xhat).sum(axis=0, dtype=_wide(dy))


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


# ---- images ------------------------------------------------------------------------


def gather_pixels(x, index, Z, y):
    """Put together images from pixels of others: y[:, q] = x[:, index[q]].

    A pixel is a run of C = Z / Q numbers, its channels.  At -1 stands a pixel of
    zeros.  x: (N, D), D / C pixels   index: (Q,)   y: (N, Z), Q pixels
    """
    n, places = len(x), len(index)
    pixels = x.reshape(n, -1, Z // places)
    zero = np.zeros_like(pixels[:, :1])
    y[:] = np.concatenate([pixels, zero], axis=1)[:, index].reshape(n, Z)


def scatter_pixels(dy, index, D, dx):
    """The gradient of `gather_pixels`: dx[:, index[q]] += dy[:, q], q = 0, 1, 2, ...

    dy: (N, Z), Q pixels   index: (Q,)   dx: (N, D), D / C pixels with C = Z / Q
    """
    dx[:] = 0
    dy = dy.reshape(len(dy), len(index), -1)
    pixels = dx.reshape(len(dx), -1, dy.shape[2])
    for q, place in enumerate(index):
        if place >= 0:
            pixels[:, place] += dy[:, q]


def _patches(x, index, places, size):
    """What the kernel sees, a row for each place of each example.

    size: K = KH KW C, the channels of the Q / places pixels under the kernel.
    """
    patches = np.empty((len(x), places * size), x.dtype)
    gather_pixels(x, index, places * size, patches)
    return patches.reshape(-1, size)


def conv_forward(x, index, W, b, Y, y):
    """y = P W + b with the patches P, as a Dense at each of Y / M places.

    x: (N, D)   index: (Q,)   W: (K, M)   b: (M,)   y: (N, Y)
    """
    P = _patches(x, index, Y // len(b), len(W))
    y[:] = (P @ W + b).reshape(len(x), Y)


def conv_dW(x, index, dy, dW):
    """dW += P^T dy, with a row of P and of dy for each place of each example.

    x: (N, D)   index: (Q,)   dy: (N, Y)   dW: (K, M)
    """
    size, filters = dW.shape
    P = _patches(x, index, dy.shape[1] // filters, size)
    dW += P.T @ dy.reshape(-1, filters)


def conv_dx(dy, index, W, D, dx):
    """dP = dy W^T; dx adds up dP over the places that saw a pixel.

    dy: (N, Y)   index: (Q,)   W: (K, M)   dx: (N, D)
    """
    dP = dy.reshape(-1, W.shape[1]) @ W.T
    scatter_pixels(dP.reshape(len(dy), -1), index, D, dx)


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


# ---- losses ------------------------------------------------------------------------


def bce_forward(p, t, epsilon, loss):
    """Binary cross-entropy of probabilities, clipped as Keras clips them.

    q = clip(p, epsilon, 1 - epsilon)
    loss = -mean(t log q + (1 - t) log(1 - q))
    """
    q = np.where(p.real < epsilon, epsilon, p).astype(p.dtype)
    q = np.where(q.real > 1 - epsilon, 1 - epsilon, q).astype(p.dtype)
    loss[...] = -np.mean(t * np.log(q) + (1 - t) * np.log(1 - q), dtype=_wide(p))


def bce_backward(p, t, epsilon, dp):
    """dp = (p - t) / (p (1 - p)) / N, and 0 where the forward clipped.

    On the bound itself nothing is clipped and the gradient passes.  N counts all
    elements, since the loss is their mean.
    """
    upper = p.dtype.type(1 - epsilon)  # the bound as the forward rounded it
    inside = (p.real >= p.dtype.type(epsilon).real) & (p.real <= upper.real)
    q = np.where(inside, p, 0.5)
    dp[...] = np.where(inside, (q - t) / (q * (1 - q)) / p.size, 0)


def bce_logits_forward(z, t, weight, loss):
    """Binary cross-entropy of logits, stable for every z.

        loss = weight mean(max(z, 0) - z t + log(1 + exp(-|z|)))

    which is -t log s(z) - (1 - t) log(1 - s(z)) with the sigmoid s, rearranged so
    that nothing overflows and nothing cancels.  weight: 1, or -1 for a loss that
    is to be maximised.
    """
    softplus_tail = np.log1p(np.exp(np.where(z.real > 0, -z, z)))
    terms = np.where(z.real > 0, z, 0) - z * t + softplus_tail
    loss[...] = weight * np.mean(terms, dtype=_wide(z))


def bce_logits_backward(z, t, weight, dz):
    """dz = weight (s(z) - t) / N with the sigmoid s; N counts all elements."""
    sigmoid_forward(z, dz)
    dz[...] = (dz - t) * (weight / z.size)


def squared_forward(z, t, loss):
    """loss = 1/2 mean((z - t)^2)."""
    loss[...] = np.mean((z - t) ** 2, dtype=_wide(z)) / 2


def squared_backward(z, t, dz):
    """dz = (z - t) / N; N counts all elements."""
    dz[...] = (z - t) / z.size


def absolute_forward(z, t, loss):
    """loss = mean(|z - t|)."""
    error = z - t
    loss[...] = np.mean(np.where(error.real < 0, -error, error), dtype=_wide(z))


def absolute_backward(z, t, dz):
    """dz = sign(z - t) / N, and 0 where they are equal; N counts all elements."""
    error = (z - t).real
    dz[...] = np.where(error == 0, 0, np.where(error > 0, 1, -1) / z.size)


def product_forward(z, t, weight, loss):
    """loss = weight mean(z t)."""
    loss[...] = weight * np.mean(z * t, dtype=_wide(z))


def hinge_forward(z, sign, loss):
    """loss = mean(max(0, 1 - sign z)), where NaN stays NaN."""
    margin = 1 - sign * z
    loss[...] = np.mean(np.where(margin.real <= 0, 0, margin), dtype=_wide(z))


def hinge_backward(z, sign, dz):
    """dz = -sign / N where 1 - sign z > 0, else 0: at the kink the derivative is 0."""
    dz[...] = np.where((1 - sign * z).real > 0, -sign / z.size, 0)


def linear_forward(z, weight, loss):
    """loss = weight mean(z)."""
    loss[...] = weight * np.mean(z, dtype=_wide(z))


def linear_backward(z, weight, dz):
    """dz = weight / N."""
    dz[...] = weight / z.size


def softmax_forward(z, label, loss, p):
    """Cross-entropy of classes: p = softmax(z), loss = -mean(log p[label]).

        log p = (z - m) - log sum exp(z - m),   m the largest z of each row

    z, p: (N, C) logits and probabilities   label: (N,) int64 in 0 ... C - 1
    """
    shifted = z - np.max(z.real, axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True, dtype=_wide(z))
    p[:] = np.exp(shifted) / total
    chosen = shifted[np.arange(len(z)), label]
    loss[...] = np.mean(np.log(total[:, 0]) - chosen)


def softmax_backward(p, label, dz):
    """dz = (p - onehot(label)) / N.   p, dz: (N, C)   label: (N,)"""
    dz[:] = p / len(p)
    dz[np.arange(len(p)), label] -= 1 / len(p)


# ---- metrics -----------------------------------------------------------------------


def sigmoid_moments(z, mean, std):
    """Mean and standard deviation of s(z), the probabilities behind the logits z."""
    p = np.empty_like(z)
    sigmoid_forward(z, p)
    mean[...] = p.mean(dtype=_wide(z))
    std[...] = np.sqrt(np.mean((p - mean) ** 2, dtype=_wide(z)))


def moments(z, mean, std):
    """Mean and standard deviation of z."""
    mean[...] = z.mean(dtype=_wide(z))
    std[...] = np.sqrt(np.mean((z - mean) ** 2, dtype=_wide(z)))


def accuracy(z, threshold, label, share):
    """The share of scores on the right side: above for label 1, not above for 0."""
    share[...] = np.mean((z.real > threshold) == (label == 1))


def average(a, b, mean):
    """mean = (a + b) / 2."""
    mean[...] = (a + b) / 2


def norm(x, norm):
    """norm = sqrt(sum x^2).   x: (P,)"""
    norm[...] = np.sqrt(np.sum(x * x, dtype=_wide(x)))


def record(value, column, cursor, table):
    """table[cursor mod R, column] = value.   table: (R, C) float64"""
    table[int(cursor) % len(table), column] = value.real


def advance(cursor):
    """cursor += 1."""
    cursor += 1


# ---- optimizers --------------------------------------------------------------------


def adam_schedule(t, learning_rate, beta_1, beta_2, epsilon, corrected, schedule):
    """Advance the step count t and work out Adam's two numbers of this step.

        t += 1
        alpha   = learning_rate sqrt(1 - beta_2^t) / (1 - beta_1^t)
        epsilon_t = epsilon                       (Keras: beside the raw sqrt(v))
                  = epsilon sqrt(1 - beta_2^t)    (PyTorch: beside the corrected one)

    schedule: (2,) float64 = alpha, epsilon_t.  Kingma & Ba 2015, section 2.
    """
    t += 1
    root = np.sqrt(1 - beta_2 ** float(t))
    schedule[0] = learning_rate * root / (1 - beta_1 ** float(t))
    schedule[1] = epsilon * root if corrected else epsilon


def adam_update(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow):
    """One Adam step on a whole parameter vector.

        m = beta_1 m + (1 - beta_1) dtheta
        v = beta_2 v + (1 - beta_2) dtheta^2
        theta = theta - alpha m / (sqrt(v) + epsilon_t)

    theta, dtheta, m, v: (P,)   schedule = alpha, epsilon_t from `adam_schedule`.
    overflow is set to 1 where an m or v is NaN or infinite, and never cleared.
    """
    alpha, epsilon = schedule.astype(theta.dtype)
    m[:] = beta_1 * m + (1 - beta_1) * dtheta
    v[:] = beta_2 * v + (1 - beta_2) * (dtheta * dtheta)
    theta -= alpha * m / (np.sqrt(v) + epsilon)
    overflow |= not (np.isfinite(m).all() and np.isfinite(v).all())


def adam_update_norm(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow, length):
    """`adam_update`, and the `norm` of dtheta.   length: ()"""
    norm(dtheta, length)
    adam_update(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow)


def sgd_update(theta, dtheta, velocity, learning_rate, momentum, overflow):
    """velocity = momentum velocity - learning_rate dtheta;   theta += velocity.

    All vectors: (P,).  With momentum 0 this is plain gradient descent.  overflow is
    set to 1 where a velocity is NaN or infinite, and never cleared.
    """
    velocity[:] = momentum * velocity - theta.dtype.type(learning_rate) * dtheta
    theta += velocity
    overflow |= not np.isfinite(velocity).all()


def rmsprop_update(
    theta, dtheta, square, velocity, learning_rate, rho, momentum, epsilon, overflow
):
    """One RMSprop step on a whole parameter vector.

        square   = rho square + (1 - rho) dtheta^2
        velocity = momentum velocity + learning_rate dtheta / sqrt(square + epsilon)
        theta    = theta - velocity

    All vectors: (P,).  overflow is set to 1 where a square or velocity is NaN or
    infinite, and never cleared.
    """
    rate = theta.dtype.type(learning_rate)
    square[:] = rho * square + (1 - rho) * (dtheta * dtheta)
    velocity[:] = momentum * velocity + rate * dtheta / np.sqrt(square + epsilon)
    theta -= velocity
    overflow |= not (np.isfinite(square).all() and np.isfinite(velocity).all())


def clip(theta, limit):
    """theta = min(max(theta, -limit), limit), where NaN stays NaN."""
    theta[:] = np.where(theta > limit, limit, np.where(theta < -limit, -limit, theta))


def average_update(average, theta, decay):
    """average = decay average + (1 - decay) theta: an exponential moving average."""
    average[:] = decay * average + (1 - decay) * theta
