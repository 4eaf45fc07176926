"""The cases of losses and objectives, in plain NumPy."""

import numpy as np

from tests.golden.plain_layers import sigmoid, softmax_of


def bce(g, o):
    p, t = g["pred"], g["target"]
    q = np.clip(p, 1e-7, 1 - 1e-7)
    with np.errstate(divide="ignore", invalid="ignore"):
        d = np.where(q == p, (p - t) / (p * (1 - p)) / p.size, 0)
    return {"loss": -np.mean(t * np.log(q) + (1 - t) * np.log(1 - q)), "dpred": d}


def entropy(z, t):
    """Cross-entropy of logits, and its gradient."""
    loss = np.mean(np.maximum(z, 0) - z * t + np.log1p(np.exp(-np.abs(z))))
    return loss, (sigmoid(z) - t) / z.size


def bce_logits(g, o):
    loss, d = entropy(g["pred"], g["target"])
    return {"loss": loss, "dpred": d}


def mse(g, o):
    off = g["pred"] - g["target"]
    return {"loss": np.mean(off**2), "dpred": 2 * off / off.size}


def mae(g, o):
    off = g["pred"] - g["target"]
    return {"loss": np.mean(np.abs(off)), "dpred": np.sign(off) / off.size}


def wasserstein(g, o):
    p, t = g["pred"], g["target"]
    return {"loss": o["weight"] * np.mean(p * t), "dpred": o["weight"] * t / t.size}


def softmax_cross_entropy(g, o):
    p, label = softmax_of(g["pred"]), g["target"]
    rows = np.arange(len(p))
    d = p / len(p)
    d[rows, label] -= 1 / len(p)
    return {"loss": -np.mean(np.log(p[rows, label])), "dpred": d}


def objective(on_real, on_fake, generator):
    """on_real(s, options) -> (loss, gradient), and so on."""

    def run(g, o):
        s = g["score"]
        half = len(s) // 2
        (a, da), (b, db) = on_real(s[:half], o), on_fake(s[half:], o)
        parts = {
            "real": on_real(s, o),
            "fake": on_fake(s, o),
            "mixed": ((a + b) / 2, np.concatenate([da, db]) / 2),
            "generator": generator(s),
        }
        found = {}
        for name, (loss, d) in parts.items():
            found |= {f"loss_{name}": loss, f"dscore_{name}": d}
        return found

    return run


def squared(s, t):
    return np.mean((s - t) ** 2) / 2, (s - t) / s.size


def hinge(s, sign):
    return np.mean(np.maximum(0, 1 - sign * s)), -sign * (sign * s < 1) / s.size


def linear(s, sign):
    return -sign * np.mean(s), np.full(s.shape, -sign / s.size)


def minimax(s):
    loss, d = entropy(s, 0.0)
    return -loss, -d


def labelled(loss):
    """The discriminator's two losses, of a loss of scores and labels."""
    return (
        lambda s, o: loss(s, o["real_label"]),
        lambda s, o: loss(s, o["fake_label"]),
    )


def signed(loss):
    return lambda s, o: loss(s, 1.0), lambda s, o: loss(s, -1.0)


def comparing(loss):
    """D: the upper half above the lower one; G the reverse."""

    def run(g, o):
        r, f = np.split(g["score"], 2)
        d_loss, dr, df = loss(r, f)
        g_loss, df_of_g, dr_of_g = loss(f, r)
        return {
            "loss_mixed": d_loss,
            "dscore_mixed": np.concatenate([dr, df]),
            "loss_generator": g_loss,
            "dscore_generator": np.concatenate([dr_of_g, df_of_g]),
        }

    return run


def softplus(t):
    """log(1 + exp(t)) and its slope."""
    return np.log1p(np.exp(t)), 1 / (1 + np.exp(-t))


def in_pairs(above, below):
    value, slope = softplus(below - above)
    return value.mean(), -slope / len(slope), slope / len(slope)


def beside_means(above, below):
    one, slope = softplus(below.mean() - above)
    other, slope_other = softplus(below - above.mean())
    up, down = -slope / len(slope) / 2, slope_other / len(slope) / 2
    return (one.mean() + other.mean()) / 2, up - down.mean(), down - up.mean()


CASES = {
    "bce": bce,
    "bce-clipped": bce,
    "bce-logits": bce_logits,
    "bce-logits-saturated": bce_logits,
    "mse": mse,
    "mae": mae,
    "wasserstein": wasserstein,
    "softmax-cross-entropy": softmax_cross_entropy,
    "objective-non-saturating": objective(
        *labelled(entropy), lambda s: entropy(s, 1.0)
    ),
    "objective-minimax": objective(*labelled(entropy), minimax),
    "objective-least-squares": objective(*labelled(squared), lambda s: squared(s, 1.0)),
    "objective-hinge": objective(*signed(hinge), lambda s: linear(s, 1.0)),
    "objective-relativistic": comparing(in_pairs),
    "objective-relativistic-average": comparing(beside_means),
    "objective-wasserstein": objective(*signed(linear), lambda s: linear(s, 1.0)),
}
