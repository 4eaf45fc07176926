"""Losses of the front: by name, as objects, and as functions that can be understood."""

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError
from minigan.keras import backend as K
from minigan.keras import formulas, layers, replayed
from tests.keras.small import bytes_of, compiled

RNG = np.random.default_rng(4)
X, Y = RNG.normal(size=(8, 3)), RNG.normal(size=(8, 3))

FUNCTIONS = {
    "wasserstein": (lambda t, p: K.mean(t * p), lambda t, p: np.mean(t * p)),
    "negative": (lambda t, p: -K.mean(p * t), lambda t, p: -np.mean(t * p)),
    "per row": (
        lambda t, p: K.mean(t * p, axis=-1) / 4,
        lambda t, p: np.mean(t * p) / 4,
    ),
    "no mean": (lambda t, p: 2 * (t * p) - t * p, lambda t, p: np.mean(t * p)),
    "squares": (
        lambda t, p: K.mean(K.square(p - t), axis=-1),
        lambda t, p: np.mean((p - t) ** 2),
    ),
    "powers": (lambda t, p: K.mean((t - p) ** 2), lambda t, p: np.mean((p - t) ** 2)),
    "multiplied out": (
        lambda t, p: K.mean(t * t) - 2 * K.mean(t * p) + K.mean(p**2),
        lambda t, p: np.mean((p - t) ** 2),
    ),
    "absolute": (lambda t, p: K.mean(K.abs(t - p)), lambda t, p: np.mean(abs(p - t))),
    "built in": (lambda t, p: abs(p - t), lambda t, p: np.mean(abs(p - t))),
    "another power": (
        lambda t, p: K.mean((t - p) ** 4),
        lambda t, p: np.mean((t - p) ** 4),
    ),
    "no targets": (lambda t, p: K.mean(K.exp(p)), lambda t, p: np.mean(np.exp(p))),
    "roots of means": (
        lambda t, p: K.sqrt(K.mean(K.square(t - p))),
        lambda t, p: np.sqrt(np.mean((t - p) ** 2)),
    ),
    "a product of means": (
        lambda t, p: K.mean(t * t) * K.mean(p * p, axis=[0, 1]),
        lambda t, p: np.mean(t * t) * np.mean(p * p),
    ),
    "sums of rows": (
        lambda t, p: K.sum(K.maximum(t, p), axis=1) + K.sum(p * p, axis=-1),
        lambda t, p: np.mean(np.maximum(t, p).sum(1) + (p * p).sum(1)),
    ),
    "one number and many": (
        lambda t, p: K.square(p - K.mean(p)) + K.square(p - K.mean(t, 1, True)),
        lambda t, p: np.mean((p - p.mean()) ** 2 + (p - t.mean(1)[:, None]) ** 2),
    ),
    "clipped": (
        lambda t, p: -K.log(K.clip(1 / (1 + K.exp(-p)), 0.1, 0.9)) + K.relu(p),
        lambda t, p: np.mean(
            -np.log(np.clip(1 / (1 + np.exp(-p)), 0.1, 0.9)) + np.maximum(p, 0)
        ),
    ),
    "comparisons": (
        lambda t, p: K.cast(K.greater(t, 0.0), "float32") * K.square(p) + (p < t) * p,
        lambda t, p: np.mean((t > 0) * p * p + (p < t) * p),
    ),
    "of keras.losses": (
        lambda t, p: 2.0 * keras.losses.mse(t, p) + K.mean(K.abs(p), axis=-1),
        lambda t, p: np.mean(2 * (t - p) ** 2 + abs(p)),
    ),
    "in one row": (
        lambda t, p: 2 * K.mean(K.square(K.flatten(t) - K.flatten(p)), axis=-1),
        lambda t, p: 2 * np.mean((t - p) ** 2),
    ),
    "the largest": (
        lambda t, p: K.max(K.square(p - t), axis=-1),
        lambda t, p: np.mean(((p - t) ** 2).max(1)),
    ),
    "tensors over tensors": (
        lambda t, p: K.minimum(t, 2.0) / K.sqrt(K.square(p) + 1) - K.tanh(p) / 3,
        lambda t, p: np.mean(np.minimum(t, 2) / np.sqrt(p * p + 1) - np.tanh(p) / 3),
    ),
}


def linear():
    keras.utils.set_random_seed(3)
    return keras.Sequential([layers.Dense(3, input_dim=3)])


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_that_is_understood(name):
    function, formula = FUNCTIONS[name]
    model = compiled(linear(), loss=function, optimizer=keras.optimizers.SGD(1e-3))
    p = model.predict(X).astype(np.float64)
    assert model.train_on_batch(X, Y) == pytest.approx(
        formula(Y, p), rel=1e-5, abs=1e-6
    )
    moved = model.predict(X).astype(np.float64)
    assert formula(Y, moved) < formula(Y, p)
    assert model.evaluate(X, Y, verbose=0) == pytest.approx(
        formula(Y, moved), rel=1e-5, abs=1e-6
    )


REFUSED = {
    "a comparison": lambda t, p: K.mean(p if t > 0 else -p),
    "equality": lambda t, p: 0.0 if t == p else t * p,
    "NumPy": lambda t, p: np.mean(np.exp(t * p)),
    "one element": lambda t, p: t[0] * p[0],
    "a method": lambda t, p: (t * p).mean(),
    "an unknown axis": lambda t, p: K.mean(t * p, axis=0),
    "an array": lambda t, p: K.mean(t * p * np.ones(3)),
    "another tensor": lambda t, p: p * keras.Input((3,)),
    "no predictions": lambda t, p: K.mean(t),
    "shapes that only broadcast": lambda t, p: K.sum(p, axis=1) * p,
    "a row and rows": lambda t, p: K.mean(K.flatten(p) - p),
    "a number": lambda t, p: 0.0,
    "nothing": lambda t, p: None,
    "an exception": lambda t, p: 1 / 0,
    "other arguments": lambda p: p,
}


@pytest.mark.parametrize("name", REFUSED)
def test_any_other_function_is_refused_when_compiling(name):
    with pytest.raises(ArgumentError, match="'loss': expected a function.* autograd"):
        compiled(linear(), loss=REFUSED[name])


@pytest.mark.parametrize("loss", ["mae", "mean_absolute_error", "MeanAbsoluteError"])
def test_mean_absolute_error(loss):
    model = compiled(linear(), ["mae", "mse"], loss=loss)
    p = model.predict(X)
    found = model.test_on_batch(X, Y)
    expected = np.mean(np.abs(p - Y)), np.mean(np.abs(p - Y)), np.mean((p - Y) ** 2)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert model.metrics_names == ["loss", "mae", "mse"]


def test_outputs_that_are_no_probabilities_are_refused(monkeypatch):
    monkeypatch.setattr(replayed, "AFTER", 2)
    model = keras.Sequential([layers.Dense(1, activation="linear", input_dim=3)])
    compiled(model, loss="binary_crossentropy")
    model.set_weights([np.zeros((3, 1)), np.array([0.5])])
    ones, x = np.ones(8), np.zeros((8, 3))
    for _ in range(4):  # a recorded step must not forget the check
        model.train_on_batch(x, ones)
    message = (
        rf"^{model.name}.%s: argument 'y_pred': expected probabilities in \[0, 1\] .*"
        r"keras.losses.BinaryCrossentropy\(from_logits=True\)"
    )
    model.set_weights([np.ones((3, 1)), np.array([0.5])])
    before = bytes_of(model)
    with pytest.raises(ArgumentError, match=message % "train_on_batch"):
        model.train_on_batch(X, ones)
    with pytest.raises(ArgumentError, match=message % "evaluate"):
        model.evaluate(X, ones, verbose=0)
    assert bytes_of(model) == before


RAISED = 0.1 + np.abs(Y)  # labels, and answers, that are positive
OWN = {  # (labels, formula of them and the answers p)
    "categorical_hinge": (
        np.eye(3)[RNG.integers(0, 3, 8)],
        lambda t, p: np.maximum(1 + ((1 - t) * p).max(1) - (t * p).sum(1), 0),
    ),
    "cosine_similarity": (
        Y,
        lambda t, p: -(t * p).sum(1) / np.sqrt((t**2).sum(1)) / np.sqrt((p**2).sum(1)),
    ),
    "hinge": (1.0 * (Y > 0), lambda t, p: np.maximum(1 - (2 * t - 1) * p, 0)),
    "squared_hinge": (np.sign(Y), lambda t, p: np.maximum(1 - t * p, 0) ** 2),
    "huber": (
        3 * Y,
        lambda t, p: np.where(abs(p - t) <= 1, (p - t) ** 2 / 2, abs(p - t) - 1 / 2),
    ),
    "log_cosh": (Y, lambda t, p: np.log(np.cosh(p - t))),
    "mean_absolute_percentage_error": (
        RAISED,
        lambda t, p: 100 * abs(p - t) / abs(t),
    ),
}
OF_POSITIVE = {
    "kl_divergence": (
        np.clip(RAISED / 3, 0, 1),
        lambda t, p: (t * np.log(t / np.clip(p, 1e-7, 1))).sum(1),
    ),
    "mean_squared_logarithmic_error": (
        RAISED,
        lambda t, p: (np.log1p(p) - np.log1p(t)) ** 2,
    ),
    "poisson": (RAISED, lambda t, p: p - t * np.log(p)),
}


@pytest.mark.parametrize("name", [*OWN, *OF_POSITIVE])
def test_losses_that_are_formulas(name):
    """By name, as a function and as an object; the gradient goes down."""
    t, formula = (OWN | OF_POSITIVE)[name]
    model = linear()
    if name in OF_POSITIVE:
        model.add(layers.Activation("sigmoid"))
    p = model.predict(X).astype(np.float64)
    close = {"rel": 1e-4, "abs": 1e-6}
    expected = pytest.approx(np.mean(formula(t, p)), **close)
    function = getattr(keras.losses, name)
    assert np.mean(function(t, p)) == expected
    short = [n for n, long in formulas.SHORT.items() if long == name]
    for loss in (function, keras.losses.get(name), name, *short):
        compiled(model, [name], loss=loss, optimizer=keras.optimizers.SGD(1e-3))
        assert model.test_on_batch(X, t) == [expected, expected]
    model.train_on_batch(X, t)
    assert np.mean(formula(t, model.predict(X).astype(np.float64))) < expected.expected


def test_arguments_of_losses_that_are_formulas():
    model = compiled(linear(), loss=keras.losses.Huber(delta=0.25))
    p = model.predict(X)
    errors = abs(p - Y)
    expected = np.where(errors <= 0.25, errors**2 / 2, 0.25 * errors - 0.03125)
    assert model.test_on_batch(X, Y) == pytest.approx(expected.mean(), rel=1e-5)
    with pytest.raises(ArgumentError, match="'delta'"):
        keras.losses.Huber(0)
    with pytest.raises(ArgumentError, match="CosineSimilarity: argument 'axis'"):
        keras.losses.CosineSimilarity(axis=0)


def test_losses_can_be_called():
    t, p = np.array([[0.0, 1], [1, 1]]), np.array([[0.2, 0.7], [0.9, 0.5]])
    terms = -np.log([[0.8, 0.7], [0.9, 0.5]])
    both = keras.losses.binary_crossentropy(t, p)
    np.testing.assert_allclose(both, terms.mean(1), rtol=1e-5)
    np.testing.assert_allclose(K.binary_crossentropy(t, p), terms, rtol=1e-5)
    np.testing.assert_allclose(keras.losses.mse(t, p), ((t - p) ** 2).mean(1))
    np.testing.assert_allclose(keras.losses.mae(t, p), abs(t - p).mean(1))
    one_hot, q = np.eye(2), np.array([[0.2, 0.8], [0.4, 0.6]])
    found = keras.losses.categorical_crossentropy(one_hot, q)
    np.testing.assert_allclose(found, -np.log([0.2, 0.6]), rtol=1e-6)
    with pytest.raises(ArgumentError, match="can be called are binary_crossentropy"):
        keras.losses.sparse_categorical_crossentropy(t, p)


def test_functions_of_the_backend_on_arrays():
    assert K.mean(X) == X.mean() and (K.mean(X, axis=-1) == X.mean(-1)).all()
    np.testing.assert_array_equal(K.square(X), X * X)
    np.testing.assert_array_equal(K.abs(X), np.abs(X))
