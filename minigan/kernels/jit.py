"""The compiled twins of `reference.py`: same names, same arguments.

Here stand those that move data and multiply matrices; the others are in `draws`,
`elementwise`, `columns`, `pixels`, `losses` and `updates`.

Operands of any shape (`[*]` in the table) arrive as vectors and memory cells as arrays
of one element.  Constants arrive as float64 and are rounded once to the type of the
data (`kind(slope)`), as NumPy does it.
"""

import inspect

from . import gemm
from .columns import (
    accumulate,
    accumulate_first,
    batchnorm_backward,
    batchnorm_forward,
    batchnorm_inference,
    batchnorm_inference_backward,
    batchnorm_sums,
    batchnorm_update,
    dense_db,
)
from .compiling import kernel
from .draws import (
    dropout_forward,
    epoch_indices,
    integers,
    standard_normal,
    stream,
    uniform,
)
from .elementwise import (
    clipped_relu_backward,
    clipped_relu_forward,
    dropout_backward,
    leaky_relu_backward,
    leaky_relu_forward,
    relu_backward,
    relu_forward,
    sigmoid_backward,
    sigmoid_forward,
    tanh_backward,
    tanh_forward,
)
from .losses import (
    absolute_backward,
    absolute_forward,
    accuracy,
    bce_backward,
    bce_forward,
    bce_logits_backward,
    bce_logits_forward,
    hinge_backward,
    hinge_forward,
    linear_backward,
    linear_forward,
    moments,
    product_forward,
    sigmoid_moments,
    softmax_backward,
    softmax_forward,
    squared_backward,
    squared_forward,
)
from .pixels import conv_dW, conv_dx, conv_forward, gather_pixels, scatter_pixels
from .updates import (
    adam_schedule,
    adam_update,
    adam_update_norm,
    average_update,
    clip,
    norm,
    rmsprop_update,
    sgd_update,
)

# ---- data --------------------------------------------------------------------------


@kernel
def parabola(u, points):
    kind = u.dtype.type
    for i in range(u.shape[0]):
        x = u[i, 0] - kind(0.5)
        points[i, 0] = x
        points[i, 1] = x * x


@kernel
def gather(data, index, batch):
    for i in range(index.size):
        for j in range(data.shape[1]):
            batch[i, j] = data[index[i], j]


@kernel
def concatenate(a, b, c):
    n = a.shape[0]
    for i in range(n):
        for j in range(a.shape[1]):
            c[i, j] = a[i, j]
    for i in range(b.shape[0]):
        for j in range(b.shape[1]):
            c[n + i, j] = b[i, j]


@kernel
def copy(x, y):
    for i in range(x.size):
        y[i] = x[i]


@kernel
def add_scaled(x, noise, scale, y):
    a = x.dtype.type(scale)
    for i in range(x.size):
        y[i] = x[i] + a * noise[i]


@kernel
def scale(x, factor, y):
    a = x.dtype.type(factor)
    for i in range(x.size):
        y[i] = a * x[i]


@kernel
def fill(x, value):
    for i in range(x.size):
        x[i] = value


@kernel
def full(n, d, value, x):
    for i in range(n):
        for j in range(d):
            x[i, j] = value


# ---- Dense -------------------------------------------------------------------------


class Product:
    """A Dense primitive: one of the three products, and what it is handed.

    arguments: the primitive's operands -> those of the product.
    """

    def __init__(self, product, arguments):
        self.product, self.arguments = product, arguments
        self.__signature__ = inspect.signature(arguments)

    def __call__(self, *operands):
        self.product(*self.arguments(*operands))


dense_forward = Product(
    gemm.gemm_nn,
    lambda x, W, b, y: (x, W, y, b, gemm.BIAS, 0.0),
)
dense_relu_forward = Product(
    gemm.gemm_nn,
    lambda x, W, b, y: (x, W, y, b, gemm.RELU, 0.0),
)
dense_leaky_relu_forward = Product(
    gemm.gemm_nn,
    lambda x, W, b, slope, y: (x, W, y, b, gemm.LEAKY, slope),
)
dense_dW = Product(
    gemm.gemm_tn,
    lambda x, dy, dW: (x, dy, dW, 1),
)
dense_dW_first = Product(
    gemm.gemm_tn,
    lambda x, dy, dW: (x, dy, dW, 0),
)
dense_dx = Product(
    gemm.gemm_nt,
    lambda dy, W, dx: (dy, W, dx, gemm.PLAIN, dx, 0.0),
)
dense_leaky_relu_dx = Product(
    gemm.gemm_nt,
    lambda dy, W, y, slope, dx: (dy, W, dx, gemm.DERIVATIVE, y, slope),
)


# ---- cells -------------------------------------------------------------------------


@kernel
def average(a, b, mean):
    mean[0] = (a[0] + b[0]) / 2


@kernel
def record(value, column, cursor, table):
    table[cursor[0] % table.shape[0], column] = value[0]


@kernel
def advance(cursor):
    cursor[0] += 1
