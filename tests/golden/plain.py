"""Every case of the golden file in plain NumPy, written from its description alone.

Nothing of minigan is imported: what stands here is what an implementation in another
language has to do.   CASES: name -> function(given, options) -> expected.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

PATH = Path(__file__).parent / "golden.npz"


def load(path=PATH):
    """name -> (options, tolerance, given, expected)"""
    with zipfile.ZipFile(path) as archive, np.load(path) as arrays:
        cases = json.loads(archive.read("meta.json"))["cases"]
        found = {}
        for case in cases:
            parts: dict = {"given": {}, "expected": {}}
            for row in case["arrays"]:
                array = arrays[f"{case['name']}/{row['name']}"]
                assert array.shape == tuple(row["shape"]), row
                assert array.dtype == row["dtype"] and row["meaning"], row
                parts[row["role"]][row["name"]] = array
            found[case["name"]] = (case["options"], case["tolerance"], *parts.values())
    return found


# ---- layers ------------------------------------------------------------------------


def dense(g, o):
    x, W, dy = g["x"], g["W"], g["dy"]
    return {"y": x @ W + g["b"], "dx": dy @ W.T, "dW": x.T @ dy, "db": dy.sum(0)}


def dense_frozen(g, o):
    found = dense(g, o)
    return {"y": found["y"], "dx": found["dx"]}


def leaky(g, o):
    slope = np.where(g["x"] > 0, 1, o.get("slope", 0))
    return {"y": slope * g["x"], "dx": slope * g["dy"]}


def sigmoid(x):
    with np.errstate(over="ignore"):
        return 1 / (1 + np.exp(-x))


def sigmoid_layer(g, o):
    y = sigmoid(g["x"])
    return {"y": y, "dx": g["dy"] * y * (1 - y)}


def tanh(g, o):
    y = np.tanh(g["x"])
    return {"y": y, "dx": g["dy"] * (1 - y**2)}


def softmax_of(x):
    e = np.exp(x - x.max(1, keepdims=True))
    return e / e.sum(1, keepdims=True)


def softmax(g, o):
    y = softmax_of(g["x"])
    return {"y": y, "dx": y * (g["dy"] - (g["dy"] * y).sum(1, keepdims=True))}


def shaping(g, o):
    return {"y": g["x"].reshape(g["dy"].shape), "dx": g["dy"].reshape(g["x"].shape)}


def dropout(g, o):
    mask = (g["u"] >= o["rate"]) / (1 - o["rate"])
    return {"y": g["x"] * mask, "dx": g["dy"] * mask}


def batchnorm(x, gamma, beta, mean, var, epsilon):
    """y, xhat, rstd"""
    rstd = 1 / np.sqrt(var + epsilon)
    xhat = (x - mean) * rstd
    return gamma * xhat + beta, xhat, rstd


def batchnorm_dx(dy, gamma, xhat, rstd):
    d = dy * gamma
    return rstd * (d - d.mean(0) - xhat * (d * xhat).mean(0))


def batchnorm_training(g, o):
    x, dy, gamma = g["x"], g["dy"], g["gamma"]
    mean, var = x.mean(0), x.var(0)
    y, xhat, rstd = batchnorm(x, gamma, g["beta"], mean, var, o["epsilon"])
    k = o["momentum"]
    return {
        "y": y,
        "dx": batchnorm_dx(dy, gamma, xhat, rstd),
        "dgamma": (dy * xhat).sum(0),
        "dbeta": dy.sum(0),
        "new_moving_mean": k * g["moving_mean"] + (1 - k) * mean,
        "new_moving_var": k * g["moving_var"] + (1 - k) * var,
    }


def batchnorm_frozen(g, o):
    found = batchnorm_training(g, o)
    still = {f"new_moving_{name}": g[f"moving_{name}"] for name in ("mean", "var")}
    return {"y": found["y"], "dx": found["dx"], **still}


def batchnorm_inference(g, o):
    y, xhat, rstd = batchnorm(
        *(g[k] for k in ("x", "gamma", "beta", "moving_mean", "moving_var")),
        o["epsilon"],
    )
    dy = g["dy"]
    return {
        "y": y,
        "dx": dy * g["gamma"] * rstd,
        "dgamma": (dy * xhat).sum(0),
        "dbeta": dy.sum(0),
    }


def batchnorm_moving(g, o):
    mean, var, k = 0.0, 1.0, o["momentum"]
    means, variances = [], []
    for x in g["x"]:
        mean, var = k * mean + (1 - k) * x.mean(0), k * var + (1 - k) * x.var(0)
        means.append(mean)
        variances.append(var)
    y, _, _ = batchnorm(g["x"][-1], 1, 0, mean, var, o["epsilon"])
    return {"moving_mean": np.array(means), "moving_var": np.array(variances), "y": y}


# ---- losses ------------------------------------------------------------------------


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


# ---- optimizers and GAN steps ------------------------------------------------------


class Adam:
    def __init__(self, learning_rate, beta_1, beta_2, epsilon, corrected=False):
        self.rate, self.betas, self.epsilon = learning_rate, (beta_1, beta_2), epsilon
        self.corrected, self.t, self.m, self.v = corrected, 0, {}, {}

    def step(self, values, gradients):
        """New values; both are name -> array."""
        self.t += 1
        b1, b2 = self.betas
        alpha = self.rate * np.sqrt(1 - b2**self.t) / (1 - b1**self.t)
        epsilon = self.epsilon * (np.sqrt(1 - b2**self.t) if self.corrected else 1)
        found = {}
        for name, g in gradients.items():
            m = self.m[name] = b1 * self.m.get(name, 0) + (1 - b1) * g
            v = self.v[name] = b2 * self.v.get(name, 0) + (1 - b2) * g**2
            found[name] = values[name] - alpha * m / (np.sqrt(v) + epsilon)
        return {**values, **found}


def adam(corrected):
    def run(given, o):
        optimizer, values = Adam(**o, corrected=corrected), {"w": given["w"]}
        rows: dict = {"new_w": [], "m": [], "v": []}
        for g in given["g"]:
            values = optimizer.step(values, {"w": g})
            for name, array in zip(
                rows, (values["w"], optimizer.m["w"], optimizer.v["w"]), strict=True
            ):
                rows[name].append(array)
        return {name: np.array(row) for name, row in rows.items()}

    return run


def sgd(given, o):
    w, velocity, rows = given["w"], 0, []
    for g in given["g"]:
        velocity = o["momentum"] * velocity - o["learning_rate"] * g
        w = w + velocity
        rows.append((w, velocity))
    w, velocity = map(np.array, zip(*rows, strict=True))
    return {"new_w": w, "velocity": velocity}


def hidden(x, w, label, slope):
    """Dense and LeakyReLU: the output and the slopes."""
    a = x @ w[f"{label}.0.W"] + w[f"{label}.0.b"]
    slopes = np.where(a > 0, 1, slope)
    return slopes * a, slopes


def discriminate(x, w, t, o):
    """Loss, gradients of D's parameters, gradient of x."""
    h, slopes = hidden(x, w, "D", o["slope"])
    loss, ds = entropy(h @ w["D.2.W"] + w["D.2.b"], t)
    da = ds @ w["D.2.W"].T * slopes
    gradients = {"D.0.W": x.T @ da, "D.0.b": da.sum(0)}
    gradients |= {"D.2.W": h.T @ ds, "D.2.b": ds.sum(0)}
    return loss, gradients, da @ w["D.0.W"].T


def generate(z, w, o, mean=None, var=None):
    """Fakes; given no statistics, those of the batch.  And what backward needs."""
    h, slopes = hidden(z, w, "G", o["slope"])
    mean, var = (h.mean(0), h.var(0)) if mean is None else (mean, var)
    n, xhat, rstd = batchnorm(
        h, w["G.2.gamma"], w["G.2.beta"], mean, var, o["bn_epsilon"]
    )
    return np.tanh(n @ w["G.3.W"] + w["G.3.b"]), (slopes, n, xhat, rstd, mean, var)


def gan(mixed):
    def run(given, o):
        w = {name: array for name, array in given.items() if "." in name}
        names = ("learning_rate", "beta_1", "beta_2", "epsilon")
        adams = {k: Adam(*(o[name] for name in names)) for k in "GD"}
        losses, seen = [], {}
        for real, z_d, z_g in zip(
            given["real"], given["z_d"], given["z_g"], strict=True
        ):
            fake, _ = generate(z_d, w, o, w["G.2.moving_mean"], w["G.2.moving_var"])
            if mixed:
                labels = np.repeat([[o["real_label"]], [0.0]], len(real), axis=0)
                on_real, _, _ = discriminate(real, w, labels[: len(real)], o)
                on_fake, _, _ = discriminate(fake, w, 0.0, o)
                _, d, _ = discriminate(np.concatenate([real, fake]), w, labels, o)
                rounds = {"on_both": d}
                w = adams["D"].step(w, d)
            else:
                on_real, first, _ = discriminate(real, w, o["real_label"], o)
                w = adams["D"].step(w, first)
                on_fake, second, _ = discriminate(fake, w, 0.0, o)
                w = adams["D"].step(w, second)
                rounds = {"on_real": first, "on_fake": second}

            made, (slopes, n, xhat, rstd, mean, var) = generate(z_g, w, o)
            loss, _, dfake = discriminate(made, w, 1.0, o)
            da = dfake * (1 - made**2)
            dn = da @ w["G.3.W"].T
            dh = batchnorm_dx(dn, w["G.2.gamma"], xhat, rstd) * slopes
            g = {"G.0.W": z_g.T @ dh, "G.0.b": dh.sum(0)}
            g |= {"G.2.gamma": (dn * xhat).sum(0), "G.2.beta": dn.sum(0)}
            g |= {"G.3.W": n.T @ da, "G.3.b": da.sum(0)}
            rounds["on_g"] = g
            w = adams["G"].step(w, g)
            for name, batch in (("mean", mean), ("var", var)):
                old, k = w[f"G.2.moving_{name}"], o["momentum"]
                w[f"G.2.moving_{name}"] = k * old + (1 - k) * batch

            losses.append((on_real, on_fake, loss))
            seen = {"fake": fake, "dfake": dfake}
            for label, gradients in rounds.items():
                seen |= {f"{label}/{name}": array for name, array in gradients.items()}
        found = {"losses": np.array(losses), **(seen if len(losses) == 1 else {})}
        found |= {f"new/{name}": array for name, array in w.items()}
        for optimizer in adams.values():
            found |= {f"m/{name}": array for name, array in optimizer.m.items()}
            found |= {f"v/{name}": array for name, array in optimizer.v.items()}
        return found

    return run


CASES = {
    "dense": dense,
    "dense-frozen": dense_frozen,
    "relu": leaky,
    "leaky-relu": leaky,
    "sigmoid": sigmoid_layer,
    "sigmoid-saturated": sigmoid_layer,
    "tanh": tanh,
    "softmax": softmax,
    "flatten": shaping,
    "reshape": shaping,
    "dropout": dropout,
    "batchnorm-training": batchnorm_training,
    "batchnorm-inference": batchnorm_inference,
    "batchnorm-frozen": batchnorm_frozen,
    "batchnorm-moving": batchnorm_moving,
    "bce": bce,
    "bce-clipped": bce,
    "bce-logits": bce_logits,
    "bce-logits-saturated": bce_logits,
    "mse": mse,
    "softmax-cross-entropy": softmax_cross_entropy,
    "objective-non-saturating": objective(
        *labelled(entropy), lambda s: entropy(s, 1.0)
    ),
    "objective-minimax": objective(*labelled(entropy), minimax),
    "objective-least-squares": objective(*labelled(squared), lambda s: squared(s, 1.0)),
    "objective-hinge": objective(*signed(hinge), lambda s: linear(s, 1.0)),
    "objective-wasserstein": objective(*signed(linear), lambda s: linear(s, 1.0)),
    "adam-keras": adam(corrected=False),
    "adam-pytorch": adam(corrected=True),
    "sgd": sgd,
    "gan-step": gan(mixed=False),
    "gan-step-mixed": gan(mixed=True),
    "gan-ten-steps": gan(mixed=False),
}
