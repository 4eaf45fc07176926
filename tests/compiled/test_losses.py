"""Cross-entropy kernels: known values, sums of any length, machine code."""

import platform

import numpy as np
import pytest

from minigan.compiled import losses as kernels
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import normal
from ..jit.assembly import assembly, calls, has

FLOATS = (np.float32, np.float64)
X86 = platform.machine().lower() in ("x86_64", "amd64") and not JIT_DISABLED
needs_x86 = pytest.mark.skipif(not X86, reason="compiled code on x86-64")
each_type = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])


def cell_of(kernel, *arguments):
    result = np.empty(1)
    kernel(*arguments, result)
    return result[0]


@pytest.mark.parametrize(
    "z, t, want",
    [
        (10, 0, 10.000045398899218),
        (-10, 0, 4.539889921686465e-5),
        (1000, 0, 1000),
        (100, 1, 3.720075976020836e-44),
        (-1000, 1, 1000),
        (np.nan, 1, np.nan),
    ],
)
def test_cross_entropy_of_known_logits(z, t, want):
    z, t = np.array([z], float), np.array([t], float)
    got = cell_of(kernels.bce_logits_forward, z, t, 1.0)
    np.testing.assert_allclose(got, want, rtol=1e-15)


@each_type
@pytest.mark.parametrize("n", (1, 15, 16, 17, 128, 1003))
def test_losses_of_any_length(n, dtype):
    """Sixteen lanes and their tail."""
    near = {"rtol": 20 * np.finfo(dtype).eps}
    z = 5 * normal(n, dtype=dtype)
    t = (normal(n, dtype=dtype, seed=1) > 0).astype(dtype)
    a = z.astype(float)
    s = 1 / (1 + np.exp(-a))
    want = np.mean(np.maximum(a, 0) - a * t + np.log1p(np.exp(-np.abs(a))))
    got = cell_of(kernels.bce_logits_forward, z, t, -1.0)
    np.testing.assert_allclose(got, -want, **near)
    dz = np.empty_like(z)
    kernels.bce_logits_backward(z, t, 1.0, dz)
    np.testing.assert_allclose(dz, (s - t) / n, atol=np.finfo(dtype).eps / n, **near)
    p = (0.01 + 0.98 * np.random.default_rng(2).random(n)).astype(dtype)
    q = p.astype(float)
    want = -np.mean(t * np.log(q) + (1 - t) * np.log(1 - q))
    got = cell_of(kernels.bce_forward, p, t, 1e-7)
    np.testing.assert_allclose(got, want, rtol=100 * np.finfo(dtype).eps)


CELL = np.zeros(1)
LOOPS = {
    "bce_forward": (kernels.bce_forward, "p t 1e-7 cell"),
    "bce_backward": (kernels.bce_backward, "p t 1e-7 y"),
    "bce_logits_forward": (kernels.bce_logits_forward, "x t 1 cell"),
    "bce_logits_backward": (kernels.bce_logits_backward, "x t 1 y"),
}


@needs_x86
@pytest.mark.parametrize("name", LOOPS)
def test_loops_are_vectorised_and_call_nothing(name):
    kernel, words = LOOPS[name]
    arrays = {letter: np.full(40, 0.5, np.float32) for letter in "xypt"}
    arguments = [
        CELL if word == "cell" else arrays[word] if word in arrays else float(word)
        for word in words.split()
    ]
    text = assembly(kernel, *arguments)
    assert has("mul", text, np.float32)
    assert not calls(text)
