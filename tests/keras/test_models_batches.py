"""What the calls of a model take as `x`, and what they say of another shape."""

import re

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError, ShapeError
from minigan.keras import layers
from tests.keras.small import compiled

RNG = np.random.default_rng(4)


def networks(shape):
    ends = [layers.Flatten(), layers.Dense(1, activation="sigmoid")]
    start = x = keras.Input(shape=shape)
    for layer in ends:
        x = layer(x)
    return compiled(keras.Sequential([keras.Input(shape=shape), *ends])), compiled(
        keras.Model(start, x)
    )


@pytest.mark.parametrize("own", [(4, 5, 1), (4, 5)])
def test_a_last_axis_of_one_comes_and_goes(own):
    images, y = RNG.normal(size=(6, 4, 5)), np.ones(6)
    for model in networks(own):
        expected = model.predict(images.reshape(6, *own))
        for x in (images, images[..., np.newaxis]):
            np.testing.assert_array_equal(model.predict(x), expected)
            np.testing.assert_array_equal(model.predict_on_batch(x), expected)
            assert model.evaluate(x, y, verbose=0) == model.test_on_batch(images, y)
            assert np.isfinite(model.train_on_batch(x, y))
            model.fit(x, y, verbose=0)
            expected = model.predict(images.reshape(6, *own))
        with pytest.raises(ShapeError):
            model.predict(images[..., np.newaxis, np.newaxis, np.newaxis])
        with pytest.raises(ShapeError):
            model.predict(images[:, np.newaxis])


def test_a_wrong_shape_is_reported_where_it_was_given():
    model = keras.Sequential([layers.Dense(1, input_dim=10)], name="model")
    compiled(model, loss="mse")
    x, y = RNG.normal(size=(40, 9)), np.ones(40)
    words = "argument 'x': expected shape (batch, 10), got (40, 9)"
    for call in ("train_on_batch", "test_on_batch", "fit", "evaluate", "predict"):
        data = (x,) if call == "predict" else (x, y)
        with pytest.raises(ShapeError, match=re.escape(f"model.{call}: {words}")):
            getattr(model, call)(*data)


@pytest.mark.parametrize("options", [{"scale": False}, {"center": False}])
def test_a_batch_normalization_without_gamma_or_beta(options):
    (missing,) = ("gamma" if name == "scale" else "beta" for name in options)
    norm = layers.BatchNormalization(**options)
    model = keras.Sequential(
        [keras.Input((3,)), layers.Dense(2), norm, layers.Dense(1)]
    )
    names = [variable.name.rpartition("/")[2] for variable in norm.weights]
    assert missing not in names and len(names) == norm.count_params() // 2 == 3
    compiled(model, loss="mse").fit(RNG.normal(size=(8, 3)), np.ones(8), verbose=0)
    (part,) = norm.parts()
    value = getattr(part, missing).value
    assert (value == (missing == "gamma")).all()
    if missing == "gamma":
        with pytest.raises(ArgumentError, match="AdamW: argument 'weight_decay'"):
            compiled(model, loss="mse", optimizer=keras.optimizers.AdamW())


def test_a_layer_may_be_given_its_first_weights():
    start = [RNG.normal(size=(3, 2)), np.ones(2)]
    model = keras.Sequential([keras.Input((3,)), layers.Dense(2, weights=start)])
    for here, there in zip(start, model.get_weights(), strict=True):
        np.testing.assert_allclose(here, there, rtol=1e-6)
    assert keras.models.clone_model(model).count_params() == 8
    with pytest.raises(ShapeError, match="dense.*shape"):
        keras.Sequential([keras.Input((4,)), layers.Dense(2, weights=start)])
