"""A GAN on y = x^2 in Keras 3, as the tutorial has it: parabola.py [steps [folder]].

The tutorial freezes the discriminator once, which in Keras 3 would stop it for good;
here the flag is set before every step instead.  Pictures are saved, not shown.
"""

import sys

import keras
import matplotlib
import numpy as np
from keras.layers import Dense

matplotlib.use("Agg")
from matplotlib import pyplot  # noqa: E402  (after the choice of how to draw)

STEPS = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
FOLDER = sys.argv[2] if len(sys.argv) > 2 else "."
LATENT, BATCH, REPORT = 5, 128, 2000
rng = np.random.default_rng(0)


def define_discriminator():
    model = keras.Sequential()
    model.add(keras.Input(shape=(2,)))
    model.add(Dense(25, activation="relu", kernel_initializer="he_uniform"))
    model.add(Dense(1, activation="sigmoid"))
    model.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return model


def define_generator():
    model = keras.Sequential()
    model.add(keras.Input(shape=(LATENT,)))
    model.add(Dense(15, activation="relu", kernel_initializer="he_uniform"))
    model.add(Dense(2, activation="linear"))
    return model


def define_gan(generator, discriminator):
    discriminator.trainable = False
    model = keras.Sequential([generator, discriminator])
    model.compile(loss="binary_crossentropy", optimizer="adam")
    return model


def real_samples(n):
    x = rng.random((n, 1)) - 0.5
    return np.hstack([x, x * x]), np.ones((n, 1))


def latent_points(n):
    return rng.standard_normal((n, LATENT))


def fake_samples(generator, n):
    return generator.predict(latent_points(n), verbose=0), np.zeros((n, 1))


def report(step, generator, discriminator, n=100):
    real, ones = real_samples(n)
    fake, zeros = fake_samples(generator, n)
    _, on_real = discriminator.evaluate(real, ones, verbose=0)
    _, on_fake = discriminator.evaluate(fake, zeros, verbose=0)
    print(step, on_real, on_fake)
    pyplot.scatter(real[:, 0], real[:, 1], color="red")
    pyplot.scatter(fake[:, 0], fake[:, 1], color="blue")
    pyplot.savefig(f"{FOLDER}/step-{step}.png")
    pyplot.close()


def train(generator, discriminator, gan):
    half = BATCH // 2
    for step in range(1, STEPS + 1):
        discriminator.trainable = True
        discriminator.train_on_batch(*real_samples(half))
        discriminator.train_on_batch(*fake_samples(generator, half))
        discriminator.trainable = False
        gan.train_on_batch(latent_points(BATCH), np.ones((BATCH, 1)))
        if step % REPORT == 0 or step == STEPS:
            report(step, generator, discriminator)


if __name__ == "__main__":
    keras.utils.set_random_seed(0)
    networks = define_generator(), define_discriminator()
    before = [[w.copy() for w in network.get_weights()] for network in networks]
    train(*networks, define_gan(*networks))
    for network, old in zip(networks, before, strict=True):
        assert any(
            (a != b).any() for a, b in zip(network.get_weights(), old, strict=True)
        )
