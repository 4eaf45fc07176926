"""Activations against their formulas, and at their corners."""

import numpy as np
import pytest

from minigan import ClippedReLU, LeakyReLU, ReLU, Sigmoid, Tanh

from ..helpers import assert_close, assert_same_bits, normal

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])

FORMULAS = {
    "relu": (ReLU(), lambda x: np.maximum(x, 0), lambda x: 1.0 * (x > 0)),
    "leaky": (
        LeakyReLU(0.2),
        lambda x: np.where(x > 0, x, 0.2 * x),
        lambda x: np.where(x > 0, 1, 0.2),
    ),
    "steep": (  # max(x, slope x) would be wrong here
        LeakyReLU(3),
        lambda x: np.where(x > 0, x, 3 * x),
        lambda x: np.where(x > 0, 1, 3),
    ),
    "clipped": (
        ClippedReLU(1.0, 0.1, 0.2),
        lambda x: np.where(x > 0.2, np.minimum(x, 1), 0.1 * (x - 0.2)),
        lambda x: np.where(x > 0.2, x < 1, 0.1),
    ),
    "without a bound": (
        ClippedReLU(None, 0.3, 0.2),
        lambda x: np.where(x > 0.2, x, 0.3 * (x - 0.2)),
        lambda x: np.where(x > 0.2, 1, 0.3),
    ),
    "sigmoid": (
        Sigmoid(),
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: np.exp(-x) / (1 + np.exp(-x)) ** 2,
    ),
    "tanh": (Tanh(), np.tanh, lambda x: 1 / np.cosh(x) ** 2),
}


@each_type
@pytest.mark.parametrize("shape", [(1, 1), (7, 5), (2, 3, 4)])
@pytest.mark.parametrize("layer, f, df", FORMULAS.values(), ids=FORMULAS)
def test_forward_and_backward_by_the_formula(layer, f, df, shape, dtype):
    x, dy = normal(*shape, dtype=dtype), normal(*shape, dtype=dtype, seed=1)
    assert_close(layer.forward(x), f(x.astype(np.float64)), dtype)
    assert_close(layer.backward(dy), dy * df(x.astype(np.float64)), dtype)


CORNERS = {  # the derivative at 0, and whether NaN passes
    "relu": (ReLU(), 0.0),
    "leaky": (LeakyReLU(0.25), 0.25),
    "clipped": (ClippedReLU(1.0, 0.5), 0.5),
    "sigmoid": (Sigmoid(), 0.25),
    "tanh": (Tanh(), 1.0),
}


@pytest.mark.parametrize("layer, slope", CORNERS.values(), ids=CORNERS)
def test_the_derivative_at_zero(layer, slope):
    layer.forward(np.array([[0.0, -0.0]], np.float32))
    dx = layer.backward(np.full((1, 2), 2, np.float32))
    assert_same_bits(dx, np.full((1, 2), 2 * slope, np.float32))


@pytest.mark.parametrize("layer, slope", CORNERS.values(), ids=CORNERS)
def test_nan_passes(layer, slope):
    assert np.isnan(layer.predict(np.full((1, 1), np.nan))).all()


@pytest.mark.parametrize("layer", [Sigmoid(), Tanh()], ids=["sigmoid", "tanh"])
def test_far_out_the_gradient_is_zero_without_a_warning(layer):
    with np.errstate(all="raise", under="ignore"):
        layer.forward(np.array([[-1e30, -1e4, 1e4, 1e30]], np.float32))
        dx = layer.backward(np.ones((1, 4), np.float32))
    assert not dx.any()


def test_the_sigmoid_reaches_one_where_it_should():
    x = np.array([[16.63, 16.64]], np.float32)
    y = Sigmoid().predict(x)
    assert y[0, 0] < 1 and y[0, 1] == 1
    assert Sigmoid().predict(np.array([[36.8]]))[0, 0] == 1


def test_a_zero_row_takes_the_slope():
    layer = LeakyReLU(0.3)
    layer.forward(np.zeros((2, 3), np.float32))
    assert (layer.backward(np.ones((2, 3), np.float32)) == np.float32(0.3)).all()


def test_keras_default_slope():
    assert LeakyReLU().negative_slope == 0.3
    assert LeakyReLU(0.2).config() == {"negative_slope": 0.2}


def test_without_dx_nothing_is_computed():
    for layer, _ in CORNERS.values():
        y = layer.forward(normal(2, 3))
        assert layer.backward(y, need_dx=False) is None
