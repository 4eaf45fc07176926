"""Numba twins for the formulas of `extension.py`: the same arguments, plain loops.

With them a step is recorded and replayed without Python, as one of built-in parts.
"""

import math

import extension
import numpy as np

from minigan.jit.mathfun import tanh


@extension.gelu_forward.compiled
def _(x, y, t):
    kind = x.dtype.type
    scale, cube, half = kind(extension.SCALE), kind(extension.CUBE), kind(0.5)
    for i in range(x.size):
        t[i] = tanh(scale * (x[i] + cube * (x[i] * x[i] * x[i])))
        y[i] = half * x[i] * (kind(1) + t[i])


@extension.gelu_backward.compiled
def _(dy, x, t, dx):
    kind = x.dtype.type
    scale, cube, half = kind(extension.SCALE), kind(extension.CUBE), kind(0.5)
    one, three = kind(1), kind(3)
    for i in range(x.size):
        slope = scale * (one + three * cube * (x[i] * x[i]))
        inner = half * x[i] * (one - t[i] * t[i]) * slope
        dx[i] = dy[i] * (half * (one + t[i]) + inner)


@extension.squared_hinge_forward.compiled
def _(p, t, loss):
    total = 0.0
    for i in range(p.size):
        short = max(p.dtype.type(1) - t[i] * p[i], p.dtype.type(0))
        total += np.float64(short * short)
    loss[0] = total / p.size


@extension.squared_hinge_backward.compiled
def _(p, t, dp):
    kind = p.dtype.type
    factor = kind(-2 / p.size)
    for i in range(p.size):
        dp[i] = factor * (t[i] * max(kind(1) - t[i] * p[i], kind(0)))


@extension.adamw_update.compiled
def _(theta, dtheta, m, v, schedule, rate, beta_1, beta_2, decay, overflow):
    kind = theta.dtype.type
    alpha, epsilon = kind(schedule[0]), kind(schedule[1])
    keep_1, take_1 = kind(beta_1), kind(1 - beta_1)
    keep_2, take_2 = kind(beta_2), kind(1 - beta_2)
    shrink = kind(rate[0] * decay)
    finite = True
    for i in range(theta.size):
        m[i] = keep_1 * m[i] + take_1 * dtheta[i]
        v[i] = keep_2 * v[i] + take_2 * (dtheta[i] * dtheta[i])
        theta[i] -= shrink * theta[i]
        theta[i] -= alpha * m[i] / (math.sqrt(v[i]) + epsilon)
        finite &= (abs(m[i]) < kind(np.inf)) & (v[i] < kind(np.inf))
    if not finite:
        overflow[0] = 1
