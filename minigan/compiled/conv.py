"""Images; formulas in `primitives.conv`.

A table says from where each pixel of a result comes; -1 is a pixel of zeros.  A border
of zeros and nearest-neighbour upsampling are such tables, and so are the patches that
a convolution multiplies with its kernel.  A pixel is copied whole: a run of channels.

All patches of a batch are some ten times as large as the batch.  So a convolution works
on a block of them at a time, which stays in the cache: some rows of the matrix of
patches, row r being place r mod L of example r div L.

Threads share the work once, at the start: rows for y, examples for dx, rows of dW for
dW.  Bits: a product element is one chain over the patch, whatever the block; dW adds up
the blocks in order, whose size depends on the shapes alone; dx adds up in the order of
the table.  No sum is shared.
"""

import numba
import numpy as np

from ..gemm import microkernel, narrow, product, rectangle
from ..jit.compiling import JIT_DISABLED, kernel
from ..jit.tasks import threads

PARALLEL = 50_000  # numbers to move from which two threads pay
BLOCK = 1 << 18  # numbers in a block of patches: 1 MB in float32


@kernel(inside=True)
def _gather(x, index, window, start, low, patches):
    """Rows start, start + 1, ... of the matrix of patches, columns from `low` on."""
    rows, width = patches.shape
    places, channels = index.size // window, x.shape[2]
    high = low + width
    for r in range(rows):
        pixels, row = x[(start + r) // places], patches[r]
        seen = index[(start + r) % places * window :]
        if channels == 1:
            for k in range(width):
                place = seen[low + k]
                row[k] = pixels[place, 0] if place >= 0 else 0
            continue
        for q in range(low // channels, -(-high // channels)):
            first, last = max(low, q * channels), min(high, (q + 1) * channels)
            target = row[first - low : last - low]
            if seen[q] < 0:
                for c in range(target.size):
                    target[c] = 0
            else:
                source = pixels[seen[q], first - q * channels : last - q * channels]
                for c in range(target.size):
                    target[c] = source[c]


@kernel(inside=True)
def _scatter(patches, index, window, start, dx):
    """Add rows start, start + 1, ... to the pixels that they come from."""
    places, channels = index.size // window, dx.shape[2]
    for r in range(patches.shape[0]):
        pixels, row = dx[(start + r) // places], patches[r]
        seen = index[(start + r) % places * window :]
        for q in range(window):
            if seen[q] < 0:
                continue
            if channels == 1:
                pixels[seen[q], 0] += row[q]
            else:
                source = row[q * channels : (q + 1) * channels]
                target = pixels[seen[q]]
                for c in range(channels):
                    target[c] += source[c]


@kernel(inside=True)
def _block(K):
    """Rows of a block of patches of K numbers."""
    return max(64, BLOCK // K // 8 * 8)


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
    block = np.empty((min(last - first, _block(K)), K), x.dtype)
    for start in range(first, last, block.shape[0]):
        stop = min(start + block.shape[0], last)
        patches, out = block[: stop - start], y[start:stop]
        _gather(x, index, window, start, 0, patches)
        if JIT_DISABLED:
            out[...] = patches @ W + b
        elif M == 1:
            narrow.forward(patches, W, out, b, microkernel.BIAS, 0.0)
        else:
            one, mode = np.int64(1), np.int64(microkernel.BIAS)
            plan = np.int64(rectangle.NN), K, K, one, M, M, mode
            _multiply(plan, stop - start, M, patches, W, out, b)


@kernel(inside=True)
def _dW(x, index, window, dy, dW, low, high):
    """Rows low ... high - 1 of dW += P^T dy."""
    (rows, M), K, width = dy.shape, dW.shape[0], high - low
    block = np.empty((min(rows, _block(K)), width), x.dtype)
    chains = np.empty((width, 1), x.dtype)  # row by row, as the block lies
    for start in range(0, rows, block.shape[0]):
        stop = min(start + block.shape[0], rows)
        patches, back = block[: stop - start], dy[start:stop]
        _gather(x, index, window, start, low, patches)
        if JIT_DISABLED:
            dW[low:high] += patches.T @ back
        elif M == 1:
            narrow.dW(patches, back, chains, 0)
            dW[low:high] += chains
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
    block = np.empty((min(last - first, _block(K)), K), dy.dtype)
    for start in range(first, last, block.shape[0]):
        stop = min(start + block.shape[0], last)
        patches, back = block[: stop - start], dy[start:stop]
        if JIT_DISABLED:
            patches[...] = back @ W.T
        elif M == 1:
            narrow.dx(back, W, patches, microkernel.PLAIN, patches, 0.0)
        else:
            one, mode = np.int64(1), np.int64(microkernel.PLAIN)
            plan = np.int64(rectangle.NT), M, M, one, M, K, mode
            _multiply(plan, K, stop - start, W, back, patches, patches.reshape(-1))
        _scatter(patches, index, window, start, dx)


@kernel(inside=True)
def _parts(work, least, most):
    """Into how many parts the work is shared."""
    if JIT_DISABLED or work < least:
        return 1
    return max(1, min(threads(), most))


@kernel(parallel=True)
def gather_pixels(x, index, Z, y):
    n, window = x.shape[0], index.size
    channels = Z // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    parts = _parts(y.size, PARALLEL, n)
    if parts == 1:
        _gather(pixels, index, window, 0, 0, y)
    else:
        for part in numba.prange(parts):
            first, last = part * n // parts, (part + 1) * n // parts
            _gather(pixels, index, window, first, 0, y[first:last])


@kernel(parallel=True)
def scatter_pixels(dy, index, D, dx):
    n, window = dy.shape[0], index.size
    channels = dy.shape[1] // window
    pixels = dx.reshape(n, D // channels, channels)
    pixels[:] = 0
    parts = _parts(dy.size, PARALLEL, n)
    if parts == 1:
        _scatter(dy, index, window, 0, pixels)
    else:
        for part in numba.prange(parts):
            first, last = part * n // parts, (part + 1) * n // parts
            _scatter(dy[first:last], index, window, first, pixels)


@kernel(parallel=True)
def conv_forward(x, index, W, b, Y, y):
    n, (K, M) = x.shape[0], W.shape
    places = Y // M
    window, rows = index.size // places, n * places
    channels = K // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    out = y.reshape(rows, M)
    parts = _parts(rows * K * M, product.PARALLEL, rows // 8)
    if parts == 1:
        _forward(pixels, index, window, W, b, out, 0, rows)
    else:
        for part in numba.prange(parts):
            first, last = part * rows // parts, (part + 1) * rows // parts
            _forward(pixels, index, window, W, b, out, first, last)


@kernel(parallel=True)
def conv_dW(x, index, dy, dW):
    n, (K, M) = x.shape[0], dW.shape
    places = dy.shape[1] // M
    window, rows = index.size // places, n * places
    channels = K // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    back = dy.reshape(rows, M)
    parts = _parts(rows * K * M, product.PARALLEL, K // 8)
    if parts == 1:
        _dW(pixels, index, window, back, dW, 0, K)
    else:
        for part in numba.prange(parts):
            low, high = part * K // parts, (part + 1) * K // parts
            _dW(pixels, index, window, back, dW, low, high)


@kernel(parallel=True)
def conv_dx(dy, index, W, D, dx):
    n, (K, M) = dy.shape[0], W.shape
    places = dy.shape[1] // M
    window, rows = index.size // places, n * places
    channels = K // window
    pixels = dx.reshape(n, D // channels, channels)
    back = dy.reshape(rows, M)
    parts = _parts(rows * K * M, product.PARALLEL, n)
    if parts == 1:
        _dx(back, index, window, W, pixels, 0, n)
    else:
        for part in numba.prange(parts):
            first, last = part * n // parts, (part + 1) * n // parts
            _dx(back, index, window, W, pixels, first, last)
