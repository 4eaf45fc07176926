"""PReLU: slopes by hand, shared by the pixels of an image."""

import numpy as np
import pytest

from minigan import PReLU
from minigan.errors import MiniganError

X = np.array([[-2.0, 3.0], [-4.0, -1.0]])


def test_slopes_and_their_gradients():
    layer = PReLU(2, dtype="float64")
    assert not layer.predict(X)[X < 0].any()  # at first a ReLU
    layer.alpha.value[...] = [0.5, 0.25]
    assert layer.forward(X).tolist() == [[-1, 3], [-2, -0.25]]
    dx = layer.backward(np.array([[1.0, 1], [2, 4]]))
    assert dx.tolist() == [[0.5, 1], [1, 1]]
    assert layer.alpha.grad.tolist() == [-10, -4]


def test_the_pixels_of_a_channel_share_a_slope():
    layer = PReLU(1, "ones", positions=2, dtype="float64")
    assert layer.forward(X).tolist() == X.tolist()
    layer.backward(np.ones((2, 2)))
    assert layer.alpha.grad.tolist() == [-7]


def test_frozen_it_learns_nothing():
    layer = PReLU(2, dtype="float64")
    with layer.frozen():
        layer.forward(X)
        assert layer.backward(X).shape == X.shape
    assert not layer.alpha.grad.any()


@pytest.mark.parametrize("features", [0, (), (2, 0), "2"])
def test_bad_features(features):
    with pytest.raises(MiniganError, match="^PReLU: argument 'features': expected"):
        PReLU(features)
