"""Convolutions whose patches are never laid out; formulas in `primitives.conv`.

`gemm.pixels` finds the numbers under the kernel where they lie, in the images.  That
pays where a pixel has some channels; `conv` has what is done for one or two.

Threads share rows of P for y, rows of dW for dW, examples for dx.  Bits: an element of
y is one chain over the patch; dW adds up blocks of rows, whose size depends on the
shapes alone, each of them one chain; dx adds up, pixel by pixel of the kernel, chains
over the columns of dy.  No sum is shared.
"""

import numpy as np

from ..gemm import microkernel, pixels, product, rectangle
from ..gemm.vectors import ROWS, VECTOR_BYTES, VECTORS
from ..jit.compiling import kernel
from ..jit.tasks import next_task, share_out
from .images import as_pixels, block_rows, cut, span


@kernel(inside=True)
def _room(size, like):
    """(memory for so many numbers, the first whose address is that of a vector)."""
    work = np.empty(size + VECTOR_BYTES // like.itemsize, like.dtype)
    return work, -rectangle.address(work) % VECTOR_BYTES // like.itemsize


@kernel(inside=True)
def _piece(p, cols, lanes):
    """(first vector, vectors, lanes of the last one) of panel p of so many columns."""
    vectors = -(-cols // lanes)
    panels = -(-vectors // VECTORS)
    v = p * vectors // panels
    wide = (p + 1) * vectors // panels - v
    return v, wide, min(lanes, cols - (v + wide - 1) * lanes)


@kernel(inside=True)
def _panels(cols, lanes):
    """How many panels there are."""
    vectors = -(-cols // lanes)
    return -(-vectors // VECTORS)


@kernel(inside=True)
def _pack(W):
    """(panels of W side by side, where they begin)."""
    (K, M), lanes = W.shape, VECTOR_BYTES // W.itemsize
    flat = W.reshape(W.size)
    if M % lanes == 0 and _panels(M, lanes) == 1:
        return flat, np.int64(0)
    work, start = _room(K * -(-M // lanes) * lanes, W)
    for p in range(_panels(M, lanes)):
        v, wide, last = _piece(p, M, lanes)
        cols = (wide - 1) * lanes + last
        at = start + v * lanes * K
        where = v * lanes, M, K, cols, at, wide * lanes, np.int64(0)
        microkernel.pack(flat, work, where)
    return work, start


@kernel(inside=True)
def _pack_turned(W, channels):
    """(panels of each pixel's W^T one behind the other, where they begin)."""
    (K, M), lanes = W.shape, VECTOR_BYTES // W.itemsize
    flat, each = W.reshape(W.size), -(-channels // lanes) * lanes * M
    work, start = _room(K // channels * each, W)
    for q in range(K // channels):
        for p in range(_panels(channels, lanes)):
            v, wide, last = _piece(p, channels, lanes)
            panel = start + q * each + v * lanes * M
            first, cols = q * channels + v * lanes, (wide - 1) * lanes + last
            for r in range(0, cols, ROWS):
                some = min(ROWS, cols - r)
                where = (first + r) * M, M, some, M, panel + r, wide * lanes
                microkernel.pack_turned(flat, work, where)
    return work, start


@kernel(inside=True)
def _forward_parts(share, x, index, window, W, b, y):
    (K, M), (n, _, channels) = W.shape, x.shape
    lanes, places = VECTOR_BYTES // x.itemsize, index.size // window
    zeros, none = np.zeros(channels, x.dtype), x.dtype.type(0)
    flat, out, size = x.reshape(x.size), y.reshape(y.size), x.shape[1] * channels
    panels, start = _pack(W)
    mode, rows = np.int64(microkernel.BIAS), n * places
    part = next_task(share)
    while part >= 0:
        first, end = span(part, share[3], rows)
        for p in range(_panels(M, lanes)):
            v, wide, last = _piece(p, M, lanes)
            rows_of = first, end - first, places, window, channels, size
            cols_of = M, start + v * lanes * K, v * lanes, wide, last, mode
            pixels.conv(flat, index, zeros, panels, out, b, none, (*rows_of, *cols_of))
        part = next_task(share)


@kernel
def forward(x, index, W, b, Y, y):
    images, window = as_pixels(x, W.shape[0], index, Y // W.shape[1])
    rows = x.shape[0] * (index.size // window)
    workers, parts = cut(rows * W.size, product.PARALLEL, -(-rows // ROWS))
    share_out(_forward_parts, workers, parts, (images, index, window, W, b, y))


@kernel(inside=True)
def _few_forward_parts(share, x, index, window, W, b, y):
    M, (n, _, channels) = W.shape[1], x.shape
    places = index.size // window
    zeros, none = np.zeros(channels, x.dtype), x.dtype.type(0)
    flat, out, size = x.reshape(x.size), y.reshape(y.size), x.shape[1] * channels
    right, mode = W.reshape(W.size), np.int64(microkernel.BIAS)
    part = next_task(share)
    while part >= 0:
        first, end = span(part, share[3], n * places)
        numbers = first, end - first, places, window, channels, size, M, mode
        pixels.conv_few(flat, index, zeros, right, out, b, none, numbers)
        part = next_task(share)


@kernel
def few_forward(x, index, W, b, Y, y):
    images, window = as_pixels(x, W.shape[0], index, Y // W.shape[1])
    rows = x.shape[0] * (index.size // window)
    workers, parts = cut(rows * W.size, product.PARALLEL, -(-rows // 32))
    share_out(_few_forward_parts, workers, parts, (images, index, window, W, b, y))


@kernel(inside=True)
def _dW_parts(share, x, index, window, dy, dW):
    (K, M), (n, _, channels) = dW.shape, x.shape
    lanes, places = VECTOR_BYTES // x.itemsize, index.size // window
    zeros, none = np.zeros(channels, x.dtype), x.dtype.type(0)
    flat, back, size = x.reshape(x.size), dy.reshape(dy.size), x.shape[1] * channels
    grad, rows, tiles = dW.reshape(dW.size), n * places, -(-channels // ROWS)
    block = min(rows, block_rows(K))
    part = next_task(share)
    while part >= 0:
        low, high = span(part, share[3], window * tiles)
        for start in range(0, rows, block):
            some = min(block, rows - start)
            for tile in range(low, high):
                q, channel = tile // tiles, tile % tiles * ROWS
                done = max(0, channel + ROWS - channels)  # by the tile before
                for p in range(_panels(M, lanes)):
                    v, wide, last = _piece(p, M, lanes)
                    rows_of = start, some, places, window, channels, size, M
                    tile_of = q, channel - done, done, v * lanes, wide, last
                    numbers = *rows_of, *tile_of
                    pixels.conv_dW(flat, index, zeros, back, grad, none, numbers)
        part = next_task(share)


@kernel
def dW(x, index, dy, dW):
    images, window = as_pixels(x, dW.shape[0], index, dy.shape[1] // dW.shape[1])
    rows = x.shape[0] * (index.size // window)
    tiles = window * -(-images.shape[2] // ROWS)
    workers, parts = cut(rows * dW.size, product.PARALLEL, tiles)
    parts = min(max(1, workers), parts)  # each reads all of x and dy
    share_out(_dW_parts, workers, parts, (images, index, window, dy, dW))


@kernel(inside=True)
def _apart_dW_parts(share, x, index, window, dy, dW):
    (K, M), (n, _, channels) = dW.shape, x.shape
    lanes, places = VECTOR_BYTES // x.itemsize, index.size // window
    zeros, none = np.zeros(channels, x.dtype), x.dtype.type(0)
    flat, back, size = x.reshape(x.size), dy.reshape(dy.size), x.shape[1] * channels
    grad, rows = dW.reshape(dW.size), n * places
    block = min(rows, block_rows(K))
    part = next_task(share)
    while part >= 0:
        low, high = span(part, share[3], -(-K // ROWS))
        for start in range(0, rows, block):
            some = min(block, rows - start)
            for tile in range(low, high):
                k = tile * ROWS
                for p in range(_panels(M, lanes)):
                    v, wide, last = _piece(p, M, lanes)
                    rows_of = start, some, places, window, channels, size, M
                    numbers = *rows_of, k, min(ROWS, K - k), v * lanes, wide, last
                    pixels.conv_dW_apart(flat, index, zeros, back, grad, none, numbers)
        part = next_task(share)


@kernel
def apart_dW(x, index, dy, dW):
    images, window = as_pixels(x, dW.shape[0], index, dy.shape[1] // dW.shape[1])
    rows = x.shape[0] * (index.size // window)
    workers, parts = cut(rows * dW.size, product.PARALLEL, -(-dW.shape[0] // ROWS))
    parts = min(max(1, workers), parts)  # each reads all of x and dy
    share_out(_apart_dW_parts, workers, parts, (images, index, window, dy, dW))


@kernel(inside=True)
def _few_dW_parts(share, x, index, window, dy, dW):
    (K, M), (n, _, channels) = dW.shape, x.shape
    lanes, places = VECTOR_BYTES // x.itemsize, index.size // window
    zeros, sums = np.zeros(channels, x.dtype), np.empty((M, channels), x.dtype)
    flat, back, size = x.reshape(x.size), dy.reshape(dy.size), x.shape[1] * channels
    out, rows, block = (
        sums.reshape(sums.size),
        n * places,
        min(n * places, block_rows(K)),
    )
    vectors, most = -(-channels // lanes), pixels.WIDE // M
    part = next_task(share)
    while part >= 0:
        low, high = span(part, share[3], window)
        for start in range(0, rows, block):
            some = min(block, rows - start)
            for q in range(low, high):
                for v in range(0, vectors, most):
                    wide = min(most, vectors - v)
                    last = min(lanes, channels - (v + wide - 1) * lanes)
                    rows_of = start, some, places, window, channels, size, M
                    numbers = *rows_of, q, v * lanes, wide, last
                    pixels.conv_few_dW(flat, index, zeros, back, out, numbers)
                for c in range(channels):
                    for j in range(M):
                        dW[q * channels + c, j] += sums[j, c]
        part = next_task(share)


@kernel
def few_dW(x, index, dy, dW):
    images, window = as_pixels(x, dW.shape[0], index, dy.shape[1] // dW.shape[1])
    rows = x.shape[0] * (index.size // window)
    workers, parts = cut(rows * dW.size, product.PARALLEL, window)
    parts = min(max(1, workers), parts)  # each reads all of x and dy
    share_out(_few_dW_parts, workers, parts, (images, index, window, dy, dW))


@kernel(inside=True)
def _dx_parts(share, dy, index, window, W, dx):
    M, (n, _, channels) = W.shape[1], dx.shape
    lanes, places = VECTOR_BYTES // dy.itemsize, index.size // window
    back, out, size = dy.reshape(dy.size), dx.reshape(dx.size), dx.shape[1] * channels
    panels, begin = _pack_turned(W, channels)
    each = -(-channels // lanes) * lanes * M
    part = next_task(share)
    while part >= 0:
        first, end = span(part, share[3], n)
        dx[first:end] = 0
        for q in range(window):
            for p in range(_panels(channels, lanes)):
                v, wide, last = _piece(p, channels, lanes)
                rows_of = first * places, (end - first) * places, places, window
                at = begin + q * each + v * lanes * M
                numbers = *rows_of, channels, size, M, q, at, v * lanes, wide, last
                pixels.conv_dx(back, index, panels, out, numbers)
        part = next_task(share)


@kernel
def dx(dy, index, W, D, dx):
    images, window = as_pixels(dx, W.shape[0], index, dy.shape[1] // W.shape[1])
    n = dy.shape[0]
    workers, parts = cut(dy.size * W.shape[0], product.PARALLEL, n)
    share_out(_dx_parts, workers, parts, (dy, index, window, W, images))
