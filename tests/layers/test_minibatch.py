"""Minibatch discrimination beside its formula and PyTorch."""

import numpy as np
import pytest

import minigan as mg
from minigan import MinibatchDiscrimination, gradcheck
from minigan.errors import MiniganError


def made(dtype=np.float64):
    return MinibatchDiscrimination(4, 3, 2, rng=1, dtype=dtype)


def by_hand(x, W):
    """The definition, row by row and pair by pair."""
    m = (x @ W).reshape(len(x), 3, 2)
    o = np.zeros((len(x), 3))
    for i in range(len(x)):
        for j in range(len(x)):
            o[i] += np.exp(-np.abs(m[i] - m[j]).sum(axis=1))
    return np.hstack([x, o])


@pytest.mark.parametrize("backend", ["jit", "numpy"])
def test_it_is_its_definition(backend):
    layer, x = made(), np.random.default_rng(0).standard_normal((5, 4))
    with mg.use_backend(backend):
        np.testing.assert_allclose(layer.predict(x), by_hand(x, layer.W.value), 1e-13)


def test_equal_rows_are_near_and_a_single_one_is_alone():
    layer = made()
    rows = np.ones((6, 4))
    assert (layer.predict(rows)[:, 4:] == 6).all()
    assert (layer.predict(rows[:1])[:, 4:] == 1).all()
    assert layer.output_shape((4,)) == (7,)


@pytest.mark.parametrize("rows", [1, 2, 9])
def test_gradient_by_complex_step(rows):
    report = gradcheck(made(), shape=(rows, 4), method="complex").assert_ok()
    assert report.worst <= 1e-11


def test_gradient_of_equal_rows_is_that_of_x_alone():
    """At the kinks, where rows meet, the slope is 0."""
    layer, dy = made(), np.random.default_rng(1).standard_normal((3, 7))
    layer.forward(np.ones((3, 4)))
    np.testing.assert_array_equal(layer.backward(dy), dy[:, :4])
    assert (layer.W.grad == 0).all()


def test_beside_torch():
    torch = pytest.importorskip("torch")
    layer, rng = made(), np.random.default_rng(2)
    x, dy = rng.standard_normal((7, 4)), rng.standard_normal((7, 7))
    layer.forward(x)
    dx = layer.backward(dy)
    their_x, W = (torch.tensor(v, requires_grad=True) for v in (x, layer.W.value))
    m = (their_x @ W).reshape(7, 3, 2)
    o = torch.exp(-(m[:, None] - m[None]).abs().sum(3)).sum(1)
    torch.cat([their_x, o], 1).backward(torch.tensor(dy))
    np.testing.assert_allclose(dx, their_x.grad.numpy(), rtol=1e-10, atol=1e-12)
    np.testing.assert_allclose(layer.W.grad, W.grad.numpy(), rtol=1e-10, atol=1e-12)


def test_a_frozen_one_learns_nothing_and_a_tangent_is_refused_by_name():
    layer = made()
    with layer.frozen():
        layer.forward(np.ones((3, 4)))
        layer.backward(np.ones((3, 7)))
    assert (layer.W.grad == 0).all()
    layer.forward(np.ones((3, 4)))
    with pytest.raises(MiniganError, match="linearise: .*MinibatchDiscrimination"):
        layer.linearise()
