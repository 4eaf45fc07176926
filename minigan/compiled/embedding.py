"""Labels and their vectors; formulas in `primitives.embedding`."""

from ..jit.compiling import kernel


@kernel
def embedding_dW(label, dy, dW):
    for i in range(label.size):
        row = dW[label[i]]
        for j in range(dy.shape[1]):
            row[j] += dy[i, j]


@kernel
def copy_labels(label, y):
    for i in range(label.size):
        y[i] = label[i]


@kernel
def concatenate_labels(a, b, label):
    for i in range(a.size):
        label[i] = a[i]
    for i in range(b.size):
        label[a.size + i] = b[i]


@kernel
def gather_labels(labels, index, label):
    for i in range(index.size):
        label[i] = labels[index[i]]


@kernel
def respaced_labels(label, n, y):
    for i in range(n):
        y[i] = label[i * label.size // n]
