"""Pooling: one number for each window of pixels, in each channel by itself.

A table says which pixels a window holds; -1 is no pixel.  N images of D pixels and C
channels, M windows of up to K pixels.
"""

import numpy as np

from .declare import primitive


@primitive(
    "x[N,D,C] index[M,K]:i -> y[N,M,C] place[N,M,C]:i",
    flops=lambda N, M, K, C: N * M * K * C,
    rows="N",
)
def max_pool(x, index, y, place):
    """y = the largest number of each window, place = the pixel that it stands in.

    Of equal numbers the first one counts; NaN counts as the largest.
    x: (N, D, C)   index: (M, K)   y, place: (N, M, C)
    """
    real = np.where((index >= 0)[:, :, None], x.real[:, index], -np.inf)
    best = np.argmax(real, axis=2)
    windows = np.broadcast_to(index[:, :, None], real.shape)
    place[:] = np.take_along_axis(windows, best[:, :, None], 2)[:, :, 0]
    y[:] = np.take_along_axis(x, place, 1)


@primitive("x[N,D,C] place[N,M,C]:i -> y[N,M,C]", rows="N")
def take_pixels(x, place, y):
    """y = x at those pixels.   x: (N, D, C)   place, y: (N, M, C)"""
    y[:] = np.take_along_axis(x, place, 1)


@primitive(
    "dy[N,M,C] place[N,M,C]:i D=i -> dx[N,D,C]",
    flops=lambda N, M, C: N * M * C,
    rows="N",
)
def add_pixels(dy, place, D, dx):
    """The gradient of `take_pixels`: dx += dy at those pixels, one after the other.

    dy, place: (N, M, C)   dx: (N, D, C)
    """
    dx[:] = 0
    rows, _, channels = np.indices(place.shape)
    np.add.at(dx, (rows, place, channels), dy)


@primitive(
    "x[N,D,C] index[M,K]:i -> y[N,M,C]",
    flops=lambda N, M, K, C: N * M * (K + 1) * C,
    rows="N",
)
def mean_pool(x, index, y):
    """y = the mean of each window, over the pixels that it has.

    x: (N, D, C)   index: (M, K)   y: (N, M, C)
    """
    inside = index >= 0
    pixels = np.where(inside[:, :, None], x[:, index], 0)
    y[:] = pixels.sum(axis=2) / inside.sum(axis=1)[:, None].astype(x.real.dtype)


@primitive(
    "dy[N,M,C] index[M,K]:i D=i -> dx[N,D,C]",
    flops=lambda N, M, K, C: N * M * (K + 1) * C,
    rows="N",
)
def mean_pool_backward(dy, index, D, dx):
    """dx adds up, over the windows that hold a pixel, dy / (pixels of the window).

    dy: (N, M, C)   index: (M, K)   dx: (N, D, C)
    """
    dx[:] = 0
    for m, window in enumerate(index):
        pixels = window[window >= 0]
        for pixel in pixels:
            dx[:, pixel] += dy[:, m] / dy.real.dtype.type(len(pixels))
