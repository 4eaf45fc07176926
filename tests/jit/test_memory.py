"""Sums of sixteen lanes, and the clock."""

import platform

import numba
import numpy as np
import pytest

from minigan.jit import memory
from minigan.jit.compiling import JIT_DISABLED


@numba.njit
def total(x):
    """The sum of x, sixteen lanes at a time."""
    sums = memory.lanes()
    for i in range(x.size):
        sums[i % 16] += x[i]
    return memory.fold(sums)


def test_lanes_begin_with_zero_at_every_call():
    ones = np.ones(37)
    assert [total(ones) for _ in range(3)] == [37.0] * 3


@numba.njit
def copied(target, i, source, j, count):
    memory.copy_run(target, i, source, j, count)


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int64])
@pytest.mark.parametrize("count", [0, 1, 5, 37])
def test_a_run_is_copied_and_nothing_else(dtype, count):
    target = np.zeros((7, 9), dtype)
    source = np.arange(120, dtype=dtype).reshape(4, 5, 6)
    copied(target, 11, source, 30, count)
    expected = np.zeros(63, dtype)
    expected[11 : 11 + count] = range(30, 30 + count)
    np.testing.assert_array_equal(target.reshape(-1), expected)


def test_lanes_are_folded_by_halves():
    """The order is fixed, so that the rounding is."""
    x = np.random.default_rng(0).standard_normal(16) * 10.0 ** np.arange(-8, 8)
    lanes = x.copy()
    for width in (8, 4, 2, 1):
        lanes[:width] += lanes[width : 2 * width]
    assert total(x) == lanes[0]


@pytest.mark.skipif(JIT_DISABLED, reason="there is no clock without the compiler")
def test_the_clock_goes_on():
    @numba.njit
    def ticks():
        return memory.ticks_now()

    read = [ticks() for _ in range(100)]
    assert read == sorted(read)
    if platform.machine().lower() in ("x86_64", "amd64", "aarch64", "arm64"):
        assert read[-1] > read[0]
