"""What is measured at each step, and the cells in which it is kept."""

import numpy as np

from .activations import sigmoid_forward
from .declare import TRANSCENDENTAL, primitive, wide


@primitive("z[*] -> mean[]:f std[]:f", flops=lambda S: (TRANSCENDENTAL + 5) * S)
def sigmoid_moments(z, mean, std):
    """Mean and standard deviation of s(z), the probabilities behind the logits z."""
    p = np.empty_like(z)
    sigmoid_forward.formula(z, p)
    mean[...] = p.mean(dtype=wide(z))
    std[...] = np.sqrt(np.mean((p - mean) ** 2, dtype=wide(z)))


@primitive("z[*] -> mean[]:f std[]:f", flops=lambda S: 4 * S)
def moments(z, mean, std):
    """Mean and standard deviation of z."""
    mean[...] = z.mean(dtype=wide(z))
    std[...] = np.sqrt(np.mean((z - mean) ** 2, dtype=wide(z)))


@primitive("z[*] threshold=f label=i -> share[]:f", flops=lambda S: S)
def accuracy(z, threshold, label, share):
    """The share of scores on the right side: above for label 1, not above for 0."""
    share[...] = np.mean((z.real > threshold) == (label == 1))


@primitive("a[]:f b[]:f -> mean[]:f", flops=lambda: 2)
def average(a, b, mean):
    """mean = (a + b) / 2."""
    mean[...] = (a + b) / 2


@primitive("x[P] -> norm[]:f", flops=lambda P: 2 * P)
def norm(x, norm):
    """norm = sqrt(sum x^2).   x: (P,)"""
    norm[...] = np.sqrt(np.sum(x * x, dtype=wide(x)))


@primitive("value[]:f column=i cursor[]:i table[R,C]!:f", elements=lambda: 3)
def record(value, column, cursor, table):
    """table[cursor mod R, column] = value.   table: (R, C) float64"""
    table[int(cursor) % len(table), column] = value.real


@primitive("cursor[]!:i")
def advance(cursor):
    """cursor += 1."""
    cursor += 1
