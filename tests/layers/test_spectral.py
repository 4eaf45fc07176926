"""Spectral normalisation: the estimate, its gradient, and who may move it."""

import numpy as np
import pytest

import minigan as mg
from minigan import Conv2D, Dense, LeakyReLU, Sequential, SpectralNorm
from minigan.errors import ArgumentError, DTypeError
from minigan.gan import Parabola, Trainer

from ..gan.small import state
from ..helpers import assert_same_bits, normal


def layer(dtype="float64"):
    return SpectralNorm(Dense(6, 4, rng=1, dtype=dtype), rng=2)


def step(W, u):
    """One power iteration: v, u, sigma."""
    v = W @ u
    v /= np.linalg.norm(v)
    u = v @ W
    return v, u / np.linalg.norm(u), np.linalg.norm(u)


def test_one_forward_is_one_step_of_the_iteration():
    one = layer()
    W, u = one.layer.W.value, one.u.value.copy()
    assert np.linalg.norm(u) == pytest.approx(1)
    x, kept = normal(5, 6, dtype="f8"), W.copy()
    for _ in range(3):
        v, u, sigma = step(W, u)
        y = one.forward(x, training=True)
        np.testing.assert_allclose(y, x @ W / sigma, rtol=1e-12)
        np.testing.assert_allclose(one.u.value, u, rtol=1e-12)
    assert_same_bits(W, kept)  # W itself stays as it is
    before = one.u.value.copy()
    expected = x @ W / np.linalg.norm(W @ u)
    np.testing.assert_allclose(one.predict(x), expected, rtol=1e-12)
    with one.frozen():
        y = one.forward(x, training=True)
    assert_same_bits(one.u.value, before)
    assert_same_bits(y, one.forward(x, training=True))  # which moves u
    assert (one.u.value != before).any()


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_sigma_becomes_the_largest_singular_value(dtype):
    conv = Conv2D((5, 4, 2), 3, 2, rng=0, dtype=dtype)
    for inner in (Dense(6, 4, rng=1, dtype=dtype), conv):
        one = SpectralNorm(inner)
        x = normal(3, *one.input_shape, dtype=dtype)
        for _ in range(300):
            one.forward(x, training=True)
        W = inner.W.value.reshape(-1, inner.W.value.shape[-1])
        largest = np.linalg.svd(W, compute_uv=False)[0]
        inner.W.value /= largest
        np.testing.assert_allclose(one.predict(x), inner.predict(x), rtol=2e-5)


def test_the_gradient_in_training_holds_u_and_v():
    net = Sequential([layer(), mg.Tanh()])
    x, dy = normal(5, 6, dtype="f8"), normal(5, 4, dtype="f8", seed=1)
    W, b = (p.value for p in net.parameters)
    v, u, _ = step(W, net.statistics[0].value.copy())
    net.forward(x, training=True)
    net.backward(dy)

    def f(W):
        return np.sum(dy * np.tanh(x @ W / (v @ W @ u) + b))

    expected = np.zeros_like(W)
    for place in np.ndindex(W.shape):
        moved = W.astype(complex)
        moved[place] += 1e-30j
        expected[place] = f(moved).imag / 1e-30
    off = np.abs(net.parameters[0].grad - expected).max()
    assert off <= 1e-12 * np.abs(expected).max()


def test_a_network_of_them_is_proven():
    rng = np.random.default_rng(0)
    conv = SpectralNorm(Conv2D((4, 4, 1), 2, 3, rng=rng))
    assert conv.output_image == (2, 2, 2)
    net = Sequential([conv, mg.Sigmoid(), SpectralNorm(Dense(8, 1, rng=rng))])
    for training in (False, True):
        mg.gradcheck(net, training=training, method="complex").assert_ok()
    x, label = mg.Input((3,)), mg.Input((), dtype=int)
    vector = SpectralNorm(mg.Embedding(4, 3, rng=rng))(label)
    graph = mg.Graph([x, label], mg.Multiply()([x, vector]))
    mg.gradcheck(graph, method="complex").assert_ok()


def test_weights_of_zero():
    one = layer()
    one.layer.W.value[:] = 0
    y = one.forward(normal(5, 6, dtype="f8"), training=True)
    assert not y.any() and np.isfinite(one.backward(y)).all()
    assert np.isfinite(one.layer.W.grad).all()


def test_what_it_takes():
    with pytest.raises(
        DTypeError, match="'layer': expected a layer with a parameter W"
    ):
        SpectralNorm(LeakyReLU())
    with pytest.raises(DTypeError, match="'layer'"):
        SpectralNorm(Sequential([Dense(2, 2)]))
    with pytest.raises(AttributeError):
        layer().output_image  # noqa: B018
    inner = Dense(6, 4)
    SpectralNorm(inner).layer.W.value[:] = 0
    assert inner.W.value.any()  # it has a copy


def test_a_layer_without_a_tangent_inside_is_refused_by_name():
    class Own(Dense):
        tangent_pass = mg.Layer.tangent_pass

    net = Sequential([SpectralNorm(Own(2, 1))])
    net.forward(normal(4, 2))
    with pytest.raises(ArgumentError, match="tangent_pass, got Own"):
        net.linearise()


def trainer(capture=False, **options):
    rng = np.random.default_rng(0)
    G = Sequential([Dense(3, 4, rng=rng), LeakyReLU(0.2), Dense(4, 2, rng=rng)])
    first = SpectralNorm(Dense(2, 5, rng=rng), rng=rng)
    last = SpectralNorm(Dense(5, 1, rng=rng), rng=rng)
    D = Sequential([first, mg.Tanh(), last])
    data = Parabola(np.random.default_rng(1))
    return Trainer(G, D, data, batch_size=8, capture=capture, **options)


@pytest.mark.parametrize("options", [{}, {"penalty": "r1+r2", "batches": "mixed"}])
def test_recorded_steps_have_the_same_bytes(options, monkeypatch):
    monkeypatch.setenv("MINIGAN_BACKEND", "jit")
    one, two = (trainer(capture, **options) for capture in (True, False))
    for run in (one, two):
        run.fit(6, report_every=None)
    assert state(one) == state(two)
    norm = np.linalg.norm(two.discriminator.layers[0].u.value)
    assert norm == pytest.approx(1, abs=1e-6)


def test_resumed_runs_end_with_the_same_bytes(tmp_path):
    whole, half = trainer(), trainer()
    whole.fit(5, report_every=None)
    half.fit(2, report_every=None)
    half.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz", capture=False)
    again.fit(3, report_every=None)
    assert state(again) == state(whole)
