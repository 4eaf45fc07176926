"""Values that meet; formulas in `primitives.merge`."""

import numpy as np

from ..jit.compiling import kernel
from ..jit.mathfun import exp
from ..jit.memory import fold, lanes


@kernel
def add(a, b, c):
    for i in range(a.size):
        c[i] = a[i] + b[i]


@kernel
def multiply(a, b, c):
    for i in range(a.size):
        c[i] = a[i] * b[i]


@kernel
def maximum(a, b, c):
    for i in range(a.size):
        c[i] = a[i] if a[i] >= b[i] or a[i] != a[i] else b[i]


@kernel
def maximum_backward(dc, a, b, da):
    zero = dc.dtype.type(0)
    for i in range(a.size):
        da[i] = dc[i] if a[i] >= b[i] else zero


@kernel
def concatenate_features(a, b, c):
    D = a.shape[1]
    for i in range(a.shape[0]):
        for j in range(D):
            c[i, j] = a[i, j]
        for j in range(b.shape[1]):
            c[i, D + j] = b[i, j]


@kernel
def take_features(c, start, D, a):
    for i in range(c.shape[0]):
        for j in range(D):
            a[i, j] = c[i, start + j]


@kernel
def minus_mean(x, other, y):
    sums = lanes()
    for start in range(0, other.size, 16):
        for lane in range(min(16, other.size - start)):
            sums[lane] += np.float64(other[start + lane])
    mean = fold(sums) / other.size
    kind = x.dtype.type
    for i in range(x.size):
        y[i] = kind(np.float64(x[i]) - mean)


@kernel
def similarity_forward(x, y):
    """Each pair once; every sum still runs over j = 0, 1, 2, ..."""
    n, ways, features = x.shape
    zero, one = x.dtype.type(0), x.dtype.type(1)
    for i in range(n):
        for k in range(ways):
            y[i, k] = zero
    for i in range(n):
        for k in range(ways):
            y[i, k] += one
        for j in range(i + 1, n):
            for k in range(ways):
                apart = zero
                for c in range(features):
                    apart += abs(x[i, k, c] - x[j, k, c])
                near = exp(-apart)
                y[i, k] += near
                y[j, k] += near


@kernel
def similarity_backward(dy, x, dx):
    n, ways, features = x.shape
    zero = x.dtype.type(0)
    for i in range(n):
        for k in range(ways):
            for c in range(features):
                dx[i, k, c] = zero
    for i in range(n):
        for j in range(i + 1, n):
            for k in range(ways):
                apart = zero
                for c in range(features):
                    apart += abs(x[i, k, c] - x[j, k, c])
                pull = (dy[i, k] + dy[j, k]) * exp(-apart)
                for c in range(features):
                    difference = x[i, k, c] - x[j, k, c]
                    step = pull if difference > zero else -pull
                    step = zero if difference == zero else step
                    dx[i, k, c] -= step
                    dx[j, k, c] += step
