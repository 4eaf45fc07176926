"""Metrics: hand values, known distributions, invariances, refused arguments."""

import numpy as np
import pytest

from minigan.errors import ArgumentError, DTypeError, NonFiniteError, ShapeError
from minigan.gan import metrics
from minigan.gan.metrics import (
    coverage,
    energy_distance,
    frechet_distance,
    high_quality,
    mean_distance,
    mmd,
    modes_covered,
    modes_kl,
    nearest_distance,
    parabola_residual,
    precision_recall,
    sliced_wasserstein,
)
from minigan.modes import GRID, RING

PAIRS = {
    "energy": energy_distance,
    "mmd": mmd,
    "sliced": sliced_wasserstein,
    "frechet": frechet_distance,
}
each_pair = pytest.mark.parametrize("distance", PAIRS.values(), ids=PAIRS)
each_width = pytest.mark.parametrize("features", [1, 2, 30])


def normal(n, f, seed=0, shift=0.0, scale=1.0):
    return shift + scale * np.random.default_rng(seed).standard_normal((n, f))


def column(*values):
    return np.array(values, float)[:, None]


# ---- hand values -------------------------------------------------------------------


def test_distances_by_hand():
    x, y = np.array([[0.0, 0], [3, 4]]), np.array([[0.0, 0], [0, 4], [6, 8]])
    assert mean_distance(x, y) == pytest.approx((0 + 4 + 10 + 5 + 3 + 5) / 6)
    assert nearest_distance(x, y) == pytest.approx((0 + 3) / 2)
    assert nearest_distance(y, x) == pytest.approx((0 + 3 + 5) / 3)


def test_energy_distance_by_hand():
    """One point against one: twice their distance.  {0, 2} against {1}: 2 - 1."""
    assert energy_distance(column(0), column(3)) == pytest.approx(6)
    assert energy_distance(column(0, 2), column(1)) == pytest.approx(1)


def test_mmd_by_hand():
    k = np.exp(-1 / 8)  # at distance 1 with s = 2
    x, y = column(0, 1), column(0, 1)
    assert mmd(x, y, 2.0) == pytest.approx(k + k - 2 * (1 + k) / 2)
    both = [0.5, 2.0]
    assert mmd(x, y + 5, both) == pytest.approx(
        np.mean([mmd(x, y + 5, s) for s in both])
    )


def test_median_heuristic():
    """Pooled distances of 0, 1, 3: 1, 2, 3, whose median is 2."""
    x, y = column(0, 1), column(3, 3)
    points = np.concatenate([x, y[:1]])
    assert metrics._median_distance(points) == 2
    assert metrics._median_distance(column(4, 4, 4)) == 1


def test_wasserstein_on_a_line():
    """Where there is one feature every direction gives the same distance."""
    assert sliced_wasserstein(column(0, 1), column(3, 2)) == pytest.approx(2)
    assert sliced_wasserstein(column(0, 1, 2), column(0)) == pytest.approx(1)
    # quantiles of {0, 1} and {0, 1, 2}: they differ by 1 on [1/3, 1/2] and [2/3, 1]
    uneven = sliced_wasserstein(column(0, 1), column(0, 1, 2))
    assert uneven == pytest.approx(1 / 6 + 1 / 3)


def test_frechet_distance_of_known_moments():
    """|m|^2 + sum (s_a - s_b)^2 where both covariances are diagonal."""
    square = np.array([[1.0, 1], [1, -1], [-1, 1], [-1, -1]]) * np.sqrt(3 / 4)
    a, b = square * [1, 2], square * [3, 5] + [1, -2]
    assert frechet_distance(a, b) == pytest.approx(1 + 4 + 4 + 9)


def test_frechet_distance_of_full_matrices():
    """Beside the square root of S_a S_b by general eigenvalues."""
    a = normal(50, 4) @ normal(4, 4, seed=1)
    b = normal(60, 4, seed=2) @ normal(4, 4, seed=3) + 1
    S, T = np.cov(a.T), np.cov(b.T)
    roots = np.sqrt(np.linalg.eigvals(S @ T).real)
    shift = a.mean(0) - b.mean(0)
    expected = shift @ shift + np.trace(S + T) - 2 * roots.sum()
    assert frechet_distance(a, b) == pytest.approx(expected, rel=1e-9)


def test_frechet_distance_of_fewer_rows_than_features():
    a, b = normal(5, 40), normal(6, 40, seed=1)
    assert np.isfinite(frechet_distance(a, b))
    assert frechet_distance(a, a) == pytest.approx(0, abs=1e-6)


def test_residual_and_coverage_by_hand():
    points = np.array([[0.0, 0], [0.5, 0.5], [-0.5, 0.25], [-0.3, 0.0]])
    assert parabola_residual(points) == pytest.approx((0.25 + 0.09) / 4)
    assert coverage(points, bins=10) == 0.3  # x = 1/2 is outside
    assert coverage(points + 2) == 0
    x = np.linspace(-0.5, 0.5, 1000, endpoint=False)
    assert coverage(np.stack([x, x * x], 1), bins=100) == 1
    assert coverage(np.array([[np.nextafter(0.5, 0), 0]]), bins=3) == pytest.approx(
        1 / 3
    )


def test_modes_by_hand():
    """Three centres on a line, sd 1: two samples at the first, one between."""
    centres = np.array([[0.0, 0], [10, 0], [20, 0]])
    samples = np.array([[0.0, 3], [0, -1], [14, 0], [24, 0]])
    assert modes_covered(samples, centres, 1.0) == 1
    assert high_quality(samples, centres, 1.0) == 0.5  # exactly 3 sd is within
    assert high_quality(samples, centres, 0.99) == 0.25
    assert modes_covered(samples, centres, 4 / 3) == 3
    q = np.array([2, 1, 1]) / 4
    assert modes_kl(samples, centres) == pytest.approx((q * np.log(3 * q)).sum())


def test_modes_of_one_sample_and_of_equal_counts():
    for modes in (RING, GRID):
        everywhere, k = modes.centres, len(modes)
        assert modes_kl(everywhere, everywhere) == 0
        assert modes_covered(everywhere, everywhere, modes.sd) == k
        one = everywhere[3:4]
        assert modes_kl(one, everywhere) == pytest.approx(np.log(k))
        assert modes_covered(one, everywhere, modes.sd) == 1
        assert modes_covered(one + 9, everywhere, modes.sd) == 0


@pytest.mark.parametrize("modes", [RING, GRID], ids=["ring", "grid"])
def test_modes_of_the_mixture_itself(modes):
    real, labels = modes.drawn(np.random.default_rng(0), 20_000)
    k = len(modes)
    assert modes_covered(real, modes.centres, modes.sd) == k
    share = high_quality(real, modes.centres, modes.sd)
    assert share == pytest.approx(1 - np.exp(-4.5), abs=0.003)
    assert modes_kl(real, modes.centres) < 3 * (k - 1) / (2 * 20_000)
    part = real[labels < k // 2]
    expected = np.log(k / (k // 2))
    assert modes_kl(part, modes.centres) == pytest.approx(expected, abs=0.01)


def plain_precision(fakes, real, k):
    """Share of fakes in the manifold of the real rows, pair by pair."""
    inside = 0
    for fake in fakes:
        for i, row in enumerate(real):
            others = [
                np.linalg.norm(row - other) for j, other in enumerate(real) if j != i
            ]
            if np.linalg.norm(fake - row) <= sorted(others)[k - 1]:
                inside += 1
                break
    return inside / len(fakes)


@pytest.mark.parametrize("features", [1, 2, 30])
@pytest.mark.parametrize("k", [1, 3])
def test_precision_and_recall_are_those_of_the_plain_twin(features, k):
    fakes = normal(25, features, seed=1, shift=1.0, scale=1.1)
    real = normal(30, features)
    expected = plain_precision(fakes, real, k), plain_precision(real, fakes, k)
    assert precision_recall(fakes, real, k) == expected
    assert 0 < min(expected) < 1


def test_precision_and_recall_by_hand():
    """Real rows 0, 1, 3: balls of k = 1 reach 1, 1 and 2, so [-1, 5] is covered."""
    real = column(0, 1, 3)
    assert precision_recall(column(-1, 5), real, 1) == (1, 1)  # borders count
    assert precision_recall(column(-1.01, 5), real, 1)[0] == 0.5
    fakes = column(0, 0.25, 9, 9.25)  # balls of 1/4
    assert precision_recall(fakes, real, 1) == (0.5, 1 / 3)


def test_precision_sees_bad_fakes_and_recall_missing_data():
    real = normal(400, 2)
    assert min(precision_recall(normal(400, 2, seed=1), real)) > 0.9
    few = normal(400, 2, seed=1, scale=0.1)
    precision, recall = precision_recall(few, real)
    assert precision == 1 and recall < 0.1
    wide = normal(400, 2, seed=1, scale=5)
    precision, recall = precision_recall(wide, real)
    assert precision < 0.3 and recall > 0.9
    assert precision_recall(real[::-1], real) == (1, 1)
    assert precision_recall(real + 100, real) == (0, 0)


# ---- known distributions -----------------------------------------------------------


def test_energy_distance_of_two_normals():
    """On a line, of N(0, 1) and N(d, 1), from E|N(d, 2)| in closed form."""
    d, n = 1.5, 3000
    from math import erf, exp, pi, sqrt

    s = sqrt(2)
    between = s * sqrt(2 / pi) * exp(-(d * d) / 4) + d * erf(d / 2)
    expected = 2 * between - 2 * 2 / sqrt(pi)
    got = energy_distance(normal(n, 1), normal(n, 1, seed=1, shift=d))
    assert got == pytest.approx(expected, rel=0.05)


def test_mmd_of_two_normals():
    """Gaussian kernel s on N(0, 1), N(d, 1): differences are N(d, 2)."""
    d, s, n = 1.0, 1.0, 2000
    spread = np.sqrt(s * s / (s * s + 2))
    expected = 2 * spread * (1 - np.exp(-d * d / (2 * (s * s + 2))))
    got = mmd(normal(n, 1), normal(n, 1, seed=1, shift=d), s)
    assert got == pytest.approx(expected, rel=0.1)


def test_mmd_is_unbiased():
    values = [
        mmd(normal(20, 2, seed=k), normal(20, 2, seed=k + 500)) for k in range(200)
    ]
    assert abs(np.mean(values)) < 4 * np.std(values) / np.sqrt(200)
    assert min(values) < 0 < max(values)


def test_sliced_wasserstein_of_a_shift():
    """|d| E|u_1|, and E|u_1| = 1/2 in three dimensions."""
    x = normal(500, 3)
    got = sliced_wasserstein(x, x + [2, 0, 0], projections=4000)
    assert got == pytest.approx(1, rel=0.05)


# ---- invariances -------------------------------------------------------------------


@each_width
@each_pair
def test_equal_sets(distance, features):
    x = normal(40, features)
    value = distance(x, x[::-1])
    if distance is mmd:
        assert value < 0  # it leaves out the pairs at distance 0 within, not between
    else:
        assert value == pytest.approx(0, abs=1e-7)


@each_width
@each_pair
def test_symmetric(distance, features):
    x, y = normal(40, features), normal(35, features, seed=1, shift=0.5)
    assert distance(x, y) == pytest.approx(distance(y, x), rel=1e-7)


@each_width
@each_pair
def test_shifts_of_both_change_nothing(distance, features):
    x, y = normal(40, features), normal(35, features, seed=1, shift=0.5)
    assert distance(x + 7, y + 7) == pytest.approx(distance(x, y), rel=1e-6)


@pytest.mark.parametrize(
    "distance, power", [(energy_distance, 1), (sliced_wasserstein, 1), (mmd, 0),
                        (frechet_distance, 2)],
)  # fmt: skip
def test_scaling(distance, power):
    x, y = normal(40, 3), normal(35, 3, seed=1, shift=0.5)
    expected = 4.0**power * distance(x, y)
    assert distance(4 * x, 4 * y) == pytest.approx(expected, rel=1e-9)


@each_pair
def test_further_is_more(distance):
    x, y = normal(100, 5), normal(100, 5, seed=1)
    values = [distance(x, y + shift) for shift in (0, 0.5, 1, 2)]
    assert values == sorted(values)


def test_blocks_change_nothing(monkeypatch):
    x, y = normal(50, 20), normal(30, 20, seed=1)
    whole = energy_distance(x, y), mmd(x, y), nearest_distance(x, y)
    monkeypatch.setattr(metrics, "BLOCK", 70)
    parts = energy_distance(x, y), mmd(x, y), nearest_distance(x, y)
    np.testing.assert_allclose(parts, whole, rtol=1e-9)  # |x - x| rounds


def test_both_ways_to_measure_agree(monkeypatch):
    x, y = normal(50, 10, shift=1e3), normal(30, 10, seed=1, shift=1e3)
    direct = mean_distance(x, y), nearest_distance(x, y)
    monkeypatch.setattr(metrics, "FEW_FEATURES", 0)
    np.testing.assert_allclose((mean_distance(x, y), nearest_distance(x, y)), direct)


def test_images_count_as_vectors():
    x, y = normal(10, 16).astype(np.float32), normal(12, 16, seed=1).astype(np.float32)
    images = x.reshape(10, 4, 4, 1), y.reshape(12, 4, 4, 1)
    assert energy_distance(*images) == energy_distance(x, y)


def test_projections_depend_on_the_seed_alone():
    x, y = normal(20, 4), normal(20, 4, seed=1)
    assert sliced_wasserstein(x, y, rng=3) == sliced_wasserstein(x, y, rng=3)
    assert sliced_wasserstein(x, y, rng=3) != sliced_wasserstein(x, y, rng=4)


# ---- refused arguments -------------------------------------------------------------

X = normal(5, 2)


@each_pair
@pytest.mark.parametrize(
    "y, error, message",
    [
        (normal(5, 3), ShapeError, "expected 2 features.*got 3"),
        (X[:, 0], ShapeError, r"\(n, features\)"),
        (X * np.nan, NonFiniteError, "expected finite numbers"),
        (X.astype(int), DTypeError, "cast with"),
        (X + 0j, ShapeError, "real numbers"),
        ([[0.0, 1.0]], DTypeError, "expected a numpy array"),
        (X[:0], ShapeError, "at least one element"),
    ],
)
def test_bad_rows(distance, y, error, message):
    with pytest.raises(error, match=message):
        distance(X, y)


@pytest.mark.parametrize("distance", [mmd, frechet_distance])
def test_two_rows_are_needed(distance):
    with pytest.raises(ShapeError, match="n >= 2"):
        distance(X, X[:1])


@pytest.mark.parametrize("bandwidths", [0.0, [1.0, -1.0], [], [np.nan], [[1.0]]])
def test_bad_bandwidths(bandwidths):
    with pytest.raises(ArgumentError, match="'bandwidths': expected positive numbers"):
        mmd(X, X, bandwidths)


def test_bad_points_and_counts():
    with pytest.raises(ShapeError, match=r"parabola_residual: .*\(n, 2\).*\(5, 3\)"):
        parabola_residual(normal(5, 3))
    with pytest.raises(ShapeError, match="coverage"):
        coverage(normal(5, 1))
    with pytest.raises(ArgumentError, match="'bins'"):
        coverage(X, bins=0)
    with pytest.raises(ArgumentError, match="'projections'"):
        sliced_wasserstein(X, X, projections=0)


@pytest.mark.parametrize("metric", [modes_covered, high_quality])
def test_bad_arguments_of_modes(metric):
    with pytest.raises(ArgumentError, match=f"{metric.__name__}: argument 'sd'.*> 0"):
        metric(X, X, 0)
    with pytest.raises(ShapeError, match="'centres': expected 2 features, as samples"):
        metric(X, normal(5, 3), 1)
    with pytest.raises(ShapeError, match=r"'samples'.*\(n, features\)"):
        metric(X[:, 0], X, 1)
    with pytest.raises(ShapeError, match="modes_kl.*'centres': expected 2 features"):
        modes_kl(X, normal(5, 3))


def test_bad_arguments_of_precision_and_recall():
    with pytest.raises(ShapeError, match="'real': expected real numbers.*n >= 4"):
        precision_recall(X, X[:3])
    with pytest.raises(ShapeError, match="'fakes': .*n >= 6"):
        precision_recall(X, X, 5)
    with pytest.raises(ArgumentError, match="'neighbours'"):
        precision_recall(X, X, 0)
    with pytest.raises(ShapeError, match="'real': expected 2 features, as fakes has"):
        precision_recall(X, normal(5, 3))


@pytest.mark.parametrize("name", ["energy_distance", "mmd", "nearest_distance"])
def test_numbers_whose_squares_are_none_are_refused(name):
    """They were NaN, or infinite less infinite, without a word."""
    rows = np.linspace(-1, 1, 20).reshape(10, 2)
    with pytest.raises(ArgumentError, match=f"^{name}: argument 'y': expected numbers"):
        getattr(metrics, name)(rows, rows * 1e200)
    assert np.isfinite(getattr(metrics, name)(rows, rows * 1e70))
