"""Products with one column or two: the bits of these columns in a wider product."""

import numpy as np
import pytest

from minigan import gemm
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import assert_same_bits, normal

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="bits are the kernels'")
SHAPES = [(1, 1), (8, 3), (13, 40), (17, 25), (64, 130)]
each = pytest.mark.parametrize(
    ("shape", "dtype"), [(s, t) for s in SHAPES for t in (np.float32, np.float64)]
)
columns = pytest.mark.parametrize("few", [1, 2])
WIDE = 40
BEYOND = 7.0  # in a row behind the result, which nobody may write


def _space(rows, cols, dtype):
    """(memory for a result, the row behind it)"""
    memory = np.full((rows + 1, cols), BEYOND, dtype)
    return memory[:rows], memory[rows]


def _first(matrix, few):
    return np.ascontiguousarray(matrix[:, :few])


@each
@columns
@pytest.mark.parametrize("mode", [gemm.PLAIN, gemm.BIAS, gemm.RELU, gemm.LEAKY])
def test_forward(shape, dtype, few, mode):
    n, depth = shape
    x, W = normal(n, depth, dtype=dtype), normal(depth, WIDE, dtype=dtype, seed=1)
    bias = normal(WIDE, dtype=dtype, seed=2)
    wide, (found, behind) = np.empty((n, WIDE), dtype), _space(n, few, dtype)
    gemm.gemm_nn(x, W, wide, bias, mode, 0.2)
    gemm.gemm_nn(x, _first(W, few), found, bias[:few].copy(), mode, 0.2)
    assert_same_bits(found, _first(wide, few))
    assert (behind == BEYOND).all()


@each
@columns
@pytest.mark.parametrize("accumulate", [0, 1])
def test_gradient_of_the_weights(shape, dtype, few, accumulate):
    n, depth = shape
    x, dy = normal(n, depth, dtype=dtype), normal(n, WIDE, dtype=dtype, seed=1)
    wide, (found, behind) = (
        normal(depth, WIDE, dtype=dtype, seed=2),
        _space(depth, few, dtype),
    )
    found[:] = wide[:, :few]
    gemm.gemm_tn(x, dy, wide, accumulate)
    gemm.gemm_tn(x, _first(dy, few), found, accumulate)
    assert_same_bits(found, _first(wide, few))
    assert (behind == BEYOND).all()


@each
@columns
def test_gradient_of_an_input_with_few_columns(shape, dtype, few):
    n, depth = shape
    dy, W = normal(n, depth, dtype=dtype), normal(WIDE, depth, dtype=dtype, seed=1)
    wide, (found, behind) = np.empty((n, WIDE), dtype), _space(n, few, dtype)
    gemm.gemm_nt(dy, W, wide, gemm.PLAIN, wide, 0.0)
    gemm.gemm_nt(dy, W[:few].copy(), found, gemm.PLAIN, found, 0.0)
    assert_same_bits(found, _first(wide, few))
    assert (behind == BEYOND).all()


@each
@pytest.mark.parametrize("mode", [gemm.PLAIN, gemm.DERIVATIVE])
def test_gradient_of_the_input_through_one_column(shape, dtype, mode):
    """A chain of one link: a product, rounded once."""
    n, depth = shape
    dy, W = normal(n, 1, dtype=dtype), normal(depth, 1, dtype=dtype, seed=1)
    Y, (dx, behind) = normal(n, depth, dtype=dtype, seed=2), _space(n, depth, dtype)
    gemm.gemm_nt(dy, W, dx, mode, Y, 0.2)
    expected = dy * W.T + dtype(0)
    if mode == gemm.DERIVATIVE:
        expected = np.where(Y > 0, expected, dtype(0.2) * expected)
    assert_same_bits(dx, expected)
    assert (behind == BEYOND).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_what_is_not_finite_stays_in_its_row_and_column(dtype):
    """Rows share vectors, and lanes beyond the last row or k are masked."""
    n, depth = 11, 13
    x, W = normal(n, depth, dtype=dtype), normal(depth, 2, dtype=dtype, seed=1)
    x[3, 12], W[12, 1] = np.nan, np.inf
    y, bias = np.empty((n, 2), dtype), np.zeros(2, dtype)
    gemm.gemm_nn(x, W, y, bias, gemm.BIAS, 0.0)
    assert np.isnan(y[3]).all()
    others = np.delete(y, 3, axis=0)
    assert np.isfinite(others[:, 0]).all() and np.isinf(others[:, 1]).all()
