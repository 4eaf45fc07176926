"""What several tests need: random operands, fingerprints, exact comparisons."""

import hashlib
import os
import time
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest

from minigan import BatchNorm, Dense, LeakyReLU, Sequential
from minigan.jit.compiling import JIT_DISABLED
from minigan.jit.threads import get_threads, set_threads, start

if not JIT_DISABLED:
    from minigan.jit import team


ROOT = Path(__file__).parents[1]


@contextmanager
def threads(n):
    """A block in which kernels may use n threads, which are there."""
    before = get_threads()
    set_threads(n)
    start()
    try:
        while not JIT_DISABLED and team.MEMORY[team.READY] < n - 1:
            time.sleep(0.001)
        yield
    finally:
        set_threads(before)


TOLERANCE = {
    np.dtype(np.float32): {"rtol": 2e-5, "atol": 2e-6},
    np.dtype(np.float64): {"rtol": 1e-12, "atol": 1e-13},
}


def normal(*shape, dtype=np.float32, seed=0):
    """Fixed draws from N(0, 1)."""
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def assert_close(got, expected, dtype):
    """Equal up to the rounding errors of `dtype`."""
    np.testing.assert_allclose(got, expected, **TOLERANCE[np.dtype(dtype)])


def assert_same_bits(got, expected):
    """Equal to the last bit: signs of zero count, NaN equals NaN."""
    got, expected = np.asarray(got), np.asarray(expected)
    assert got.dtype == expected.dtype and got.shape == expected.shape
    same = (got == expected) & (np.signbit(got) == np.signbit(expected))
    assert (same | (np.isnan(got) & np.isnan(expected))).all(), (got, expected)


def fingerprint(layer):
    """A hash over all values, gradients and running statistics of a layer."""
    digest = hashlib.sha256()
    for parameter in layer.parameters:
        digest.update(parameter.value.tobytes() + parameter.grad.tobytes())
    for statistic in layer.statistics:
        digest.update(statistic.value.tobytes())
    return digest.hexdigest()


def optimizer_fingerprint(optimizer, network):
    """A hash over step count, rate and state vectors of an optimizer."""
    vectors = optimizer.vectors(network).values()
    parts = [optimizer.t.tobytes(), str(optimizer.learning_rate).encode()]
    return hashlib.sha256(b"|".join(parts + [v.tobytes() for v in vectors])).hexdigest()


def small_network(dtype=np.float32, seed=0):
    """3 -> 5 -> 2 with every kind of state: weights, biases, running statistics."""
    rng = np.random.default_rng(seed)
    return Sequential(
        [
            Dense(3, 5, rng=rng, dtype=dtype),
            BatchNorm(5, momentum=0.8, dtype=dtype),
            LeakyReLU(0.2),
            Dense(5, 2, rng=rng, dtype=dtype),
        ]
    )


def fill_gradients(network, seed=1, scale=1.0):
    """Random gradients, as a backward pass would leave them."""
    rng = np.random.default_rng(seed)
    for parameter in network.parameters:
        parameter.grad[...] = scale * rng.standard_normal(parameter.grad.shape)


def ulps(got, expected):
    """Distance in units in the last place of `expected` (a float or mpmath number)."""
    spacing = float(np.spacing(abs(type(got)(float(expected)))))
    return abs(float(got - expected)) / spacing


# ---- registries --------------------------------------------------------------------


def replaced(monkeypatch, registry, name, thing):
    """Something else under a name of a registry, until the test ends."""
    monkeypatch.setitem(registry._things, name, thing)
    monkeypatch.setitem(registry._examples, name, ())


# ---- memory ------------------------------------------------------------------------

needs_proc = pytest.mark.skipif(not Path("/proc/self/statm").exists(), reason="Linux")


def resident():
    """Bytes of memory of this process."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
