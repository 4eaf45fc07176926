"""Attributes: what can be set after construction, and what raises instead."""

import pytest

from minigan.errors import ArgumentError
from minigan.keras import layers, optimizers
from tests.keras.small import discriminator


def test_arguments_of_optimizers_can_be_read():
    adam = optimizers.Adam(0.01, 0.5, epsilon=1e-5)
    assert (adam.beta_1, adam.beta_2, adam.epsilon) == (0.5, 0.999, 1e-5)
    assert optimizers.RMSprop().rho == 0.9 and optimizers.SGD().momentum == 0
    assert not hasattr(adam, "rho") and not hasattr(adam, "epsilon_form")


@pytest.mark.parametrize("name", ["beta_1", "iterations", "clipnorm", "learnig_rate"])
def test_only_the_rate_of_an_optimizer_can_be_set(name):
    adam = optimizers.Adam()
    with pytest.raises(ArgumentError, match=f"Adam: argument '{name}'.*learning_rate"):
        setattr(adam, name, 0.5)
    adam.learning_rate = 0.5
    assert adam.lr == adam.engine.learning_rate == 0.5
    adam.lr, adam.name = 0.25, "slow"
    assert adam.learning_rate == 0.25 and adam.get_config()["name"] == "slow"


@pytest.mark.parametrize("built", [False, True])
@pytest.mark.parametrize(
    "layer, name",
    [
        (lambda: layers.BatchNormalization(), "momentum"),
        (lambda: layers.BatchNormalization(), "center"),
        (lambda: layers.LeakyReLU(0.1), "negative_slope"),
        (lambda: layers.LeakyReLU(0.1), "alpha"),
        (lambda: layers.ReLU(), "max_value"),
        (lambda: layers.Dropout(0.5), "rate"),
        (lambda: layers.Dense(3), "activation"),
        (lambda: layers.Dense(3), "kernel_regularizer"),
    ],
)
def test_arguments_of_layers_cannot_be_set(layer, name, built):
    layer = layer()
    if built:
        layer.build((None, 4))
    with pytest.raises(ArgumentError, match=f"{layer.name}: argument '{name}'"):
        setattr(layer, name, 0.7)
    layer.trainable, layer.name, layer.note = False, "last", 3
    assert layers.LeakyReLU(0.1).alpha == 0.1


def test_models_keep_what_is_written_on_them():
    model = discriminator()
    model.label = "D"
    assert model.label == "D"
