"""Dense against its formula."""

import numpy as np
import pytest

from minigan import Dense
from minigan.errors import MiniganError, ShapeError

from ..helpers import assert_close, fingerprint, normal

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@each_type
@pytest.mark.parametrize("n, inputs, units", [(1, 1, 1), (2, 3, 1), (7, 5, 9)])
def test_forward_and_backward_by_the_formula(dtype, n, inputs, units):
    layer = Dense(inputs, units, bias_initializer="he_normal", rng=1, dtype=dtype)
    x, dy = normal(n, inputs, dtype=dtype), normal(n, units, dtype=dtype, seed=2)
    W, b = (p.value.astype(np.float64) for p in layer.parameters)
    assert_close(layer.forward(x), x @ W + b, dtype)
    assert_close(layer.backward(dy), dy @ W.T, dtype)
    assert_close(layer.W.grad, x.astype(np.float64).T @ dy, dtype)
    assert_close(layer.b.grad, dy.sum(axis=0, dtype=np.float64), dtype)


@each_type
def test_without_a_bias(dtype):
    """One parameter, and the numbers of a layer whose bias is zero and stays so."""
    one = Dense(5, 3, rng=1, dtype=dtype, use_bias=False)
    two = Dense(5, 3, rng=1, dtype=dtype)
    assert [p.name for p in one.parameters] == ["W"] and one.b is None
    x, dy = normal(7, 5, dtype=dtype), normal(7, 3, dtype=dtype, seed=2)
    assert one.forward(x).tobytes() == two.forward(x).tobytes()
    assert one.backward(dy).tobytes() == two.backward(dy).tobytes()
    assert one.W.grad.tobytes() == two.W.grad.tobytes()
    assert one.config()["use_bias"] is False
    with pytest.raises(MiniganError, match="Dense: argument 'use_bias'"):
        Dense(5, 3, use_bias=1)


def test_small_numbers_by_hand():
    layer = Dense(2, 1, "ones", "ones")
    y = layer.forward(np.array([[1, 2], [3, 5]], np.float32))
    assert y.tolist() == [[4], [9]]
    dx = layer.backward(np.array([[1], [10]], np.float32))
    assert dx.tolist() == [[1, 1], [10, 10]]
    assert layer.W.grad.tolist() == [[31], [52]] and layer.b.grad.tolist() == [11]


def test_the_gradient_uses_the_x_of_its_own_forward():
    layer = Dense(2, 1, "ones")
    layer.forward(np.ones((1, 2), np.float32))
    layer.forward(np.full((1, 2), 5, np.float32))
    layer.backward(np.ones((1, 1), np.float32))
    assert layer.W.grad.tolist() == [[5], [5]]


def test_one_seed_one_layer():
    assert fingerprint(Dense(4, 3, rng=7)) == fingerprint(Dense(4, 3, rng=7))
    assert fingerprint(Dense(4, 3, rng=7)) != fingerprint(Dense(4, 3, rng=8))


def test_layers_with_one_generator_differ():
    rng = np.random.default_rng(0)
    assert fingerprint(Dense(4, 3, rng=rng)) != fingerprint(Dense(4, 3, rng=rng))


def test_global_random_state_is_left_alone():
    before = np.random.get_state()[1].tobytes()  # noqa: NPY002
    Dense(4, 3).forward(normal(2, 4))
    assert np.random.get_state()[1].tobytes() == before  # noqa: NPY002


@pytest.mark.parametrize(
    "shape, given",
    [
        ((64, 783), r"\(64, 783\)"),
        ((784,), r"\(784,\)"),
        ((1, 1, 784), r"\(1, 1, 784\)"),
    ],
)
def test_the_message_for_a_wrong_shape(shape, given):
    message = (
        rf"^Dense.forward: argument 'x': expected shape \(batch, 784\), got {given}$"
    )
    with pytest.raises(ShapeError, match=message):
        Dense(784, 2).forward(np.zeros(shape, np.float32))


def test_config_and_repr():
    layer = Dense(5, 15, "he_uniform")
    assert repr(layer) == (
        "Dense(inputs=5, units=15, kernel_initializer='he_uniform', "
        "bias_initializer='zeros', use_bias=True)"
    )
    assert layer.output_shape(None) == (15,)
