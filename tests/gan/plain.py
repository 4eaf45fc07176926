"""The small GAN once more in plain NumPy, float64, sharing no code with minigan.

Written from the formulas of the papers; `test_trainer` holds the trainer against it.
"""

import numpy as np


def sigmoid(s):
    return 1 / (1 + np.exp(-s))


def cross_entropy(s, t):
    return -np.mean(t * np.log(sigmoid(s)) + (1 - t) * np.log(1 - sigmoid(s)))


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


def step(g, d, latent, data, *, n, batches, real_label, fake_label, k, shared, minimax):
    """One step of the game; the history's row as a dict."""
    for _ in range(k):
        half = n // 2 if batches == "half" else n
        z = latent.standard_normal((half, 3))
        fake, real = g.forward(z), points(data, half)
        if batches == "mixed":
            s = d.forward(np.vstack([real, fake]))
            t = np.repeat([[real_label], [fake_label]], half, axis=0)
            d.adam(d.backward((sigmoid(s) - t) / len(s))[0])
            s_real, s_fake = s[:half], s[half:]
        else:
            s_real = d.forward(real)
            d.adam(d.backward((sigmoid(s_real) - real_label) / half)[0])
            s_fake = d.forward(fake)
            d.adam(d.backward((sigmoid(s_fake) - fake_label) / half)[0])
    if not shared:
        z = latent.standard_normal((n, 3))
    s = d.forward(g.forward(z))
    if minimax:
        g_loss, ds = np.mean(np.log(1 - sigmoid(s))), -sigmoid(s) / n
    else:
        g_loss, ds = -np.mean(np.log(sigmoid(s))), (sigmoid(s) - 1) / n
    g.adam(g.backward(d.backward(ds)[1])[0])
    d_real, d_fake = (
        cross_entropy(s_real, real_label),
        cross_entropy(s_fake, fake_label),
    )
    return {
        "d_loss_real": d_real,
        "d_loss_fake": d_fake,
        "d_loss": (d_real + d_fake) / 2,
        "g_loss": g_loss,
        "d_real_std": sigmoid(s_real).std(),
        "d_fake_std": sigmoid(s_fake).std(),
        "d_gradient": d.length,  # of the last update
        "g_gradient": g.length,
        "d_real": sigmoid(s_real).mean(),
        "d_fake": sigmoid(s_fake).mean(),
        "accuracy_real": np.mean(sigmoid(s_real) > 0.5),
        "accuracy_fake": np.mean(sigmoid(s_fake) <= 0.5),
    }
