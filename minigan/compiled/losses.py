"""Losses, each with its gradient; formulas in `primitives.losses`.

A sum goes through 16 lanes in a fixed order and in float64, so that its bits are the
same on every CPU and for any number of threads.
"""

import numpy as np

from ..jit.compiling import kernel
from ..jit.mathfun import constants, exp, log, log1p_exp_neg, sigmoid
from ..jit.memory import BLOCK, add_block, block, fold, lanes
from ..jit.small import NEGLIGIBLE


@kernel
def bce_forward(p, t, epsilon, loss):
    kind = p.dtype.type
    lower, upper, one = kind(epsilon), kind(1 - epsilon), kind(1)
    sums, terms = lanes(), block(p)
    for start in range(0, p.size, BLOCK):
        count = min(BLOCK, p.size - start)
        for i in range(count):
            q, label = p[start + i], t[start + i]
            q = lower if q < lower else q
            q = upper if q > upper else q
            terms[i] = -(label * log(q) + (one - label) * log(one - q))
        add_block(terms, count, sums)
    loss[0] = fold(sums) / p.size


@kernel
def bce_backward(p, t, epsilon, dp):
    kind = p.dtype.type
    lower, upper = kind(epsilon), kind(1 - epsilon)
    one, zero, n = kind(1), kind(0), kind(p.size)
    for i in range(p.size):
        q = p[i]
        inside = (q >= lower) & (q <= upper)
        q = q if inside else kind(0.5)
        gradient = (q - t[i]) / (q * (one - q)) / n
        dp[i] = gradient if inside else zero


@kernel
def bce_logits_forward(z, t, weight, loss):
    zero = z.dtype.type(0)
    sums, terms = lanes(), block(z)
    for start in range(0, z.size, BLOCK):
        count = min(BLOCK, z.size - start)
        for i in range(count):
            a = z[start + i]
            above = zero if a <= zero else a  # max(z, 0), which lets NaN through
            terms[i] = (above - a * t[start + i]) + log1p_exp_neg(abs(a))
        add_block(terms, count, sums)
    loss[0] = weight * (fold(sums) / z.size)


@kernel
def bce_logits_backward(z, t, weight, dz):
    kind = z.dtype.type
    zero, factor = kind(0), kind(weight / z.size)
    least = kind(NEGLIGIBLE) * constants(factor).tiny
    for i in range(z.size):
        gradient = (sigmoid(z[i]) - t[i]) * factor
        dz[i] = zero if abs(gradient) < least else gradient


@kernel
def squared_forward(z, t, loss):
    sums = lanes()
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            error = z[start + lane] - t[start + lane]
            sums[lane] += np.float64(error * error)
    loss[0] = fold(sums) / z.size / 2


@kernel
def squared_backward(z, t, dz):
    n = z.dtype.type(z.size)
    for i in range(z.size):
        dz[i] = (z[i] - t[i]) / n


@kernel
def absolute_forward(z, t, loss):
    sums = lanes()
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            sums[lane] += np.float64(abs(z[start + lane] - t[start + lane]))
    loss[0] = fold(sums) / z.size


@kernel
def absolute_backward(z, t, dz):
    kind = z.dtype.type
    zero, share = kind(0), kind(1 / z.size)
    for i in range(z.size):
        error = z[i] - t[i]
        sign = share if error > zero else -share
        dz[i] = zero if error == zero else sign


@kernel
def product_forward(z, t, weight, loss):
    sums = lanes()
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            sums[lane] += np.float64(z[start + lane] * t[start + lane])
    loss[0] = weight * (fold(sums) / z.size)


@kernel
def hinge_forward(z, sign, loss):
    kind = z.dtype.type
    zero, one, s = kind(0), kind(1), kind(sign)
    sums = lanes()
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            margin = one - s * z[start + lane]
            sums[lane] += np.float64(zero if margin <= zero else margin)
    loss[0] = fold(sums) / z.size


@kernel
def hinge_backward(z, sign, dz):
    kind = z.dtype.type
    zero, one, s, slope = kind(0), kind(1), kind(sign), kind(-sign / z.size)
    for i in range(z.size):
        dz[i] = slope if one - s * z[i] > zero else zero


@kernel
def linear_forward(z, weight, loss):
    sums = lanes()
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            sums[lane] += np.float64(z[start + lane])
    loss[0] = weight * (fold(sums) / z.size)


@kernel
def linear_backward(z, weight, dz):
    slope = z.dtype.type(weight / z.size)
    for i in range(z.size):
        dz[i] = slope


@kernel
def softmax_forward(z, label, loss, p):
    n, classes = z.shape
    kind = z.dtype.type
    total_loss = 0.0
    for i in range(n):
        largest = z[i, 0]
        for j in range(classes):
            largest = z[i, j] if z[i, j] > largest else largest
        for j in range(classes):
            p[i, j] = exp(z[i, j] - largest)
        total = 0.0
        for j in range(classes):
            total += np.float64(p[i, j])
        for j in range(classes):
            p[i, j] = kind(p[i, j] / total)
        total_loss += log(total) - np.float64(z[i, label[i]] - largest)
    loss[0] = total_loss / n


@kernel
def softmax_backward(p, label, dz):
    n, classes = p.shape
    kind = p.dtype.type
    zero, rows, share = kind(0), kind(n), kind(1.0 / n)
    least = kind(NEGLIGIBLE) * constants(rows).tiny
    for i in range(n):
        for j in range(classes):
            gradient = p[i, j] / rows
            if j == label[i]:
                gradient -= share
            dz[i, j] = zero if abs(gradient) < least else gradient
