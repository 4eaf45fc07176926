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


@pytest.mark.skipif(not random.COMPILED, reason="the generator draws itself")
@pytest.mark.parametrize("halves", [0, 1])
def test_pcg64_written_out_and_by_calls(halves, monkeypatch):
    """In turns, also where a half of 64 bits is left; `stream` says which it is."""
    ours, numpys = np.random.default_rng(7), np.random.default_rng(7)
    for rng in (ours, numpys):
        rng.random(halves, np.float32)
    assert random.stream(ours) % 2 == 1
    monkeypatch.setattr(random, "_pcg64_is_known", lambda: False)
    by_calls = random.stream(ours)
    assert by_calls % 2 == 0
    for address in (by_calls, by_calls + 1) * 3:
        got = np.empty(333, np.float32)
        normal(address, got)
        assert got.tobytes() == numpys.standard_normal(333, np.float32).tobytes()
        assert ours.bit_generator.state == numpys.bit_generator.state


def test_other_bit_generators():
    kinds = np.random.MT19937, np.random.Philox, np.random.SFC64, np.random.PCG64DXSM
    for kind in kinds:
        ours, numpys = (np.random.Generator(kind(1)) for _ in range(2))
        got = np.empty(50, np.float32)
        normal(random.stream(ours), got)
        np.testing.assert_array_equal(got, numpys.standard_normal(50, np.float32))
