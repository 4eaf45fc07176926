"""RMSprop against exact arithmetic."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from minigan import RMSprop
from minigan.errors import NonFiniteError

from ..helpers import fingerprint, optimizer_fingerprint
from .small import trajectory, two_weights, varying


@pytest.mark.parametrize("momentum, epsilon", [(0.0, 1e-7), (0.9, 1e-3)])
def test_rmsprop_equals_exact_arithmetic(momentum, epsilon):
    """2,000 steps, beside the textbook written in 50 decimal digits."""
    gradients = varying(2_000)
    got = list(trajectory(RMSprop(1e-3, 0.8, momentum, epsilon), gradients))
    with localcontext() as context:
        context.prec = 50
        rate, rho, offset = Decimal(1e-3), Decimal(0.8), Decimal(epsilon)
        theta, square, velocity = [Decimal(1), Decimal(-2)], [0, 0], [0, 0]
        for t, gradient in enumerate(gradients):
            for i, g in enumerate(map(Decimal, gradient.tolist())):
                square[i] = rho * square[i] + (1 - rho) * g * g
                step = rate * g / (square[i] + offset).sqrt()
                velocity[i] = Decimal(momentum) * velocity[i] + step
                theta[i] -= velocity[i]
            np.testing.assert_allclose(got[t], list(map(float, theta)), atol=1e-12)


def test_rmsprop_defaults_are_keras():
    expected = {"learning_rate": 1e-3, "rho": 0.9, "momentum": 0.0, "epsilon": 1e-7}
    assert RMSprop().config() == expected
    made = RMSprop(0.5, 0.1, 0.2, 0.3)
    assert RMSprop(**made.config()).config() == made.config()


@pytest.mark.parametrize("rate, size", [(1e-3, 2e19), (1e3, 1e38)])
def test_an_rmsprop_step_that_overflows(rate, size):
    network, optimizer = two_weights(np.float32), RMSprop(rate)
    network[0].W.grad[0, 0] = size
    before = fingerprint(network), optimizer_fingerprint(optimizer, network)
    with pytest.raises(NonFiniteError, match="RMSprop.step: .* fits float32, got a"):
        optimizer.step(network)
    assert (fingerprint(network), optimizer_fingerprint(optimizer, network)) == before
