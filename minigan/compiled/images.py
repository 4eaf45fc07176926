"""Pixels moved by a table; formulas in `primitives.conv`.

A table says from where each pixel of a result comes; -1 is a pixel of zeros.  A border
of zeros and nearest-neighbour upsampling are such tables, and so are the patches that
a convolution multiplies with its kernel.  A pixel is copied whole: a run of channels.
"""

from ..jit.compiling import kernel
from ..jit.memory import copy_run
from ..jit.tasks import next_task, share_out
from .sharing import cut, span

PARALLEL = 50_000  # numbers to move from which two threads pay
BLOCK = 1 << 18  # numbers in a block of patches: 1 MB in float32


@kernel(inside=True)
def as_pixels(x, K, index, places):
    """(x as images of pixels (N, D / C, C), pixels under the kernel at each place)."""
    window = index.size // places
    channels = K // window
    return x.reshape(x.shape[0], x.shape[1] // channels, channels), window


@kernel(inside=True)
def gather(x, index, window, start, low, patches):
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
def scatter(patches, index, window, start, dx):
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
def block_rows(K):
    """Rows of a block of patches of K numbers."""
    return max(64, BLOCK // K // 8 * 8)


@kernel(inside=True)
def _gather_parts(share, pixels, index, window, y):
    part = next_task(share)
    while part >= 0:
        first, last = span(part, share[3], y.shape[0])
        gather(pixels, index, window, first, 0, y[first:last])
        part = next_task(share)


@kernel
def gather_pixels(x, index, Z, y):
    n, window = x.shape[0], index.size
    channels = Z // window
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    workers, parts = cut(y.size, PARALLEL, n)
    share_out(_gather_parts, workers, parts, (pixels, index, window, y))


@kernel(inside=True)
def _scatter_parts(share, dy, index, window, pixels):
    part = next_task(share)
    while part >= 0:
        first, last = span(part, share[3], dy.shape[0])
        scatter(dy[first:last], index, window, first, pixels)
        part = next_task(share)


@kernel
def scatter_pixels(dy, index, D, dx):
    n, window = dy.shape[0], index.size
    channels = dy.shape[1] // window
    pixels = dx.reshape(n, D // channels, channels)
    pixels[:] = 0
    workers, parts = cut(dy.size, PARALLEL, n)
    share_out(_scatter_parts, workers, parts, (dy, index, window, pixels))
