"""GaussianNoise: in training only, and of the size that was asked for."""

import numpy as np
import pytest

from minigan import GaussianNoise
from minigan.errors import ArgumentError

from ..helpers import assert_same_bits, normal


def test_noise_in_training_only():
    layer, x = GaussianNoise(0.5, rng=0), normal(400, 30)
    assert_same_bits(layer.forward(x), x)
    noise = layer.forward(x, training=True) - x
    assert abs(noise.mean()) < 0.02 and abs(noise.std() - 0.5) < 0.02
    assert_same_bits(layer.backward(x), x)
    again = layer.forward(x, training=True) - x
    assert (again != noise).any()


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="^GaussianNoise: argument 'stddev'"):
        GaussianNoise(-0.1)
    assert np.isfinite(GaussianNoise(0).forward(normal(2, 3), training=True)).all()
