"""Penalties on the gradient g = ds/dx of a discriminator, and what they learn from.

N rows of a batch, D features.  Each returns the penalty P and u = dP/dg.
"""

import numpy as np

from .declare import primitive, wide


@primitive("g[N,D] weight=f -> penalty[]:f u[N,D]", flops=lambda N, D: 3 * N * D)
def zero_centred(g, weight, penalty, u):
    """P = weight/2 mean |g|^2, the mean over rows, and u = weight g / N.

    g, u: (N, D)
    """
    penalty[...] = weight / 2 * (np.sum(g * g, dtype=wide(g)) / len(g))
    u[:] = g * (weight / len(g))


@primitive("g[N,D] weight=f -> penalty[]:f u[N,D]", flops=lambda N, D: 3 * N * D)
def one_centred(g, weight, penalty, u):
    """P = weight mean (|g| - 1)^2, the mean over rows, and u = dP/dg:

        u = 2 weight (|g| - 1) g / (|g| N)

    Where g is 0 it has no direction, and u is 0.   g, u: (N, D)
    """
    length = np.sqrt(np.sum(g * g, axis=1, keepdims=True, dtype=wide(g)))
    penalty[...] = weight * np.mean((length - 1) ** 2)
    none = length.real == 0
    slope = 2 * weight * (length - 1) / (np.where(none, 1, length) * len(g))
    u[:] = np.where(none, 0, slope) * g


@primitive(
    "real[N,D] fake[N,D] alpha[N,1] -> x[N,D]", flops=lambda N, D: 4 * N * D, rows="N"
)
def interpolate(real, fake, alpha, x):
    """x = alpha real + (1 - alpha) fake, one alpha a row.

    real, fake, x: (N, D)   alpha: (N, 1)
    """
    x[:] = alpha * real + (1 - alpha) * fake


@primitive("a[]:f b[]:f -> sum[]:f", flops=lambda: 1)
def total(a, b, sum):
    """sum = a + b, of two memory cells."""
    sum[...] = a + b
