"""Gradients beside HIPS autograd, which knows nothing of our backward passes."""

import numpy as np
import pytest

import minigan as mg
from minigan import Sequential

autograd = pytest.importorskip("autograd")
anp = pytest.importorskip("autograd.numpy")

RTOL = 1e-9
N = 12


def sigmoid(x):
    return 1 / (1 + anp.exp(-x))


def batchnorm(x, gamma, beta, epsilon):
    centred = x - anp.mean(x, axis=0)
    var = anp.mean(centred**2, axis=0)
    return gamma * centred / anp.sqrt(var + epsilon) + beta


def forward(layer, x, parameters, training):
    """The layer by its definition; takes its values from the list, in order."""
    if isinstance(layer, Sequential):
        for part in layer.layers:
            x = forward(part, x, parameters, training)
        return x
    values = [parameters.pop(0) for _ in layer.parameters]
    if isinstance(layer, mg.Dense):
        return anp.dot(x, values[0]) + values[1]
    if isinstance(layer, mg.BatchNorm):
        if training:
            return batchnorm(x, *values, layer.epsilon)
        mean, var = (s.value for s in layer.statistics)
        return values[0] * (x - mean) / anp.sqrt(var + layer.epsilon) + values[1]
    if isinstance(layer, mg.Dropout):
        if not training:
            return x
        kept = layer.rng.random(x.shape) >= layer.rate
        return x * kept / (1 - layer.rate)
    shape = layer.output_shape(x.shape[1:])
    return {
        mg.ReLU: lambda: anp.maximum(x, 0),
        mg.LeakyReLU: lambda: (
            anp.where(x > 0, x, layer.negative_slope * x)
            if isinstance(layer, mg.LeakyReLU)
            else None
        ),
        mg.ClippedReLU: lambda: anp.where(x > 0.2, anp.minimum(x, 1), 0.1 * (x - 0.2)),
        mg.Sigmoid: lambda: sigmoid(x),
        mg.Tanh: lambda: anp.tanh(x),
        mg.Flatten: lambda: anp.reshape(x, (len(x), *shape)),
        mg.Reshape: lambda: anp.reshape(x, (len(x), *shape)),
    }[type(layer)]()


def randomised(layer, rng):
    """Random parameters and statistics; variances stay positive."""
    layer = layer.astype("float64")
    for p in layer.parameters:
        p.value += 0.3 * rng.standard_normal(p.value.shape)
    for s in layer.statistics:
        s.value += rng.uniform(0, 1, s.value.shape)
    return layer


def deep_network():
    return Sequential(
        [
            mg.Dense(5, 9, rng=1),
            mg.LeakyReLU(0.2),
            mg.BatchNorm(9),
            mg.Dropout(0.3, rng=2),
            mg.Dense(9, 7, rng=3),
            mg.ReLU(),
            mg.Dense(7, 6, rng=4),
            mg.Tanh(),
            mg.Reshape((3, 2)),
        ]
    )


def discriminator():
    return Sequential(
        [
            mg.Flatten(),
            mg.Dense(6, 8, rng=5),
            mg.LeakyReLU(0.2),
            mg.BatchNorm(8),
            mg.Dense(8, 1, rng=6),
        ]
    )


LAYERS = {
    "Dense": (lambda: mg.Dense(5, 4), (N, 5)),
    "ReLU": (mg.ReLU, (N, 5)),
    "LeakyReLU": (mg.LeakyReLU, (N, 5)),
    "ClippedReLU": (lambda: mg.ClippedReLU(1.0, 0.1, 0.2), (N, 5)),
    "Sigmoid": (mg.Sigmoid, (N, 5)),
    "Tanh": (mg.Tanh, (N, 5)),
    "BatchNorm": (lambda: mg.BatchNorm(5), (N, 5)),
    "Dropout": (lambda: mg.Dropout(0.4, rng=9), (N, 5)),
    "Flatten": (mg.Flatten, (N, 2, 3)),
    "Reshape": (lambda: mg.Reshape((3, 2)), (N, 6)),
    "network": (deep_network, (N, 5)),
}


def assert_near(got, expected):
    """Equal within RTOL of the largest entry."""
    np.testing.assert_allclose(
        got, expected, rtol=0, atol=RTOL * max(1.0, np.abs(expected).max())
    )


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", LAYERS)
def test_layer(name, training):
    make, shape = LAYERS[name]
    rng = np.random.default_rng(0)
    layer, x = randomised(make(), rng), rng.standard_normal(shape)
    oracle = layer.astype("float64")  # with a generator of its own for the draws
    values = [p.value.copy() for p in layer.parameters]
    y = layer.forward(x, training=training)
    dy = rng.standard_normal(y.shape)
    dx = layer.backward(dy)

    def f(x, *values):
        return anp.sum(dy * forward(oracle, x, list(values), training))

    states = [(p.rng, p.rng.bit_generator.state) for p in oracle.walk() if _draws(p)]
    for k, got in enumerate((dx, *(p.grad for p in layer.parameters))):
        for generator, state in states:
            generator.bit_generator.state = state
        assert_near(got, autograd.grad(f, k)(x, *values))


def _draws(layer):
    return isinstance(layer, mg.Dropout)


@pytest.mark.parametrize("kind", [mg.BCE, mg.BCEWithLogits])
def test_loss(kind):
    rng = np.random.default_rng(1)
    target = rng.uniform(0, 1, (N, 1))
    pred = rng.standard_normal((N, 1))
    if kind is mg.BCE:
        pred = rng.uniform(0.01, 0.99, (N, 1))

    def f(pred):
        p = pred if kind is mg.BCE else sigmoid(pred)
        return -anp.mean(target * anp.log(p) + (1 - target) * anp.log(1 - p))

    loss = kind()
    assert float(loss.forward(pred, target)) == pytest.approx(f(pred), rel=1e-12)
    assert_near(loss.backward(), autograd.grad(f)(pred))


def test_softmax_cross_entropy():
    rng = np.random.default_rng(2)
    pred, label = rng.standard_normal((N, 4)), rng.integers(0, 4, N)

    def f(pred):
        log_p = pred - anp.log(anp.sum(anp.exp(pred), axis=1, keepdims=True))
        return -anp.mean(log_p[np.arange(N), label])

    loss = mg.SoftmaxCrossEntropy()
    assert float(loss.forward(pred, label)) == pytest.approx(f(pred), rel=1e-12)
    assert_near(loss.backward(), autograd.grad(f)(pred))


@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("name", mg.gan.OBJECTIVES)
def test_generator_through_frozen_discriminator(name, training):
    rng = np.random.default_rng(2)
    G, D = randomised(deep_network(), rng), randomised(discriminator(), rng)
    z = rng.standard_normal((N, 5))
    oracle = G.astype("float64")
    state = oracle.layers[3].rng.bit_generator.state
    values = [p.value.copy() for p in G.parameters]
    constants = [p.value.copy() for p in D.parameters]

    objective = mg.gan.OBJECTIVES[name]()
    fake = G.forward(z, training=training)
    real = rng.standard_normal((N if objective.compares else 0, *fake.shape[1:]))
    with D.frozen():
        rows = np.concatenate([real, fake])
        loss = objective.generator(D.forward(rows, training=training))
        dfake = D.backward(objective.dscore())[len(real) :]
    dz = G.backward(dfake)

    def f(z, *values):
        oracle.layers[3].rng.bit_generator.state = state
        fake = forward(oracle, z, list(values), training)
        rows = anp.concatenate([real, fake])
        score = forward(D, rows, list(constants), training)
        if name == "relativistic":
            return anp.mean(anp.log(1 + anp.exp(score[:N] - score[N:])))
        if name == "relativistic-average":
            r, f = score[:N], score[N:]
            real_above = anp.log(1 + anp.exp(r - anp.mean(f)))
            fake_below = anp.log(1 + anp.exp(anp.mean(r) - f))
            return (anp.mean(real_above) + anp.mean(fake_below)) / 2
        if name == "least-squares":
            return anp.mean((score - 1) ** 2) / 2
        if name in ("hinge", "wasserstein"):
            return -anp.mean(score)
        p = sigmoid(score)
        if name == "minimax":
            return anp.mean(anp.log(1 - p))
        return -anp.mean(anp.log(p))

    assert float(loss) == pytest.approx(float(f(z, *values)), rel=1e-12)
    for k, got in enumerate((dz, *(p.grad for p in G.parameters))):
        expected = autograd.grad(f, k)(z, *values)
        scale = max(1e-3, np.abs(expected).max())
        np.testing.assert_allclose(got, expected, rtol=0, atol=RTOL * scale)


# ---- graphs ------------------------------------------------------------------------


def conditional():
    """Two inputs, two outputs; a layer called twice, values that are used twice."""
    z, label = mg.Input((5,)), mg.Input((), dtype=int)
    shared = mg.Dense(4, 4, rng=2)
    h = mg.Tanh()(mg.Dense(5, 4, rng=1)(z))
    e = mg.Embedding(3, 4, rng=3)(label)
    joint = mg.Concatenate()([mg.Multiply()([shared(h), shared(e)]), h])
    normed = mg.BatchNorm(8)(mg.Dense(8, 8, rng=4)(joint))
    top = mg.Add()([joint, mg.Sigmoid()(normed)])
    return mg.Graph([z, label], [mg.Dense(8, 1, rng=5)(top), h])


def conditional_by_definition(z, label, values, epsilon):
    """The same, written out; values: W1, b1, W2, b2, E, W3, b3, gamma, beta, W4, b4."""
    W1, b1, W2, b2, E, W3, b3, gamma, beta, W4, b4 = values
    h = anp.tanh(anp.dot(z, W1) + b1)
    onehot = np.eye(3)[label]
    e = anp.dot(onehot, E)
    product = (anp.dot(h, W2) + b2) * (anp.dot(e, W2) + b2)
    joint = anp.concatenate([product, h], axis=1)
    normed = batchnorm(anp.dot(joint, W3) + b3, gamma, beta, epsilon)
    return anp.dot(joint + sigmoid(normed), W4) + b4, h


def test_a_graph():
    rng = np.random.default_rng(4)
    graph = randomised(conditional(), rng)
    z, label = rng.standard_normal((N, 5)), rng.integers(0, 3, N)
    values = [p.value.copy() for p in graph.parameters]
    y = graph.forward((z, label), training=True)
    dy = [rng.standard_normal(v.shape) for v in y]
    dz, none = graph.backward(dy)
    assert none is None
    epsilon = graph.layers[7].epsilon

    def f(z, *values):
        found = conditional_by_definition(z, label, values, epsilon)
        return sum(anp.sum(d * v) for d, v in zip(dy, found, strict=True))

    for got, expected in zip(
        y, conditional_by_definition(z, label, values, epsilon), strict=True
    ):
        assert_near(got, expected)
    for k, got in enumerate((dz, *(p.grad for p in graph.parameters))):
        assert_near(got, autograd.grad(f, k)(z, *values))
