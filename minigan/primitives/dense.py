"""The fully connected layer: three matrix products and a sum.

N rows of a batch, D features in, M features out.
"""

from .activations import leaky_relu_backward, leaky_relu_forward, relu_forward
from .declare import primitive, wide


@primitive(
    "x[N,D] W[D,M] b[M] -> y[N,M]",
    flops=lambda N, D, M: 2 * N * D * M + N * M,
    rows="N",
    kind="product",
)
def dense_forward(x, W, b, y):
    """y = x W + b.   x: (N, D)   W: (D, M)   b: (M,)   y: (N, M)"""
    y[:] = x @ W + b


@primitive(
    "x[N,D] dy[N,M] dW[D,M]!", flops=lambda N, D, M: 2 * N * D * M, kind="product"
)
def dense_dW(x, dy, dW):
    """dW += x^T dy.   x: (N, D)   dy: (N, M)   dW: (D, M)"""
    dW += x.T @ dy


@primitive("dy[N,M] -> db[M]:f", flops=lambda N, M: N * M)
def dense_db(dy, db):
    """db = sum over the batch of dy.   dy: (N, M)   db: (M,) float64"""
    db[:] = dy.sum(axis=0, dtype=wide(dy))


@primitive("total[D]:f grad[D]!", flops=lambda D: D)
def accumulate(total, grad):
    """grad += total, rounded to grad's type.   total: (D,) float64   grad: (D,)"""
    grad += total.astype(grad.dtype)


@primitive(
    "dy[N,M] W[D,M] -> dx[N,D]",
    flops=lambda N, D, M: 2 * N * D * M,
    rows="N",
    kind="product",
)
def dense_dx(dy, W, dx):
    """dx = dy W^T.   dy: (N, M)   W: (D, M)   dx: (N, D)"""
    dx[:] = dy @ W.T


@primitive(
    "x[N,D] W[D,M] b[M] -> y[N,M]",
    flops=lambda N, D, M: 2 * N * D * M + 2 * N * M,
    rows="N",
    kind="product",
    fuses=(dense_forward, relu_forward),
)
def dense_relu_forward(x, W, b, y):
    """y = relu(x W + b)."""
    relu_forward.formula(x @ W + b, y)


@primitive(
    "x[N,D] W[D,M] b[M] slope=f -> y[N,M]",
    flops=lambda N, D, M: 2 * N * D * M + 2 * N * M,
    rows="N",
    kind="product",
    fuses=(dense_forward, leaky_relu_forward),
)
def dense_leaky_relu_forward(x, W, b, slope, y):
    """y = leaky_relu(x W + b)."""
    leaky_relu_forward.formula(x @ W + b, slope, y)


@primitive(
    "dy[N,M] W[D,M] y[N,D] slope=f -> dx[N,D]",
    flops=lambda N, D, M: 2 * N * D * M + N * D,
    rows="N",
    kind="product",
    fuses=(dense_dx, leaky_relu_backward),
)
def dense_leaky_relu_dx(dy, W, y, slope, dx):
    """dx = dy W^T, through a LeakyReLU whose output was y: (N, D)"""
    leaky_relu_backward.formula(dy @ W.T, y, slope, dx)


@primitive(
    "x[N,D] dy[N,M] dW[D,M]!",
    flops=lambda N, D, M: 2 * N * D * M,
    elements=lambda N, D, M: N * D + N * M + D * M,
    kind="product",
    first_of=dense_dW,
)
def dense_dW_first(x, dy, dW):
    """dW = 0 + x^T dy: the first contribution to a gradient."""
    dW[:] = 0 + x.T @ dy


@primitive(
    "total[D]:f grad[D]!",
    flops=lambda D: D,
    elements=lambda D: 3 * D,
    first_of=accumulate,
)
def accumulate_first(total, grad):
    """grad = 0 + total: the first contribution to a gradient."""
    grad[:] = 0 + total
