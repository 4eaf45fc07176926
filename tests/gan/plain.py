"""The small GAN once more in plain NumPy, float64, sharing no code with minigan.

Written from the formulas of the papers; `test_trainer` holds the trainer against it.
"""

import numpy as np


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def cross_entropy(s, t):
    return -np.mean(t * np.log(sigmoid(s)) + (1 - t) * np.log(1 - sigmoid(s)))


def logits_against(s, t):
    """Cross-entropy of logits, and its gradient."""
    return cross_entropy(s, t), (sigmoid(s) - t) / len(s)


def squared(s, t):
    return np.mean((s - t) ** 2) / 2, (s - t) / len(s)


def hinge(s, sign):
    return np.mean(np.maximum(0, 1 - sign * s)), -sign * (sign * s < 1) / len(s)


def linear(s, sign):
    return -sign * np.mean(s), np.full(s.shape, -sign / len(s))


# name -> (D's loss of scores with a label, G's loss), each with the gradient.
# The label 1 is real and 0 fake where a formula knows no others.
OBJECTIVES = {
    "non-saturating": (logits_against, lambda s: logits_against(s, 1.0)),
    "minimax": (
        logits_against,
        lambda s: (np.mean(np.log(1 - sigmoid(s))), -sigmoid(s) / len(s)),
    ),
    "least-squares": (squared, lambda s: squared(s, 1.0)),
    "hinge": (lambda s, t: hinge(s, 2 * t - 1), lambda s: linear(s, 1)),
    "wasserstein": (lambda s, t: linear(s, 2 * t - 1), lambda s: linear(s, 1)),
}


class Net:
    """Dense, LeakyReLU(0.2), Dense, with Adam as Keras has it."""

    def __init__(self, weights):
        self.w = [w.copy() for w in weights]
        self.m = [np.zeros_like(w) for w in weights]
        self.v = [np.zeros_like(w) for w in weights]
        self.t = 0

    def forward(self, x):
        W1, b1, W2, b2 = self.w
        self.x, self.a = x, x @ W1 + b1
        self.h = np.where(self.a > 0, self.a, 0.2 * self.a)
        return self.h @ W2 + b2

    def backward(self, dy):
        W1, _, W2, _ = self.w
        da = (dy @ W2.T) * np.where(self.a > 0, 1, 0.2)
        gradients = [self.x.T @ da, da.sum(0), self.h.T @ dy, dy.sum(0)]
        return gradients, da @ W1.T

    def adam(self, gradients, rate=1e-3, b1=0.9, b2=0.999, epsilon=1e-7):
        self.t += 1
        self.length = np.sqrt(sum((g**2).sum() for g in gradients))
        alpha = rate * np.sqrt(1 - b2**self.t) / (1 - b1**self.t)
        for w, m, v, g in zip(self.w, self.m, self.v, gradients, strict=True):
            m += (1 - b1) * (g - m)
            v += (1 - b2) * (g * g - v)
            w -= alpha * m / (np.sqrt(v) + epsilon)


def points(rng, n):
    x = rng.random((n, 1)) - 0.5
    return np.hstack([x, x**2])


def noisy(x, noise, std):
    return x + std * noise.standard_normal(x.shape) if std else x


def step(
    g,
    d,
    latent,
    data,
    *,
    n,
    batches="half",
    real_label=1.0,
    fake_label=0.0,
    discriminator_steps=1,
    generator_steps=1,
    latents="fresh",
    objective="non-saturating",
    clip=None,
    noise=None,
    std=0.0,
):
    """One step of the game; the history's row as a dict."""
    against, generator = OBJECTIVES[objective]

    def update(ds):
        d.adam(d.backward(ds)[0])
        if clip:
            for w in d.w:
                np.clip(w, -clip, clip, out=w)

    for _ in range(discriminator_steps):
        half = n // 2 if batches == "half" else n
        z = latent.standard_normal((half, 3))
        fake = noisy(g.forward(z), noise, std)
        real = noisy(points(data, half), noise, std)
        if batches == "mixed":
            s = d.forward(np.vstack([real, fake]))
            s_real, s_fake = s[:half], s[half:]
            (d_real, up), (d_fake, down) = (
                against(s_real, real_label),
                against(s_fake, fake_label),
            )
            update(np.vstack([up, down]) / 2)
        else:
            s_real = d.forward(real)
            d_real, ds = against(s_real, real_label)
            update(ds)
            s_fake = d.forward(fake)
            d_fake, ds = against(s_fake, fake_label)
            update(ds)
    for _ in range(generator_steps):
        if latents == "fresh":
            z = latent.standard_normal((n, 3))
        g_loss, ds = generator(d.forward(noisy(g.forward(z), noise, std)))
        g.adam(g.backward(d.backward(ds)[1])[0])
    probability = objective in ("non-saturating", "minimax")
    answers = [sigmoid(s) if probability else s for s in (s_real, s_fake)]
    border = 0.5 if probability or objective == "least-squares" else 0.0
    return {
        "d_loss_real": d_real,
        "d_loss_fake": d_fake,
        "d_loss": (d_real + d_fake) / 2,
        "g_loss": g_loss,
        "d_real_std": answers[0].std(),
        "d_fake_std": answers[1].std(),
        "d_gradient": d.length,  # of the last update
        "g_gradient": g.length,
        "d_real": answers[0].mean(),
        "d_fake": answers[1].mean(),
        "accuracy_real": np.mean(answers[0] > border),
        "accuracy_fake": np.mean(answers[1] <= border),
    }
