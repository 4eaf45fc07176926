"""Steps of optimizers by hand, number by number."""

import math

import numpy as np
import pytest

from minigan import primitives

pytestmark = pytest.mark.usefixtures("formulas")
THETA, GRADIENT = (1.0, -2.0, 0.5), (0.5, 4.0, -0.25)


def vectors(*values):
    return [np.array(v, np.float64) for v in values]


def close(got, expected):
    np.testing.assert_allclose(got, expected, rtol=1e-13)


def flag():
    return np.zeros((), np.int64)


@pytest.mark.parametrize("corrected", [0, 1])
def test_the_numbers_of_adams_third_step(corrected):
    t = np.array(2)
    found = primitives.adam_schedule(t, np.array(0.1), 0.5, 0.75, 1e-3, corrected)
    assert int(t) == 3
    root = math.sqrt(1 - 0.75**3)
    close(found, [0.1 * root / (1 - 0.5**3), 1e-3 * (root if corrected else 1)])


def test_a_step_of_adam():
    theta, dtheta, m, v = vectors(THETA, GRADIENT, (0.1, 0.2, 0.3), (0.01, 0.02, 0.03))
    expected = [list(x) for x in (theta, m, v)]
    for k, g in enumerate(GRADIENT):
        expected[1][k] = 0.9 * expected[1][k] + 0.1 * g
        expected[2][k] = 0.75 * expected[2][k] + 0.25 * g * g
        expected[0][k] -= 0.2 * expected[1][k] / (math.sqrt(expected[2][k]) + 1e-3)
    overflow, schedule = flag(), np.array([0.2, 1e-3])
    primitives.adam_update(theta, dtheta, m, v, schedule, 0.9, 0.75, overflow)
    close([theta, m, v], expected)
    assert int(overflow) == 0
    again, _, m, v = vectors(THETA, GRADIENT, (0.1, 0.2, 0.3), (0.01, 0.02, 0.03))
    arguments = again, dtheta, m, v, schedule, 0.9, 0.75, overflow
    length = primitives.adam_update_norm(*arguments)
    close(again, expected[0])
    close(length, math.sqrt(0.25 + 16 + 0.0625))


def test_a_step_of_sgd():
    theta, dtheta, velocity = vectors(THETA, GRADIENT, (0.1, 0.2, 0.3))
    moved = [0.9 * v - 0.5 * g for v, g in zip((0.1, 0.2, 0.3), GRADIENT, strict=True)]
    primitives.sgd_update(theta, dtheta, velocity, np.array(0.5), 0.9, flag())
    close(velocity, moved)
    close(theta, [a + b for a, b in zip(THETA, moved, strict=True)])


def test_a_step_of_rmsprop():
    before = (0.1, 0.2, 0.3), (0.01, 0.02, 0.03)
    theta, dtheta, square, velocity = vectors(THETA, GRADIENT, *before)
    expected = []
    for a, g, s, v in zip(THETA, GRADIENT, *before, strict=True):
        s = 0.75 * s + 0.25 * g * g
        v = 0.5 * v + 0.1 * g / math.sqrt(s + 1e-3)
        expected.append((a - v, s, v))
    numbers = np.array(0.1), 0.75, 0.5, 1e-3
    primitives.rmsprop_update(theta, dtheta, square, velocity, *numbers, flag())
    close(np.transpose([theta, square, velocity]), expected)


def spoiled(primitive, place, extra):
    """What `overflow` says after a step with infinity in one vector."""
    given = vectors(THETA, GRADIENT, (0.1, 0.2, 0.3), (0.01, 0.02, 0.03))
    count = {"sgd_update": 3}.get(primitive.name, 4)
    given[place][1] = np.inf
    overflow = flag()
    with np.errstate(all="ignore"):
        primitive(*given[:count], *extra, overflow)
    return int(overflow)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_an_overflow_is_said(place):
    adam, rms = (np.array([0.2, 1e-3]), 0.9, 0.75), (np.array(0.1), 0.75, 0.5, 1e-3)
    assert spoiled(primitives.adam_update, place, adam) == 1
    assert spoiled(primitives.rmsprop_update, place, rms) == 1
    if place < 3:
        assert spoiled(primitives.sgd_update, place, (np.array(0.5), 0.9)) == 1


def test_an_overflow_stays_said():
    theta, dtheta, velocity = vectors(THETA, GRADIENT, THETA)
    overflow = np.array(1)
    primitives.sgd_update(theta, dtheta, velocity, np.array(0.5), 0.9, overflow)
    assert int(overflow) == 1


def test_bounds_and_averages():
    theta = np.array([-2.0, -0.5, 0.0, 0.25, 0.5, 3.0, np.nan])
    primitives.clip(theta, 0.5)
    np.testing.assert_array_equal(theta, [-0.5, -0.5, 0.0, 0.25, 0.5, 0.5, np.nan])
    average = np.array([1.0, 2.0])
    primitives.average_update(average, np.array([3.0, -2.0]), 0.75)
    assert average.tolist() == [1.5, 1.0]
