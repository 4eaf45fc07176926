"""Labels and their vectors.

N rows of a batch, C classes, D features a class.  The vectors of a batch are
`gather(W, label)`, see `data`.
"""

import numpy as np

from .declare import primitive


@primitive(
    "label[N]:i dy[N,D] dW[C,D]!",
    flops=lambda N, D: N * D,
    elements=lambda N, D: N + 3 * N * D,
)
def embedding_dW(label, dy, dW):
    """dW[label] += dy, row by row in their order.   label: (N,)   dy: (N, D)

    A label that occurs several times adds up all of its rows.   dW: (C, D)
    """
    np.add.at(dW, label, dy)


@primitive("label[N]:i -> y[N]:i", rows="N")
def copy_labels(label, y):
    """y = label.   label, y: (N,) int64"""
    y[:] = label


@primitive("a[N]:i b[M]:i -> label[N+M]:i")
def concatenate_labels(a, b, label):
    """label = a, then b.   a: (N,)   b: (M,)   label: (N + M,) int64"""
    label[: len(a)] = a
    label[len(a) :] = b


@primitive("labels[R]:i index[N]:i -> label[N]:i", rows="N")
def gather_labels(labels, index, label):
    """label = labels[index].   labels: (R,) int64   index, label: (N,)"""
    label[:] = labels[index]


@primitive("label[N]:i n=i -> y[n]:i")
def respaced_labels(label, n, y):
    """Each label n / N times in a row, or one of each N / n in a row.

        y[i] = label[floor(i N / n)]

    label: (N,) int64   y: (n,), n a multiple or a divisor of N
    """
    y[:] = label[np.arange(n) * len(label) // n]
