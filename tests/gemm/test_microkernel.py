"""The steps of a product by themselves: panels and tiles as they lie in scratch."""

import numba
import numpy as np
import pytest

from minigan.gemm import microkernel
from minigan.gemm.vectors import ROWS, VECTOR_BYTES
from minigan.jit.compiling import JIT_DISABLED

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="steps are LLVM's language")
DTYPES = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@numba.njit
def pack(source, work, s_step, count, width, w_step, narrow):
    microkernel.pack(source, work, (0, s_step, count, width, 0, w_step, narrow))


@numba.njit
def pack_turned(source, work, s_step, rows, depth, w_step):
    microkernel.pack_turned(source, work, (0, s_step, rows, depth, 0, w_step))


def filled(shape, dtype):
    return np.arange(1, 1 + np.prod(shape), dtype=dtype).reshape(shape)


@DTYPES
@pytest.mark.parametrize("columns", [1, 5, 16, 21])
def test_a_panel_is_padded_with_zeros_to_whole_vectors(dtype, columns):
    lanes = VECTOR_BYTES // np.dtype(dtype).itemsize
    wide = -(-columns // lanes) * lanes
    source, work = filled((4, columns), dtype), np.full((4, wide), np.nan, dtype)
    pack(source, work, columns, 4, columns, wide, 0)
    np.testing.assert_array_equal(work[:, :columns], source)
    assert not work[:, columns:].any()


@DTYPES
@pytest.mark.parametrize("rows", range(1, ROWS + 1))
def test_a_tile_of_left_has_all_its_rows(dtype, rows):
    source, work = filled((3, rows), dtype), np.full((3, ROWS), np.nan, dtype)
    pack(source, work, rows, 3, rows, ROWS, 1)
    np.testing.assert_array_equal(work[:, :rows], source)
    assert not work[:, rows:].any()


@DTYPES
@pytest.mark.parametrize("depth", [1, 7, 16, 35])
def test_rows_are_turned_into_columns(dtype, depth):
    source = filled((ROWS, depth), dtype)
    work = np.full((depth, ROWS), np.nan, dtype)
    pack_turned(source, work, depth, ROWS, depth, ROWS)
    np.testing.assert_array_equal(work, source.T)


@DTYPES
def test_rows_beyond_the_last_repeat_it(dtype):
    source, work = filled((2, 20), dtype), np.full((20, ROWS), np.nan, dtype)
    pack_turned(source, work, 20, 2, 20, ROWS)
    np.testing.assert_array_equal(work[:, :2], source.T)
    np.testing.assert_array_equal(
        work[:, 2:], np.repeat(work[:, 1:2], ROWS - 2, axis=1)
    )
