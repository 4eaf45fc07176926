"""The formulas of losses, metrics and optimizers; see `reference`."""

import numpy as np

from .reference import sigmoid_forward, wide

# ---- losses ------------------------------------------------------------------------


def bce_forward(p, t, epsilon, loss):
    """Binary cross-entropy of probabilities, clipped as Keras clips them.

    q = clip(p, epsilon, 1 - epsilon)
    loss = -mean(t log q + (1 - t) log(1 - q))
    """
    q = np.where(p.real < epsilon, epsilon, p).astype(p.dtype)
    q = np.where(q.real > 1 - epsilon, 1 - epsilon, q).astype(p.dtype)
    loss[...] = -np.mean(t * np.log(q) + (1 - t) * np.log(1 - q), dtype=wide(p))


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
    loss[...] = weight * np.mean(terms, dtype=wide(z))


def bce_logits_backward(z, t, weight, dz):
    """dz = weight (s(z) - t) / N with the sigmoid s; N counts all elements."""
    sigmoid_forward(z, dz)
    dz[...] = (dz - t) * (weight / z.size)


def squared_forward(z, t, loss):
    """loss = 1/2 mean((z - t)^2)."""
    loss[...] = np.mean((z - t) ** 2, dtype=wide(z)) / 2


def squared_backward(z, t, dz):
    """dz = (z - t) / N; N counts all elements."""
    dz[...] = (z - t) / z.size


def absolute_forward(z, t, loss):
    """loss = mean(|z - t|)."""
    error = z - t
    loss[...] = np.mean(np.where(error.real < 0, -error, error), dtype=wide(z))


def absolute_backward(z, t, dz):
    """dz = sign(z - t) / N, and 0 where they are equal; N counts all elements."""
    error = (z - t).real
    dz[...] = np.where(error == 0, 0, np.where(error > 0, 1, -1) / z.size)


def product_forward(z, t, weight, loss):
    """loss = weight mean(z t)."""
    loss[...] = weight * np.mean(z * t, dtype=wide(z))


def hinge_forward(z, sign, loss):
    """loss = mean(max(0, 1 - sign z)), where NaN stays NaN."""
    margin = 1 - sign * z
    loss[...] = np.mean(np.where(margin.real <= 0, 0, margin), dtype=wide(z))


def hinge_backward(z, sign, dz):
    """dz = -sign / N where 1 - sign z > 0, else 0: at the kink the derivative is 0."""
    dz[...] = np.where((1 - sign * z).real > 0, -sign / z.size, 0)


def linear_forward(z, weight, loss):
    """loss = weight mean(z)."""
    loss[...] = weight * np.mean(z, dtype=wide(z))


def linear_backward(z, weight, dz):
    """dz = weight / N."""
    dz[...] = weight / z.size


def softmax_forward(z, label, loss, p):
    """Cross-entropy of classes: p = softmax(z), loss = -mean(log p[label]).

        log p = (z - m) - log sum exp(z - m),   m the largest z of each row

    z, p: (N, C) logits and probabilities   label: (N,) int64 in 0 ... C - 1
    """
    shifted = z - np.max(z.real, axis=1, keepdims=True)
    total = np.exp(shifted).sum(axis=1, keepdims=True, dtype=wide(z))
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
    mean[...] = p.mean(dtype=wide(z))
    std[...] = np.sqrt(np.mean((p - mean) ** 2, dtype=wide(z)))


def moments(z, mean, std):
    """Mean and standard deviation of z."""
    mean[...] = z.mean(dtype=wide(z))
    std[...] = np.sqrt(np.mean((z - mean) ** 2, dtype=wide(z)))


def accuracy(z, threshold, label, share):
    """The share of scores on the right side: above for label 1, not above for 0."""
    share[...] = np.mean((z.real > threshold) == (label == 1))


def average(a, b, mean):
    """mean = (a + b) / 2."""
    mean[...] = (a + b) / 2


def norm(x, norm):
    """norm = sqrt(sum x^2).   x: (P,)"""
    norm[...] = np.sqrt(np.sum(x * x, dtype=wide(x)))


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
