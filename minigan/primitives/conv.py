"""Images: pixels moved by a table, and convolutions.

Images are rows of numbers, (H, W, C) in row-major order.
"""

import numpy as np

from .declare import primitive


@primitive("x[N,D] index[Q]:i Z=i -> y[N,Z]")
def gather_pixels(x, index, Z, y):
    """Put together images from pixels of others: y[:, q] = x[:, index[q]].

    A pixel is a run of C = Z / Q numbers, its channels.  At -1 stands a pixel of
    zeros.  x: (N, D), D / C pixels   index: (Q,)   y: (N, Z), Q pixels
    """
    n, places = len(x), len(index)
    pixels = x.reshape(n, -1, Z // places)
    zero = np.zeros_like(pixels[:, :1])
    y[:] = np.concatenate([pixels, zero], axis=1)[:, index].reshape(n, Z)


@primitive("dy[N,Z] index[Q]:i D=i -> dx[N,D]", flops=lambda N, Z: N * Z)
def scatter_pixels(dy, index, D, dx):
    """The gradient of `gather_pixels`: dx[:, index[q]] += dy[:, q], q = 0, 1, 2, ...

    dy: (N, Z), Q pixels   index: (Q,)   dx: (N, D), D / C pixels with C = Z / Q
    """
    dx[:] = 0
    dy = dy.reshape(len(dy), len(index), -1)
    pixels = dx.reshape(len(dx), -1, dy.shape[2])
    for q, place in enumerate(index):
        if place >= 0:
            pixels[:, place] += dy[:, q]


def _patches(x, index, places, size):
    """What the kernel sees, a row for each place of each example.

    size: K = KH KW C, the channels of the Q / places pixels under the kernel.
    """
    patches = np.empty((len(x), places * size), x.dtype)
    gather_pixels.formula(x, index, places * size, patches)
    return patches.reshape(-1, size)


@primitive(
    "x[N,D] index[Q]:i W[K,M] b[M] Y=i -> y[N,Y]",
    flops=lambda N, Y, K: 2 * N * Y * K + N * Y,
    kind="product",
)
def conv_forward(x, index, W, b, Y, y):
    """y = P W + b with the patches P, as a Dense at each of Y / M places.

    x: (N, D)   index: (Q,)   W: (K, M)   b: (M,)   y: (N, Y)
    """
    P = _patches(x, index, Y // len(b), len(W))
    y[:] = (P @ W + b).reshape(len(x), Y)


@primitive(
    "x[N,D] index[Q]:i dy[N,Y] dW[K,M]!",
    flops=lambda N, Y, K: 2 * N * Y * K,
    kind="product",
)
def conv_dW(x, index, dy, dW):
    """dW += P^T dy, with a row of P and of dy for each place of each example.

    x: (N, D)   index: (Q,)   dy: (N, Y)   dW: (K, M)
    """
    size, filters = dW.shape
    P = _patches(x, index, dy.shape[1] // filters, size)
    dW += P.T @ dy.reshape(-1, filters)


@primitive(
    "dy[N,Y] index[Q]:i W[K,M] D=i -> dx[N,D]",
    flops=lambda N, Y, K: 2 * N * Y * K,
    kind="product",
)
def conv_dx(dy, index, W, D, dx):
    """dP = dy W^T; dx adds up dP over the places that saw a pixel.

    dy: (N, Y)   index: (Q,)   W: (K, M)   dx: (N, D)
    """
    dP = dy.reshape(-1, W.shape[1]) @ W.T
    scatter_pixels.formula(dP.reshape(len(dy), -1), index, D, dx)


@primitive("x[N,M] b[M] -> y[N,M]", flops=lambda N, M: N * M, rows="N")
def add_bias(x, b, y):
    """y = x + b, in every row.   x, y: (N, M)   b: (M,)"""
    y[:] = x + b
