"""Operators and functions on tensors, and the layers that are made of them."""

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError, MiniganError
from minigan.jit.compiling import JIT_DISABLED
from minigan.keras import Input, Model, layers, replayed
from minigan.keras import backend as K
from minigan.primitives import backend
from tests.keras.small import bytes_of, compiled

RNG = np.random.default_rng(3)
X, Y = RNG.normal(size=(6, 3)), RNG.normal(size=(6, 3))

FORMULAS = {
    "numbers": (lambda a, b: 2 - (a * 3 + 1) / 4, 2 - (X * 3 + 1) / 4),
    "tensors": (lambda a, b: a * b - a / (b * b + 1), X * Y - X / (Y * Y + 1)),
    "NumPy's numbers": (lambda a, b: np.float64(2) * a + b, 2 * X + Y),
    "powers": (lambda a, b: a**2 + 2.0 ** (-b), X**2 + 2.0**-Y),
    "signs": (lambda a, b: abs(a) - -b, abs(X) + Y),
    "functions": (
        lambda a, b: K.exp(a) + K.log(K.sigmoid(b)) + K.softplus(a) + K.sqrt(K.abs(b)),
        np.exp(X) + np.log(1 / (1 + np.exp(-Y))) + np.log1p(np.exp(X)) + abs(Y) ** 0.5,
    ),
    "larger and smaller": (
        lambda a, b: K.maximum(a, b) * K.minimum(0.5, b) + K.clip(a, -1, 1),
        np.maximum(X, Y) * np.minimum(0.5, Y) + np.clip(X, -1, 1),
    ),
    "comparisons": (
        lambda a, b: K.equal(a, a) + K.not_equal(a, b) + (a > b) + (a <= 0.1),
        2.0 + (X > Y) + (X <= 0.1),
    ),
    "constants": (
        lambda a, b: K.ones_like(a) * K.constant(2.0) + K.zeros_like(b) + K.epsilon(),
        2.0 + 0 * X,
    ),
    "one column": (lambda a, b: a * K.mean(b, -1, True), X * Y.mean(1)[:, None]),
    "softmax": (
        lambda a, b: K.softmax(a) + 0 * b,
        np.exp(X) / np.exp(X).sum(1, keepdims=True),
    ),
    "largest and smallest": (
        lambda a, b: a * K.max(b, axis=1, keepdims=True) + K.min(a, -1, True) * b,
        X * Y.max(1, keepdims=True) + X.min(1, keepdims=True) * Y,
    ),
    "length 1": (
        lambda a, b: K.l2_normalize(a, axis=1) + 0 * b,
        X / np.sqrt((X**2).sum(1, keepdims=True)),
    ),
    "other shapes": (
        lambda a, b: K.batch_flatten(K.reshape(a, (-1, 1, 3))) + b,
        X + Y,
    ),
}


@pytest.mark.parametrize("name", FORMULAS)
def test_formulas_in_a_model_and_in_a_lambda(name):
    function, expected = FORMULAS[name]
    a, b = Input((3,)), Input((3,))
    by_hand = function(a, b) + 0 * a + 0 * b
    close = {"rtol": 1e-5, "atol": 1e-6}
    model = Model([a, b], by_hand)
    np.testing.assert_allclose(model.predict([X, Y]), expected, **close)
    joint = layers.Lambda(lambda pair: function(*pair) + 0 * pair[0] + 0 * pair[1])
    model = Model([a, b], joint([a, b]))
    np.testing.assert_allclose(model.predict([X, Y]), expected, **close)
    np.testing.assert_allclose(joint([X, Y]), expected, **close)


def test_a_lambda_is_a_layer():
    model = keras.Sequential([layers.Dense(3, input_dim=3)])
    model.add(layers.Lambda(lambda x, k: k * x, arguments={"k": 2}, name="twice"))
    model.add(layers.Lambda(lambda x: K.mean(x, axis=-1, keepdims=True)))
    assert model.output_shape == (None, 1) and model.layers[1].name == "twice"
    W, b = model.get_weights()
    expected = 2 * (X.astype("f") @ W + b).mean(1, keepdims=True)
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4, atol=1e-6)
    compiled(model, loss="mse").train_on_batch(X, np.ones(6))
    with pytest.raises(MiniganError, match="which a file can hold"):
        model.get_layer("twice") and model.save("never")


@pytest.mark.parametrize(
    "function, words",
    [
        (lambda x: np.exp(x), "no functions of NumPy"),
        (lambda x: x[:, 0], "no indices"),
        (lambda x: 1.0, "which returned 1.0"),
        (lambda x: x * np.ones(3), "expected a tensor or a number"),
        (lambda x: K.sum(x, axis=0), "the last axes"),
        (lambda x: K.max(x), "the last axes"),
        (lambda x: K.softmax(x, axis=0), "the last axis"),
        (lambda x: K.reshape(x, (3, -1)), "the batch first, and 3 numbers"),
        (lambda x: K.reshape(x, (-1, 2)), "the batch first, and 3 numbers"),
        (lambda x: K.reshape(x, (-1, None)), "the batch first, and 3 numbers"),
        (lambda x: K.softmax(K.flatten(x)), "the last axis"),
        (lambda x: layers.Dense(2)(K.flatten(x)), "a batch in one row"),
        (lambda x: K.flatten(x) + K.sum(x, axis=-1), "a tensor of shape"),
        (lambda x: x if x > 0 else -x, "Python's `if`"),
        (lambda x: K.pow(x, x), "a number"),
        (lambda x: sum(x), "gone through"),
    ],
)
def test_a_lambda_that_cannot_be_traced(function, words):
    words = f"'function': expected a function.*{words}"
    with pytest.raises(ArgumentError, match=words):
        layers.Lambda(function)(Input((3,)))


def test_noise_in_a_lambda():
    def sample(args):
        mean, log_var = args
        shape = K.shape(mean)
        assert K.int_shape(mean) == (None, 3)
        return mean + K.exp(log_var / 2) * K.random_normal((shape[0], shape[1]))

    a, b = Input((3,)), Input((3,))
    model = Model([a, b], layers.Lambda(sample)([a, b]))
    x = np.tile(X[:1], (4000, 1))
    found = model.predict([x, 0 * x + 2 * np.log(0.5)])
    np.testing.assert_allclose(found.mean(0), X[0], atol=0.05)
    np.testing.assert_allclose(found.std(0), 0.5, atol=0.05)
    with pytest.raises(ArgumentError, match="inside a Lambda"):
        K.random_normal((None, 3))
    assert K.random_normal((2, 3)).shape == K.random_uniform((2, 3)).shape == (2, 3)


def test_a_layer_of_ones_own_that_is_a_function():
    class Halves(layers.Layer):
        """Each sign apart, of numbers with mean 0."""

        def __init__(self, factor, **rest):
            super().__init__(**rest)
            self.factor = factor

        def call(self, inputs, training=None):
            inputs -= K.mean(inputs, axis=1, keepdims=True)
            return self.factor * K.concatenate([K.relu(inputs), K.relu(-inputs)])

    centred = X - X.mean(1, keepdims=True)
    expected = 2 * np.hstack([np.maximum(centred, 0), np.maximum(-centred, 0)])
    model = keras.Sequential([Input((3,)), Halves(2.0, name="halves")])
    assert model.output_shape == (None, 6) and model.layers[0].name == "halves"
    np.testing.assert_allclose(model.predict(X), expected, rtol=1e-4, atol=1e-6)
    np.testing.assert_allclose(Halves(2.0)(X), expected, rtol=1e-4, atol=1e-6)
    model.add(layers.Dense(1))
    compiled(model, loss="mse").train_on_batch(X, np.ones(6))

    class Sampling(layers.Layer):
        def call(self, inputs):
            mean, log_var = inputs
            shape = (K.shape(mean)[0], K.shape(mean)[1])
            return mean + K.exp(0.5 * log_var) * K.random_normal(shape)

    a, b = Input((3,)), Input((3,))
    model = Model([a, b], Sampling()([a, b]))
    np.testing.assert_allclose(model.predict([X, 0 * X - 80]), X, rtol=1e-4, atol=1e-6)

    class Conditional(layers.Layer):
        def call(self, inputs):
            return inputs if inputs > 0 else -inputs

    with pytest.raises(ArgumentError, match="'call': expected a function.*`if`"):
        Conditional()(Input((3,)))


def test_a_function_has_no_weights_that_nothing_would_train():
    class Holds(layers.Layer):
        def __init__(self, **rest):
            super().__init__(**rest)
            self.inner = layers.Dense(4)

        def call(self, inputs):
            return self.inner(inputs)

    inner = layers.Dense(4)
    for layer in Holds(), layers.Lambda(lambda x: 2 * inner(x)):
        with pytest.raises(ArgumentError, match="layers without weights.*got one with"):
            layer(Input((3,)))


def test_scalars_of_a_batch_are_no_outputs():
    a = Input((3,))
    with pytest.raises(MiniganError, match="tensors of examples"):
        Model(a, K.flatten(a))
    with pytest.raises(MiniganError, match="tensors of examples"):
        Model(a, K.mean(a))
    with pytest.raises(MiniganError, match="a tensor of examples"):
        layers.Dense(2)(K.mean(a))


def boundary(t, p):
    return 0.5 * K.mean(K.square(K.log(p) - K.log(1 - p))) + K.mean(K.maximum(t, p))


@pytest.mark.skipif(
    JIT_DISABLED or backend() != "jit", reason="only compiled kernels are replayed"
)
def test_a_traced_loss_is_replayed_to_the_bit(monkeypatch):
    found = []
    for after in (100, 3):
        monkeypatch.setattr(replayed, "AFTER", after)
        keras.utils.set_random_seed(3)
        z = Input((3,))
        h = layers.Dense(4, activation="tanh")(z)
        end = layers.Dense(3, activation="sigmoid")(layers.Lambda(lambda v: v**2)(h))
        model = compiled(Model(z, [end, h]), loss=[boundary, "mse"])
        y = [Y, np.hstack([Y, X[:, :1]])]
        losses = [model.train_on_batch(X, y) for _ in range(7)]
        found.append((losses, bytes_of(model)))
        assert len(model._plan._replays._programs) == (after == 3)
    assert found[0] == found[1]
