"""Small networks for the tests of the front."""

import numpy as np

from minigan import keras
from minigan.keras import layers


def generator():
    return keras.Sequential(
        [
            layers.Dense(6, input_dim=3),
            layers.LeakyReLU(0.2),
            layers.BatchNormalization(momentum=0.8),
            layers.Dense(2, activation="tanh"),
        ]
    )


def discriminator():
    return keras.Sequential(
        [
            layers.Dense(5, input_shape=(2,)),
            layers.BatchNormalization(),
            layers.LeakyReLU(alpha=0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def compiled(model, metrics=None, loss="binary_crossentropy", optimizer="adam"):
    model.compile(loss=loss, optimizer=optimizer, metrics=metrics)
    return model


def bytes_of(model):
    return [w.tobytes() for w in model.get_weights()]


def moved(before, model):
    """Which arrays changed, as a list of bools."""
    return [a != b for a, b in zip(before, bytes_of(model), strict=True)]


RNG = np.random.default_rng(0)
REAL, Z = RNG.normal(size=(8, 2)), RNG.normal(size=(8, 3))
ONES, ZEROS = np.ones((8, 1)), np.zeros((8, 1))
