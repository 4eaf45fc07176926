"""Optimizer kernels: the formula, the flush of tiny moments, threads, machine code."""

import platform
import time

import numpy as np
import pytest

from minigan.compiled import optimizers
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import assert_same_bits, normal, threads
from ..jit.assembly import assembly, calls, has

FLOATS = (np.float32, np.float64)
X86 = platform.machine().lower() in ("x86_64", "amd64") and not JIT_DISABLED
needs_x86 = pytest.mark.skipif(not X86, reason="compiled code on x86-64")
each_type = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
SCHEDULE = np.array([1e-3, 1e-7])
SIZES = (1, 17, 1003, optimizers.PARALLEL + optimizers.BLOCK + 5)


def adam_state(n, dtype):
    """theta, dtheta, m, v."""
    theta, dtheta, m, v = (normal(n, dtype=dtype, seed=seed) for seed in range(4))
    return theta, dtheta, m, np.abs(v)


def adam(state, beta_1=0.9, beta_2=0.999, kernel=optimizers.adam_update):
    """One update; the overflow flag after it."""
    overflow = np.zeros(1, np.int64)
    with np.errstate(all="ignore"):
        kernel(*state, SCHEDULE, beta_1, beta_2, overflow)
    return overflow[0]


def textbook(theta, dtheta, m, v, beta_1, beta_2):
    """The same roundings in the same order, and no flush."""
    kind = theta.dtype.type
    alpha, epsilon = SCHEDULE.astype(theta.dtype)
    m[:] = kind(beta_1) * m + kind(1 - beta_1) * dtheta
    v[:] = kind(beta_2) * v + kind(1 - beta_2) * (dtheta * dtheta)
    theta -= alpha * m / (np.sqrt(v) + epsilon)


@each_type
@pytest.mark.parametrize("n", SIZES if not JIT_DISABLED else SIZES[:3])
def test_adam_equals_the_textbook_bit_for_bit_where_nothing_is_tiny(n, dtype):
    one, other = adam_state(n, dtype), adam_state(n, dtype)
    for _ in range(5):
        assert adam(one, 0.5) == 0
        textbook(*other, 0.5, 0.999)
    for a, b in zip(one, other, strict=True):
        assert_same_bits(a, b)


@each_type
@pytest.mark.parametrize("bad", (np.nan, np.inf, -np.inf, "square overflows"))
@pytest.mark.parametrize("place", (0, 17, 1002))
def test_adam_raises_the_flag(bad, place, dtype):
    state = adam_state(1003, dtype)
    state[1][place] = np.finfo(dtype).max if bad == "square overflows" else bad
    assert adam(state) == 1


@pytest.mark.skipif(JIT_DISABLED, reason="slow without the JIT")
def test_a_block_of_any_thread_raises_the_flag():
    n = SIZES[-1]
    for place in (0, n // 2, n - 1):
        state = adam_state(n, np.float32)
        state[1][place] = np.nan
        assert adam(state) == 1


@each_type
def test_moments_end_at_zero_without_gradients(dtype):
    """And never pass through numbers that are slow to work with."""
    state = theta, dtheta, m, v = adam_state(64, dtype)
    m *= 1e-20 if dtype == np.float32 else 1e-280
    v[:] = np.abs(m)
    dtheta[:] = 0
    tiny = np.finfo(dtype).tiny
    for _ in range(1000):
        adam(state, 0.8, 0.8)
        for moment in (m, v):
            assert not ((moment != 0) & (np.abs(moment) < tiny)).any()
    assert not m.any() and not v.any()


def test_adam_moves_by_tiny_gradients_as_it_should():
    """g = 1e-20: v sees nothing of it, and beside epsilon it need not."""
    state = [np.zeros(8, np.float32) for _ in range(4)]
    state[1][:] = 1e-20
    adam(state)
    np.testing.assert_allclose(state[0], -1e-3 * 0.1 * 1e-20 / 1e-7, rtol=1e-5)


def shortest(function, times=60):
    """Seconds of the quickest of several runs; `function` returns its own time."""
    return min(function() for _ in range(times))


@needs_x86
@each_type
def test_adam_is_not_slowed_down_by_subnormal_numbers(dtype):
    tiny = np.finfo(dtype).tiny
    state = _, dtheta, m, v = adam_state(20_000, dtype)
    overflow = np.zeros(1, np.int64)

    def timed(m0, v0, g0):
        def once():
            m[:], v[:], dtheta[:] = m0, v0, g0
            start = time.perf_counter()
            optimizers.adam_update(*state, SCHEDULE, 0.9, 0.999, overflow)
            return time.perf_counter() - start

        return shortest(once)

    common = timed(0.5, 0.5, 0.5)
    slow = [(tiny / 4, 1, 0), (tiny / 4, tiny / 4, 0), (1, 1, tiny / 4)]
    for values in (*slow, (1, 1, np.sqrt(tiny) / 100)):
        assert timed(*values) < 1.5 * common, values


@pytest.mark.skipif(JIT_DISABLED, reason="nothing is parallel without the JIT")
@each_type
def test_any_number_of_threads_gives_the_same_bits(dtype):
    found = []
    for n in (1, 3):
        with threads(n):
            state = adam_state(SIZES[-1], dtype)
            adam(state)
            found.append([a.tobytes() for a in state])
    assert all(other == found[0] for other in found)


@each_type
def test_sgd_equals_the_textbook_bit_for_bit(dtype):
    theta, dtheta, velocity, _ = adam_state(1003, dtype)
    want, moved = theta.copy(), velocity.copy()
    overflow = np.zeros(1, np.int64)
    rate = np.array([0.1])
    for _ in range(3):
        optimizers.sgd_update(theta, dtheta, velocity, rate, 0.9, overflow)
        moved[:] = dtype(0.9) * moved - dtype(0.1) * dtheta
        want += moved
    assert_same_bits(theta, want)
    assert_same_bits(velocity, moved)
    assert overflow[0] == 0
    dtheta[1002] = np.nan
    optimizers.sgd_update(theta, dtheta, velocity, rate, 0.9, overflow)
    assert overflow[0] == 1


@needs_x86
@each_type
def test_adam_in_machine_code(dtype):
    """Square root and division of whole vectors, nothing called, nothing fused."""
    text = assembly(optimizers._adam, *adam_state(9, dtype), SCHEDULE, 0.9, 0.999, FLAG)
    assert has("sqrt", text, dtype) and has("div", text, dtype)
    assert not calls(text)


FLAG = np.zeros(1, np.int64)


# ---- RMSprop -----------------------------------------------------------------------


def rmsprop(theta, dtheta, square, velocity, momentum=0.5):
    """One update with rate 0.01, rho 0.9, epsilon 1e-7; the overflow flag after it."""
    overflow = np.zeros(1, np.int64)
    vectors = theta, dtheta, square, velocity
    with np.errstate(all="ignore"):
        optimizers.rmsprop_update(
            *vectors, np.array([0.01]), 0.9, momentum, 1e-7, overflow
        )
    return overflow[0]


@each_type
def test_rmsprop_equals_the_textbook_bit_for_bit_where_nothing_is_tiny(dtype):
    theta, dtheta, velocity, square = adam_state(1003, dtype)
    kind = dtype
    twin = theta.copy(), square.copy(), velocity.copy()
    for _ in range(5):
        assert rmsprop(theta, dtheta, square, velocity) == 0
        w, s, u = twin
        s[:] = kind(0.9) * s + kind(1 - 0.9) * (dtheta * dtheta)
        u[:] = kind(0.5) * u + kind(0.01) * dtheta / np.sqrt(s + kind(1e-7))
        w -= u
    for a, b in zip((theta, square, velocity), twin, strict=True):
        assert_same_bits(a, b)


@each_type
def test_rmsprop_reads_tiny_memories_as_zero_and_flags_what_is_not_finite(dtype):
    tiny = np.finfo(dtype).tiny
    theta, dtheta = np.ones(3, dtype), np.zeros(3, dtype)
    square, velocity = np.full(3, tiny, dtype), np.full(3, -tiny, dtype)
    assert rmsprop(theta, dtheta, square, velocity) == 0
    assert not square.any() and not velocity.any() and (theta == 1).all()
    dtheta[1] = np.nan
    assert rmsprop(theta, dtheta, square, velocity) == 1
