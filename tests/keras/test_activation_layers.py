"""Activation layers of the front: their weights, shapes and refusals."""

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError, MiniganError
from minigan.keras import layers

X = np.array([[-2.0, -1.0, 0.5]], np.float32)


def test_prelu_has_a_slope_for_each_number_or_channel():
    model = keras.Sequential([layers.PReLU(input_shape=(4, 3, 2))])
    assert model.get_weights()[0].shape == (4, 3, 2)
    assert model.weights[0].name.endswith("/alpha")
    shared = keras.Sequential(
        [layers.PReLU("ones", shared_axes=[1, 2], input_shape=(4, 3, 2))]
    )
    assert shared.get_weights()[0].shape == (1, 1, 2)
    x = -np.ones((2, 4, 3, 2), np.float32)
    assert (shared.predict(x, verbose=0) == x).all()
    assert not model.predict(x, verbose=0).any()
    with pytest.raises(ArgumentError, match=r"'shared_axes': .*\[1, 2\], all axes but"):
        keras.Sequential([layers.PReLU(shared_axes=[1], input_shape=(4, 3, 2))])


def test_elu_as_a_layer_as_an_argument_and_by_name():
    want = [[0.5 * np.expm1(-2), 0.5 * np.expm1(-1), 0.5]]
    model = keras.Sequential([layers.Input(shape=(3,)), layers.ELU(0.5)])
    np.testing.assert_allclose(model.predict(X, verbose=0), want, rtol=1e-6)
    model = keras.Sequential([layers.Dense(3, activation=layers.ELU(), input_dim=3)])
    model.set_weights([np.eye(3), np.zeros(3)])
    by_name = keras.activations.elu(X)
    np.testing.assert_allclose(model.predict(X, verbose=0), by_name, rtol=1e-6)
    with pytest.raises(MiniganError, match="ELU: argument 'alpha'"):
        layers.ELU(-1.0)


def test_noise_in_training_only():
    model = keras.Sequential([layers.GaussianNoise(0.5, seed=1, input_shape=(3,))])
    assert (model.predict(X, verbose=0) == X).all()
    assert (model(X, training=True) != X).all()
