"""Subclasses: what would never be called is refused where the class is defined."""

import pytest

from minigan import keras
from minigan.errors import ArgumentError
from minigan.keras import initializers, layers, losses, metrics, optimizers
from minigan.keras.serial import NEVER_CALLED
from tests.keras.small import ONES, REAL, compiled


def method(self, *_):
    raise AssertionError


@pytest.mark.parametrize(
    "base, name, words",
    [
        (keras.Sequential, "train_step", "train_on_batch"),
        (keras.Model, "call", "train_on_batch"),
        (keras.Model, "compute_loss", "train_on_batch"),
        (layers.Dense, "call", "engine layer"),
        (layers.Layer, "build", "engine layer"),
        (layers.Lambda, "call", "engine layer"),
        (losses.BinaryCrossentropy, "call", r"compile\(loss"),
        (losses.Loss, "__call__", r"compile\(loss"),
        (metrics.Metric, "update_state", "keras.metrics"),
        (metrics.BinaryAccuracy, "result", "keras.metrics"),
        (initializers.RandomNormal, "__call__", "keras.initializers"),
        (optimizers.Adam, "update_step", "keras.optimizers"),
    ],
)
def test_methods_that_nothing_would_call(base, name, words):
    with pytest.raises(ArgumentError, match=rf"Mine\.{name}: expected.*{words}"):
        type("Mine", (base,), {name: method})
    mixin = type("Mixin", (), {name: method})
    with pytest.raises(ArgumentError, match=rf"Mine\.{name}: "):
        type("Mine", (mixin, base), {})


def test_other_methods_are_welcome():
    class Named(keras.Sequential):
        def __init__(self, units):
            super().__init__([layers.Dense(units, input_dim=2)])
            self.units = units

        def halves(self):
            return self.units // 2

    class Small(layers.Dense):
        pass

    model = Named(4)
    model.add(Small(1, activation="sigmoid"))
    compiled(model).train_on_batch(REAL, ONES)
    assert model.halves() == 2
    assert not set(NEVER_CALLED) & set(vars(Named))
