"""Images; formulas in `primitives.conv`.

A table says from where each pixel of a result comes; -1 is a pixel of zeros.  A border
of zeros and nearest-neighbour upsampling are such tables, and so are the patches that
a convolution multiplies with its kernel.  A pixel is copied whole: a run of channels.

All patches of a batch are some ten times as large as the batch.  So a convolution works
on a block of them at a time, which stays in the cache: some rows of the matrix of
patches, row r being place r mod L of example r div L.

Threads share rows for y, examples for dx, rows of dW for dW.  Bits: a product element
is one chain over the patch, whatever the block; dW adds up the blocks in order, whose
size depends on the shapes alone; dx adds up in the order of the table.  No sum is
shared.
"""

import numpy as np

from ..gemm import few, microkernel, product, rectangle
from ..jit.compiling import JIT_DISABLED, kernel
from ..jit.memory import copy_run
from ..jit.tasks import next_task, share_out, threads

PARALLEL = 50_000  # numbers to move from which two threads pay
PARTS = 4  # for each thread; a slower core does fewer
BLOCK = 1 << 18  # numbers in a block of patches: 1 MB in float32


@kernel(inside=True)
def _gather(x, index, window, start, low, patches):
    """Rows start, start + 1, ... of the matrix of patches, columns from `low` on."""
    rows, width = patches.shape
    places, channels = index.size // window, x.shape[2]
    high = low + width
    for r in range(rows):
        example, place = divmod(start + r, places)
        pixels, row, seen = x[example], patches[r], index[place * window :]
        if channels == 1:
            for k in range(width):
                pixel = seen[low + k]
                row[k] = pixels[pixel, 0] if pixel >= 0 else 0
            continue
        begin = example * x.shape[1]
        for q in range(low // channels, -(-high // channels)):
            first, last = max(low, q * channels), min(high, (q + 1) * channels)
            if seen[q] < 0:
                for k in range(first - low, last - low):
                    row[k] = 0
            else:
                source = (begin + seen[q] - q) * channels + first
                copy_run(patches, r * width + first - low, x, source, last - first)


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
    block = np.empty((min(rows, _block(K)), width), x.dtype)
    for start in range(0, rows, block.shape[0]):
        stop = min(start + block.shape[0], rows)
        patches, back = block[: stop - start], dy[start:stop]
        _gather(x, index, window, start, low, patches)
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
    block = np.empty((min(last - first, _block(K)), K), dy.dtype)
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
        _scatter(patches, index, window, start, dx)


@kernel(inside=True)
def _cut(work, least, most):
    """(workers, parts) for some work, which is shared if there is enough of it."""
    workers = threads() if work >= least else np.int64(0)
    parts = min(workers * PARTS if workers > 1 else workers, most)
    return workers, max(np.int64(1), parts)


@kernel(inside=True)
def _span(part, parts, n):
    """(first, last + 1) of the part of n things."""
    return part * n // parts, (part + 1) * n // parts


@kernel(inside=True)
def _gather_parts(share, pixels, index, window, y):
    part = next_task(share)
    while part >= 0:
        first, last = _span(part, share[3], y.shape[0])
        _gather(pixels, index, window, first, 0, y[first:last])
        part = next_task(share)


@kernel
def gather_pixels(x, index, Z, y):
    n, window = x.shape[0], index.size
    channels = Z // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    workers, parts = _cut(y.size, PARALLEL, n)
    share_out(_gather_parts, workers, parts, (pixels, index, window, y))


@kernel(inside=True)
def _scatter_parts(share, dy, index, window, pixels):
    part = next_task(share)
    while part >= 0:
        first, last = _span(part, share[3], dy.shape[0])
        _scatter(dy[first:last], index, window, first, pixels)
        part = next_task(share)


@kernel
def scatter_pixels(dy, index, D, dx):
    n, window = dy.shape[0], index.size
    channels = dy.shape[1] // window
    pixels = dx.reshape(n, D // channels, channels)
    pixels[:] = 0
    workers, parts = _cut(dy.size, PARALLEL, n)
    share_out(_scatter_parts, workers, parts, (dy, index, window, pixels))


@kernel(inside=True)
def _forward_parts(share, pixels, index, window, W, b, out):
    part = next_task(share)
    while part >= 0:
        first, last = _span(part, share[3], out.shape[0])
        _forward(pixels, index, window, W, b, out, first, last)
        part = next_task(share)


@kernel
def conv_forward(x, index, W, b, Y, y):
    n, (K, M) = x.shape[0], W.shape
    places = Y // M
    window, rows = index.size // places, n * places
    channels = K // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    out = y.reshape(rows, M)
    workers, parts = _cut(rows * K * M, product.PARALLEL, rows // 8)
    share_out(_forward_parts, workers, parts, (pixels, index, window, W, b, out))


@kernel(inside=True)
def _dW_parts(share, pixels, index, window, back, dW):
    part = next_task(share)
    while part >= 0:
        low, high = _span(part, share[3], dW.shape[0])
        _dW(pixels, index, window, back, dW, low, high)
        part = next_task(share)


@kernel
def conv_dW(x, index, dy, dW):
    n, (K, M) = x.shape[0], dW.shape
    places = dy.shape[1] // M
    window, rows = index.size // places, n * places
    channels = K // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    back = dy.reshape(rows, M)
    workers, parts = _cut(rows * K * M, product.PARALLEL, K // 8)
    parts = min(max(1, workers), parts)  # each reads all of x and dy
    share_out(_dW_parts, workers, parts, (pixels, index, window, back, dW))


@kernel(inside=True)
def _dx_parts(share, back, index, window, W, pixels):
    part = next_task(share)
    while part >= 0:
        first, last = _span(part, share[3], pixels.shape[0])
        _dx(back, index, window, W, pixels, first, last)
        part = next_task(share)


@kernel
def conv_dx(dy, index, W, D, dx):
    n, (K, M) = dy.shape[0], W.shape
    places = dy.shape[1] // M
    window, rows = index.size // places, n * places
    channels = K // window
    pixels = dx.reshape(n, D // channels, channels)
    back = dy.reshape(rows, M)
    workers, parts = _cut(rows * K * M, product.PARALLEL, n)
    share_out(_dx_parts, workers, parts, (back, index, window, W, pixels))


@kernel
def add_bias(x, b, y):
    for i in range(x.shape[0]):
        for j in range(x.shape[1]):
            y[i, j] = x[i, j] + b[j]
