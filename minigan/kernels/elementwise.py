"""Compiled kernels that treat every element alike: activations, losses, metrics.

Plain loops, which LLVM turns into vector code because nothing stands in its way: arrays
without gaps, no branch but the choice between two values, and `mathfun` in place of
the library's scalar functions.  A sum over all elements goes through 16 lanes in a
fixed order, so that its bits are the same on every CPU and for any number of threads.
"""

import numpy as np
from numba import prange

from .compiling import kernel
from .mathfun import log, log1p_exp_neg, sigmoid, tanh
from .memory import lanes

PARALLEL = 32_768  # elements from which two threads beat one
BLOCK = 8_192  # elements a task


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
    for i in range(x.size):
        y[i] = sigmoid(x[i])


@kernel
def sigmoid_backward(dy, y, dx):
    one = dy.dtype.type(1)
    for i in range(dy.size):
        dx[i] = dy[i] * (y[i] * (one - y[i]))


@kernel
def _tanh(x, y):
    for i in range(x.size):
        y[i] = tanh(x[i])


@kernel(parallel=True)
def _tanh_parallel(x, y):
    for block in prange((x.size + BLOCK - 1) // BLOCK):
        part = slice(block * BLOCK, min(x.size, (block + 1) * BLOCK))
        _tanh(x[part], y[part])


@kernel
def tanh_forward(x, y):
    if x.size < PARALLEL:
        _tanh(x, y)
    else:
        _tanh_parallel(x, y)


@kernel
def tanh_backward(dy, y, dx):
    one = dy.dtype.type(1)
    for i in range(dy.size):
        dx[i] = dy[i] * (one - y[i] * y[i])


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


# ---- losses and metrics ------------------------------------------------------------


@kernel
def _fold(sums):
    """The sum of 16 lanes, by halves."""
    width = 8
    while width:
        for lane in range(width):
            sums[lane] += sums[lane + width]
        width //= 2
    return sums[0]


@kernel
def bce_forward(p, t, epsilon, loss):
    kind = p.dtype.type
    lower, upper, one = kind(epsilon), kind(1 - epsilon), kind(1)
    sums = lanes()
    for start in range(0, p.size, 16):
        for lane in range(min(16, p.size - start)):
            q, label = p[start + lane], t[start + lane]
            q = lower if q < lower else q
            q = upper if q > upper else q
            sums[lane] -= np.float64(label * log(q) + (one - label) * log(one - q))
    loss[0] = _fold(sums) / p.size


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
    sums = lanes()
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            a = z[start + lane]
            above = zero if a <= zero else a  # max(z, 0), which lets NaN through
            term = (above - a * t[start + lane]) + log1p_exp_neg(abs(a))
            sums[lane] += np.float64(term)
    loss[0] = weight * (_fold(sums) / z.size)


@kernel
def bce_logits_backward(z, t, weight, dz):
    factor = z.dtype.type(weight / z.size)
    for i in range(z.size):
        dz[i] = (sigmoid(z[i]) - t[i]) * factor


@kernel
def mean_sigmoid(z, mean):
    sums = lanes()
    for start in range(0, z.size, 16):
        for lane in range(min(16, z.size - start)):
            sums[lane] += np.float64(sigmoid(z[start + lane]))
    mean[0] = _fold(sums) / z.size


@kernel
def accuracy(z, label, share):
    zero = z.dtype.type(0)
    right = 0
    for i in range(z.size):
        right += (z[i] > zero) == (label == 1)
    share[0] = right / z.size
