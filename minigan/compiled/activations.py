"""Activations; formulas in `primitives.activations`.

Plain loops, which LLVM turns into vector code because nothing stands in its way: arrays
without gaps, no branch but the choice between two values, and `jit.mathfun` in place of
the library's scalar functions.
"""

import numpy as np

from ..jit.bysize import BySize
from ..jit.compiling import kernel
from ..jit.mathfun import sigmoid, tanh
from ..jit.tasks import next_task, share_out, threads

PARALLEL = 32_768  # elements from which two threads beat one
BLOCK = 8_192  # elements a task


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
def _leaky_relu(x, slope, y):
    kind = x.dtype.type
    a = kind(slope)
    for i in range(x.size):
        y[i] = x[i] if x[i] > kind(0) else a * x[i]


@kernel(inside=True)
def _leaky_relu_blocks(share, x, slope, y):
    block = next_task(share)
    while block >= 0:
        part = slice(block * BLOCK, (block + 1) * BLOCK)
        _leaky_relu(x[part], slope, y[part])
        block = next_task(share)


@kernel
def _shared_leaky_relu(x, slope, y):
    share_out(_leaky_relu_blocks, threads(), -(-x.size // BLOCK), (x, slope, y))


leaky_relu_forward = BySize(_leaky_relu, _shared_leaky_relu, "S", PARALLEL)


@kernel
def _leaky_relu_backward(dy, y, slope, dx):
    kind = dy.dtype.type
    a = kind(slope)
    for i in range(dy.size):
        dx[i] = dy[i] if y[i] > kind(0) else a * dy[i]


@kernel(inside=True)
def _leaky_relu_backward_blocks(share, dy, y, slope, dx):
    block = next_task(share)
    while block >= 0:
        part = slice(block * BLOCK, (block + 1) * BLOCK)
        _leaky_relu_backward(dy[part], y[part], slope, dx[part])
        block = next_task(share)


@kernel
def _shared_leaky_relu_backward(dy, y, slope, dx):
    share_out(
        _leaky_relu_backward_blocks, threads(), -(-dy.size // BLOCK), (dy, y, slope, dx)
    )


leaky_relu_backward = BySize(
    _leaky_relu_backward, _shared_leaky_relu_backward, "S", PARALLEL
)


@kernel
def clipped_relu_forward(x, slope, threshold, limit, y):
    kind = x.dtype.type
    a, low, high = kind(slope), kind(threshold), kind(limit)
    for i in range(x.size):
        above = x[i] if x[i] < high else high
        y[i] = above if x[i] > low else a * (x[i] - low)


@kernel
def clipped_relu_backward(dy, x, slope, threshold, limit, dx):
    kind = dy.dtype.type
    a, low, high = kind(slope), kind(threshold), kind(limit)
    for i in range(dy.size):
        above = dy[i] if x[i] < high else kind(0)
        dx[i] = above if x[i] > low else a * dy[i]


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
def sigmoid_curvature(dy, t, y, dx):
    one, two = dy.dtype.type(1), dy.dtype.type(2)
    for i in range(dy.size):
        dx[i] = dy[i] * t[i] * (y[i] * (one - y[i])) * (one - two * y[i])


@kernel
def _tanh(x, y):
    for i in range(x.size):
        y[i] = tanh(x[i])


@kernel(inside=True)
def _tanh_blocks(share, x, y):
    block = next_task(share)
    while block >= 0:
        part = slice(block * BLOCK, (block + 1) * BLOCK)
        _tanh(x[part], y[part])
        block = next_task(share)


@kernel
def _shared_tanh(x, y):
    count = (x.size + BLOCK - 1) // BLOCK
    share_out(_tanh_blocks, threads(), count, (x, y))


tanh_forward = BySize(_tanh, _shared_tanh, "S", PARALLEL)


@kernel
def tanh_backward(dy, y, dx):
    one = dy.dtype.type(1)
    for i in range(dy.size):
        dx[i] = dy[i] * (one - y[i] * y[i])


@kernel
def tanh_curvature(dy, t, y, dx):
    one, two = dy.dtype.type(1), dy.dtype.type(2)
    for i in range(dy.size):
        dx[i] = dy[i] * t[i] * (one - y[i] * y[i]) * (-two * y[i])


@kernel
def prelu_forward(x, alpha, y):
    zero = x.dtype.type(0)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] if x[i, j] > zero else alpha[j] * x[i, j]


@kernel
def prelu_backward(dy, x, alpha, dx):
    zero = x.dtype.type(0)
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            dx[i, j] = dy[i, j] if x[i, j] > zero else alpha[j] * dy[i, j]


@kernel
def prelu_dalpha(dy, t, x, dalpha):
    zero = x.dtype.type(0)
    for j in range(x.shape[1]):
        dalpha[j] = 0.0
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            term = zero if x[i, j] > zero else dy[i, j] * t[i, j]
            dalpha[j] += np.float64(term)
