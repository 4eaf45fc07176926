"""Values that meet; formulas in `primitives.merge`."""

from ..jit.compiling import kernel


@kernel
def add(a, b, c):
    for i in range(a.size):
        c[i] = a[i] + b[i]


@kernel
def multiply(a, b, c):
    for i in range(a.size):
        c[i] = a[i] * b[i]


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
