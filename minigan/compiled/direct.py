"""Convolutions whose patches are never laid out; formulas in `primitives.conv`.

`gemm.pixels` finds the numbers under the kernel where they lie, in the images.  Arrays
go there as vectors, and with them the geometry: places of an example, pixels under the
kernel, channels of a pixel, numbers of an example.

Threads share rows of P for y, rows of dW for dW, examples for dx.  Bits: an element of
y is one chain over the patch; dW adds up blocks of rows, whose size depends on the
shapes alone, each of them one chain; dx adds up, pixel by pixel of the kernel, chains
over the columns of dy.  No sum is shared.
"""

import numpy as np

from ..gemm import few, microkernel, pixels, product
from ..jit.compiling import kernel
from ..jit.tasks import next_task, share_out
from .images import BLOCK, block_rows
from .sharing import cut, cut_once, span


@kernel(inside=True)
def _geometry(images, index, W, Y):
    """(places, window, channels, size) of images (N, size), x or dx, and y (N, Y)."""
    places = Y // W.shape[1]
    window = index.size // places
    return places, window, W.shape[0] // window, images.shape[1]


@kernel(inside=True)
def _flat(array):
    return array.reshape(array.size)


@kernel(inside=True)
def _by_rows(x, index, W, b, Y, y):
    """(operands of a part of y, workers, parts): threads share rows of P."""
    rows = y.size // W.shape[1]
    workers, parts = cut(rows * W.size, product.PARALLEL, -(-rows // pixels.ROWS))
    return (_flat(x), index, _geometry(x, index, W, Y), W, b, _flat(y)), workers, parts


@kernel(inside=True)
def _forward_parts(share, x, index, geometry, W, b, y):
    (K, M), lanes = W.shape, pixels.lanes_of(W)
    zeros, none = np.zeros(geometry[2], x.dtype), x.dtype.type(0)
    panels, start = pixels.pack_panels(W)
    part = next_task(share)
    while part >= 0:
        first, end = span(part, share[3], y.size // M)
        for p in range(pixels.panel_count(M, lanes)):
            v, wide, last = pixels.panel_columns(p, M, lanes)
            columns = M, start + v * lanes * K, v * lanes, wide, last
            numbers = first, end - first, *geometry, *columns, microkernel.BIAS
            pixels.conv(x, index, zeros, panels, y, b, none, numbers)
        part = next_task(share)


@kernel
def forward(x, index, W, b, Y, y):
    operands, workers, parts = _by_rows(x, index, W, b, Y, y)
    share_out(_forward_parts, workers, parts, operands)


@kernel(inside=True)
def _few_forward_parts(share, x, index, geometry, W, b, y):
    M, right = W.shape[1], _flat(W)
    zeros, none = np.zeros(geometry[2], x.dtype), x.dtype.type(0)
    part = next_task(share)
    while part >= 0:
        first, end = span(part, share[3], y.size // M)
        numbers = first, end - first, *geometry, M, microkernel.BIAS
        pixels.conv_few(x, index, zeros, right, y, b, none, numbers)
        part = next_task(share)


@kernel
def few_forward(x, index, W, b, Y, y):
    operands, workers, parts = _by_rows(x, index, W, b, Y, y)
    share_out(_few_forward_parts, workers, parts, operands)


@kernel(inside=True)
def _dW_parts(share, x, index, geometry, dy, dW):
    (K, M), lanes, channels = dW.shape, pixels.lanes_of(dW), geometry[2]
    zeros, none = np.zeros(channels, x.dtype), x.dtype.type(0)
    rows, tiles, grad = dy.size // M, -(-channels // pixels.ROWS), _flat(dW)
    block = max(1, min(rows, block_rows(K)))
    part = next_task(share)
    while part >= 0:
        low, high = span(part, share[3], geometry[1] * tiles)
        for start in range(0, rows, block):
            some = min(block, rows - start)
            for tile in range(low, high):
                q, channel = tile // tiles, tile % tiles * pixels.ROWS
                skipped = max(0, channel + pixels.ROWS - channels)  # done by the last
                for p in range(pixels.panel_count(M, lanes)):
                    v, wide, last = pixels.panel_columns(p, M, lanes)
                    piece = M, q, channel - skipped, skipped, v * lanes, wide, last
                    numbers = start, some, *geometry, *piece
                    pixels.conv_dW(x, index, zeros, dy, grad, none, numbers)
        part = next_task(share)


@kernel
def dW(x, index, dy, dW):
    K, geometry = dW.shape[0], _geometry(x, index, dW, dy.shape[1])
    tiles = geometry[1] * -(-geometry[2] // pixels.ROWS)
    workers, parts = cut_once(dy.size * K, product.PARALLEL, tiles)
    share_out(_dW_parts, workers, parts, (_flat(x), index, geometry, _flat(dy), dW))


@kernel(inside=True)
def _mixed_dW_parts(share, x, index, geometry, dy, dW):
    (K, M), lanes = dW.shape, pixels.lanes_of(dW)
    zeros, none = np.zeros(geometry[2], x.dtype), x.dtype.type(0)
    rows, grad = dy.size // M, _flat(dW)
    block = max(1, min(rows, block_rows(K)))
    part = next_task(share)
    while part >= 0:
        low, high = span(part, share[3], -(-K // pixels.ROWS))
        for start in range(0, rows, block):
            some = min(block, rows - start)
            for k in range(low * pixels.ROWS, min(K, high * pixels.ROWS), pixels.ROWS):
                exist = min(pixels.ROWS, K - k)
                for p in range(pixels.panel_count(M, lanes)):
                    v, wide, last = pixels.panel_columns(p, M, lanes)
                    piece = M, k, exist, v * lanes, wide, last
                    numbers = start, some, *geometry, *piece
                    pixels.conv_dW_mixed(x, index, zeros, dy, grad, none, numbers)
        part = next_task(share)


@kernel
def mixed_dW(x, index, dy, dW):
    K, geometry = dW.shape[0], _geometry(x, index, dW, dy.shape[1])
    workers, parts = cut_once(dy.size * K, product.PARALLEL, -(-K // pixels.ROWS))
    operands = _flat(x), index, geometry, _flat(dy), dW
    share_out(_mixed_dW_parts, workers, parts, operands)


@kernel(inside=True)
def _few_dW_parts(share, x, index, geometry, dy, dW):
    (K, M), lanes, channels = dW.shape, pixels.lanes_of(dW), geometry[2]
    zeros, sums = np.zeros(channels, x.dtype), np.empty((M, channels), x.dtype)
    rows, out = dy.size // M, _flat(sums)
    vectors, most = -(-channels // lanes), few.WIDE // M
    block = max(1, min(rows, block_rows(K)))
    part = next_task(share)
    while part >= 0:
        low, high = span(part, share[3], geometry[1])
        for start in range(0, rows, block):
            some = min(block, rows - start)
            for q in range(low, high):
                for v in range(0, vectors, most):
                    wide = min(most, vectors - v)
                    last = min(lanes, channels - (v + wide - 1) * lanes)
                    numbers = start, some, *geometry, M, q, v * lanes, wide, last
                    pixels.conv_few_dW(x, index, zeros, dy, out, numbers)
                for c in range(channels):
                    for j in range(M):
                        dW[q * channels + c, j] += sums[j, c]
        part = next_task(share)


@kernel
def few_dW(x, index, dy, dW):
    K, geometry = dW.shape[0], _geometry(x, index, dW, dy.shape[1])
    workers, parts = cut_once(dy.size * K, product.PARALLEL, geometry[1])
    share_out(_few_dW_parts, workers, parts, (_flat(x), index, geometry, _flat(dy), dW))


@kernel(inside=True)
def _dx_parts(share, dy, index, geometry, W, dx):
    M, lanes = W.shape[1], pixels.lanes_of(W)
    places, window, channels, size = geometry
    panels, begin = pixels.pack_turned_panels(W, channels)
    each = -(-channels // lanes) * lanes * M
    part = next_task(share)
    while part >= 0:
        first, end = span(part, share[3], dx.size // size)
        dx[first * size : end * size] = 0
        for q in range(window):
            for p in range(pixels.panel_count(channels, lanes)):
                v, wide, last = pixels.panel_columns(p, channels, lanes)
                panel = begin + q * each + v * lanes * M
                piece = M, q, panel, v * lanes, wide, last
                numbers = first * places, (end - first) * places, *geometry, *piece
                pixels.conv_dx(dy, index, panels, dx, numbers)
        part = next_task(share)


@kernel
def dx(dy, index, W, D, dx):
    geometry = _geometry(dx, index, W, dy.shape[1])
    workers, parts = cut(dy.size * W.shape[0], product.PARALLEL, dy.shape[0])
    # All of a part is gone through once for each pixel of the kernel.
    parts = max(parts, min(dy.shape[0], (dy.size + dx.size) // BLOCK))
    share_out(_dx_parts, workers, parts, (_flat(dy), index, geometry, W, _flat(dx)))
