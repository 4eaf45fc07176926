"""Elementwise kernels: large operands, threads, machine code."""

import platform

import numpy as np
import pytest

from minigan.compiled import activations as kernels
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import assert_same_bits, normal, threads
from ..jit.assembly import assembly, calls, has

FLOATS = (np.float32, np.float64)
X86 = platform.machine().lower() in ("x86_64", "amd64") and not JIT_DISABLED
needs_x86 = pytest.mark.skipif(not X86, reason="compiled code on x86-64")
each_type = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
LARGE = 1003 if JIT_DISABLED else kernels.PARALLEL + 2 * kernels.BLOCK + 3


def out_of(kernel, *arguments):
    """What an elementwise kernel writes into its last operand."""
    result = np.empty_like(arguments[0])
    kernel(*arguments, result)
    return result


@each_type
def test_activations_of_large_operands(dtype):
    x, dy = normal(LARGE, dtype=dtype), normal(LARGE, dtype=dtype, seed=1)
    wide = x.astype(float)
    near = {"rtol": 4 * np.finfo(dtype).eps, "atol": 0}
    np.testing.assert_allclose(out_of(kernels.tanh_forward, x), np.tanh(wide), **near)
    sigmoid = out_of(kernels.sigmoid_forward, x)
    np.testing.assert_allclose(sigmoid, 1 / (1 + np.exp(-wide)), **near)
    one, y = dtype(1), np.tanh(x)
    assert_same_bits(out_of(kernels.tanh_backward, dy, y), dy * (one - y * y))
    assert_same_bits(out_of(kernels.sigmoid_backward, dy, y), dy * (y * (one - y)))
    assert_same_bits(out_of(kernels.relu_forward, x), np.where(x > 0, x, dtype(0)))
    leak = np.where(x > 0, x, dtype(0.2) * x)
    assert_same_bits(out_of(kernels.leaky_relu_forward, x, 0.2), leak)
    leak = np.where(x > 0, dy, dtype(0.2) * dy)
    assert_same_bits(out_of(kernels.leaky_relu_backward, dy, x, 0.2), leak)


SHARED = {
    "tanh_forward": lambda kernel, x, y: out_of(kernel, x),
    "leaky_relu_forward": lambda kernel, x, y: out_of(kernel, x, 0.2),
    "leaky_relu_backward": lambda kernel, x, y: out_of(kernel, x, y, 0.2),
}


@pytest.mark.skipif(JIT_DISABLED, reason="nothing is parallel without the JIT")
@each_type
@pytest.mark.parametrize("name", SHARED)
def test_any_number_of_threads_gives_the_same_bits(name, dtype):
    x, y, found = normal(LARGE, dtype=dtype), normal(LARGE, dtype=dtype, seed=1), []
    twin, call = getattr(kernels, name), SHARED[name]
    for n in (1, 3):
        with threads(n):
            found += [call(twin.shared, x, y)]
    small = kernels.PARALLEL - 1  # goes the serial way
    assert twin.chosen({"S": small}, x.dtype, "auto") is twin.alone
    assert twin.chosen({"S": LARGE}, x.dtype, "auto") is twin.shared
    assert_same_bits(call(twin.alone, x, y), found[0])
    for other in found:
        assert_same_bits(other, found[0])


# ---- what LLVM made of it ----------------------------------------------------------


@needs_x86
@each_type
@pytest.mark.parametrize("kernel", [kernels.sigmoid_forward, kernels._tanh])
def test_loops_are_vectorised_and_call_nothing(kernel, dtype):
    x = np.full(40, 0.5, dtype)
    text = assembly(kernel, x, x.copy())
    assert has("div", text, dtype) and has("mul", text, dtype)
    assert not calls(text)
