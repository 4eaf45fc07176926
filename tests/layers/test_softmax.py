"""Softmax: rows of probabilities, and its gradient."""

import numpy as np
import pytest

from minigan import Softmax, gradcheck
from tests.helpers import normal


@pytest.mark.parametrize("shape", [(5, 4), (3, 2, 6)])
def test_rows_add_up_to_one_and_keep_the_type(shape):
    y = Softmax().predict(normal(*shape))
    assert y.shape == shape and y.dtype == np.float32
    np.testing.assert_allclose(y.sum(axis=-1), 1, rtol=1e-6)


def test_definition_and_large_scores():
    x = normal(6, 4, dtype=np.float64)
    e = np.exp(x)
    np.testing.assert_allclose(
        Softmax().predict(x), e / e.sum(axis=1, keepdims=True), rtol=1e-14
    )
    np.testing.assert_array_equal(
        Softmax().predict(np.array([[1e4, 0.0], [-1e4, -1e4]])), [[1, 0], [0.5, 0.5]]
    )


@pytest.mark.parametrize("shape", [(5, 4), (3, 2, 6)])
def test_gradient(shape):
    report = gradcheck(Softmax(), shape=shape)
    assert report.ok, report
