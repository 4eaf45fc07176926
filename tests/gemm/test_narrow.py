"""Products with one column: the bits of that column in a wider product."""

import numpy as np
import pytest

from minigan import gemm
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import assert_same_bits, normal

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="bits are the kernels'")
SHAPES = [(1, 1), (8, 3), (13, 40), (64, 130)]
each = pytest.mark.parametrize(
    ("shape", "dtype"), [(s, t) for s in SHAPES for t in (np.float32, np.float64)]
)


@each
@pytest.mark.parametrize("mode", [gemm.PLAIN, gemm.BIAS, gemm.RELU, gemm.LEAKY])
def test_forward(shape, dtype, mode):
    n, depth = shape
    x, W = normal(n, depth, dtype=dtype), normal(depth, 40, dtype=dtype, seed=1)
    bias = normal(40, dtype=dtype, seed=2)
    wide, narrow = np.empty((n, 40), dtype), np.empty((n, 1), dtype)
    gemm.gemm_nn(x, W, wide, bias, mode, 0.2)
    column = np.ascontiguousarray(W[:, :1])
    gemm.gemm_nn(x, column, narrow, bias[:1].copy(), mode, 0.2)
    assert_same_bits(narrow, wide[:, :1].copy())


@each
@pytest.mark.parametrize("accumulate", [0, 1])
def test_gradient_of_the_weights(shape, dtype, accumulate):
    n, depth = shape
    x, dy = normal(n, depth, dtype=dtype), normal(n, 40, dtype=dtype, seed=1)
    wide = normal(depth, 40, dtype=dtype, seed=2)
    narrow = np.ascontiguousarray(wide[:, :1])
    gemm.gemm_tn(x, dy, wide, accumulate)
    gemm.gemm_tn(x, np.ascontiguousarray(dy[:, :1]), narrow, accumulate)
    assert_same_bits(narrow, wide[:, :1].copy())


@each
@pytest.mark.parametrize("mode", [gemm.PLAIN, gemm.DERIVATIVE])
def test_gradient_of_the_input(shape, dtype, mode):
    """A chain of one link: a product, rounded once."""
    n, depth = shape
    dy, W = normal(n, 1, dtype=dtype), normal(depth, 1, dtype=dtype, seed=1)
    Y, dx = normal(n, depth, dtype=dtype, seed=2), np.empty((n, depth), dtype)
    gemm.gemm_nt(dy, W, dx, mode, Y, 0.2)
    expected = dy * W.T + dtype(0)
    if mode == gemm.DERIVATIVE:
        expected = np.where(Y > 0, expected, dtype(0.2) * expected)
    assert_same_bits(dx, expected)
