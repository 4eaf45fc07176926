"""Dropout by hand."""

import numpy as np

from minigan import primitives


class Drawn:
    """A generator that draws what it is told."""

    def __init__(self, *numbers):
        self.numbers = numbers

    def random(self, shape, dtype):
        return np.reshape(np.array(self.numbers, dtype), shape)


def test_what_is_drawn_below_the_rate_is_left_out():
    """On the rate itself it stays, and all that stays is larger by 1 / (1 - rate)."""
    x, (y, mask) = np.array([[1.0, 2.0, 3.0, 4.0]]), np.empty((2, 1, 4))
    rng = Drawn(0.0, 0.2, 0.25, 0.9)
    primitives.dropout_forward.formula(x, rng, 0.25, y, mask)
    assert mask.tolist() == [[0, 0, 1 / 0.75, 1 / 0.75]]
    assert y.tolist() == [[0, 0, 3 / 0.75, 4 / 0.75]]
    dx = np.empty_like(x)
    primitives.dropout_backward.formula(2 * x, mask, dx)
    assert dx.tolist() == [[0, 0, 6 / 0.75, 8 / 0.75]]
