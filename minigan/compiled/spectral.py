"""Spectral normalisation; formulas in `primitives.spectral`."""

import numpy as np

from ..jit.compiling import kernel
from ..jit.memory import fold, lanes

SMALLEST = 1e-12


@kernel
def power_left(W, u, v, sigma):
    d, m = W.shape
    kind = W.dtype.type
    squares, moved = 0.0, np.empty(d)
    for i in range(d):
        row, sums = W[i], lanes()
        for start in range(0, m, 16):
            for lane in range(min(16, m - start)):
                sums[lane] += np.float64(row[start + lane] * u[start + lane])
        moved[i] = fold(sums)
        squares += moved[i] * moved[i]
    length = np.sqrt(squares)
    length = SMALLEST if length <= SMALLEST else length
    for i in range(d):
        v[i] = kind(moved[i] / length)
    sigma[0] = length


@kernel
def power_right(W, v, u, sigma):
    d, m = W.shape
    kind = W.dtype.type
    squares, moved = 0.0, np.zeros(m)
    for i in range(d):
        row = W[i]
        for j in range(m):
            moved[j] += np.float64(row[j] * v[i])
    for j in range(m):
        squares += moved[j] * moved[j]
    length = np.sqrt(squares)
    length = SMALLEST if length <= SMALLEST else length
    for j in range(m):
        u[j] = kind(moved[j] / length)
    sigma[0] = length


@kernel
def divide(x, by, y):
    divisor = x.dtype.type(by[0])
    for i in range(x.size):
        y[i] = x[i] / divisor


@kernel
def spectral_dW(dWbar, Wbar, u, v, sigma, dW):
    d, m = dW.shape
    kind = dW.dtype.type
    ours, others = dWbar.reshape(d * m), Wbar.reshape(d * m)
    sums = lanes()
    for start in range(0, d * m, 16):
        for lane in range(min(16, d * m - start)):
            sums[lane] += np.float64(ours[start + lane] * others[start + lane])
    along, divisor = kind(fold(sums)), kind(sigma[0])
    for i in range(d):
        share = along * v[i]
        for j in range(m):
            dW[i, j] += (dWbar[i, j] - share * u[j]) / divisor
