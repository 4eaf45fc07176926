"""The description suffices: every case in plain NumPy; gradients in torch as well."""

import ast
import re
from pathlib import Path

import numpy as np
import pytest

from tests.golden import plain

FILE = plain.load()


def assert_agree(got, expected, tolerance):
    assert set(got) == set(expected)
    for name, array in expected.items():
        off = np.abs(np.asarray(got[name]) - array)
        assert off.shape == array.shape, name
        assert off.max() <= tolerance * np.abs(array).max(), name


def test_nothing_of_minigan_is_needed():
    imported = set()
    for module in (plain, *plain.PARTS):
        for node in ast.walk(ast.parse(Path(module.__file__).read_text())):
            if isinstance(node, ast.Import):
                imported |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom):
                imported.add(node.module)
    beside = {part.__name__ for part in plain.PARTS} | {"tests.golden"}
    assert imported - beside == {"json", "math", "numpy", "pathlib", "zipfile"}


def test_every_case_is_written_here():
    assert set(plain.CASES) == set(FILE)
    assert plain.PATH.stat().st_size < 500_000


@pytest.mark.parametrize("name", FILE)
def test_plain_numpy(name):
    options, tolerance, given, expected = FILE[name]
    assert_agree(plain.CASES[name](given, options), expected, tolerance)


# ---- torch -------------------------------------------------------------------------


def _torch_functions(torch):
    """name of a case -> function(given tensors, options) -> y or loss."""
    from torch.nn import functional as F

    def batchnorm(g, o, training):
        mean, var = g["moving_mean"].detach().clone(), g["moving_var"].detach().clone()
        return F.batch_norm(
            *(g["x"], mean, var, g["gamma"], g["beta"], training, 0.1, o["epsilon"])
        )

    def image(flat, size):  # (N, C, H, W), as torch has it
        return flat.reshape(-1, *size).permute(0, 3, 1, 2)

    def flat(y):
        return y.permute(0, 2, 3, 1).flatten(1)

    def conv2d(g, o, border=(0, 0, 0, 0)):
        """border: left, right, top, bottom."""
        x, kernel = F.pad(image(g["x"], o["image"]), border), g["W"].permute(3, 2, 0, 1)
        return flat(F.conv2d(x, kernel, g["b"], o["strides"]))

    def upsampling(g, o):
        size = tuple(map(float, o["size"]))
        return flat(F.interpolate(image(g["x"], o["image"]), scale_factor=size))

    def zero_padding(g, o):
        rows, columns = o["padding"]
        return flat(F.pad(image(g["x"], o["image"]), (*columns, *rows)))

    def of_pixels(g, o, training):
        x = g["x"].reshape(-1, len(g["gamma"]))
        return batchnorm({**g, "x": x}, o, training).reshape(g["x"].shape)

    def clipped_relu(g, o):
        x, below = g["x"], o["slope"] * (g["x"] - o["threshold"])
        return torch.where(x > o["threshold"], x.clamp(max=o["max_value"]), below)

    def pooled(function):
        def run(g, o):
            x = image(g["x"], o["image"])
            size = o.get("pool_size", o["image"][:2])
            return flat(function(x, size, o.get("strides")))

        return run

    def reduced(g, o):
        total = g["x"].sum() if o["total"] else g["x"].mean()
        return total.expand(len(g["x"]), 1)

    def prelu(g, o):
        x = g["x"].reshape(-1, len(g["alpha"]))
        return F.prelu(x, g["alpha"]).reshape(g["x"].shape)

    def both(g, choose):
        return choose(choose(g["x0"], g["x1"]), g["x2"])

    def classes(g):
        return F.cross_entropy(g["pred"], g["target"])

    return {
        "dense": lambda g, o: g["x"] @ g["W"] + g["b"],
        "dense-frozen": lambda g, o: g["x"] @ g["W"] + g["b"],
        "relu": lambda g, o: F.relu(g["x"]),
        "leaky-relu": lambda g, o: F.leaky_relu(g["x"], o["slope"]),
        "clipped-relu": clipped_relu,
        "sigmoid": lambda g, o: torch.sigmoid(g["x"]),
        "sigmoid-saturated": lambda g, o: torch.sigmoid(g["x"]),
        "tanh": lambda g, o: torch.tanh(g["x"]),
        "softmax": lambda g, o: F.softmax(g["x"], -1),
        "flatten": lambda g, o: g["x"].flatten(1),
        "reshape": lambda g, o: g["x"].reshape(-1, *o["shape"]),
        "dropout": lambda g, o: g["x"] * (g["u"] >= o["rate"]) / (1 - o["rate"]),
        "batchnorm-training": lambda g, o: batchnorm(g, o, True),
        "batchnorm-frozen": lambda g, o: batchnorm(g, o, True),
        "batchnorm-inference": lambda g, o: batchnorm(g, o, False),
        "conv2d-valid": conv2d,
        "conv2d-same": lambda g, o: conv2d(g, o, (1, 1, 0, 1)),
        "upsampling2d": upsampling,
        "zeropadding2d": zero_padding,
        "batchnorm-image-training": lambda g, o: of_pixels(g, o, True),
        "batchnorm-image-inference": lambda g, o: of_pixels(g, o, False),
        "add": lambda g, o: g["x0"] + g["x1"] + g["x2"],
        "multiply": lambda g, o: g["x0"] * g["x1"] * g["x2"],
        "concatenate": lambda g, o: torch.cat([g["x0"], g["x1"], g["x2"]], 1),
        "embedding": lambda g, o: F.embedding(g["x"], g["W"]),
        "subtract": lambda g, o: g["x0"] - g["x1"],
        "average": lambda g, o: (g["x0"] + g["x1"] + g["x2"]) / 3,
        "maximum": lambda g, o: both(g, torch.maximum),
        "minimum": lambda g, o: both(g, torch.minimum),
        "max-pooling2d-valid": pooled(F.max_pool2d),
        "average-pooling2d-valid": pooled(F.avg_pool2d),
        "global-max-pooling2d": pooled(F.max_pool2d),
        "global-average-pooling2d": pooled(F.avg_pool2d),
        "prelu": prelu,
        "prelu-image": prelu,
        "elu": lambda g, o: F.elu(g["x"], o["alpha"]),
        "selu": lambda g, o: F.selu(g["x"]),
        "softplus": lambda g, o: F.softplus(g["x"], threshold=100),
        "softsign": lambda g, o: F.softsign(g["x"]),
        "swish": lambda g, o: F.silu(g["x"]),
        "gelu": lambda g, o: F.gelu(g["x"]),
        "gelu-approximate": lambda g, o: F.gelu(g["x"], approximate="tanh"),
        "exponential": lambda g, o: torch.exp(g["x"]),
        "hard-sigmoid": lambda g, o: (o["slope"] * g["x"] + 0.5).clamp(0, 1),
        "log": lambda g, o: torch.log(g["x"]),
        "power": lambda g, o: g["x"] ** o["exponent"],
        "absolute": lambda g, o: g["x"].abs(),
        "clip": lambda g, o: g["x"].clamp(o["least"], o["most"]),
        "affine": lambda g, o: o["scale"] * g["x"] + o["shift"],
        "sum": lambda g, o: g["x"].sum((2, 3)),
        "spread": lambda g, o: g["x"][:, :, None].expand(-1, *o["shape"]),
        "batch-mean": reduced,
        "batch-sum": reduced,
        "gaussian-noise": lambda g, o: g["x"] + o["stddev"] * g["z"],
        "bce": lambda g, o: F.binary_cross_entropy(g["pred"], g["target"]),
        "bce-logits": lambda g, o: F.binary_cross_entropy_with_logits(
            g["pred"], g["target"]
        ),
        "bce-logits-saturated": lambda g, o: F.binary_cross_entropy_with_logits(
            g["pred"], g["target"]
        ),
        "mse": lambda g, o: F.mse_loss(g["pred"], g["target"]),
        "mae": lambda g, o: F.l1_loss(g["pred"], g["target"]),
        "wasserstein": lambda g, o: o["weight"] * (g["pred"] * g["target"]).mean(),
        "softmax-cross-entropy": lambda g, o: classes(g),
    }


@pytest.mark.parametrize("name", FILE)
def test_gradients_in_torch(name):
    torch = pytest.importorskip("torch")
    functions = _torch_functions(torch)
    if name not in functions:
        pytest.skip("no single function of torch")
    options, tolerance, given, expected = FILE[name]
    tensors = {
        key: torch.tensor(array, requires_grad=array.dtype == float)
        for key, array in given.items()
    }
    y = functions[name](tensors, options)
    y.backward(tensors["dy"].detach() if "dy" in tensors else None)
    got = {"y" if "y" in expected else "loss": y.detach().numpy()}
    for key in expected:
        if key.startswith("d"):
            got[key] = tensors[key[1:]].grad.numpy()
    assert_agree(got, {key: expected[key] for key in got}, tolerance)
    assert any(re.fullmatch(r"d(x\d?|pred|W)", key) for key in got)
