"""Dropout; formulas in `primitives.dropout`."""

from ..jit.compiling import kernel
from ..jit.random import draw_kernel, next_uniform


@draw_kernel
def dropout_forward(x, rng, rate, y, mask):
    kind = x.dtype.type
    edge, keep = kind(rate), kind(1 / (1 - rate))
    next_uniform(rng, mask)
    for i in range(x.size):
        mask[i] = keep if mask[i] >= edge else kind(0)
        y[i] = x[i] * mask[i]


@kernel
def dropout_backward(dy, mask, dx):
    for i in range(dy.size):
        dx[i] = dy[i] * mask[i]
