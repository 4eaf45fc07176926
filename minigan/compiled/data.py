"""Random draws, batches, and moving numbers about; formulas in `primitives.data`.

Operands of any shape arrive as vectors, memory cells as arrays of one element, random
generators as `jit.random.stream` makes them.
"""

import numpy as np

from ..jit.compiling import kernel
from ..jit.memory import flat
from ..jit.random import draw_kernel, next_double, next_normal, next_uniform


@draw_kernel
def standard_normal(rng, n, d, z):
    next_normal(rng, flat(z))


@draw_kernel
def uniform(rng, n, d, u):
    next_uniform(rng, flat(u))


@draw_kernel
def integers(rng, high, n, index):
    for i in range(n):
        index[i] = int(next_double(rng) * high)


@draw_kernel
def epoch_indices(rng, order, cursor, shuffle, n, index):
    if cursor[0] + n > order.size:
        cursor[0] = 0
    if cursor[0] == 0 and shuffle:
        u = np.empty(order.size)
        next_uniform(rng, u)
        for i in range(order.size - 1, 0, -1):
            k = int(u[i] * (i + 1))
            order[i], order[k] = order[k], order[i]
    start = cursor[0]
    for i in range(n):
        index[i] = order[start + i]
    cursor[0] = start + n if start + 2 * n <= order.size else 0


@draw_kernel
def packed_indices(rng, labels, order, starts, counts, pack, n, index):
    for i in range(n // pack):
        index[i * pack] = labels[int(next_double(rng) * labels.size)]
    kind = 0
    for i in range(n):
        if i % pack == 0:
            kind = index[i]
        index[i] = order[starts[kind] + int(next_double(rng) * counts[kind])]


@kernel
def parabola(u, points):
    kind = u.dtype.type
    for i in range(u.shape[0]):
        x = u[i, 0] - kind(0.5)
        points[i, 0] = x
        points[i, 1] = x * x


@kernel
def gather(data, index, batch):
    for i in range(index.size):
        for j in range(data.shape[1]):
            batch[i, j] = data[index[i], j]


@kernel
def concatenate(a, b, c):
    n = a.shape[0]
    for i in range(n):
        for j in range(a.shape[1]):
            c[i, j] = a[i, j]
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            c[n + i, j] = b[i, j]


@kernel
def copy(x, y):
    for i in range(x.size):
        y[i] = x[i]


@kernel
def add_scaled(x, noise, scale, y):
    a = x.dtype.type(scale)
    for i in range(x.size):
        y[i] = x[i] + a * noise[i]


@kernel
def scale(x, factor, y):
    a = x.dtype.type(factor)
    for i in range(x.size):
        y[i] = a * x[i]


@kernel
def assign(x, y):
    for i in range(x.size):
        x[i] = y[i]


@kernel
def fill(x, value):
    for i in range(x.size):
        x[i] = value


@kernel
def full(n, d, value, x):
    for i in range(n):
        for j in range(d):
            x[i, j] = value
