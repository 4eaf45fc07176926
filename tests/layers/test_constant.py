"""The layer that learns one row."""

import numpy as np

import minigan as mg


def test_one_row_whatever_x_is():
    layer = mg.LearnedConstant(3, 2, mg.RandomNormal(), rng=0, dtype=np.float64)
    x = np.random.default_rng(0).standard_normal((4, 3))
    y = layer.forward(x)
    np.testing.assert_array_equal(y, np.tile(layer.b.value, (4, 1)))
    dy = np.arange(8.0).reshape(4, 2)
    np.testing.assert_array_equal(layer.backward(dy), np.zeros((4, 3)))
    np.testing.assert_array_equal(layer.b.grad, dy.sum(0))


def test_in_a_graph_and_a_network_it_is_a_layer_like_others():
    network = mg.Sequential([mg.LearnedConstant(2, 3, "ones"), mg.Dense(3, 1)])
    assert network.predict(np.zeros((5, 2), np.float32)).shape == (5, 1)
    mg.gradcheck(network, shape=(5, 2)).assert_ok()
