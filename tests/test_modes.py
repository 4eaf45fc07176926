"""Mixtures of normal distributions: every mode is there, and where it should be."""

import numpy as np
import pytest

from minigan.errors import ArgumentError
from minigan.modes import GRID, RING, Modes, grid, ring


def gaps(centres):
    """The distance from each centre to the one nearest to it."""
    apart = np.linalg.norm(centres[:, None] - centres, axis=2)
    np.fill_diagonal(apart, np.inf)
    return apart.min(axis=1)


def test_a_ring_of_eight_has_eight_modes():
    """linspace(0, 2 pi, 8) with both ends would make two of them one."""
    assert RING.centres.shape == (8, 2) and RING.sd == 0.02
    np.testing.assert_allclose(np.linalg.norm(RING.centres, axis=1), 2)
    np.testing.assert_allclose(gaps(RING.centres), 4 * np.sin(np.pi / 8))
    np.testing.assert_allclose(RING.centres.sum(axis=0), 0, atol=1e-12)
    with_both_ends = np.linspace(0, 2 * np.pi, 8)
    wrong = 2 * np.stack([np.cos(with_both_ends), np.sin(with_both_ends)], axis=1)
    assert len(np.unique(wrong.round(9), axis=0)) == 7
    assert gaps(wrong).min() < 1e-12


@pytest.mark.parametrize("count", [1, 2, 3, 7, 100])
def test_rings_of_any_size(count):
    centres = ring(count, 3.0)
    np.testing.assert_allclose(centres[0], [3, 0])
    assert len(np.unique(centres.round(9), axis=0)) == count


def test_a_grid_of_25():
    assert GRID.centres.shape == (25, 2) and GRID.sd == 0.05
    np.testing.assert_allclose(gaps(GRID.centres), 2)
    assert set(GRID.centres.ravel()) == {-4.0, -2.0, 0.0, 2.0, 4.0}
    np.testing.assert_array_equal(
        GRID.centres[[0, 1, 5]], [[-4, -4], [-2, -4], [-4, -2]]
    )
    np.testing.assert_array_equal(grid(2, 1.0)[0], [-0.5, -0.5])


def test_points_are_of_their_modes():
    points, labels = RING.drawn(np.random.default_rng(0), 8_000)
    assert points.dtype == np.float32 and labels.dtype == np.uint8
    counts = np.bincount(labels, minlength=8)
    assert counts.min() > 850 and counts.max() < 1150
    noise = (points - RING.centres[labels]) / RING.sd
    assert abs(noise.mean()) < 0.03 and abs(noise.std() - 1) < 0.03
    line = Modes(np.array([[1.0], [2.0]]), 0.1)
    assert len(line) == 2 and line.drawn(np.random.default_rng(0), 5)[0].shape == (5, 1)


def test_bad_arguments():
    for make, arguments in (
        (ring, (0,)),
        (ring, (3, 0)),
        (grid, (0,)),
        (grid, (2, -1)),
    ):
        with pytest.raises(ArgumentError, match=make.__name__):
            make(*arguments)
