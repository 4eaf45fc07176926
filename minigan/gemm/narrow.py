"""Products with one column, such as a discriminator's last layer: W is (K, 1).

Tiles of 16 columns would be 15 parts empty.  The same chains of multiply-adds, in the
same order, are plain loops here, and so have the same bits.  `mode` as in `gemm`.
"""

from ..jit.compiling import kernel
from .vectors import fma


@kernel(inside=True)
def forward(x, W, y, bias, mode, slope):
    """y = act(x W + b).   x: (N, K)   W: (K, 1)   y: (N, 1)

    Each row is a chain of its own: eight at a time hide that each link takes 4 cycles.
    """
    n, depth = x.shape
    zero, a = x.dtype.type(0), x.dtype.type(slope)
    b = bias[0]
    whole = n - n % 8
    for i in range(0, whole, 8):
        s0, s1, s2, s3 = zero, zero, zero, zero
        s4, s5, s6, s7 = zero, zero, zero, zero
        for k in range(depth):
            w = W[k, 0]
            s0, s1 = fma(x[i, k], w, s0), fma(x[i + 1, k], w, s1)
            s2, s3 = fma(x[i + 2, k], w, s2), fma(x[i + 3, k], w, s3)
            s4, s5 = fma(x[i + 4, k], w, s4), fma(x[i + 5, k], w, s5)
            s6, s7 = fma(x[i + 6, k], w, s6), fma(x[i + 7, k], w, s7)
        y[i, 0], y[i + 1, 0], y[i + 2, 0], y[i + 3, 0] = s0, s1, s2, s3
        y[i + 4, 0], y[i + 5, 0], y[i + 6, 0], y[i + 7, 0] = s4, s5, s6, s7
    for i in range(whole, n):
        s0 = zero
        for k in range(depth):
            s0 = fma(x[i, k], W[k, 0], s0)
        y[i, 0] = s0
    for i in range(n):
        v = y[i, 0]
        if mode >= 1:
            v = v + b
        if mode == 2:
            v = zero if v <= zero else v
        elif mode == 3:
            v = v if v > zero else a * v
        y[i, 0] = v


@kernel(inside=True)
def dW(x, dy, dW, accumulate):
    """dW (+)= x^T dy.   x: (N, K)   dy: (N, 1)   dW: (K, 1)

    Row by row, all of dW at once; an old dW is added when the chains are complete.
    """
    n, depth = x.shape
    zero = x.dtype.type(0)
    if accumulate:
        for k in range(depth):
            total = zero
            for i in range(n):
                total = fma(x[i, k], dy[i, 0], total)
            dW[k, 0] += total
        return
    for k in range(depth):
        dW[k, 0] = zero
    for i in range(n):
        g = dy[i, 0]
        for k in range(depth):
            dW[k, 0] = fma(x[i, k], g, dW[k, 0])


@kernel(inside=True)
def dx(dy, W, dx, mode, Y, slope):
    """dx = dy W^T, through a (Leaky)ReLU with output Y if mode is 1.

    dy: (N, 1)   W: (K, 1)   dx, Y: (N, K)
    """
    n, depth = dx.shape
    zero, a = dx.dtype.type(0), dx.dtype.type(slope)
    for i in range(n):
        g = dy[i, 0]
        if mode == 1:
            for k in range(depth):
                v = fma(g, W[k, 0], zero)
                dx[i, k] = v if Y[i, k] > zero else a * v
        else:
            for k in range(depth):
                dx[i, k] = fma(g, W[k, 0], zero)
