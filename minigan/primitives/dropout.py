"""Dropout."""

import numpy as np

from .declare import primitive


@primitive("x[*] rng rate=f -> y[*] mask[*]", flops=lambda S: 3 * S)
def dropout_forward(x, rng, rate, y, mask):
    """mask = [u >= rate] / (1 - rate) with u ~ U[0, 1),   y = x mask.

    "Inverted" dropout: the mean of y is x, so that inference needs no factor.
    """
    u = rng.random(x.shape, dtype=x.real.dtype)
    mask[...] = np.where(u >= rate, 1 / (1 - rate), 0)
    y[...] = x * mask


@primitive("dy[*] mask[*] -> dx[*]", flops=lambda S: S, rows="S")
def dropout_backward(dy, mask, dx):
    """dx = dy mask."""
    dx[...] = dy * mask
