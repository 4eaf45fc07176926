"""What is measured, by hand."""

import math

import numpy as np
import pytest

from minigan import primitives

pytestmark = pytest.mark.usefixtures("formulas")
Z = np.array([[-1.0], [0.5], [2.0], [0.5]])


def close(got, expected):
    np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-13)


def test_moments_of_scores_and_of_probabilities():
    mean, std = primitives.moments(Z)
    close(mean, 0.5)
    close(std, math.sqrt((1.5**2 + 1.5**2) / 4))
    p = [1 / (1 + math.exp(-z)) for z in Z[:, 0]]
    mean, std = primitives.sigmoid_moments(Z)
    close(mean, sum(p) / 4)
    close(std, math.sqrt(sum((x - sum(p) / 4) ** 2 for x in p) / 4))


def test_shares_on_the_right_side_of_a_threshold():
    """On the threshold itself a score does not call a row real."""
    assert float(primitives.accuracy(Z, 0.5, 1)) == 0.25
    assert float(primitives.accuracy(Z, 0.5, 0)) == 0.75
    assert float(primitives.accuracy(Z, 0.0, 1)) == 0.75
    assert float(primitives.accuracy(Z, -2.0, 0)) == 0.0


def test_mean_and_length():
    assert float(primitives.average(np.array(3.0), np.array(8.0))) == 5.5
    assert float(primitives.norm(np.array([3.0, -4.0, 12.0]))) == 13.0


def test_cells():
    """A table is written from its first row on again, where it is full."""
    table, cursor = np.zeros((3, 2)), np.array(4)
    primitives.record(np.array(7.0), 1, cursor, table)
    assert table.tolist() == [[0, 0], [0, 7], [0, 0]]
    primitives.advance(cursor)
    assert int(cursor) == 5
