"""Elementary functions as layers: what each computes, and bad arguments."""

import numpy as np
import pytest

import minigan as mg
from minigan.errors import MiniganError

X = np.array([[0.5, 2.0, 4.0], [1.0, 3.0, 8.0]])


@pytest.mark.parametrize(
    "layer, y",
    [
        (mg.Log(), np.log(X)),
        (mg.Power(0.5), np.sqrt(X)),
        (mg.Power(-1), 1 / X),
        (mg.Absolute(), X),
        (mg.Clip(1, 3), np.clip(X, 1, 3)),
        (mg.Clip(most=3), np.minimum(X, 3)),
        (mg.Affine(2, -1), 2 * X - 1),
        (mg.Above(2), X > 2),
        (mg.Above(2, True), X >= 2),
        (mg.Sum(), X.sum(1, keepdims=True)),
        (mg.BatchMean(), np.full((2, 1), X.mean())),
        (mg.BatchMean(total=True), np.full((2, 1), X.sum())),
    ],
)
def test_values(layer, y):
    np.testing.assert_allclose(layer.predict(X), y, rtol=1e-12)
    assert layer.predict(X).shape[1:] == layer.output_shape((3,))


def test_a_sum_over_some_axes_and_its_transpose():
    x = np.random.default_rng(0).random((2, 3, 4, 5))
    for axes in (1, 2, 3):
        want = x.sum(tuple(range(4 - axes, 4))).reshape(2, *(x.shape[1:-axes] or (1,)))
        np.testing.assert_allclose(mg.Sum(axes).predict(x), want, rtol=1e-12)
    spread = mg.Spread((2, 3))
    y = spread.forward(np.array([[1.0], [2.0]]))
    assert y.tolist() == [[[1] * 3] * 2, [[2] * 3] * 2]
    assert spread.backward(y).tolist() == [[6], [12]]


def test_noise_is_drawn_in_inference_too():
    layer = mg.Noise((400, 5), 0.5, rng=1)
    y = layer.predict(X)
    assert y.shape == (2, 400, 5) and abs(y.std() - 0.5) < 0.05
    assert (layer.predict(X) != y).all()
    layer.forward(X)
    assert not layer.backward(np.ones_like(y)).any()


@pytest.mark.parametrize(
    "make, argument",
    [
        (lambda: mg.Power(np.nan), "exponent"),
        (lambda: mg.Clip(3, 1), "most"),
        (lambda: mg.Affine("2"), "scale"),
        (lambda: mg.Above(0, 1), "inclusive"),
        (lambda: mg.Sum(0), "axes"),
        (lambda: mg.BatchMean("yes"), "total"),
        (lambda: mg.Noise((3,), -1), "stddev"),
        (lambda: mg.Spread((0,)), "shape"),
        (lambda: mg.Spread(()), "shape"),
        (lambda: mg.Spread(3), "shape"),
        (lambda: mg.Noise(float("nan")), "shape"),
        (lambda: mg.Sum(2).predict(X), "x"),
        (lambda: mg.Sum(2)(mg.Input((3,))), "x"),
    ],
)
def test_bad_arguments(make, argument):
    with pytest.raises(MiniganError, match=f"argument '{argument}'"):
        make()
