"""Draws of compiled code: those of NumPy's generators, and the state behind them."""

import numba
import numpy as np
import pytest

from minigan.jit import random
from minigan.jit.compiling import JIT_DISABLED

# Enough for hundreds of numbers at the edges of layers and for some of the tail.
MANY = 1_000 if JIT_DISABLED else 60_000
compiled = numba.njit if random.COMPILED else lambda function: function


@compiled
def normal(stream, z):
    random.next_normal(stream, z)


@compiled
def uniform(stream, u):
    random.next_uniform(stream, u)


@compiled
def double(stream):
    return random.next_double(stream)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    ("fill", "method"), [(normal, "standard_normal"), (uniform, "random")]
)
def test_the_same_bits_and_the_same_state(fill, method, dtype):
    ours, numpys = np.random.default_rng(3), np.random.default_rng(3)
    for size in (1, 7, MANY):
        got = np.empty(size, dtype)
        fill(random.stream(ours), got)
        expected = getattr(numpys, method)(size, dtype)
        assert got.tobytes() == expected.tobytes()
        assert ours.bit_generator.state == numpys.bit_generator.state
    if fill is normal and not JIT_DISABLED:
        assert np.abs(got).max() > 3.66  # the tail was among them


def test_single_numbers():
    ours, numpys = np.random.default_rng(5), np.random.default_rng(5)
    for _ in range(20):
        assert double(random.stream(ours)) == numpys.random()


def test_other_bit_generators():
    for kind in (np.random.MT19937, np.random.Philox, np.random.SFC64):
        ours, numpys = (np.random.Generator(kind(1)) for _ in range(2))
        got = np.empty(50, np.float32)
        normal(random.stream(ours), got)
        np.testing.assert_array_equal(got, numpys.standard_normal(50, np.float32))
