"""Pooling; formulas in `primitives.pooling`."""

from ..jit.compiling import kernel


@kernel
def max_pool(x, index, y, place):
    for i in range(x.shape[0]):
        for m in range(index.shape[0]):
            first = True
            for k in range(index.shape[1]):
                pixel = index[m, k]
                if pixel < 0:
                    continue
                for c in range(x.shape[2]):
                    value, best = x[i, pixel, c], y[i, m, c]
                    above = (value > best) | ((value != value) & (best == best))
                    if first or above:
                        y[i, m, c] = value
                        place[i, m, c] = pixel
                first = False


@kernel
def take_pixels(x, place, y):
    for i in range(place.shape[0]):
        for m in range(place.shape[1]):
            for c in range(place.shape[2]):
                y[i, m, c] = x[i, place[i, m, c], c]


@kernel
def add_pixels(dy, place, D, dx):
    dx[:] = 0
    for i in range(place.shape[0]):
        for m in range(place.shape[1]):
            for c in range(place.shape[2]):
                dx[i, place[i, m, c], c] += dy[i, m, c]


@kernel
def mean_pool(x, index, y):
    kind = x.dtype.type
    y[:] = 0
    for i in range(x.shape[0]):
        for m in range(index.shape[0]):
            count = 0
            for k in range(index.shape[1]):
                pixel = index[m, k]
                if pixel >= 0:
                    count += 1
                    for c in range(x.shape[2]):
                        y[i, m, c] += x[i, pixel, c]
            for c in range(x.shape[2]):
                y[i, m, c] /= kind(count)


@kernel
def mean_pool_backward(dy, index, D, dx):
    kind = dy.dtype.type
    dx[:] = 0
    for i in range(dy.shape[0]):
        for m in range(index.shape[0]):
            count = 0
            for k in range(index.shape[1]):
                count += index[m, k] >= 0
            for k in range(index.shape[1]):
                pixel = index[m, k]
                if pixel >= 0:
                    for c in range(dy.shape[2]):
                        dx[i, pixel, c] += dy[i, m, c] / kind(count)
