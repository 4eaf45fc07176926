"""Values that meet: sums, products and features side by side.

N rows of a batch, D and K features.
"""

from .declare import primitive


@primitive("a[*] b[*] -> c[*]", flops=lambda S: S, rows="S")
def add(a, b, c):
    """c = a + b, element by element."""
    c[...] = a + b


@primitive("a[*] b[*] -> c[*]", flops=lambda S: S, rows="S")
def multiply(a, b, c):
    """c = a b, element by element."""
    c[...] = a * b


@primitive("a[N,D] b[N,K] -> c[N,D+K]", rows="N")
def concatenate_features(a, b, c):
    """c = a beside b.   a: (N, D)   b: (N, K)   c: (N, D + K)"""
    c[:, : a.shape[1]] = a
    c[:, a.shape[1] :] = b


@primitive("c[N,Z] start=i D=i -> a[N,D]", elements=lambda N, D: 2 * N * D, rows="N")
def take_features(c, start, D, a):
    """a = D columns of c, from `start` on.   c: (N, Z)   a: (N, D)"""
    a[:] = c[:, start : start + D]
