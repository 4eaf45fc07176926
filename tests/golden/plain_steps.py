"""The cases of optimizers and of GAN steps, in plain NumPy."""

import numpy as np

from tests.golden.plain_layers import batchnorm, batchnorm_dx
from tests.golden.plain_losses import entropy


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


def optimistic_adam(given, o):
    w, m, v, last, rows = given["w"], 0, 0, 0, []
    for t, g in enumerate(given["g"], start=1):
        m = o["beta_1"] * m + (1 - o["beta_1"]) * g
        v = o["beta_2"] * v + (1 - o["beta_2"]) * g**2
        alpha = o["learning_rate"] * np.sqrt(1 - o["beta_2"] ** t)
        step = alpha / (1 - o["beta_1"] ** t) * m / (np.sqrt(v) + o["epsilon"])
        w = w - 2 * step + last
        last = step
        rows.append((w, m, v, last))
    names = ("new_w", "m", "v", "last")
    return dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))


def sgd(given, o):
    w, velocity, rows = given["w"], 0, []
    for g in given["g"]:
        velocity = o["momentum"] * velocity - o["learning_rate"] * g
        w = w + velocity
        rows.append((w, velocity))
    w, velocity = map(np.array, zip(*rows, strict=True))
    return {"new_w": w, "velocity": velocity}


def rmsprop(given, o):
    w, square, velocity, rows = given["w"], 0, 0, []
    for g in given["g"]:
        square = o["rho"] * square + (1 - o["rho"]) * g**2
        step = o["learning_rate"] * g / np.sqrt(square + o["epsilon"])
        velocity = o["momentum"] * velocity + step
        w = w - velocity
        rows.append((w, square, velocity))
    w, square, velocity = map(np.array, zip(*rows, strict=True))
    return {"new_w": w, "square": square, "velocity": velocity}


def adamw(given, o):
    rest = {name: value for name, value in o.items() if name != "weight_decay"}
    optimizer, w, rows = Adam(**rest), given["w"], []
    for g in given["g"]:
        w = w - o["learning_rate"] * o["weight_decay"] * w
        w = optimizer.step({"w": w}, {"w": g})["w"]
        rows.append((w, optimizer.m["w"], optimizer.v["w"]))
    w, m, v = map(np.array, zip(*rows, strict=True))
    return {"new_w": w, "m": m, "v": v}


def adamax(given, o):
    w, m, u, rows = given["w"], 0, 0, []
    for t, g in enumerate(given["g"], start=1):
        m = o["beta_1"] * m + (1 - o["beta_1"]) * g
        u = np.maximum(o["beta_2"] * u, np.abs(g))
        rate = o["learning_rate"] / (1 - o["beta_1"] ** t)
        w = w - rate * m / (u + o["epsilon"])
        rows.append((w, m, u))
    w, m, u = map(np.array, zip(*rows, strict=True))
    return {"new_w": w, "m": m, "u": u}


def nadam(given, o):
    def mu(t):
        return o["beta_1"] * (1 - 0.96**t / 2)

    w, m, v, product, rows = given["w"], 0, 0, 1, []
    for t, g in enumerate(given["g"], start=1):
        m = o["beta_1"] * m + (1 - o["beta_1"]) * g
        v = o["beta_2"] * v + (1 - o["beta_2"]) * g**2
        product *= mu(t)
        ahead = mu(t + 1) * m / (1 - product * mu(t + 1))
        mhat = ahead + (1 - mu(t)) * g / (1 - product)
        size = np.sqrt(v / (1 - o["beta_2"] ** t)) + o["epsilon"]
        w = w - o["learning_rate"] * mhat / size
        rows.append((w, m, v))
    w, m, v = map(np.array, zip(*rows, strict=True))
    return {"new_w": w, "m": m, "v": v}


def adagrad(given, o):
    w, square, rows = given["w"], 0, []
    for g in given["g"]:
        square = square + g**2
        size = np.sqrt(o["initial_accumulator_value"] + square + o["epsilon"])
        w = w - o["learning_rate"] * g / size
        rows.append((w, square))
    w, square = map(np.array, zip(*rows, strict=True))
    return {"new_w": w, "square": square}


def nesterov(given, o):
    w, velocity, rows = given["w"], 0, []
    for g in given["g"]:
        velocity = o["momentum"] * velocity - o["learning_rate"] * g
        w = w + o["momentum"] * velocity - o["learning_rate"] * g
        rows.append((w, velocity))
    w, velocity = map(np.array, zip(*rows, strict=True))
    return {"new_w": w, "velocity": velocity}


def amsgrad(given, o):
    w, m, v, most, rows = given["w"], 0, 0, 0, []
    for t, g in enumerate(given["g"], start=1):
        m = o["beta_1"] * m + (1 - o["beta_1"]) * g
        v = o["beta_2"] * v + (1 - o["beta_2"]) * g**2
        most = np.maximum(most, v)
        alpha = o["learning_rate"] * np.sqrt(1 - o["beta_2"] ** t)
        w = w - alpha / (1 - o["beta_1"] ** t) * m / (np.sqrt(most) + o["epsilon"])
        rows.append((w, m, v, most))
    names = ("new_w", "m", "v", "most")
    return dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))


def adadelta(given, o):
    w, square, moved, rows = given["w"], 0, 0, []
    for g in given["g"]:
        square = o["rho"] * square + (1 - o["rho"]) * g**2
        step = g * np.sqrt((moved + o["epsilon"]) / (square + o["epsilon"]))
        moved = o["rho"] * moved + (1 - o["rho"]) * step**2
        w = w - o["learning_rate"] * step
        rows.append((w, square, moved))
    names = ("new_w", "square", "moved")
    return dict(zip(names, map(np.array, zip(*rows, strict=True)), strict=True))


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
    "adam-keras": adam(corrected=False),
    "adam-pytorch": adam(corrected=True),
    "optimistic-adam": optimistic_adam,
    "sgd": sgd,
    "rmsprop": rmsprop,
    "rmsprop-momentum": rmsprop,
    "adamw": adamw,
    "adamax": adamax,
    "nadam": nadam,
    "adagrad": adagrad,
    "nesterov": nesterov,
    "amsgrad": amsgrad,
    "adadelta": adadelta,
    "gan-step": gan(mixed=False),
    "gan-step-mixed": gan(mixed=True),
    "gan-ten-steps": gan(mixed=False),
}
