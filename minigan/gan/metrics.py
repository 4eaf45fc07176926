"""How far generated rows are from real ones, in NumPy alone.

Rows are (n, ...) and count as vectors of `features` numbers; all sums are in float64.
Distances between all pairs are taken block by block, so memory stays small.
None of these numbers means anything alone: hold it against the same metric between
two sets of real rows of the same size.
"""

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from .. import validate

BLOCK = 2**20  # pairs in memory at a time
LARGEST = 1e70  # of a number in a row: products of four are still numbers
FEW_FEATURES = 16  # up to here squared differences are summed one feature at a time,
FEW_BLOCK = 2**14  # in blocks that stay in the cache


# ---- distances between all pairs ---------------------------------------------------


def mean_distance(x: NDArray, y: NDArray) -> float:
    """E|X - Y|, the mean Euclidean distance over all pairs.   x: (n, f)   y: (m, f)"""
    x, y = _two_sets("mean_distance", x, y)
    return _mean_distance(x, y)


def nearest_distance(x: NDArray, y: NDArray) -> float:
    """mean_i min_j |x_i - y_j|: how far the rows of x are from their nearest in y.

    x: (n, f) fakes and y: (m, f) real: do the fakes look real?  The other way round:
    is every real row near a fake?  It shrinks as y grows, even for equal
    distributions, so compare with another set of real rows in the place of x.
    """
    x, y = _two_sets("nearest_distance", x, y)
    return float(
        np.concatenate([np.sqrt(d.min(axis=1)) for d in _squares(x, y)]).mean()
    )


def energy_distance(x: NDArray, y: NDArray) -> float:
    """2 E|X - Y| - E|X - X'| - E|Y - Y'| with the Euclidean norm.

    x: (n, f)   y: (m, f).   0 for equal distributions and positive for all others, in
    the unit of the data.  All pairs count, those of a row with itself too: never
    negative, but two samples of one distribution are about E|X - X'| (1/n + 1/m) apart.
    Source: Szekely and Rizzo 2013, "Energy statistics", equation 2.1.
    """
    x, y = _two_sets("energy_distance", x, y)
    within = _mean_distance(x, x) + _mean_distance(y, y)
    return 2 * _mean_distance(x, y) - within


def mmd(
    x: NDArray, y: NDArray, bandwidths: float | Sequence[float] | None = None
) -> float:
    """The *squared* maximum mean discrepancy, unbiased, with Gaussian kernels.

        k(a, b) = mean over s of exp(-|a - b|^2 / (2 s^2))
        mmd     = E k(X, X') + E k(Y, Y') - 2 E k(X, Y),   no row paired with itself

    x: (n, f)   y: (m, f), at least two rows each.   bandwidths: the s, positive; by
    default one, the median distance between rows of both sets together (of 1,000 of
    them, evenly picked).  Unbiased: around 0 for equal distributions, below it as
    often as above.
    Source: Gretton et al. 2012, "A kernel two-sample test", equation 3.
    """
    x, y = _two_sets("mmd", x, y, least=2)
    if bandwidths is None:
        bandwidths = [_median_distance(np.concatenate([x, y]))]
    wanted = np.atleast_1d(np.asarray(bandwidths, dtype=np.float64))
    if (
        wanted.ndim != 1
        or not wanted.size
        or not (np.isfinite(wanted) & (wanted > 0)).all()
    ):
        validate.complain(
            validate.ArgumentError, "mmd", "bandwidths", "positive numbers", bandwidths
        )
    n, m = len(x), len(y)
    between = _kernel_sum(x, y, wanted) / (n * m)
    within_x = (_kernel_sum(x, x, wanted) - n) / (n * (n - 1))  # k(a, a) = 1
    within_y = (_kernel_sum(y, y, wanted) - m) / (m * (m - 1))
    return within_x + within_y - 2 * between


def _two_sets(
    where: str, x: NDArray, y: NDArray, least: int = 1
) -> tuple[NDArray, NDArray]:
    x, y = rows(where, "x", x, least), rows(where, "y", y, least)
    _same_features(where, "y", y, "x", x)
    return x, y


def _same_features(
    where: str, name: str, given: NDArray, other: str, known: NDArray
) -> None:
    if given.shape[1] != known.shape[1]:
        expected = f"{known.shape[1]} features, as {other} has"
        validate.complain(
            validate.ShapeError, where, name, expected, f"{given.shape[1]}"
        )


def rows(where: str, argument: str, value: NDArray, least: int = 1) -> NDArray:
    """float64 rows (n, features) of an array (n, ...), of numbers up to 1e70."""
    value = validate.array(where, argument, value, finite=True)
    if value.ndim < 2 or len(value) < least or value.dtype.kind == "c":
        expected = f"real numbers (n, features), n >= {least}"
        given = f"{value.dtype}, shape {validate.shape_text(value.shape)}"
        validate.complain(validate.ShapeError, where, argument, expected, given)
    largest = float(np.abs(value).max())
    if largest > LARGEST:
        expected = f"numbers up to {LARGEST:g}, whose squares are numbers too"
        validate.complain(
            validate.ArgumentError, where, argument, expected, f"{largest:g}"
        )
    return value.reshape(len(value), -1).astype(np.float64)


def _squares(x: NDArray, y: NDArray) -> Iterator[NDArray]:
    """|x_i - y_j|^2 for some rows of x after the other: fresh blocks (rows, m)."""
    few = x.shape[1] <= FEW_FEATURES
    step = max(1, (FEW_BLOCK if few else BLOCK) // len(y))
    if not few:
        centre = y.mean(axis=0)  # smaller numbers cancel less
        x, y = x - centre, y - centre
        lengths = np.einsum("ij,ij->i", y, y)
    for start in range(0, len(x), step):
        part = x[start : start + step]
        if few:
            square = _apart(part, y, 0)
            for k in range(1, x.shape[1]):
                square += _apart(part, y, k)
        else:
            square = np.einsum("ij,ij->i", part, part)[:, None] + lengths
            square -= 2 * (part @ y.T)
            np.maximum(square, 0, out=square)
        yield square


def _apart(x: NDArray, y: NDArray, k: int) -> NDArray:
    """(x_ik - y_jk)^2 for all pairs: (n, m)"""
    apart = np.subtract.outer(x[:, k], y[:, k])
    apart *= apart
    return apart


def _mean_distance(x: NDArray, y: NDArray) -> float:
    sums = (np.sqrt(d, out=d).sum() for d in _squares(x, y))
    return float(sum(sums) / (len(x) * len(y)))


def _kernel_sum(x: NDArray, y: NDArray, bandwidths: NDArray) -> float:
    total = 0.0
    for square in _squares(x, y):
        for s in bandwidths:
            total += float(np.exp(square / (-2 * s * s)).sum())
    return total / len(bandwidths)


def _median_distance(points: NDArray, most: int = 1000) -> float:
    picked = points[np.linspace(0, len(points) - 1, min(most, len(points))).astype(int)]
    square = np.concatenate(list(_squares(picked, picked)))
    median = float(np.sqrt(np.median(square[np.triu_indices(len(picked), 1)])))
    return median if median > 0 else 1.0  # more than half of the rows are one row


# ---- other distances ---------------------------------------------------------------


def sliced_wasserstein(
    x: NDArray, y: NDArray, projections: int = 128, rng: np.random.Generator | int = 0
) -> float:
    """The Wasserstein-1 distance on a line, mean over random directions.

        mean over u of  integral_0^1 |F_u^-1(q) - G_u^-1(q)| dq

    F_u, G_u: distributions of x.u and y.u, u uniform on the unit sphere.
    x: (n, f)   y: (m, f).   projections: number of u.   rng: Generator or seed; the
    value depends on it.  In many dimensions it is small for any two sets (a shift by d
    gives about d sqrt(2 / (pi f))), so compare within one data set only.
    Source: Bonneel et al. 2015, "Sliced and Radon Wasserstein barycenters".
    """
    where = "sliced_wasserstein"
    x, y = _two_sets(where, x, y)
    projections = validate.integer(where, "projections", projections)
    rng = validate.random_generator(where, rng)
    u = rng.standard_normal((x.shape[1], projections))
    u /= np.linalg.norm(u, axis=0)
    a, b = np.sort(x @ u, axis=0), np.sort(y @ u, axis=0)
    n, m = len(a), len(b)
    # Both quantile functions are steps: of width 1/n and 1/m, in units of 1/(n m) here.
    ends = np.union1d(np.arange(1, n + 1) * m, np.arange(1, m + 1) * n)
    widths = np.diff(ends, prepend=0) / (n * m)
    gap = np.abs(a[(ends - 1) // m] - b[(ends - 1) // n])  # (steps, projections)
    return float((widths @ gap).mean())


def frechet_distance(features_a: NDArray, features_b: NDArray) -> float:
    """Frechet distance of two normal distributions with the features' moments.

        |m_a - m_b|^2 + trace(S_a + S_b - 2 (S_a^1/2 S_b S_a^1/2)^1/2)

    features_a: (n, f)   features_b: (m, f), at least two rows each; S with n - 1.  The
    square root by `eigh`, since the matrix is symmetric.  Biased: it falls as n grows,
    so compare at equal n only.  What it means depends on the features: it is "FID"
    only on those of one particular Inception network, which minigan does not have.
    Source: Dowson and Landau 1982; for GANs Heusel et al. 2017.
    """
    where = "frechet_distance"
    a = rows(where, "features_a", features_a, least=2)
    b = rows(where, "features_b", features_b, least=2)
    _same_features(where, "features_b", b, "features_a", a)
    cov_a, cov_b = (np.atleast_2d(np.cov(f, rowvar=False)) for f in (a, b))
    values, vectors = np.linalg.eigh(cov_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ cov_b @ root)
    shift = a.mean(axis=0) - b.mean(axis=0)
    overlap = np.sqrt(np.maximum(product, 0)).sum()
    distance = shift @ shift + np.trace(cov_a) + np.trace(cov_b) - 2 * overlap
    return max(0.0, float(distance))


# ---- precision and recall ----------------------------------------------------------


def precision_recall(
    fakes: NDArray, real: NDArray, neighbours: int = 3
) -> tuple[float, float]:
    """(precision, recall): are fakes among the real rows, and real rows among fakes?

        precision = share of fakes inside the manifold of the real rows
        recall    = share of real rows inside the manifold of the fakes

    The manifold of a set is the union of balls, one around each of its rows, that reach
    to the row's k-th nearest neighbour in the set, itself not counted, border included.
    fakes: (n, f)   real: (m, f), with n, m > k.   neighbours: k.
    Two sets of one distribution do not reach 1; a generator that copies real rows has
    precision 1; more rows make smaller balls, so compare at equal n and m only.
    Source: Kynkaanniemi et al. 2019, equations 1 and 2; k = 3 as in section 2.
    """
    where = "precision_recall"
    k = validate.integer(where, "neighbours", neighbours, most=2**20)
    fakes = rows(where, "fakes", fakes, k + 1)
    real = rows(where, "real", real, k + 1)
    _same_features(where, "real", real, "fakes", fakes)
    return _share_within(fakes, real, k), _share_within(real, fakes, k)


def _share_within(x: NDArray, y: NDArray, k: int) -> float:
    """The share of rows of x that lie in the manifold of y."""
    reach = [np.partition(square, k, axis=1)[:, k] for square in _squares(y, y)]
    radii = np.concatenate(reach)  # squared; place 0 is the row itself
    return float(
        np.concatenate([(d <= radii).any(axis=1) for d in _squares(x, y)]).mean()
    )


# ---- mixtures of normal distributions ----------------------------------------------


WITHIN = 3.0  # standard deviations from its centre that a sample may be away


def modes_covered(samples: NDArray, centres: NDArray, sd: float) -> int:
    """How many modes have a sample of high quality: within 3 sd of their centre.

    samples: (n, f)   centres: (k, f), of the modes   sd: of each, the same in all
    directions.  One sample is enough, so a large n covers more.
    Source: Srivastava et al. 2017 (VEEGAN), section 4.1; there n = 2,500.
    """
    nearest, good = _assigned("modes_covered", samples, centres, sd)
    return len(np.unique(nearest[good]))


def high_quality(samples: NDArray, centres: NDArray, sd: float) -> float:
    """The share of samples within 3 sd of the centre nearest to them.

    samples: (n, f)   centres: (k, f)   sd: of each mode.  Of real samples in the plane
    it is 1 - exp(-9/2) = 0.989.  Source: as `modes_covered`.
    """
    return float(_assigned("high_quality", samples, centres, sd)[1].mean())


def modes_kl(samples: NDArray, centres: NDArray) -> float:
    """KL divergence of the counts of samples by mode from equal counts, in nats.

        sum_j q_j log(k q_j),   q_j = share of samples whose nearest centre is j

    samples: (n, f)   centres: (k, f).   0 where all modes get as many, log k where one
    has all.  Every sample counts, however far from its centre.  n real samples have
    about (k - 1) / (2 n).
    Source: Lin et al. 2018 (PacGAN), section 4.1, "reverse KL".
    """
    nearest, _ = _assigned("modes_kl", samples, centres, 1.0)
    count = np.bincount(nearest, minlength=len(centres))
    q = count[count > 0] / len(nearest)
    return float(max(0.0, (q * np.log(len(centres) * q)).sum()))


def _assigned(
    where: str, samples: NDArray, centres: NDArray, sd: float
) -> tuple[NDArray, NDArray]:
    """Of each sample, the number of its nearest centre, and is it within 3 sd of it?"""
    samples, centres = rows(where, "samples", samples), rows(where, "centres", centres)
    _same_features(where, "centres", centres, "samples", samples)
    sd = validate.number(where, "sd", sd, above=0)
    found = [(d.argmin(axis=1), d.min(axis=1)) for d in _squares(samples, centres)]
    nearest, square = (np.concatenate(part) for part in zip(*found, strict=True))
    return nearest, square <= (WITHIN * sd) ** 2


# ---- the parabola ------------------------------------------------------------------


def parabola_residual(points: NDArray) -> float:
    """mean |y - x^2|: how far the points (n, 2) are from the curve, measured upwards.

    A generator that makes one good point only has a residual of 0: see `coverage`.
    """
    x, y = _points("parabola_residual", points).T
    return float(np.abs(y - x * x).mean())


def coverage(points: NDArray, bins: int = 20) -> float:
    """The share of `bins` equal intervals of x in [-1/2, 1/2) that any point hits.

    points: (n, 2).  Says nothing of y, nor of how often: see `parabola_residual` and
    `energy_distance`.  n uniform points leave a bin empty with (1 - 1/bins)^n.
    """
    x = _points("coverage", points)[:, 0]
    bins = validate.integer("coverage", "bins", bins, most=2**20)
    inside = x[(x >= -0.5) & (x < 0.5)]
    hit = np.unique(np.minimum(((inside + 0.5) * bins).astype(int), bins - 1))
    return len(hit) / bins


def _points(where: str, points: NDArray) -> NDArray:
    points = rows(where, "points", points)
    if points.shape[1] != 2:
        given = validate.shape_text(points.shape)
        validate.complain(validate.ShapeError, where, "points", "shape (n, 2)", given)
    return points
