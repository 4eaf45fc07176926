"""Cases of curves and functions in plain NumPy: name -> function(given, options)."""

import math

import numpy as np

ROOT, CUBE = math.sqrt(2 / math.pi), 0.044715


def curve(function):
    """A case of the pair (y, dy/dx) = function(x, options)."""

    def run(g, o):
        y, slope = function(g["x"], o)
        return {"y": y, "dx": g["dy"] * slope}

    return run


def elu(x, o):
    scale, alpha, low = o.get("scale", 1), o["alpha"], np.exp(np.minimum(x, 0))
    y = np.where(x > 0, x, alpha * (low - 1))
    return scale * y, scale * np.where(x > 0, 1, alpha * low)


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


def gelu(x, o):
    P = np.vectorize(lambda v: (1 + math.erf(v / math.sqrt(2))) / 2)(x)
    return x * P, P + x * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi)


def gelu_approximate(x, o):
    T = np.tanh(ROOT * (x + CUBE * x**3))
    bend = x * (1 - T**2) * ROOT * (1 + 3 * CUBE * x**2)
    return x * (1 + T) / 2, (1 + T + bend) / 2


def hard_sigmoid(x, o):
    y = np.clip(o["slope"] * x + 0.5, 0, 1)
    return y, o["slope"] * ((y > 0) & (y < 1))


def clip(x, o):
    low, high = o["least"], o["most"]
    return np.clip(x, low, high), (low <= x) & (x <= high)


def summed(g, o):
    x, dy = g["x"], g["dy"]
    last = tuple(range(x.ndim - o["axes"], x.ndim))
    spread = dy.reshape(dy.shape + (1,) * o["axes"])
    return {"y": x.sum(last), "dx": np.broadcast_to(spread, x.shape)}


def spread(g, o):
    x, dy = g["x"], g["dy"]
    y = np.broadcast_to(x[:, :, None], (len(x), *o["shape"]))
    return {"y": y, "dx": dy.sum((1, 2))[:, None]}


def of_batch(g, o):
    x, rows = g["x"], (len(g["x"]), 1)
    share = 1 if o["total"] else 1 / x.size
    total, back = share * x.sum(), share * g["dy"].sum()
    return {"y": np.full(rows, total), "dx": np.full(x.shape, back)}


def noise(g, o):
    return {"y": o["stddev"] * g["z"], "dx": 0 * g["x"]}


def gaussian_noise(g, o):
    return {"y": g["x"] + o["stddev"] * g["z"], "dx": g["dy"]}


CASES = {
    "elu": curve(elu),
    "selu": curve(elu),
    "softplus": curve(lambda x, o: (np.log(1 + np.exp(x)), sigmoid(x))),
    "softsign": curve(lambda x, o: (x / (1 + np.abs(x)), (1 + np.abs(x)) ** -2)),
    "swish": curve(
        lambda x, o: (x * sigmoid(x), sigmoid(x) * (1 + x * (1 - sigmoid(x))))
    ),
    "gelu": curve(gelu),
    "gelu-approximate": curve(gelu_approximate),
    "exponential": curve(lambda x, o: (np.exp(x), np.exp(x))),
    "hard-sigmoid": curve(hard_sigmoid),
    "log": curve(lambda x, o: (np.log(x), 1 / x)),
    "power": curve(
        lambda x, o: (x ** o["exponent"], o["exponent"] * x ** (o["exponent"] - 1))
    ),
    "absolute": curve(lambda x, o: (np.abs(x), np.sign(x))),
    "clip": curve(clip),
    "affine": curve(lambda x, o: (o["scale"] * x + o["shift"], o["scale"])),
    "above": curve(lambda x, o: (x > o["threshold"], 0)),
    "sum": summed,
    "spread": spread,
    "batch-mean": of_batch,
    "batch-sum": of_batch,
    "noise": noise,
    "gaussian-noise": gaussian_noise,
}
