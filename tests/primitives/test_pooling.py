"""Pooling by hand: which pixel, which mean, where the gradient goes."""

import numpy as np
import pytest

from minigan import primitives

pytestmark = pytest.mark.usefixtures("formulas")
X = np.array([[[1.0, -1], [3, -3], [3, -2], [0, -5]]])  # 4 pixels of 2 channels
INDEX = np.array([[0, 1, 2], [2, 3, -1]])


def test_the_largest_and_where_it_stands():
    """Of equal numbers the first; no pixel is smaller than any number."""
    y, place = primitives.max_pool(X, INDEX)
    assert y.tolist() == [[[3, -1], [3, -2]]]
    assert place.tolist() == [[[1, 0], [2, 2]]]
    assert primitives.take_pixels(2 * X, place).tolist() == [[[6, -2], [6, -4]]]
    dx = primitives.add_pixels(np.array([[[1.0, 2], [4, 8]]]), place, 4)
    assert dx.tolist() == [[[0, 2], [1, 0], [4, 8], [0, 0]]]
    y, place = primitives.max_pool(np.where(X == 0, np.nan, X), INDEX)
    assert np.isnan(y[0, 1, 0]) and place[0, 1, 0] == 3


def test_the_mean_of_the_pixels_that_there_are():
    y = primitives.mean_pool(X, INDEX)
    assert y.tolist() == [[[7 / 3, -2], [1.5, -3.5]]]
    dx = primitives.mean_pool_backward(np.array([[[3.0, 6], [4, 8]]]), INDEX, 4)
    assert dx.tolist() == [[[1, 2], [1, 2], [3, 6], [2, 4]]]
