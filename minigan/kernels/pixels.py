"""Compiled kernels for images: moving pixels by a table, and convolutions.

A table says from where each pixel of a result comes; -1 is a pixel of zeros.  A border
of zeros and nearest-neighbour upsampling are such tables, and so are the patches that
a convolution multiplies with its kernel.  A pixel is copied whole: a run of channels.

All patches of a batch are some ten times as large as the batch.  So a convolution works
on a block of them at a time, which stays in the cache: rows first ... last of the
matrix of patches, row r being place r mod L of example r div L.

Bits: a product element is one chain over the patch, whatever the block; dW adds up the
blocks in order, whose size depends on the shapes alone; dx adds up in the order of the
table.  Threads share rows, or channels, and no sum.
"""

import numba
import numpy as np

from . import gemm
from .compiling import kernel

PARALLEL = 50_000  # numbers to move from which two threads pay
BLOCK = 1 << 18  # numbers in a block of patches: 1 MB in float32


@kernel(inside=True)
def _gather_rows(x, index, first, last, start, patches):
    """patches[r - start] = the pixels that row r sees, for r = first ... last - 1."""
    window, channels = patches.shape[1], patches.shape[2]
    places = index.size // window
    for r in range(first, last):
        pixels, row = x[r // places], patches[r - start]
        base = r % places * window
        for q in range(window):
            place, target = index[base + q], row[q]
            if place < 0:
                for c in range(channels):
                    target[c] = 0
            elif channels == 1:
                target[0] = pixels[place, 0]
            else:
                source = pixels[place]
                for c in range(channels):
                    target[c] = source[c]


@kernel(parallel=True, inside=True)
def _gather(x, index, start, patches):
    """Rows start, start + 1, ... of the matrix of patches, in a few equal parts."""
    rows = patches.shape[0]
    if patches.size < PARALLEL:
        _gather_rows(x, index, start, start + rows, start, patches)
    else:
        parts = min(rows, 8)
        for part in numba.prange(parts):
            first, last = part * rows // parts, (part + 1) * rows // parts
            _gather_rows(x, index, start + first, start + last, start, patches)


@kernel(inside=True)
def _scatter_channels(patches, index, start, dx, first, last):
    """Add the rows to the pixels that they come from: channels first ... last - 1."""
    rows, window = patches.shape[0], patches.shape[1]
    places = index.size // window
    for r in range(start, start + rows):
        pixels, row = dx[r // places], patches[r - start]
        base = r % places * window
        for q in range(window):
            place = index[base + q]
            if place < 0:
                continue
            if last - first == 1:
                pixels[place, first] += row[q, first]
            else:
                source, target = row[q, first:last], pixels[place, first:last]
                for c in range(last - first):
                    target[c] += source[c]


@kernel(parallel=True, inside=True)
def _scatter(patches, index, start, dx):
    """dx += what rows start, start + 1, ... of the matrix say; 32 channels a part."""
    channels = patches.shape[2]
    parts = channels // 32
    if patches.size < PARALLEL or parts < 2:
        _scatter_channels(patches, index, start, dx, 0, channels)
    else:
        for part in numba.prange(parts):
            first, last = part * channels // parts, (part + 1) * channels // parts
            _scatter_channels(patches, index, start, dx, first, last)


@kernel
def gather_pixels(x, index, Z, y):
    n, places = x.shape[0], index.size
    channels = Z // places
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    _gather(pixels, index, 0, y.reshape(n, places, channels))


@kernel
def scatter_pixels(dy, index, D, dx):
    n, places = dy.shape[0], index.size
    channels = dy.shape[1] // places
    pixels = dx.reshape(n, D // channels, channels)
    pixels[:] = 0
    _scatter(dy.reshape(n, places, channels), index, 0, pixels)


@kernel(inside=True)
def _block(rows, size):
    """Rows of a block of patches of this size."""
    return min(rows, max(64, BLOCK // size // 8 * 8))


@kernel
def conv_forward(x, index, W, b, Y, y):
    n, (K, M) = x.shape[0], W.shape
    places = Y // M
    window = index.size // places
    rows, channels = n * places, K // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    out = y.reshape(rows, M)
    block = np.empty((_block(rows, K), K), x.dtype)
    for start in range(0, rows, block.shape[0]):
        some = min(block.shape[0], rows - start)
        patches = block[:some]
        _gather(pixels, index, start, patches.reshape(some, window, channels))
        gemm.gemm_nn(patches, W, out[start : start + some], b, gemm.BIAS, 0.0)


@kernel
def conv_dW(x, index, dy, dW):
    n, (K, M) = x.shape[0], dW.shape
    places = dy.shape[1] // M
    window = index.size // places
    rows, channels = n * places, K // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    back = dy.reshape(rows, M)
    block = np.empty((_block(rows, K), K), x.dtype)
    for start in range(0, rows, block.shape[0]):
        some = min(block.shape[0], rows - start)
        patches = block[:some]
        _gather(pixels, index, start, patches.reshape(some, window, channels))
        gemm.gemm_tn(patches, back[start : start + some], dW, 1)


@kernel
def conv_dx(dy, index, W, D, dx):
    n, (K, M) = dy.shape[0], W.shape
    places = dy.shape[1] // M
    window = index.size // places
    rows, channels = n * places, K // window
    pixels = dx.reshape(n, D // channels, channels)
    pixels[:] = 0
    back = dy.reshape(rows, M)
    block = np.empty((_block(rows, K), K), dy.dtype)
    for start in range(0, rows, block.shape[0]):
        some = min(block.shape[0], rows - start)
        patches, part = block[:some], back[start : start + some]
        gemm.gemm_nt(part, W, patches, gemm.PLAIN, patches, 0.0)
        _scatter(patches.reshape(some, window, channels), index, start, pixels)
