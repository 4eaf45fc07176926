"""Curved activations: what each class asks of its curve, and bad arguments."""

import numpy as np
import pytest

from minigan import ELU, GELU, SELU, HardSigmoid, Sequential, Softsign
from minigan.errors import ArgumentError, DTypeError

X = np.array([[-2.0, 0.0, 3.0]])


def test_constants():
    assert ELU(0.5).predict(X).tolist() == [[0.5 * np.expm1(-2), 0, 3]]
    scale, alpha = SELU.SCALE, SELU.ALPHA
    want = [scale * alpha * np.expm1(-2), 0, 3 * scale]
    np.testing.assert_allclose(SELU().predict(X)[0], want, rtol=1e-15)
    want = [0.1, 0.5, 1]
    np.testing.assert_allclose(HardSigmoid().predict(X)[0], want, rtol=1e-15)
    assert HardSigmoid(0.25).predict(X).tolist() == [[0, 0.5, 1]]
    apart = GELU(True).predict(X) - GELU().predict(X)
    assert 1e-5 < np.abs(apart).max() < 1e-3


def test_the_mean_and_variance_that_selu_keeps():
    x = np.random.default_rng(0).standard_normal((200, 500))
    y = SELU().predict(x)
    assert abs(y.mean()) < 0.02 and abs(y.var() - 1) < 0.02


def test_without_dx_nothing_is_computed():
    layer = Sequential([Softsign()])
    layer.forward(X)
    assert layer.backward(X, need_dx=False) is None


BAD = [
    (lambda: ELU(0), ArgumentError, "^ELU: argument 'alpha'"),
    (lambda: ELU(np.nan), ArgumentError, "^ELU: argument 'alpha'"),
    (lambda: HardSigmoid(-1), ArgumentError, "^HardSigmoid: argument 'slope'"),
    (lambda: GELU("yes"), DTypeError, "^GELU: argument 'approximate'"),
]


@pytest.mark.parametrize(("make", "error", "text"), BAD)
def test_bad_arguments(make, error, text):
    with pytest.raises(error, match=text):
        make()
