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


def relativistic(upper, lower):
    """Paired: what shall be above what; the loss and both gradients."""
    p = sigmoid(upper - lower)
    return -np.mean(np.log(p)), (p - 1) / len(p), (1 - p) / len(p)


def relativistic_average(upper, lower):
    """Half of the paper's loss; gradients by the chain rule through both means."""
    p, q = sigmoid(upper - lower.mean()), sigmoid(lower - upper.mean())
    loss = -np.mean(np.log(p)) / 2 - np.mean(np.log(1 - q)) / 2
    up, down = (p - 1) / len(p) / 2, q / len(q) / 2
    return loss, up - down.sum() / len(p), down - up.sum() / len(q)


# name -> losses of objectives that compare, upper scores beside lower ones
COMPARING = {
    "relativistic": relativistic,
    "relativistic-average": relativistic_average,
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
    updates="alternating",
    rate=1e-3,
    pack=1,
):
    """One step of the game; the history's row as a dict."""
    against, generator = OBJECTIVES.get(objective, (None, None))
    compare, found = COMPARING.get(objective), {}

    def seen(rows):
        return noisy(rows, noise, std).reshape(-1, 2 * pack)

    def move_d(gradients):
        d.adam(gradients, rate)
        if clip:
            for w in d.w:
                np.clip(w, -clip, clip, out=w)

    def d_gradients(z):
        """Those of D's last lesson, or of both together."""
        half = n // 2 if batches == "half" else n
        z = latent.standard_normal((half, 3)) if z is None else z
        fake, real = seen(g.forward(z)), seen(points(data, half))
        half //= pack
        if batches == "mixed":
            s = d.forward(np.vstack([real, fake]))
            s_real, s_fake = s[:half], s[half:]
            if compare:
                loss, up, down = compare(s_real, s_fake)
                d_real = d_fake = loss
                if objective == "relativistic-average":
                    d_real = -np.mean(np.log(sigmoid(s_real - s_fake.mean())))
                    d_fake = 2 * loss - d_real
            else:
                (d_real, up), (d_fake, down) = (
                    against(s_real, real_label),
                    against(s_fake, fake_label),
                )
                up, down = up / 2, down / 2
            gradients = d.backward(np.vstack([up, down]))[0]
        else:
            s_real = d.forward(real)
            d_real, ds = against(s_real, real_label)
            first = d.backward(ds)[0]
            if updates == "alternating":
                move_d(first)
                first = [0] * 4
            s_fake = d.forward(fake)
            d_fake, ds = against(s_fake, fake_label)
            gradients = [a + b for a, b in zip(first, d.backward(ds)[0], strict=True)]
        found.update(d_loss_real=d_real, d_loss_fake=d_fake)
        found.update(s_real=s_real, s_fake=s_fake)
        return gradients

    def g_gradients(z):
        z = latent.standard_normal((n, 3)) if z is None else z
        fake = seen(g.forward(z))
        if compare:
            real, m = seen(points(data, n)), n // pack
            s = d.forward(np.vstack([real, fake]))
            g_loss, down, up = compare(s[m:], s[:m])
            dfake = d.backward(np.vstack([up, down]))[1][m:]
        else:
            g_loss, ds = generator(d.forward(fake))
            dfake = d.backward(ds)[1]
        found.update(g_loss=g_loss)
        return g.backward(dfake.reshape(n, 2))[0]

    def both(z):
        return d_gradients(z), g_gradients(z)

    def shared():
        return latent.standard_normal((n, 3)) if latents == "shared" else None

    if updates == "alternating":
        for _ in range(discriminator_steps):
            z = shared()
            move_d(d_gradients(z))
        for _ in range(generator_steps):
            g.adam(g_gradients(z), rate)
    else:
        start = [[w.copy() for w in net.w] for net in (d, g)]
        of_d, of_g = both(shared())
        move_d(of_d), g.adam(of_g, rate)
        if updates == "extragradient":
            of_d, of_g = both(shared())
            d.w, g.w = start
            move_d(of_d), g.adam(of_g, rate)
    s_real, s_fake = found.pop("s_real"), found.pop("s_fake")
    probability = objective in ("non-saturating", "minimax")
    answers = [sigmoid(s) if probability else s for s in (s_real, s_fake)]
    border = 0.5 if probability or objective == "least-squares" else 0.0
    return {
        **found,
        "d_loss": (found["d_loss_real"] + found["d_loss_fake"]) / 2,
        "d_real_std": answers[0].std(),
        "d_fake_std": answers[1].std(),
        "d_gradient": d.length,  # of the last update
        "g_gradient": g.length,
        "d_real": answers[0].mean(),
        "d_fake": answers[1].mean(),
        "accuracy_real": np.mean(answers[0] > border),
        "accuracy_fake": np.mean(answers[1] <= border),
    }
