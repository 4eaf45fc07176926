"""Points whose truth is known."""

import numpy as np
import pytest

from minigan import use_backend
from minigan.errors import MiniganError
from minigan.gan import Mixture, Parabola, Trainer
from minigan.gan.rngs import rngs
from minigan.modes import GRID, RING

from .small import build, state

BACKENDS = pytest.mark.parametrize("backend", ["jit", "numpy"])
RNG = np.random.default_rng(0)


@BACKENDS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parabola_points_lie_on_the_parabola(backend, dtype):
    with use_backend(backend):
        points = Parabola(np.random.default_rng(0), dtype).batch(5000)
    x, y = points.T
    assert points.dtype == dtype and points.shape == (5000, 2)
    np.testing.assert_array_equal(y, x * x)
    assert -0.5 <= x.min() < -0.499 and 0.499 < x.max() < 0.5
    assert abs(x.mean()) < 0.02 and abs(x.std() - 12**-0.5) < 0.01


@BACKENDS
def test_parabola_draws_are_those_of_the_stream(backend):
    with use_backend(backend):
        points = Parabola(rngs(3)["data"], np.float64).batch(7)
    expected = rngs(3)["data"].random((7, 1)) - 0.5
    np.testing.assert_array_equal(points[:, :1], expected)


@BACKENDS
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_points_of_a_mixture(backend, dtype):
    with use_backend(backend):
        points = Mixture(GRID.centres, GRID.sd, 0, dtype).batch(5000)
    assert points.dtype == dtype and points.shape == (5000, 2)
    apart = np.linalg.norm(points[:, None] - GRID.centres, axis=2)
    which = apart.argmin(axis=1)
    counts = np.bincount(which, minlength=25)
    assert counts.min() > 140 and counts.max() < 260
    noise = (points - GRID.centres[which]) / GRID.sd
    assert abs(noise.mean()) < 0.03 and abs(noise.std() - 1) < 0.03


def test_a_mixture_draws_from_any_stream_and_says_what_it_is():
    source = Mixture(RING.centres, RING.sd, rngs(3)["data"])
    one, two = (source.draw(9, np.random.default_rng(4)) for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert not np.array_equal(source.batch(9), source.batch(9))
    assert source.features == 2 and len(source.modes) == 8 and source.rows is None
    again = Mixture.rebuilt(source.config(), None, np.random.default_rng(0), np.float32)
    np.testing.assert_array_equal(again.modes.centres, RING.centres)
    assert again.config() == source.config() and again.modes.sd == RING.sd


def test_a_mixture_of_ones_own_is_captured_saved_and_resumed(tmp_path):
    """Eager, captured, and resumed in between: the same bytes."""

    def made(capture):
        trainer = build(capture=capture, backend="jit")
        trainer.data = Mixture([[0.5, 0.5], [-0.5, 0.0], [0.0, 1.0]], 0.1, 7)
        return trainer

    whole, eager, first = made(True), made(False), made(True)
    whole.fit(6, report_every=None)
    eager.fit(6, report_every=None)
    first.fit(2, report_every=None)
    first.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c")
    resumed.fit(4, report_every=None)
    assert state(resumed) == state(whole) == state(eager)


@pytest.mark.parametrize(
    "centres, sd, message",
    [
        ([[0, 1], [2]], 1, "'centres': expected rows of numbers"),
        ([["a", "b"]], 1, "'centres': expected rows of numbers"),
        ([0.0, 1.0], 1, r"'centres': expected shape \(k, D\), got \(2,\)"),
        ([[0.0, np.nan]], 1, "'centres': expected finite numbers"),
        ("ring", 1, "'centres': expected a numpy array"),
        ([[0, 1]], 0, "'sd': expected a finite number > 0, got 0"),
        ([[0, 1]], "wide", "'sd': expected a finite number > 0, got 'wide'"),
    ],
)
def test_bad_mixtures(centres, sd, message):
    with pytest.raises(MiniganError, match=f"Mixture: argument {message}"):
        Mixture(centres, sd, 0)


@pytest.mark.parametrize("rng", [None, "0", 1.5, np.random])
def test_parabola_wants_a_generator(rng):
    with pytest.raises(
        MiniganError, match="Parabola: argument 'rng': expected a numpy"
    ):
        Parabola(rng)


@pytest.mark.parametrize("dtype", ["nonsense", int, complex, None])
def test_parabola_wants_a_float_type(dtype):
    with pytest.raises(MiniganError, match="'dtype': expected float32 or float64"):
        Parabola(RNG, dtype)


def test_points_on_the_parabola_are_healthy_and_others_are_not():
    source = Parabola(0)
    x = np.linspace(-0.5, 0.5, 400, endpoint=False)
    good = np.stack([x, x * x], axis=1).astype(np.float32)
    quality = source.quality(good, 3)
    assert quality.healthy and quality.metrics["coverage"] == 1
    assert quality.metrics["residual"] < 1e-7
    assert 0 < quality.metrics["energy_distance"] < Parabola.COVERED
    for bad in (good + [0, 0.02], good * [0.5, 0.25]):  # off the curve; half of it
        assert not source.quality(bad.astype(np.float32), 3).healthy
    assert source.quality(good, 3) == quality != source.quality(good, 4)


def test_the_quality_of_a_mixtures_samples():
    source = Mixture(RING.centres, RING.sd, 0)
    real, labels = RING.drawn(np.random.default_rng(5), 2000)
    found = source.quality(real, seed=1)
    assert found.healthy and found == source.quality(real, seed=1)
    assert found.metrics["modes"] == 8 and found.metrics["high_quality"] > 0.98
    assert found.metrics["kl"] < 0.01
    assert min(found.metrics["precision"], found.metrics["recall"]) > 0.9
    without = source.quality(real[labels > 0], seed=1)
    assert not without.healthy and without.metrics["recall"] < 0.9
    wide = RING.centres[labels] + 3 * (real - RING.centres[labels])
    assert not source.quality(wide, seed=1).healthy
    uneven = np.concatenate([real, *[real[labels == 0]] * 9])
    assert source.quality(uneven, seed=1).metrics["modes"] == 8
    assert not source.quality(uneven, seed=1).healthy
