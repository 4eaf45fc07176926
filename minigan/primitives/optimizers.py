"""Optimizers: one step on a whole parameter vector."""

import numpy as np

from .declare import TRANSCENDENTAL, primitive
from .metrics import norm


@primitive(
    "t[]!:i learning_rate[]:f beta_1=f beta_2=f epsilon=f corrected=i -> schedule[2]:f",
    flops=lambda: 4 * TRANSCENDENTAL + 6,
)
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


@primitive(
    "theta[P]! dtheta[P] m[P]! v[P]! schedule[2]:f beta_1=f beta_2=f overflow[]!:i",
    flops=lambda P: 11 * P,
    kind="update",
)
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


@primitive(
    "theta[P]! dtheta[P] m[P]! v[P]! schedule[2]:f beta_1=f beta_2=f"
    " overflow[]!:i -> length[]:f",
    flops=lambda P: 13 * P,
    kind="update",
    fuses=(adam_update, norm),
)
def adam_update_norm(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow, length):
    """`adam_update`, and the `norm` of dtheta.   length: ()"""
    norm.formula(dtheta, length)
    adam_update.formula(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow)


@primitive(
    "theta[P]! dtheta[P] m[P]! v[P]! last[P]! schedule[2]:f beta_1=f beta_2=f"
    " overflow[]!:i",
    flops=lambda P: 13 * P,
    kind="update",
)
def optimistic_adam_update(
    theta, dtheta, m, v, last, schedule, beta_1, beta_2, overflow
):
    """One step of optimistic Adam on a whole parameter vector.

        m, v as in `adam_update`
        step  = alpha m / (sqrt(v) + epsilon_t)
        theta = theta - 2 step + last;   last = step

    theta, dtheta, m, v, last: (P,)   schedule = alpha, epsilon_t from `adam_schedule`.
    overflow is set to 1 where an m or v is NaN or infinite, and never cleared.
    """
    alpha, epsilon = schedule.astype(theta.dtype)
    m[:] = beta_1 * m + (1 - beta_1) * dtheta
    v[:] = beta_2 * v + (1 - beta_2) * (dtheta * dtheta)
    step = alpha * m / (np.sqrt(v) + epsilon)
    theta -= 2 * step - last
    last[:] = step
    overflow |= not (np.isfinite(m).all() and np.isfinite(v).all())


@primitive(
    "theta[P]! dtheta[P] m[P]! v[P]! most[P]! schedule[2]:f beta_1=f beta_2=f"
    " overflow[]!:i",
    flops=lambda P: 12 * P,
    kind="update",
)
def amsgrad_update(theta, dtheta, m, v, most, schedule, beta_1, beta_2, overflow):
    """One step of AMSGrad on a whole parameter vector.

        m, v as in `adam_update`
        most  = max(most, v)
        theta = theta - alpha m / (sqrt(most) + epsilon_t)

    theta, dtheta, m, v, most: (P,)   schedule = alpha, epsilon_t from `adam_schedule`.
    overflow is set to 1 where an m or v is NaN or infinite, and never cleared.
    """
    alpha, epsilon = schedule.astype(theta.dtype)
    m[:] = beta_1 * m + (1 - beta_1) * dtheta
    v[:] = beta_2 * v + (1 - beta_2) * (dtheta * dtheta)
    most[:] = np.where(v.real > most.real, v, most)
    theta -= alpha * m / (np.sqrt(most) + epsilon)
    overflow |= not (np.isfinite(m).all() and np.isfinite(v).all())


@primitive(
    "theta[P]! dtheta[P] velocity[P]! learning_rate[]:f momentum=f overflow[]!:i",
    flops=lambda P: 4 * P,
    kind="update",
)
def sgd_update(theta, dtheta, velocity, learning_rate, momentum, overflow):
    """velocity = momentum velocity - learning_rate dtheta;   theta += velocity.

    All vectors: (P,).  With momentum 0 this is plain gradient descent.  overflow is
    set to 1 where a velocity is NaN or infinite, and never cleared.
    """
    velocity[:] = momentum * velocity - theta.dtype.type(learning_rate) * dtheta
    theta += velocity
    overflow |= not np.isfinite(velocity).all()


@primitive(
    "theta[P]! dtheta[P] velocity[P]! learning_rate[]:f momentum=f overflow[]!:i",
    flops=lambda P: 6 * P,
    kind="update",
)
def nesterov_update(theta, dtheta, velocity, learning_rate, momentum, overflow):
    """The step of `sgd_update` that looks ahead by one more.

        velocity = momentum velocity - learning_rate dtheta
        theta    = theta + momentum velocity - learning_rate dtheta

    All vectors: (P,).  overflow is set to 1 where a velocity is NaN or infinite, and
    never cleared.
    """
    step = theta.dtype.type(learning_rate) * dtheta
    velocity[:] = momentum * velocity - step
    theta += momentum * velocity - step
    overflow |= not np.isfinite(velocity).all()


@primitive(
    "theta[P]! dtheta[P] square[P]! velocity[P]! learning_rate[]:f rho=f"
    " momentum=f epsilon=f overflow[]!:i",
    flops=lambda P: 11 * P,
    kind="update",
)
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


@primitive("learning_rate[]:f factors[R]:f cursor[]:i -> rate[]:f", elements=lambda: 4)
def scheduled_rate(learning_rate, factors, cursor, rate):
    """rate = learning_rate factors[cursor].   factors: (R,) float64"""
    rate[...] = learning_rate * factors[int(cursor)]


@primitive("theta[P]! limit=f", flops=lambda P: 2 * P)
def clip(theta, limit):
    """theta = min(max(theta, -limit), limit), where NaN stays NaN."""
    theta[:] = np.where(theta > limit, limit, np.where(theta < -limit, -limit, theta))


@primitive("average[P]! theta[P] decay=f", flops=lambda P: 3 * P)
def average_update(average, theta, decay):
    """average = decay average + (1 - decay) theta: an exponential moving average."""
    average[:] = decay * average + (1 - decay) * theta


@primitive(
    "t[]!:i learning_rate[]:f beta_1=f -> alpha[]:f", flops=lambda: TRANSCENDENTAL + 3
)
def adamax_schedule(t, learning_rate, beta_1, alpha):
    """t += 1; alpha = learning_rate / (1 - beta_1^t)."""
    t += 1
    alpha[...] = learning_rate / (1 - beta_1 ** float(t))


@primitive(
    "theta[P]! dtheta[P] m[P]! u[P]! alpha[]:f beta_1=f beta_2=f epsilon=f"
    " overflow[]!:i",
    flops=lambda P: 9 * P,
    kind="update",
)
def adamax_update(theta, dtheta, m, u, alpha, beta_1, beta_2, epsilon, overflow):
    """One Adamax step on a whole parameter vector.

        m = beta_1 m + (1 - beta_1) dtheta
        u = max(beta_2 u, |dtheta|)
        theta = theta - alpha m / (u + epsilon)

    All vectors: (P,).  overflow is set to 1 where an m or u is NaN or infinite, and
    never cleared.
    """
    m[:] = beta_1 * m + (1 - beta_1) * dtheta
    u[:] = np.maximum(beta_2 * u, np.abs(dtheta))
    theta -= theta.dtype.type(alpha) * m / (u + epsilon)
    overflow |= not (np.isfinite(m).all() and np.isfinite(u).all())


@primitive(
    "t[]!:i product[]!:f learning_rate[]:f beta_1=f beta_2=f -> schedule[3]:f",
    flops=lambda: 3 * TRANSCENDENTAL + 15,
)
def nadam_schedule(t, product, learning_rate, beta_1, beta_2, schedule):
    """Advance the step count t and work out Nadam's three numbers of this step.

        t += 1
        mu_t    = beta_1 (1 - 0.96^t / 2)          product = mu_1 mu_2 ... mu_t
        of_m    = learning_rate mu_{t+1} / (1 - product mu_{t+1})
        of_g    = learning_rate (1 - mu_t) / (1 - product)
        correct = 1 - beta_2^t

    product: a cell that keeps one less than the product, so that it starts at 0.
    schedule: (3,) float64 = of_m, of_g, correct.  Dozat 2016.
    """
    t += 1
    now = beta_1 * (1 - 0.5 * 0.96 ** float(t))
    then = beta_1 * (1 - 0.5 * 0.96 ** (float(t) + 1))
    product[...] = (product + 1) * now - 1
    schedule[0] = learning_rate * then / (1 - (product + 1) * then)
    schedule[1] = learning_rate * (1 - now) / -product
    schedule[2] = 1 - beta_2 ** float(t)


@primitive(
    "theta[P]! dtheta[P] m[P]! v[P]! schedule[3]:f beta_1=f beta_2=f epsilon=f"
    " overflow[]!:i",
    flops=lambda P: 14 * P,
    kind="update",
)
def nadam_update(theta, dtheta, m, v, schedule, beta_1, beta_2, epsilon, overflow):
    """One Nadam step on a whole parameter vector.

        m, v as in `adam_update`
        theta = theta - (of_m m + of_g dtheta) / (sqrt(v / correct) + epsilon)

    All vectors: (P,)   schedule = of_m, of_g, correct from `nadam_schedule`.
    overflow is set to 1 where an m or v is NaN or infinite, and never cleared.
    """
    of_m, of_g, correct = schedule.astype(theta.dtype)
    m[:] = beta_1 * m + (1 - beta_1) * dtheta
    v[:] = beta_2 * v + (1 - beta_2) * (dtheta * dtheta)
    theta -= (of_m * m + of_g * dtheta) / (np.sqrt(v / correct) + epsilon)
    overflow |= not (np.isfinite(m).all() and np.isfinite(v).all())


@primitive(
    "theta[P]! dtheta[P] square[P]! learning_rate[]:f offset=f overflow[]!:i",
    flops=lambda P: 7 * P,
    kind="update",
)
def adagrad_update(theta, dtheta, square, learning_rate, offset, overflow):
    """One Adagrad step on a whole parameter vector.

        square = square + dtheta^2
        theta  = theta - learning_rate dtheta / sqrt(square + offset)

    All vectors: (P,).  overflow is set to 1 where a square is NaN or infinite, and
    never cleared.
    """
    square += dtheta * dtheta
    theta -= theta.dtype.type(learning_rate) * dtheta / np.sqrt(square + offset)
    overflow |= not np.isfinite(square).all()


@primitive("a[]:f b[]:f -> c[]:f", flops=lambda: 4)
def joint_norm(a, b, c):
    """c = sqrt(a^2 + b^2): the norm of two vectors together, from that of each."""
    c[...] = np.sqrt(a * a + b * b)


@primitive("g[P]! length[]:f limit=f", flops=lambda P: P)
def shorten(g, length, limit):
    """g = g limit / max(length, limit): no longer than the limit.   g: (P,)"""
    g *= g.dtype.type(limit / np.where(length < limit, limit, length))


@primitive("theta[P]! learning_rate[]:f decay=f", flops=lambda P: 2 * P)
def decay_weights(theta, learning_rate, decay):
    """theta = theta - learning_rate decay theta."""
    theta -= theta.dtype.type(learning_rate * decay) * theta


@primitive("dtheta[P] limit=f overflow[]!:i -> g[P]", flops=lambda P: 2 * P)
def clip_gradient(dtheta, limit, overflow, g):
    """g = min(max(dtheta, -limit), limit).   dtheta, g: (P,)

    overflow is set to 1 where dtheta is NaN or infinite, and never cleared.
    """
    g[:] = np.where(dtheta > limit, limit, np.where(dtheta < -limit, -limit, dtheta))
    overflow |= not np.isfinite(dtheta).all()


@primitive(
    "theta[P]! dtheta[P] square[P]! moved[P]! learning_rate[]:f rho=f epsilon=f"
    " overflow[]!:i",
    flops=lambda P: 13 * P,
    kind="update",
)
def adadelta_update(
    theta, dtheta, square, moved, learning_rate, rho, epsilon, overflow
):
    """One Adadelta step on a whole parameter vector.

        square = rho square + (1 - rho) dtheta^2
        step   = dtheta sqrt(moved + epsilon) / sqrt(square + epsilon)
        moved  = rho moved + (1 - rho) step^2
        theta  = theta - learning_rate step

    All vectors: (P,).  overflow is set to 1 where a square is NaN or infinite, and
    never cleared.
    """
    square[:] = rho * square + (1 - rho) * (dtheta * dtheta)
    step = dtheta * np.sqrt(moved + epsilon) / np.sqrt(square + epsilon)
    moved[:] = rho * moved + (1 - rho) * (step * step)
    theta -= theta.dtype.type(learning_rate) * step
    overflow |= not np.isfinite(square).all()
