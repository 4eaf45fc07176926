"""Panels of convolutions; what is made of them is tested in `compiled/test_conv.py`."""

import numpy as np
import pytest

from minigan.gemm import pixels
from minigan.jit.compiling import JIT_DISABLED, kernel

from ..helpers import normal

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="the machine's own vectors")
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
COLUMNS = (1, 5, 16, 31, 48, 49, 100, 160)


@kernel
def packed(W):
    return pixels.pack_panels(W)


@kernel
def packed_turned(W, channels):
    return pixels.pack_turned_panels(W, channels)


def pieces(columns, lanes):
    return [
        pixels.panel_columns.py_func(p, columns, lanes)
        for p in range(pixels.panel_count.py_func(columns, lanes))
    ]


@pytest.mark.parametrize("lanes", [4, 8, 16])
@pytest.mark.parametrize("columns", COLUMNS)
def test_pieces_are_all_columns_once(columns, lanes):
    found = []
    for first, vectors, last in pieces(columns, lanes):
        assert 1 <= vectors <= pixels.VECTORS and 1 <= last <= lanes
        start = first * lanes
        found += range(start, start + (vectors - 1) * lanes + last)
    assert found == list(range(columns))


@each_type
@pytest.mark.parametrize("columns", COLUMNS)
def test_panels_side_by_side(columns, dtype):
    """Each panel is its columns of W, row by row, zeros behind the last column."""
    W, lanes = normal(7, columns, dtype=dtype), pixels.VECTOR_BYTES // dtype().itemsize
    work, start = packed(W)
    for first, vectors, last in pieces(columns, lanes):
        width, begin = vectors * lanes, start + first * lanes * len(W)
        panel = work[begin : begin + len(W) * width].reshape(len(W), width)
        there = width - lanes + last
        left = first * lanes
        np.testing.assert_array_equal(panel[:, :there], W[:, left : left + there])
        np.testing.assert_array_equal(panel[:, there:], 0)


@each_type
@pytest.mark.parametrize("channels", COLUMNS)
def test_panels_of_the_transpose(channels, dtype):
    """For each pixel of the kernel, W_q^T in panels."""
    window, columns = 3, 11
    W = normal(window * channels, columns, dtype=dtype)
    work, start = packed_turned(W, channels)
    lanes = pixels.VECTOR_BYTES // dtype().itemsize
    each = -(-channels // lanes) * lanes * columns
    for q in range(window):
        turned = W[q * channels : (q + 1) * channels].T
        for first, vectors, last in pieces(channels, lanes):
            width, begin = vectors * lanes, start + q * each + first * lanes * columns
            panel = work[begin : begin + columns * width].reshape(columns, width)
            there, left = width - lanes + last, first * lanes
            np.testing.assert_array_equal(
                panel[:, :there], turned[:, left : left + there]
            )
            for spare in panel[
                :, there:
            ].T:  # the last channel again, nothing left over
                np.testing.assert_array_equal(spare, panel[:, there - 1])


@each_type
def test_panels_begin_where_a_vector_does(dtype):
    W = normal(9, 33, dtype=dtype)
    for work, start in packed(W), packed_turned(W, 3):
        assert (work.ctypes.data + start * work.itemsize) % pixels.VECTOR_BYTES == 0
