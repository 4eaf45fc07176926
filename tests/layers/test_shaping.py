"""Flatten and Reshape move no number."""

import numpy as np
import pytest

from minigan import Flatten, Reshape
from minigan.errors import ShapeError

from ..helpers import assert_same_bits, normal


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 4), (1, 28, 28, 1)])
def test_flatten_there_and_back(shape):
    layer, x = Flatten(), normal(*shape)
    y = layer.forward(x)
    assert_same_bits(y, x.reshape(shape[0], -1))
    assert_same_bits(layer.backward(y), x)
    assert layer.backward_pass(y, shape, need_dx=False) is None


@pytest.mark.parametrize("target", [(6,), (2, 3), [3, 2, 1]])
def test_reshape_there_and_back(target):
    layer, x = Reshape(target), normal(4, 6)
    y = layer.forward(x)
    assert_same_bits(y, x.reshape(4, *target))
    assert_same_bits(layer.backward(y), x)
    assert layer.backward_pass(y, x.shape, need_dx=False) is None


@pytest.mark.parametrize("method", ["forward", "predict"])
def test_reshape_refuses_another_number_of_elements(method):
    message = r"argument 'x': expected 6 elements an example for \(2, 3\), got 5$"
    with pytest.raises(ShapeError, match=message):
        getattr(Reshape((2, 3)), method)(normal(4, 5))


def test_shapes_known_and_unknown():
    assert Flatten().output_shape((28, 28, 1)) == (784,)
    assert Flatten().output_shape(None) is None
    assert Reshape((28, 28, 1)).output_shape(None) == (28, 28, 1)
    assert Reshape(np.array([2, 3]).tolist()).config() == {"target_shape": (2, 3)}
