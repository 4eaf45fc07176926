"""The cases of layers, in plain NumPy.   CASES: name -> function(given, options)."""

import numpy as np


def dense(g, o):
    x, W, dy = g["x"], g["W"], g["dy"]
    return {"y": x @ W + g["b"], "dx": dy @ W.T, "dW": x.T @ dy, "db": dy.sum(0)}


def dense_frozen(g, o):
    found = dense(g, o)
    return {"y": found["y"], "dx": found["dx"]}


def dense_without_bias(g, o):
    found = dense({**g, "b": 0}, o)
    return {name: found[name] for name in ("y", "dx", "dW")}


def learned_constant(g, o):
    x, dy = g["x"], g["dy"]
    return {"y": np.tile(g["b"], (len(x), 1)), "dx": 0 * x, "db": dy.sum(0)}


def minibatch_discrimination(g, o):
    """Row by row: each pair counts for both."""
    x, W, dy = g["x"], g["W"], g["dy"]
    m = (x @ W).reshape(len(x), o["kernels"], o["features"])
    beside, do = np.zeros(m.shape[:2]), dy[:, x.shape[1] :]
    dm = np.zeros_like(m)
    for i in range(len(x)):
        for j in range(len(x)):
            near = np.exp(-np.abs(m[i] - m[j]).sum(1))
            beside[i] += near
            step = (do[i] * near)[:, None] * np.sign(m[i] - m[j])
            dm[i] -= step
            dm[j] += step
    dm = dm.reshape(len(x), -1)
    dx = dy[:, : x.shape[1]] + dm @ W.T
    return {"y": np.hstack([x, beside]), "dx": dx, "dW": x.T @ dm}


def leaky(g, o):
    slope = np.where(g["x"] > 0, 1, o.get("slope", 0))
    return {"y": slope * g["x"], "dx": slope * g["dy"]}


def clipped(g, o):
    x, low, high = g["x"], o["threshold"], o["max_value"]
    above = x > low
    y = np.where(above, np.minimum(x, high), o["slope"] * (x - low))
    slope = np.where(above, np.where(x < high, 1, 0), o["slope"])
    return {"y": y, "dx": slope * g["dy"]}


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


def spectral_norm(g, o):
    x, W, dy = g["x"], g["W"], g["dy"]
    v = W @ g["u"] / np.linalg.norm(W @ g["u"])
    sigma = np.linalg.norm(v @ W)
    u, Wbar, dWbar = v @ W / sigma, W / sigma, x.T @ dy
    dW = (dWbar - (dWbar * Wbar).sum() * np.outer(v, u)) / sigma
    found = {"y": x @ Wbar + g["b"], "dx": dy @ Wbar.T, "dW": dW}
    return found | {"db": dy.sum(0), "new_u": u}


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


# ---- images ------------------------------------------------------------------------


def spatial(flat, height, width):
    """(N, H W C) -> (N, H, W, C)"""
    return flat.reshape(len(flat), height, width, -1)


def flat(image):
    return image.reshape(len(image), -1)


def same_before(size, kernel, stride):
    """(length of the result, zeros before)"""
    out = (size + stride - 1) // stride
    return out, max((out - 1) * stride + kernel - size, 0) // 2


def meetings(o):
    """rows, columns, and what meets: (pixel of y, tap of the kernel, pixel of x)."""
    (kh, kw), (sh, sw), (height, width, _) = o["kernel_size"], o["strides"], o["image"]
    rows, columns, top, left = (height - kh) // sh + 1, (width - kw) // sw + 1, 0, 0
    if o["padding"] == "same":
        rows, top = same_before(height, kh, sh)
        columns, left = same_before(width, kw, sw)
    found = []
    for i, j, a, e in np.ndindex(rows, columns, kh, kw):
        r, s = i * sh + a - top, j * sw + e - left
        if 0 <= r < height and 0 <= s < width:
            found.append(((i, j), (a, e), (r, s)))
    return rows, columns, found


def conv2d(g, o):
    rows, columns, found = meetings(o)
    x, W = spatial(g["x"], *o["image"][:2]), g["W"]
    dy = spatial(g["dy"], rows, columns)
    y = np.zeros(dy.shape) + g["b"]
    dx, dW = np.zeros(x.shape), np.zeros(W.shape)
    for (i, j), tap, (r, s) in found:
        y[:, i, j] += x[:, r, s] @ W[tap]
        dx[:, r, s] += dy[:, i, j] @ W[tap].T
        dW[tap] += x[:, r, s].T @ dy[:, i, j]
    return {"y": flat(y), "dx": flat(dx), "dW": dW, "db": dy.sum((0, 1, 2))}


def conv2d_transpose(g, o):
    (kh, kw), (sh, sw), (height, width, _) = o["kernel_size"], o["strides"], o["image"]
    rows, columns, top, left = height * sh, width * sw, 0, 0
    if o["padding"] == "same":
        top, left = same_before(rows, kh, sh)[1], same_before(columns, kw, sw)[1]
    else:
        rows, columns = rows + max(kh - sh, 0), columns + max(kw - sw, 0)
    x, W, dy = spatial(g["x"], height, width), g["W"], spatial(g["dy"], rows, columns)
    y = np.zeros(dy.shape) + g["b"]
    dx, dW = np.zeros(x.shape), np.zeros(W.shape)
    for i, j, a, e in np.ndindex(height, width, kh, kw):
        r, s = i * sh + a - top, j * sw + e - left
        if 0 <= r < rows and 0 <= s < columns:
            y[:, r, s] += x[:, i, j] @ W[a, e].T
            dx[:, i, j] += dy[:, r, s] @ W[a, e]
            dW[a, e] += dy[:, r, s].T @ x[:, i, j]
    return {"y": flat(y), "dx": flat(dx), "dW": dW, "db": dy.sum((0, 1, 2))}


def upsampling(g, o):
    height, width, channels = o["image"]
    sh, sw = o["size"]
    y = np.kron(spatial(g["x"], height, width), np.ones((1, sh, sw, 1)))
    blocks = g["dy"].reshape(-1, height, sh, width, sw, channels)
    return {"y": flat(y), "dx": flat(blocks.sum((2, 4)))}


def zero_padding(g, o):
    (height, width, channels), ((top, bottom), (left, right)) = o["image"], o["padding"]
    size = (top + height + bottom, left + width + right)
    y = np.zeros((len(g["x"]), *size, channels))
    inside = (slice(None), slice(top, top + height), slice(left, left + width))
    y[inside] = spatial(g["x"], height, width)
    return {"y": flat(y), "dx": flat(spatial(g["dy"], *size)[inside])}


def of_pixels(batchnorm_case):
    """The same of images: every pixel is a row."""

    def run(g, o):
        channels = len(g["gamma"])
        rows = {name: g[name].reshape(-1, channels) for name in ("x", "dy")}
        found = batchnorm_case({**g, **rows}, o)
        for name in ("y", "dx"):
            found[name] = found[name].reshape(g["x"].shape)
        return found

    return run


def add(g, o):
    dy = g["dy"]
    return {"y": g["x0"] + g["x1"] + g["x2"], "dx0": dy, "dx1": dy, "dx2": dy}


def multiply(g, o):
    a, b, c, dy = g["x0"], g["x1"], g["x2"], g["dy"]
    return {"y": a * b * c, "dx0": dy * b * c, "dx1": dy * a * c, "dx2": dy * a * b}


def concatenate(g, o):
    xs, dy = [g["x0"], g["x1"], g["x2"]], g["dy"]
    ends = np.cumsum([x.shape[1] for x in xs])
    found = {"y": np.hstack(xs)}
    for k, (x, end) in enumerate(zip(xs, ends, strict=True)):
        found[f"dx{k}"] = dy[:, end - x.shape[1] : end]
    return found


def subtract(g, o):
    return {"y": g["x0"] - g["x1"], "dx0": g["dy"], "dx1": -g["dy"]}


def average(g, o):
    found = add(g, o)
    return {name: array / 3 for name, array in found.items()}


def extreme(choose):
    """The numbers that choose(xs, 0) finds, and the gradient where each comes from."""

    def run(g, o):
        xs = np.stack([g["x0"], g["x1"], g["x2"]])
        y = choose(xs, 0)
        return {"y": y} | {f"dx{k}": g["dy"] * (x == y) for k, x in enumerate(xs)}

    return run


def pooling(largest):
    """Window by window, of each channel by itself."""

    def run(g, o):
        height, width, _ = o["image"]
        whole = {"pool_size": (height, width), "strides": (1, 1), "padding": "valid"}
        o = {**whole, **o}
        rows, columns, found = meetings({**o, "kernel_size": o["pool_size"]})
        x = spatial(g["x"], height, width)
        dy = spatial(g["dy"], rows, columns)
        y, dx = np.zeros(dy.shape), np.zeros(x.shape)
        for i, j in np.ndindex(rows, columns):
            pixels = [place for at, _, place in found if at == (i, j)]
            window = np.stack([x[:, r, s] for r, s in pixels])
            y[:, i, j] = window.max(0) if largest else window.mean(0)
            for k, (r, s) in enumerate(pixels):
                share = window.argmax(0) == k if largest else 1 / len(pixels)
                dx[:, r, s] += share * dy[:, i, j]
        return {"y": flat(y), "dx": flat(dx)}

    return run


def prelu(g, o):
    alpha = np.tile(g["alpha"], o["positions"])
    low = g["x"] <= 0
    slope = np.where(low, alpha, 1)
    dalpha = (g["dy"] * g["x"] * low).reshape(-1, len(g["alpha"])).sum(0)
    return {"y": slope * g["x"], "dx": slope * g["dy"], "dalpha": dalpha}


def embedding(g, o):
    dW = np.zeros_like(g["W"])
    for label, row in zip(g["x"], g["dy"], strict=True):
        dW[label] += row
    return {"y": g["W"][g["x"]], "dW": dW}


def dot(g, o):
    a, b, dy = g["x0"], g["x1"], g["dy"]
    return {"y": (a * b).sum(1)[:, None], "dx0": dy * b, "dx1": dy * a}


CASES = {
    "dense": dense,
    "dense-frozen": dense_frozen,
    "dense-without-bias": dense_without_bias,
    "learned-constant": learned_constant,
    "minibatch-discrimination": minibatch_discrimination,
    "relu": leaky,
    "leaky-relu": leaky,
    "clipped-relu": clipped,
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
    "conv2d-valid": conv2d,
    "conv2d-same": conv2d,
    "conv2d-transpose-valid": conv2d_transpose,
    "conv2d-transpose-same": conv2d_transpose,
    "upsampling2d": upsampling,
    "zeropadding2d": zero_padding,
    "batchnorm-image-training": of_pixels(batchnorm_training),
    "batchnorm-image-inference": of_pixels(batchnorm_inference),
    "add": add,
    "multiply": multiply,
    "concatenate": concatenate,
    "embedding": embedding,
    "dot": dot,
    "subtract": subtract,
    "average": average,
    "maximum": extreme(np.max),
    "minimum": extreme(np.min),
    "max-pooling2d-valid": pooling(largest=True),
    "max-pooling2d-same": pooling(largest=True),
    "average-pooling2d-valid": pooling(largest=False),
    "average-pooling2d-same": pooling(largest=False),
    "global-max-pooling2d": pooling(largest=True),
    "global-average-pooling2d": pooling(largest=False),
    "prelu": prelu,
    "prelu-image": prelu,
    "spectral-norm": spectral_norm,
}
