"""Values that meet: sums, products, features side by side, rows of one batch.

N rows of a batch, D and K features.
"""

import numpy as np

from .declare import TRANSCENDENTAL, primitive, wide


@primitive("a[*] b[*] -> c[*]", flops=lambda S: S, rows="S")
def add(a, b, c):
    """c = a + b, element by element."""
    c[...] = a + b


@primitive("a[*] b[*] -> c[*]", flops=lambda S: S, rows="S")
def multiply(a, b, c):
    """c = a b, element by element."""
    c[...] = a * b


@primitive("a[*] b[*] -> c[*]", flops=lambda S: S, rows="S")
def maximum(a, b, c):
    """c = the larger of a and b, element by element; NaN where one of them is."""
    c[...] = np.where((a.real >= b.real) | np.isnan(a.real), a, b)


@primitive("dc[*] a[*] b[*] -> da[*]", flops=lambda S: S, rows="S")
def maximum_backward(dc, a, b, da):
    """da = dc where a >= b, else 0: where they are equal the gradient is a's."""
    da[...] = np.where(a.real >= b.real, dc, 0)


@primitive("a[N,D] b[N,K] -> c[N,D+K]", rows="N")
def concatenate_features(a, b, c):
    """c = a beside b.   a: (N, D)   b: (N, K)   c: (N, D + K)"""
    c[:, : a.shape[1]] = a
    c[:, a.shape[1] :] = b


@primitive("c[N,Z] start=i D=i -> a[N,D]", elements=lambda N, D: 2 * N * D, rows="N")
def take_features(c, start, D, a):
    """a = D columns of c, from `start` on.   c: (N, Z)   a: (N, D)"""
    a[:] = c[:, start : start + D]


@primitive("x[*] other[*] -> y[*]", flops=lambda S: 2 * S)
def minus_mean(x, other, y):
    """y = x - mean(other).

    It is its own transpose: for y = a - mean(b) and z = b - mean(a) the gradients are
    da = minus_mean(dy, dz) and db = minus_mean(dz, dy).
    """
    y[...] = x - np.mean(other, dtype=wide(other))


@primitive(
    "x[N,K,C] -> y[N,K]", flops=lambda N, K, C: N * N * K * (3 * C + TRANSCENDENTAL)
)
def similarity_forward(x, y):
    """How near the other rows of the batch are, in each of K ways.

        y[i,k] = sum_j exp(-|x[i,k] - x[j,k]|)      |.| the sum over C of sizes

    x: (N, K, C)   y: (N, K), from 1 (all others far away) to N.   Source: Salimans
    et al. 2016, section 3.2.
    """
    y[:] = np.exp(-_apart(x)).sum(axis=1, dtype=wide(x))


@primitive(
    "dy[N,K] x[N,K,C] -> dx[N,K,C]",
    flops=lambda N, K, C: N * N * K * (5 * C + TRANSCENDENTAL),
)
def similarity_backward(dy, x, dx):
    """The gradient of `similarity_forward`.

        a = x[i,k] - x[j,k]
        dx[i,k] = -sum_j (dy[i,k] + dy[j,k]) exp(-|a|) sign(a)

    The sign of 0 is 0.   dy: (N, K)   x, dx: (N, K, C)
    """
    both = (dy[:, None] + dy[None]) * np.exp(-_apart(x))
    sign = np.sign((x[:, None] - x[None]).real)
    dx[:] = -np.sum(both[..., None] * sign, axis=1, dtype=wide(x))


def _apart(x):
    """|x[i,k] - x[j,k]|: (N, N, K)"""
    apart = x[:, None] - x[None]
    return np.where(apart.real < 0, -apart, apart).sum(axis=3)
