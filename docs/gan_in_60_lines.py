"""A whole GAN on one page: points on y = x^2, learned from noise.

    python docs/gan_in_60_lines.py

A forger (the generator) makes points, a detective (the discriminator) learns to tell
them from real ones, and the forger learns from how it was found out.  This is the
recipe "parabola" without `Trainer`; a test proves that both give the same bytes.
"""

import sys

import numpy as np

from minigan import Adam, BCEWithLogits, Dense, ReLU, Sequential
from minigan.gan.rngs import rngs

BATCH, LATENT = 128, 5


def train(steps=10_000, seed=0):
    """Both networks, and the losses (d_loss, g_loss) of every step."""
    rng = rngs(seed)  # random numbers, one source for each purpose
    init = {"rng": rng["weights"]}
    generator = Sequential(
        [Dense(LATENT, 15, "he_uniform", **init), ReLU(), Dense(15, 2, **init)]
    )
    discriminator = Sequential(  # its score s is a logit: D(x) = sigmoid(s)
        [Dense(2, 25, "he_uniform", **init), ReLU(), Dense(25, 1, **init)]
    )
    loss, g_adam, d_adam = BCEWithLogits(), Adam(), Adam()

    def noise(n):
        return rng["latent"].standard_normal((n, LATENT), dtype=np.float32)

    def real_points(n):
        x = rng["data"].random((n, 1), dtype=np.float32) - np.float32(0.5)
        return np.hstack([x, x * x])

    def teach_discriminator(points, label):
        score = discriminator.forward(points, training=True)
        value = loss.forward(score, np.full_like(score, label))
        discriminator.zero_grad()
        discriminator.backward(loss.backward(), need_dx=False)
        d_adam.step(discriminator)
        return float(value)

    def teach_generator(z):
        fake = generator.forward(z, training=True)
        with discriminator.frozen():  # nothing in it changes; the gradient passes
            score = discriminator.forward(fake, training=True)
            value = loss.forward(score, np.ones_like(score))  # "call it real"
            dfake = discriminator.backward(loss.backward())
        generator.zero_grad()
        generator.backward(dfake, need_dx=False)
        g_adam.step(generator)
        return float(value)

    losses = []
    for step in range(1, steps + 1):
        fake = generator.predict(noise(BATCH // 2))
        on_real = teach_discriminator(real_points(BATCH // 2), 1)
        on_fake = teach_discriminator(fake, 0)
        losses.append(((on_real + on_fake) / 2, teach_generator(noise(BATCH))))
        if step % 2000 == 0:
            d_loss, g_loss = losses[-1]
            print(f"step {step:5}   d_loss {d_loss:.3f}   g_loss {g_loss:.3f}")
    return generator, discriminator, losses


if __name__ == "__main__":
    generator, _, _ = train(*map(int, sys.argv[1:]))  # steps, seed
    z = np.random.default_rng(1).standard_normal((1000, LATENT), dtype=np.float32)
    x, y = generator.predict(z).T
    print(f"1,000 new points: mean |y - x^2| = {np.abs(y - x * x).mean():.4f}")
