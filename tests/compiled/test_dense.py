"""Twins of the fully connected layer that are products, and the sums beside them."""

import numpy as np
import pytest

from minigan import gemm
from minigan.compiled import dense as kernels
from minigan.gemm import tiles
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import assert_same_bits, normal

DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def test_a_product_looks_like_the_primitive():
    forward = kernels.dense_forward
    assert isinstance(forward, kernels.Product) and forward.product is gemm.gemm_nn
    assert forward.__name__ == "dense_forward"
    x, W, b, y = "xWby"
    assert forward.arguments(x, W, b, y) == (x, W, y, b, gemm.BIAS, 0.0)


def test_a_product_by_tiles_is_handed_the_same_and_a_machine():
    forward = kernels.dense_forward
    sizes = {"N": 128, "D": 784, "M": 512}
    single, double = np.dtype(np.float32), np.dtype(float)
    assert forward.chosen(sizes, single, "chain") is forward
    assert forward.chosen(sizes, double, "tiles") is forward
    assert forward.chosen(sizes | {"D": 8}, single, "tiles") is forward
    if not JIT_DISABLED:
        assert forward.chosen(sizes, single, "tiles") is forward.by_tiles
    assert forward.by_tiles.product is tiles.tiles_nn
    assert kernels.dense_dW.by_tiles.product is tiles.tiles_tn
    assert kernels.dense_dx.by_tiles.product is tiles.tiles_nt


@DTYPES
def test_an_activation_in_the_product_has_the_bits_of_one_after_it(dtype):
    x, W, b = (
        normal(*s, dtype=dtype, seed=k) for k, s in enumerate([(9, 7), (7, 20), (20,)])
    )
    plain, bent, cut = (np.empty((9, 20), dtype) for _ in range(3))
    kernels.dense_forward(x, W, b, plain)
    kernels.dense_leaky_relu_forward(x, W, b, 0.2, bent)
    kernels.dense_relu_forward(x, W, b, cut)
    assert_same_bits(bent, np.where(plain > 0, plain, dtype(0.2) * plain))
    assert_same_bits(cut, np.where(plain > 0, plain, dtype(0)))


@DTYPES
def test_weights_are_added_to_or_set(dtype):
    x, dy = normal(9, 7, dtype=dtype), normal(9, 20, dtype=dtype, seed=1)
    first = np.full((7, 20), np.nan, dtype)
    kernels.dense_dW_first(x, dy, first)
    twice = first.copy()
    kernels.dense_dW(x, dy, twice)
    assert_same_bits(twice, first + first)


@DTYPES
@pytest.mark.parametrize("rows", [1, 3, 4, 5, 11])
def test_biases_are_summed_by_fours_in_the_type_and_beyond_in_float64(rows, dtype):
    dy, db = normal(rows, 6, dtype=dtype), np.empty(6)
    kernels.dense_db(dy, db)
    expected = np.zeros(6)
    for i in range(0, rows - rows % 4, 4):
        a, b, c, d = dy[i : i + 4]
        expected += ((a + b) + (c + d)).astype(float)
    for row in dy[rows - rows % 4 :]:
        expected += row.astype(float)
    assert_same_bits(db, expected)
    grad = np.ones(6, dtype)
    kernels.accumulate(db, grad)
    assert_same_bits(grad, 1 + expected.astype(dtype))
    kernels.accumulate_first(db, grad)
    assert_same_bits(grad, 0 + expected.astype(dtype))
