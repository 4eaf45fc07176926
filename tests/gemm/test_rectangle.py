"""One task of a product: how much scratch it takes, and that its bounds hold."""

import numba
import numpy as np
import pytest

from minigan.gemm import rectangle
from minigan.gemm.vectors import ROWS, VECTOR_BYTES
from minigan.jit.compiling import JIT_DISABLED

FORMS = {"nn": rectangle.NN, "tn": rectangle.TN, "nt": rectangle.NT}


@numba.njit
def room(form, depth, rows, cols, itemsize, again):
    return rectangle.room((form, depth), rows, cols, itemsize, again)


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
@pytest.mark.parametrize("depth", [1, 40, rectangle.DEPTH, rectangle.DEPTH + 1, 5000])
@pytest.mark.parametrize("itemsize", [4, 8])
def test_scratch_is_bounded_whatever_the_depth(form, depth, itemsize):
    lanes = VECTOR_BYTES // itemsize
    rows, cols = 60, 300
    group, whole, left, right, held = room(form, depth, rows, cols, itemsize, False)
    assert not whole and 1 <= group <= -(-cols // lanes)
    steps = min(depth, rectangle.DEPTH)
    assert right == steps * group * lanes
    tiles = -(-rows // ROWS)
    assert left == (tiles * ROWS * steps if form == rectangle.TN else 0)
    more = depth > rectangle.DEPTH  # then every tile is held from block to block
    vectors = -(-cols // lanes) if form == rectangle.TN else group
    assert held == ROWS * vectors * lanes * (tiles if more else 1)


@pytest.mark.parametrize(("depth", "whole"), [(100, True), (10_000, False)])
def test_right_stays_packed_where_it_is_small_and_used_again(depth, whole):
    _, found, _, right, _ = room(rectangle.NT, depth, 30, 300, 4, True)
    assert found == whole
    assert not whole or depth * 300 <= right <= rectangle.RIGHT


@pytest.mark.skipif(JIT_DISABLED, reason="a task is made of LLVM's language")
def test_scratch_has_room_to_begin_on_a_vector():
    @numba.njit
    def scratch(sizes, like):
        return rectangle.scratch(sizes, like)

    for dtype in (np.float32, np.float64):
        lanes = VECTOR_BYTES // np.dtype(dtype).itemsize
        work = scratch((1, False, 20, 30, 40), np.empty(1, dtype))
        assert work.size == 90 + lanes and work.dtype == dtype


@pytest.mark.parametrize("total", [0, 1, 5, 64, 512])
@pytest.mark.parametrize("turns", [1, 3, 16])
def test_shares_cover_everything_once(total, turns):
    taken = [rectangle.share(total, turn, turns) for turn in range(turns)]
    numbers = [n for first, count in taken for n in range(first, first + count)]
    assert numbers == list(range(total))
    assert rectangle.share(total, -1, turns) == (0, 0)


@pytest.mark.skipif(JIT_DISABLED, reason="a task is made of LLVM's language")
@pytest.mark.parametrize("cols", [1, 5, 17, 33, 60])
def test_nothing_in_a_turned_panel_is_left_as_memory_was(cols):
    """It would be multiplied, and a product of denormal numbers takes long."""
    rows, depth = 9, 12
    left, right = np.ones((rows, depth), np.float32), np.ones((cols, depth), np.float32)
    C = np.empty((cols, rows), np.float32)
    plan = tuple(map(np.int64, (rectangle.NT, depth, depth, 1, depth, rows, 0)))

    @numba.njit
    def panels(left, right, C, value):
        sizes = rectangle.room(plan, rows, cols, 4, False)
        work = rectangle.scratch(sizes, left)
        work[:] = value
        area = np.int64(0), np.int64(rows), np.int64(0), np.int64(cols)
        zero = left.dtype.type(0)
        none = np.bool_(False)
        rectangle.one_task(plan, area, sizes, work, none, left, right, C, C, C, zero)
        begin = -rectangle.address(work) % VECTOR_BYTES // 4
        return work[begin : begin + sizes[3]]

    found = panels(left.ravel(), right.ravel(), C.ravel(), np.float32(-3))
    assert (found == 1).all() and (C == depth).all()
