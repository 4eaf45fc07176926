"""Spectral normalisation: weights over their largest singular value.

W (D, M) moves a vector u (M,) of length 1 to W u, at most sigma long.  The power
iteration  v = W u / |W u|,  u = W^T v / |W^T v|  turns u and v to where it is longest.
"""

import numpy as np

from .declare import primitive, wide

SMALLEST = 1e-12  # the length that no vector is divided by less than


def _length(x):
    """|x|, but at least `SMALLEST`."""
    length = np.sqrt(np.sum(x * x, dtype=wide(x)))
    return np.where(length.real <= SMALLEST, SMALLEST, length)


@primitive("W[D,M] u[M] -> v[D] sigma[]:f", flops=lambda D, M: 2 * D * M + 3 * D)
def power_left(W, u, v, sigma):
    """v = W u / |W u| and sigma = |W u| = v^T W u.   W: (D, M)   u: (M,)   v: (D,)"""
    moved = W @ u
    sigma[...] = _length(moved)
    v[:] = moved / sigma


@primitive("W[D,M] v[D] u[M]! -> sigma[]:f", flops=lambda D, M: 2 * D * M + 3 * M)
def power_right(W, v, u, sigma):
    """u = W^T v / |W^T v| and sigma = |W^T v| = v^T W u.   W: (D, M)   v: (D,)"""
    moved = v @ W
    sigma[...] = _length(moved)
    u[:] = moved / sigma


@primitive("x[*] by[]:f -> y[*]", flops=lambda S: S, rows="S")
def divide(x, by, y):
    """y = x / by."""
    y[...] = x / by


@primitive(
    "dWbar[D,M] Wbar[D,M] u[M] v[D] sigma[]:f dW[D,M]!",
    flops=lambda D, M: 7 * D * M,
)
def spectral_dW(dWbar, Wbar, u, v, sigma, dW):
    """The gradient of W from that of Wbar = W / sigma, where sigma = v^T W u:

        dW += (dWbar - <dWbar, Wbar> v u^T) / sigma

    dWbar, Wbar, dW: (D, M)   u: (M,)   v: (D,)
    """
    along = np.sum(dWbar * Wbar, dtype=wide(dWbar))
    dW += ((dWbar - along * np.outer(v, u)) / sigma).astype(dW.dtype)
