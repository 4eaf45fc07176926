"""How threads share a matrix, its rows or its columns.

A part by columns has all rows: what is summed down a column is summed by one thread, in
one order, however many there are.
"""

import numpy as np

from ..jit.compiling import kernel
from ..jit.tasks import threads

PARALLEL = 32_768  # numbers of a matrix from which two threads beat one
NUMBERS = 8_192  # of a part by rows, about
COLUMNS = 64  # of a part by columns, at least: 256 bytes of each row, or 512
PARTS = 4  # for each thread, of what is large; a slower core does fewer


@kernel(inside=True)
def cut(work, least, most):
    """(workers, parts) for some work, which is shared if there is enough of it."""
    workers = threads() if work >= least else np.int64(0)
    parts = min(workers * PARTS if workers > 1 else workers, most)
    return workers, max(np.int64(1), parts)


@kernel(inside=True)
def cut_once(work, least, most):
    """The same with one part for each worker, where each part reads everything."""
    workers, parts = cut(work, least, most)
    return workers, min(max(np.int64(1), workers), parts)


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
    return workers, min(2 * workers, d // COLUMNS)


@kernel(inside=True)
def span(part, parts, n):
    """(first, last + 1) of the part of n things."""
    return part * n // parts, (part + 1) * n // parts


@kernel(inside=True)
def column_span(part, parts, d):
    """The same of columns.

    Without a sign: a number below zero would count from the end, and a loop that has
    to ask for it cannot be made of vectors.
    """
    first, last = span(part, parts, d)
    return np.uint64(first), np.uint64(last)
