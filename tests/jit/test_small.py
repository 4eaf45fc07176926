"""Gradients too small to matter are zero: nothing turns subnormal behind them."""

import numpy as np
import pytest

from minigan import Dense, LeakyReLU, Sequential, primitives
from minigan.jit.small import NEGLIGIBLE
from minigan.primitives import BACKENDS, use_backend

DTYPES = ("float32", "float64")


def logits(dtype):
    """Logits whose sigmoids lie on both sides of what is negligible, and beyond it."""
    least = np.log(NEGLIGIBLE * np.finfo(dtype).tiny)
    return np.array([least - 1, least + 3, -1e4, -1.0, np.nan, 2.0], dtype)


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_of_logits(dtype, backend):
    z = logits(dtype)
    with use_backend(backend):
        dz = primitives.bce_logits_backward(z, np.zeros_like(z), 1.0)
    assert dz[0] == 0 and dz[2] == 0 and np.isnan(dz[4])
    np.testing.assert_allclose(
        dz[[1, 3]], np.exp(z[[1, 3]]) / (1 + np.exp(z[[1, 3]])) / 6, 1e-4
    )


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", DTYPES)
def test_of_probabilities(dtype, backend):
    least = NEGLIGIBLE * np.finfo(dtype).tiny
    p = np.array([[least, 1, 0], [4 * least, 0.25, 0.75]], dtype)
    with use_backend(backend):
        dz = primitives.softmax_backward(p, np.array([1, 2]))
    assert dz[0].tolist() == [0, 0, 0]
    np.testing.assert_allclose(dz[1], [2 * least, 0.125, -0.125], 1e-6)


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_discriminator_that_is_sure_meets_no_subnormal_numbers(backend):
    rng = np.random.default_rng(0)
    sizes = (64, 48, 32, 1)
    layers = []
    for inputs, units in zip(sizes, sizes[1:], strict=False):
        layers += [Dense(inputs, units, rng=rng), LeakyReLU()]
    network = Sequential(layers[:-1])
    layers[-2].b.value[...] = -65.0  # where e^z / N would still be a normal number
    with use_backend(backend):
        x = rng.standard_normal((128, 64)).astype(np.float32)
        for scale in (1.0, 10.0, 30.0):
            z = network.forward(scale * x)
            dz = primitives.bce_logits_backward(z, np.zeros_like(z), 1.0)
            network.zero_grad()
            dx = network.backward(dz)
            for found in (dz, dx):
                size = np.abs(found)
                assert not ((size > 0) & (size < np.finfo(np.float32).tiny)).any()
