"""How threads share a matrix: by its rows, or by columns where sums run down them.

A part by columns has all rows: what is summed down a column is summed by one thread, in
one order, however many there are.
"""

import numpy as np

from ..jit.compiling import kernel
from ..jit.tasks import threads

PARALLEL = 32_768  # numbers of a matrix from which two threads beat one
NUMBERS = 8_192  # of a part by rows, about
COLUMNS = 64  # of a part by columns, at least: 4 vectors of each row
PARTS = 2  # by columns, for each thread; a slower core does fewer


@kernel(inside=True)
def cut_rows(n, d):
    """(workers, parts) for n rows of d numbers."""
    if n * d < PARALLEL:
        return np.int64(0), np.int64(1)
    return threads(), min(n, n * d // NUMBERS)


@kernel(inside=True)
def cut_columns(n, d):
    """(workers, parts) for d columns of n numbers."""
    if n * d < PARALLEL or d < 2 * COLUMNS:
        return np.int64(0), np.int64(1)
    workers = threads()
    return workers, min(workers * PARTS, d // COLUMNS)


@kernel(inside=True)
def some_rows(part, parts, n):
    """(first, last + 1) of the rows of a part."""
    return part * n // parts, (part + 1) * n // parts


@kernel(inside=True)
def some_columns(part, parts, d):
    """(first, last + 1) of the columns of a part.

    Without a sign: a number below zero would count from the end, and a loop that has
    to ask for it cannot be made of vectors.
    """
    first, last = part * d // parts, (part + 1) * d // parts
    return np.uint64(first), np.uint64(last)
