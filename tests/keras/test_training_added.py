"""`add_loss`: one number of the batch, made of a model's tensors, beside its losses."""

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError, NonFiniteError
from minigan.keras import Input, Model, layers
from minigan.keras import backend as K
from tests.keras.small import bytes_of

RNG = np.random.default_rng(6)
X = RNG.normal(size=(8, 3))


def autoencoder():
    """(model, its code), of 3 and 2 numbers."""
    keras.utils.set_random_seed(1)
    a = Input((3,))
    code = layers.Dense(2, name="code")(a)
    return Model(a, layers.Dense(3, name="out")(code)), code


def numbers(model):
    """(code, outputs) for X, in float64."""
    parts = Model(model.input, [model.get_layer("code").output, model.output])
    return [part.astype(np.float64) for part in parts.predict(X)]


def test_alone():
    model, code = autoencoder()
    model.add_loss(K.mean(K.square(model.input - model.output)))
    model.add_loss([0.5 * K.sum(K.square(code))])
    model.compile(optimizer=keras.optimizers.SGD(0.01))
    assert model.metrics_names == ["loss"]

    def total():
        found, made = numbers(model)
        return np.mean((X - made) ** 2) + 0.5 * np.sum(found**2)

    before = total()
    assert model.train_on_batch(X) == pytest.approx(before, rel=1e-5)
    assert total() < before
    assert model.evaluate(X, verbose=0) == pytest.approx(total(), rel=1e-5)
    fitted = model.fit(X, epochs=2, validation_data=(X, None), verbose=0, batch_size=8)
    assert fitted.history["val_loss"][1] == pytest.approx(total(), rel=1e-5)
    assert fitted.history["val_loss"][0] == pytest.approx(fitted.history["loss"][1])


def test_beside_a_compiled_loss():
    model, code = autoencoder()
    model.add_loss(K.mean(K.abs(code)))
    model.compile("sgd", "mse", ["mae"])
    found, made = numbers(model)
    expected = np.mean((X - made) ** 2) + np.mean(abs(found)), np.mean(abs(X - made))
    assert model.train_on_batch(X, X) == pytest.approx(expected, rel=1e-5)
    model.add_loss(K.mean(K.square(code)))  # after compile, too
    weights = np.linspace(0, 1, 8)
    found, made = numbers(model)
    total = np.mean(weights[:, None] * (X - made) ** 2)
    total += np.mean(abs(found)) + np.mean(found**2)
    (loss, _) = model.train_on_batch(X, X, sample_weight=weights)
    assert loss == pytest.approx(total, rel=1e-5)


def test_of_a_variational_autoencoder():
    """Encoder and decoder are models; the noise is drawn once for outputs and loss."""
    keras.utils.set_random_seed(2)
    a = Input((3,))
    mean, log_var = layers.Dense(2)(a), layers.Dense(2)(a)

    def sample(pair):
        noise = K.random_normal((K.shape(pair[0])[0], K.int_shape(pair[0])[1]))
        return pair[0] + K.exp(0.5 * pair[1]) * noise

    encoder = Model(a, [mean, log_var, layers.Lambda(sample)([mean, log_var])])
    code = Input((2,))
    decoder = Model(code, layers.Dense(3, activation="sigmoid")(code))
    made = decoder(encoder(a)[2])
    model = Model(a, made)
    apart = keras.losses.mse(K.flatten(a), K.flatten(made)) * 3
    divergence = -0.5 * K.sum(1 + log_var - K.square(mean) - K.exp(log_var), axis=-1)
    model.add_loss(K.mean(apart + divergence))
    model.compile(optimizer="adam")
    rows = np.clip(X / 4 + 0.5, 0, 1)
    losses = model.fit(rows, epochs=60, batch_size=4, verbose=0).history["loss"]
    assert losses[-1] < losses[0]


def test_what_cannot_be_added():
    model, code = autoencoder()
    other = layers.Dense(2)
    for loss, words in (
        (code, r"one number of the batch.*got <KerasTensor"),
        (K.sum(code, axis=-1), "one number of the batch"),
        (0.5, "no autograd"),
        (lambda: K.mean(code), "no autograd"),
        (K.mean(Input((3,))), "made from <KerasTensor"),
        (K.mean(other(code)), "not in the model"),
    ):
        with pytest.raises(
            ArgumentError, match=rf"add_loss: argument 'losses': .*{words}"
        ):
            model.add_loss(loss)
    model.add_loss(K.mean(code))
    with pytest.raises(ArgumentError, match="add_loss"):
        model.get_config()
    with pytest.raises(ArgumentError, match="add_loss on the outer one"):
        model(Input((3,)))
    model, code = autoencoder()
    model(Input((3,)))
    with pytest.raises(ArgumentError, match="add_loss on the outer one"):
        model.add_loss(K.mean(code))


def test_weights_of_rows_where_nothing_else_is_lost():
    """They are of the losses that compile() has, and it has none."""
    found = []
    for given in ({}, {"sample_weight": np.ones(8)}, {"class_weight": {0: 3.0}}):
        model, code = autoencoder()
        model.add_loss(K.mean(K.square(code)))
        model.compile("sgd")
        model.fit(X, np.zeros(8), epochs=1, verbose=0, shuffle=False, **given)
        found.append(bytes_of(model))
    assert found[0] == found[1] == found[2]


def test_a_batch_that_is_refused_changes_nothing():
    model, code = autoencoder()
    model.add_loss(K.mean(K.log(code)))
    model.compile("sgd")
    before = bytes_of(model)
    with pytest.raises(NonFiniteError):
        model.train_on_batch(X)
    assert bytes_of(model) == before
