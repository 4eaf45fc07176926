"""Optimizer steps, one pass over the vector; formulas in `primitives.optimizers`.

Numbers below the normal range slow a CPU down by 10 to 60 times, and Adam and RMSprop
make them: the moments of a weight whose gradient has become zero decay through the
subnormals.  So the kernels read any moment below `FLUSH` times the smallest normal
number as zero, and nothing is set process-wide.
"""

import math

import numpy as np

from ..jit.bysize import BySize
from ..jit.compiling import inlined, kernel
from ..jit.mathfun import constants
from ..jit.tasks import next_task, share_out, threads
from .metrics import BLOCK, PARALLEL, norm_alone, norm_of, sum_of_squares

# Moments below this times the smallest normal number count as zero, and so do gradients
# whose square is.  In float32 these are 8e-31 and 9e-16, beside an epsilon of 1e-7.
FLUSH = 2.0**26


@inlined
def of_moments(kind, beta_1, beta_2):
    """The numbers that `moments` takes, of the type of the parameters."""
    least = constants(kind(0)).tiny * kind(FLUSH)
    keep = kind(beta_1), kind(beta_2)
    return keep, (kind(1 - beta_1), kind(1 - beta_2)), least, np.sqrt(least), kind(0)


@inlined
def moments(g, m, v, numbers):
    """(g, m, v): one gradient, as it counts, and both of its moments behind it."""
    (keep_m, keep_v), (take_m, take_v), least, least_gradient, zero = numbers
    for_v = zero if abs(g) < least_gradient else g
    g = zero if abs(g) < least else g
    m = zero if abs(m) < least else m
    v = zero if v < least else v
    return g, keep_m * m + take_m * g, keep_v * v + take_v * (for_v * for_v)


@kernel
def adam_schedule(t, learning_rate, beta_1, beta_2, epsilon, corrected, schedule):
    t[0] += 1
    root = math.sqrt(1 - beta_2 ** float(t[0]))
    schedule[0] = learning_rate[0] * root / (1 - beta_1 ** float(t[0]))
    schedule[1] = epsilon * root if corrected else epsilon


@kernel
def _adam(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow):
    kind = theta.dtype.type
    alpha, epsilon = kind(schedule[0]), kind(schedule[1])
    numbers = of_moments(kind, beta_1, beta_2)
    infinity = kind(np.inf)
    finite = True
    for i in range(theta.size):
        _, m_i, v_i = moments(dtheta[i], m[i], v[i], numbers)
        m[i] = m_i
        v[i] = v_i
        theta[i] -= alpha * m_i / (np.sqrt(v_i) + epsilon)
        finite &= (abs(m_i) < infinity) & (v_i < infinity)
    if not finite:
        overflow[0] = 1


@kernel(inside=True)
def _adam_blocks(
    share, theta, dtheta, m, v, schedule, beta_1, beta_2, overflow, squares
):
    """Adam, block by block, until no block is left.

    squares: room for the sum of squares of each block of the gradient, or empty.  The
    block is still in the cache when Adam reads it again.
    """
    block = next_task(share)
    while block >= 0:
        part = slice(block * BLOCK, (block + 1) * BLOCK)
        if squares.size > 0:
            squares[block] = sum_of_squares(dtheta[part])
        _adam(
            theta[part],
            dtheta[part],
            m[part],
            v[part],
            schedule,
            beta_1,
            beta_2,
            overflow,
        )
        block = next_task(share)


@kernel
def _shared_adam(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow):
    count = (theta.size + BLOCK - 1) // BLOCK
    operands = theta, dtheta, m, v, schedule, beta_1, beta_2, overflow, np.empty(0)
    share_out(_adam_blocks, threads(), count, operands)


@kernel
def _adam_norm(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow, length):
    length[0] = norm_alone(dtheta)
    _adam(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow)


@kernel
def _shared_adam_norm(theta, dtheta, m, v, schedule, beta_1, beta_2, overflow, length):
    squares = np.empty((theta.size + BLOCK - 1) // BLOCK)
    operands = theta, dtheta, m, v, schedule, beta_1, beta_2, overflow, squares
    share_out(_adam_blocks, threads(), squares.size, operands)
    length[0] = norm_of(squares)


adam_update = BySize(_adam, _shared_adam, "P", PARALLEL)
adam_update_norm = BySize(_adam_norm, _shared_adam_norm, "P", PARALLEL)


@kernel
def optimistic_adam_update(
    theta, dtheta, m, v, last, schedule, beta_1, beta_2, overflow
):
    kind = theta.dtype.type
    alpha, epsilon = kind(schedule[0]), kind(schedule[1])
    numbers = of_moments(kind, beta_1, beta_2)
    infinity, two = kind(np.inf), kind(2)
    finite = True
    for i in range(theta.size):
        _, m_i, v_i = moments(dtheta[i], m[i], v[i], numbers)
        step = alpha * m_i / (np.sqrt(v_i) + epsilon)
        m[i] = m_i
        v[i] = v_i
        theta[i] -= two * step - last[i]
        last[i] = step
        finite &= (abs(m_i) < infinity) & (v_i < infinity)
    if not finite:
        overflow[0] = 1


@kernel
def amsgrad_update(theta, dtheta, m, v, most, schedule, beta_1, beta_2, overflow):
    kind = theta.dtype.type
    alpha, epsilon = kind(schedule[0]), kind(schedule[1])
    numbers = of_moments(kind, beta_1, beta_2)
    infinity = kind(np.inf)
    finite = True
    for i in range(theta.size):
        _, m_i, v_i = moments(dtheta[i], m[i], v[i], numbers)
        m[i] = m_i
        v[i] = v_i
        most[i] = v_i if v_i > most[i] else most[i]
        theta[i] -= alpha * m_i / (np.sqrt(most[i]) + epsilon)
        finite &= (abs(m_i) < infinity) & (v_i < infinity)
    if not finite:
        overflow[0] = 1


@kernel
def sgd_update(theta, dtheta, velocity, learning_rate, momentum, overflow):
    kind = theta.dtype.type
    rate, keep, infinity = kind(learning_rate[0]), kind(momentum), kind(np.inf)
    finite = True
    for i in range(theta.size):
        step = keep * velocity[i] - rate * dtheta[i]
        velocity[i] = step
        theta[i] += step
        finite &= abs(step) < infinity
    if not finite:
        overflow[0] = 1


@kernel
def nesterov_update(theta, dtheta, velocity, learning_rate, momentum, overflow):
    kind = theta.dtype.type
    rate, keep, infinity = kind(learning_rate[0]), kind(momentum), kind(np.inf)
    finite = True
    for i in range(theta.size):
        step = rate * dtheta[i]
        speed = keep * velocity[i] - step
        velocity[i] = speed
        theta[i] += keep * speed - step
        finite &= abs(speed) < infinity
    if not finite:
        overflow[0] = 1


@kernel
def rmsprop_update(
    theta, dtheta, square, velocity, learning_rate, rho, momentum, epsilon, overflow
):
    kind = theta.dtype.type
    rate, keep, infinity = kind(learning_rate[0]), kind(momentum), kind(np.inf)
    decay, take, offset, zero = kind(rho), kind(1 - rho), kind(epsilon), kind(0)
    least = constants(rate).tiny * kind(FLUSH)
    least_gradient = np.sqrt(least)
    finite = True
    for i in range(theta.size):
        g, s_i, step = dtheta[i], square[i], velocity[i]
        squared = zero if abs(g) < least_gradient else g
        s_i = zero if s_i < least else s_i
        step = zero if abs(step) < least else step
        s_i = decay * s_i + take * (squared * squared)
        step = keep * step + rate * g / np.sqrt(s_i + offset)
        square[i] = s_i
        velocity[i] = step
        theta[i] -= step
        finite &= (s_i < infinity) & (abs(step) < infinity)
    if not finite:
        overflow[0] = 1


@kernel
def scheduled_rate(learning_rate, factors, cursor, rate):
    rate[0] = learning_rate[0] * factors[cursor[0]]


@kernel
def clip(theta, limit):
    high = theta.dtype.type(limit)
    for i in range(theta.size):
        a = theta[i]
        a = high if a > high else a
        theta[i] = -high if a < -high else a


@kernel
def average_update(average, theta, decay):
    kind = theta.dtype.type
    keep, take = kind(decay), kind(1 - decay)
    for i in range(theta.size):
        average[i] = keep * average[i] + take * theta[i]


@kernel
def adamax_schedule(t, learning_rate, beta_1, alpha):
    t[0] += 1
    alpha[0] = learning_rate[0] / (1 - beta_1 ** float(t[0]))


@kernel
def adamax_update(theta, dtheta, m, u, alpha, beta_1, beta_2, epsilon, overflow):
    kind = theta.dtype.type
    rate, offset, fade = kind(alpha[0]), kind(epsilon), kind(beta_2)
    keep, take = kind(beta_1), kind(1 - beta_1)
    zero, infinity = kind(0), kind(np.inf)
    least = constants(rate).tiny * kind(FLUSH)
    finite = True
    for i in range(theta.size):
        g, m_i, u_i = dtheta[i], m[i], u[i]
        g = zero if abs(g) < least else g
        m_i = zero if abs(m_i) < least else m_i
        u_i = zero if u_i < least else u_i
        m_i = keep * m_i + take * g
        u_i, size = fade * u_i, abs(g)
        u_i = size if (size > u_i) | (size != size) else u_i
        m[i] = m_i
        u[i] = u_i
        theta[i] -= rate * m_i / (u_i + offset)
        finite &= (abs(m_i) < infinity) & (u_i < infinity)
    if not finite:
        overflow[0] = 1


@kernel
def nadam_schedule(t, product, learning_rate, beta_1, beta_2, schedule):
    t[0] += 1
    now = beta_1 * (1 - 0.5 * 0.96 ** float(t[0]))
    then = beta_1 * (1 - 0.5 * 0.96 ** (float(t[0]) + 1))
    product[0] = (product[0] + 1) * now - 1
    schedule[0] = learning_rate[0] * then / (1 - (product[0] + 1) * then)
    schedule[1] = learning_rate[0] * (1 - now) / -product[0]
    schedule[2] = 1 - beta_2 ** float(t[0])


@kernel
def nadam_update(theta, dtheta, m, v, schedule, beta_1, beta_2, epsilon, overflow):
    kind = theta.dtype.type
    of_m, of_g, correct = kind(schedule[0]), kind(schedule[1]), kind(schedule[2])
    numbers = of_moments(kind, beta_1, beta_2)
    offset, infinity = kind(epsilon), kind(np.inf)
    finite = True
    for i in range(theta.size):
        g, m_i, v_i = moments(dtheta[i], m[i], v[i], numbers)
        m[i] = m_i
        v[i] = v_i
        theta[i] -= (of_m * m_i + of_g * g) / (np.sqrt(v_i / correct) + offset)
        finite &= (abs(m_i) < infinity) & (v_i < infinity)
    if not finite:
        overflow[0] = 1


@kernel
def adagrad_update(theta, dtheta, square, learning_rate, offset, overflow):
    kind = theta.dtype.type
    rate, more = kind(learning_rate[0]), kind(offset)
    zero, infinity = kind(0), kind(np.inf)
    least_gradient = np.sqrt(constants(rate).tiny * kind(FLUSH))
    finite = True
    for i in range(theta.size):
        g = dtheta[i]
        squared = zero if abs(g) < least_gradient else g
        s_i = square[i] + squared * squared
        square[i] = s_i
        theta[i] -= rate * g / np.sqrt(s_i + more)
        finite &= s_i < infinity
    if not finite:
        overflow[0] = 1


@kernel
def joint_norm(a, b, c):
    c[0] = math.sqrt(a[0] * a[0] + b[0] * b[0])


@kernel
def shorten(g, length, limit):
    longest = limit if length[0] < limit else length[0]
    factor = g.dtype.type(limit / longest)
    for i in range(g.size):
        g[i] *= factor


@kernel
def decay_weights(theta, learning_rate, decay):
    rate = theta.dtype.type(learning_rate[0] * decay)
    for i in range(theta.size):
        theta[i] -= rate * theta[i]


@kernel
def clip_gradient(dtheta, limit, overflow, g):
    high, infinity = dtheta.dtype.type(limit), dtheta.dtype.type(np.inf)
    finite = True
    for i in range(dtheta.size):
        a = dtheta[i]
        finite &= abs(a) < infinity
        a = high if a > high else a
        g[i] = -high if a < -high else a
    if not finite:
        overflow[0] = 1


@kernel
def adadelta_update(
    theta, dtheta, square, moved, learning_rate, rho, epsilon, overflow
):
    kind = theta.dtype.type
    rate, infinity = kind(learning_rate[0]), kind(np.inf)
    keep, take, offset, zero = kind(rho), kind(1 - rho), kind(epsilon), kind(0)
    least = constants(rate).tiny * kind(FLUSH)
    least_gradient = np.sqrt(least)
    finite = True
    for i in range(theta.size):
        g, s_i, m_i = dtheta[i], square[i], moved[i]
        squared = zero if abs(g) < least_gradient else g
        s_i = zero if s_i < least else s_i
        m_i = zero if m_i < least else m_i
        s_i = keep * s_i + take * (squared * squared)
        step = g * np.sqrt(m_i + offset) / np.sqrt(s_i + offset)
        short = zero if abs(step) < least_gradient else step
        square[i] = s_i
        moved[i] = keep * m_i + take * (short * short)
        theta[i] -= rate * step
        finite &= s_i < infinity
    if not finite:
        overflow[0] = 1
