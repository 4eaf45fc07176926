"""Compiled kernels that move the pixels of images, and their gradients.

A table of P places says from where each pixel of the result comes; -1 is a pixel of
zeros.  Patches of a convolution, a border of zeros and nearest-neighbour upsampling are
three such tables.  A pixel is copied whole, as a run of channels.  Examples are shared
among the threads; within one the order of additions is that of the table.
"""

import numba

from .compiling import kernel

PARALLEL = 50_000  # numbers to move from which two threads pay


@kernel(inside=True)
def _gather(pixels, index, y):
    """One example: y[p] = pixels[index[p]]."""
    if y.shape[1] == 1:  # grey: no inner loop
        for p in range(index.size):
            y[p, 0] = pixels[index[p], 0] if index[p] >= 0 else 0
        return
    for p in range(index.size):
        place = index[p]
        target = y[p]
        if place < 0:
            for c in range(target.size):
                target[c] = 0
        else:
            source = pixels[place]
            for c in range(target.size):
                target[c] = source[c]


@kernel(inside=True)
def _scatter(dy, index, pixels):
    """One example: pixels[index[p]] += dy[p], from 0."""
    for q in range(pixels.shape[0]):
        target = pixels[q]
        for c in range(target.size):
            target[c] = 0
    if dy.shape[1] == 1:
        for p in range(index.size):
            if index[p] >= 0:
                pixels[index[p], 0] += dy[p, 0]
        return
    for p in range(index.size):
        place = index[p]
        if place >= 0:
            source, target = dy[p], pixels[place]
            for c in range(target.size):
                target[c] += source[c]


@kernel(parallel=True)
def gather_pixels(x, index, K, y):
    n, places = x.shape[0], index.size
    channels = K // places
    pixels = x.reshape(n, x.shape[1] // channels, channels)
    images = y.reshape(n, places, channels)
    if y.size < PARALLEL:
        for i in range(n):
            _gather(pixels[i], index, images[i])
    else:
        for i in numba.prange(n):
            _gather(pixels[i], index, images[i])


@kernel(parallel=True)
def scatter_pixels(dy, index, D, dx):
    n, places = dy.shape[0], index.size
    channels = dy.shape[1] // places
    pixels = dx.reshape(n, D // channels, channels)
    images = dy.reshape(n, places, channels)
    if dy.size < PARALLEL:
        for i in range(n):
            _scatter(images[i], index, pixels[i])
    else:
        for i in numba.prange(n):
            _scatter(images[i], index, pixels[i])
