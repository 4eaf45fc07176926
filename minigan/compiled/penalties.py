"""Penalties on gradients; formulas in `primitives.penalties`."""

import numpy as np

from ..jit.compiling import kernel
from ..jit.memory import fold, lanes


@kernel
def zero_centred(g, weight, penalty, u):
    n, d = g.shape
    slope = g.dtype.type(weight / n)
    flat, out = g.reshape(n * d), u.reshape(n * d)
    sums = lanes()
    for start in range(0, flat.size, 16):
        for lane in range(min(16, flat.size - start)):
            a = flat[start + lane]
            sums[lane] += np.float64(a * a)
            out[start + lane] = a * slope
    penalty[0] = weight / 2 * (fold(sums) / n)


@kernel
def one_centred(g, weight, penalty, u):
    n, d = g.shape
    kind = g.dtype.type
    total = 0.0
    for i in range(n):
        row, out = g[i], u[i]
        sums = lanes()
        for start in range(0, d, 16):
            for lane in range(min(16, d - start)):
                a = row[start + lane]
                sums[lane] += np.float64(a * a)
        length = np.sqrt(fold(sums))
        off = length - 1.0
        total += off * off
        slope = kind(0)
        if length != 0.0:
            slope = kind(2.0 * weight * off / (length * n))
        for j in range(d):
            out[j] = slope * row[j]
    penalty[0] = weight * (total / n)


@kernel
def interpolate(real, fake, alpha, x):
    one = x.dtype.type(1)
    for i in range(x.shape[0]):
        a = alpha[i, 0]
        b = one - a
        for j in range(x.shape[1]):
            x[i, j] = a * real[i, j] + b * fake[i, j]


@kernel
def total(a, b, sum):
    sum[0] = a[0] + b[0]
