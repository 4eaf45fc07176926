"""Convolutions by patches; formulas in `primitives.conv`.

All patches of a batch are some ten times as large as the batch.  So a convolution works
on a block of them at a time, which stays in the cache: some rows of the matrix of
patches P, row r being place r mod L of example r div L.

Threads share rows for y, examples for dx, rows of dW for dW.  Bits: a product element
is one chain over the patch, whatever the block; dW adds up the blocks in order, whose
size depends on the shapes alone; dx adds up in the order of the table.  No sum is
shared.
"""

import numpy as np

from ..gemm import few, microkernel, product, rectangle
from ..jit.compiling import JIT_DISABLED, kernel
from ..jit.tasks import next_task, share_out
from .images import as_pixels, block_rows, gather, scatter
from .sharing import cut, cut_once, span


@kernel(inside=True)
def _multiply(plan, rows, cols, left, right, C, bias):
    """All of C, as one task of `gemm`."""
    none = np.bool_(False)
    sizes = rectangle.room(plan, rows, cols, left.itemsize, none)
    work, area = rectangle.scratch(sizes, left), (np.int64(0), rows, np.int64(0), cols)
    left, right, zero = left.reshape(-1), right.reshape(-1), left.dtype.type(0)
    C = C.reshape(-1)
    rectangle.one_task(plan, area, sizes, work, none, left, right, C, bias, C, zero)


@kernel(inside=True)
def _forward(x, index, window, W, b, y, first, last):
    """Rows first ... last - 1 of y = P W + b."""
    K, M = W.shape
    block = np.empty((max(1, min(last - first, block_rows(K))), K), x.dtype)
    for start in range(first, last, block.shape[0]):
        stop = min(start + block.shape[0], last)
        patches, out = block[: stop - start], y[start:stop]
        gather(x, index, window, start, 0, patches)
        if JIT_DISABLED:
            out[...] = patches @ W + b
        elif M <= few.MOST:
            mode = np.int64(microkernel.BIAS)
            product.small_nn(patches, W, out, b, mode, np.float64(0))
        else:
            one, mode = np.int64(1), np.int64(microkernel.BIAS)
            plan = np.int64(rectangle.NN), K, K, one, M, M, mode
            _multiply(plan, stop - start, M, patches, W, out, b)


@kernel(inside=True)
def _dW(x, index, window, dy, dW, low, high):
    """Rows low ... high - 1 of dW += P^T dy."""
    (rows, M), K, width = dy.shape, dW.shape[0], high - low
    block = np.empty((max(1, min(rows, block_rows(K))), width), x.dtype)
    for start in range(0, rows, block.shape[0]):
        stop = min(start + block.shape[0], rows)
        patches, back = block[: stop - start], dy[start:stop]
        gather(x, index, window, start, low, patches)
        if JIT_DISABLED:
            dW[low:high] += patches.T @ back
        elif M <= few.MOST:
            product.small_tn(patches, back, dW[low:high], np.int64(1))
        else:
            one, mode = np.int64(1), np.int64(microkernel.ADD)
            plan = np.int64(rectangle.TN), stop - start, one, width, M, M, mode
            part = dW[low:high]
            _multiply(plan, width, M, patches, back, part, part.reshape(-1))


@kernel(inside=True)
def _dx(dy, index, window, W, dx, first, last):
    """Examples first ... last - 1 of dx."""
    K, M = W.shape
    places = index.size // window
    dx[first:last] = 0
    first, last = first * places, last * places
    block = np.empty((max(1, min(last - first, block_rows(K))), K), dy.dtype)
    for start in range(first, last, block.shape[0]):
        stop = min(start + block.shape[0], last)
        patches, back = block[: stop - start], dy[start:stop]
        if JIT_DISABLED:
            patches[...] = back @ W.T
        elif M == 1:
            mode = np.int64(microkernel.PLAIN)
            product.small_nt(back, W, patches, mode, patches, np.float64(0))
        else:
            one, mode = np.int64(1), np.int64(microkernel.PLAIN)
            plan = np.int64(rectangle.NT), M, M, one, M, K, mode
            _multiply(plan, K, stop - start, W, back, patches, patches.reshape(-1))
        scatter(patches, index, window, start, dx)


@kernel(inside=True)
def _forward_parts(share, pixels, index, window, W, b, out):
    part = next_task(share)
    while part >= 0:
        first, last = span(part, share[3], out.shape[0])
        _forward(pixels, index, window, W, b, out, first, last)
        part = next_task(share)


@kernel
def forward(x, index, W, b, Y, y):
    (K, M), places = W.shape, Y // W.shape[1]
    pixels, window = as_pixels(x, K, index, places)
    rows = x.shape[0] * places
    out = y.reshape(rows, M)
    workers, parts = cut(rows * K * M, product.PARALLEL, rows // 8)
    share_out(_forward_parts, workers, parts, (pixels, index, window, W, b, out))


@kernel(inside=True)
def _dW_parts(share, pixels, index, window, back, dW):
    part = next_task(share)
    while part >= 0:
        low, high = span(part, share[3], dW.shape[0])
        _dW(pixels, index, window, back, dW, low, high)
        part = next_task(share)


@kernel
def dW(x, index, dy, dW):
    (K, M), places = dW.shape, dy.shape[1] // dW.shape[1]
    pixels, window = as_pixels(x, K, index, places)
    rows = x.shape[0] * places
    back = dy.reshape(rows, M)
    workers, parts = cut_once(rows * K * M, product.PARALLEL, K // 8)
    share_out(_dW_parts, workers, parts, (pixels, index, window, back, dW))


@kernel(inside=True)
def _dx_parts(share, back, index, window, W, pixels):
    part = next_task(share)
    while part >= 0:
        first, last = span(part, share[3], pixels.shape[0])
        _dx(back, index, window, W, pixels, first, last)
        part = next_task(share)


@kernel
def dx(dy, index, W, D, dx):
    n, (K, M), places = dy.shape[0], W.shape, dy.shape[1] // W.shape[1]
    pixels, window = as_pixels(dx, K, index, places)
    rows = n * places
    back = dy.reshape(rows, M)
    workers, parts = cut(rows * K * M, product.PARALLEL, n)
    share_out(_dx_parts, workers, parts, (back, index, window, W, pixels))
