"""Activations at their kinks and zeros, by hand."""

import numpy as np
import pytest

from minigan import primitives

pytestmark = pytest.mark.usefixtures("formulas")
AT = np.array([-2.0, -0.0, 0.0, 0.5, 1.0, 3.0])


def test_relu():
    """Of -0 it makes 0; at the kink the derivative is 0."""
    y = primitives.relu_forward(AT)
    assert y.tolist() == [0, 0, 0, 0.5, 1, 3] and not np.signbit(y).any()
    dx = primitives.relu_backward(np.full(6, 7.0), AT)
    assert dx.tolist() == [0, 0, 0, 7, 7, 7]


def test_leaky_relu():
    assert primitives.leaky_relu_forward(AT, 0.25).tolist() == [-0.5, 0, 0, 0.5, 1, 3]
    dx = primitives.leaky_relu_backward(np.full(6, 4.0), AT, 0.25)
    assert dx.tolist() == [1, 1, 1, 4, 4, 4]


def test_clipped_relu():
    """From the limit on it is flat; up to the threshold it has the slope."""
    y = primitives.clipped_relu_forward(AT, 0.25, 0.5, 1.0)
    assert y.tolist() == [-0.625, -0.125, -0.125, 0, 1, 1]
    dx = primitives.clipped_relu_backward(np.full(6, 4.0), AT, 0.25, 0.5, 1.0)
    assert dx.tolist() == [1, 1, 1, 1, 0, 0]
    above = np.array([0.75, 0.999])
    assert primitives.clipped_relu_forward(above, 0.25, 0.5, 1.0).tolist() == [
        *above.tolist()
    ]
    assert primitives.clipped_relu_backward(above, above, 0.25, 0.5, 1.0).tolist() == [
        *above.tolist()
    ]


def test_sigmoid_and_tanh():
    s = 1 / (1 + np.exp(-AT))
    np.testing.assert_allclose(primitives.sigmoid_forward(AT), s, rtol=1e-14)
    np.testing.assert_allclose(
        primitives.sigmoid_backward(np.full(6, 2.0), s), 2 * s * (1 - s), rtol=1e-14
    )
    far = primitives.sigmoid_forward(np.array([800.0, -800.0]))
    assert far.tolist() == [1.0, 0.0]
    t = np.tanh(AT)
    np.testing.assert_allclose(primitives.tanh_forward(AT), t, rtol=1e-14)
    np.testing.assert_allclose(
        primitives.tanh_backward(np.full(6, 2.0), t), 2 * (1 - t * t), rtol=1e-14
    )
