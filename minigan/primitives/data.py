"""Data: random draws, batches, and moving numbers about.

N rows of a batch, D features, R rows of a data set.
"""

from .declare import TRANSCENDENTAL, primitive


@primitive(
    "rng n=i d=i -> z[n,d]", flops=lambda n, d: TRANSCENDENTAL * n * d, kind="draw"
)
def standard_normal(rng, n, d, z):
    """z ~ N(0, 1).   z: (n, d)"""
    rng.standard_normal(out=z, dtype=z.dtype)


@primitive("rng n=i d=i -> u[n,d]", flops=lambda n, d: n * d, kind="draw")
def uniform(rng, n, d, u):
    """u ~ U[0, 1).   u: (n, d)"""
    rng.random(out=u, dtype=u.dtype)


@primitive("rng high=i n=i -> index[n]:i", kind="draw")
def integers(rng, high, n, index):
    """index = floor(u high), u ~ U[0, 1): any of 0 ... high - 1.   index: (n,)"""
    index[:] = rng.random(n) * high


@primitive(
    "rng order[R]!:i cursor[]!:i shuffle=i n=i -> index[n]:i", elements=lambda n: 2 * n
)
def epoch_indices(rng, order, cursor, shuffle, n, index):
    """The next n indices of an epoch; a tail too short for a batch is dropped.

    At the start of an epoch `order`, a permutation of 0 ... R - 1, is shuffled (by
    Fisher and Yates: swap each place with one at or below it) or left alone.  Where the
    batches before were smaller and this one does not fit any more, an epoch starts.
    order: (R,)   index: (n,)   cursor: how many of them are used up
    """
    if cursor + n > len(order):
        cursor[...] = 0
    if cursor == 0 and shuffle:
        u = rng.random(len(order))
        for i in range(len(order) - 1, 0, -1):
            k = int(u[i] * (i + 1))
            order[i], order[k] = order[k], order[i]
    start = int(cursor)
    index[:] = order[start : start + n]
    cursor[...] = start + n if start + 2 * n <= len(order) else 0


@primitive(
    "rng labels[R]:i order[R]:i starts[C]:i counts[C]:i pack=i n=i -> index[n]:i",
    elements=lambda n: 3 * n,
    kind="draw",
)
def packed_indices(rng, labels, order, starts, counts, pack, n, index):
    """Indices of rows of which each `pack` side by side are of one class.

    The class of a pack is that of any row, and its rows are any of the class: with u
    and v ~ U[0, 1) and k = labels[floor(u R)],

        index = order[starts[k] + floor(v counts[k])]

    order: (R,), the rows by class   starts, counts: (C,), where each class begins in
    it, and how many rows it has   index: (n,), n a multiple of pack
    """
    kinds = labels[(rng.random(n // pack) * len(labels)).astype(int)].repeat(pack)
    index[:] = order[starts[kinds] + (rng.random(n) * counts[kinds]).astype(int)]


@primitive("u[N,1] -> points[N,2]", flops=lambda N: 2 * N)
def parabola(u, points):
    """Points (x, x^2) with x = u - 1/2.   u: (N, 1)   points: (N, 2)"""
    points[:, 0] = u[:, 0] - 0.5
    points[:, 1] = points[:, 0] * points[:, 0]


@primitive(
    "data[R,D] index[N]:i -> batch[N,D]", elements=lambda N, D: 2 * N * D + N, rows="N"
)
def gather(data, index, batch):
    """batch = data[index].   data: (R, D)   index: (N,)   batch: (N, D)"""
    batch[:] = data[index]


@primitive("a[N,D] b[M,D] -> c[N+M,D]")
def concatenate(a, b, c):
    """c = a above b.   a: (N, D)   b: (M, D)   c: (N + M, D)"""
    c[: len(a)] = a
    c[len(a) :] = b


@primitive("x[*] -> y[*]", rows="S")
def copy(x, y):
    """y = x."""
    y[...] = x


@primitive("x[*] noise[*] scale=f -> y[*]", flops=lambda S: 2 * S, rows="S")
def add_scaled(x, noise, scale, y):
    """y = x + scale noise."""
    y[...] = x + scale * noise


@primitive("x[*] factor=f -> y[*]", flops=lambda S: S, rows="S")
def scale(x, factor, y):
    """y = factor x."""
    y[...] = factor * x


@primitive("x[*]! y[*]")
def assign(x, y):
    """x = y, in the memory of x."""
    x[...] = y


@primitive("x[*]! value=f")
def fill(x, value):
    """x = value, everywhere."""
    x[...] = value


@primitive("n=i d=i value=f -> x[n,d]")
def full(n, d, value, x):
    """x = value, everywhere.   x: (n, d)"""
    x[:] = value
