"""Does the discriminator of a classic GAN script learn?  Ask any engine.

    python docs/trap.py minigan      or keras, tf_keras

The script is the usual one: compile D, freeze it once, compile the GAN, train the two
in turn.  It prints how far each network moved in each kind of step.
"""

import importlib
import sys

import numpy as np

ENGINES = {"minigan": "minigan.keras", "keras": "keras", "tf_keras": "tf_keras"}


def run(keras, steps=20):
    """[(step, network, largest change of a weight)] of the classic script."""
    layers = keras.layers
    rng = np.random.default_rng(0)
    generator = keras.Sequential(
        [layers.Input(shape=(5,)), layers.Dense(15, activation="relu"), layers.Dense(2)]
    )
    discriminator = keras.Sequential(
        [
            layers.Input(shape=(2,)),
            layers.Dense(25, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )
    discriminator.compile(loss="binary_crossentropy", optimizer="adam")
    discriminator.trainable = False  # for the GAN, the tutorials say
    gan = keras.Sequential([generator, discriminator])
    gan.compile(loss="binary_crossentropy", optimizer="adam")

    networks = {"D": discriminator, "G": generator}
    moved = {(s, n): 0.0 for s in ("D step", "gan step") for n in networks}
    ones, zeros = np.ones((32, 1)), np.zeros((32, 1))
    for _ in range(steps):
        x = rng.random((32, 1)) - 0.5
        points = np.hstack([x, x * x])
        z = rng.standard_normal((32, 5))
        fake = np.asarray(generator.predict(z, verbose=0))

        def discriminator_step(real=points, fake=fake):
            discriminator.train_on_batch(real, ones)
            discriminator.train_on_batch(fake, zeros)

        def gan_step(z=z):
            gan.train_on_batch(z, ones)

        for name, step in (("D step", discriminator_step), ("gan step", gan_step)):
            before = {n: network.get_weights() for n, network in networks.items()}
            step()
            for n, network in networks.items():
                pairs = zip(before[n], network.get_weights(), strict=True)
                change = max(float(np.abs(a - b).max()) for a, b in pairs)
                moved[name, n] = max(moved[name, n], change)
    return [(step, network, change) for (step, network), change in moved.items()]


def main(engine="minigan"):
    """Print the table for one engine."""
    for step, network, change in run(importlib.import_module(ENGINES[engine])):
        verdict = f"moved by up to {change:.4f}" if change else "did not move"
        print(f"in a {step:8} {network} {verdict}")


if __name__ == "__main__":
    main(*sys.argv[1:])
