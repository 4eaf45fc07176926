"""Adam against exact arithmetic and known numbers, and its variants."""

from decimal import Decimal, localcontext

import numpy as np
import pytest

from minigan import Adam, AMSGrad, Dense, Sequential
from minigan.errors import NonFiniteError

from ..helpers import (
    assert_close,
    assert_same_bits,
    fingerprint,
    normal,
    optimizer_fingerprint,
)
from .small import trajectory, two_weights, varying


@pytest.mark.parametrize("form, beta_1", [("keras", 0.9), ("pytorch", 0.5)])
def test_adam_equals_exact_arithmetic(form, beta_1):
    """10,000 steps, beside the textbook written in 50 decimal digits."""
    gradients = varying(10_000)
    adam = Adam(1e-3, beta_1, 0.999, 1e-7, form)
    got = list(trajectory(adam, gradients))
    with localcontext() as context:
        context.prec = 50
        rate, b1, b2 = Decimal(1e-3), Decimal(beta_1), Decimal(0.999)
        epsilon, power_1, power_2 = Decimal(1e-7), Decimal(1), Decimal(1)
        theta, m, v = [Decimal(1), Decimal(-2)], [Decimal(0)] * 2, [Decimal(0)] * 2
        for t, gradient in enumerate(gradients):
            power_1, power_2 = power_1 * b1, power_2 * b2
            root = (1 - power_2).sqrt()
            for i, g in enumerate(map(Decimal, gradient.tolist())):
                m[i] = b1 * m[i] + (1 - b1) * g
                v[i] = b2 * v[i] + (1 - b2) * g * g
                mean = m[i] / (1 - power_1)
                if form == "pytorch":
                    step = mean / (v[i].sqrt() / root + epsilon)
                else:
                    step = mean * root / (v[i].sqrt() + epsilon)
                theta[i] -= rate * step
            if t % 500 == 499 or t < 20:
                np.testing.assert_allclose(got[t], list(map(float, theta)), atol=1e-12)
    assert adam.t == 10_000


FIRST_STEPS = [
    ("keras", 1e-7, 1e-6, 0.240253),
    ("pytorch", 1e-8, 1e-6, 0.990099),
    ("keras", 1e-7, 1e-8, 0.003152),
    ("pytorch", 1e-8, 1e-8, 0.5),
]


@pytest.mark.parametrize("form, epsilon, gradient, expected", FIRST_STEPS)
def test_the_first_step_tells_the_two_epsilons_apart(form, epsilon, gradient, expected):
    adam = Adam(1e-3, epsilon_form=form)
    assert adam.epsilon == epsilon
    (after,) = trajectory(adam, [[gradient, -gradient]])
    steps = (np.array([1, -2]) - after) / 1e-3
    np.testing.assert_allclose(steps, [expected, -expected], atol=6e-7)


GOLDEN_GRADIENTS = [0.5, -1.0, 2.0, 0.1, -0.3, 0.0, 4.0, -2.5, 1e-3, 0.7]
GOLDEN = [
    0.9000006324515321,
    0.9366108815953383,
    0.8946453776819333,
    0.8577670608343069,
    0.8339433688754964,
    0.8134104282160223,
    0.7605887503109019,
    0.7432532840338179,
    0.727854651942843,
    0.7078231519695948,
]


@pytest.mark.parametrize("dtype, tolerance", [(np.float64, 1e-15), (np.float32, 1e-6)])
def test_ten_golden_steps(dtype, tolerance):
    gradients = [[g, 0] for g in GOLDEN_GRADIENTS]
    path = [w[0] for w in trajectory(Adam(0.1), gradients, dtype)]
    np.testing.assert_allclose(path, GOLDEN, rtol=4 * tolerance)


def test_adam_uses_the_betas_as_written():
    """1 - 0.999 rounded to float32 first would be off by 1.3e-5."""
    network, adam = two_weights(np.float32), Adam()
    network[0].W.grad[...] = 1
    adam.step(network)
    np.testing.assert_allclose(adam.vectors(network)["v"][0], 1e-3, rtol=1e-7)


def test_defaults_are_keras():
    expected = {
        "learning_rate": 1e-3,
        "beta_1": 0.9,
        "beta_2": 0.999,
        "epsilon": 1e-7,
        "epsilon_form": "keras",
    }
    assert Adam().config() == expected
    assert Adam(**Adam(0.5, 0.1).config()).config() == Adam(0.5, 0.1).config()


def test_betas_of_zero_give_signed_steps():
    (after,) = trajectory(Adam(0.1, 0, 0), [[3.0, -1e-3]])
    np.testing.assert_allclose(after, [0.9, -1.9], rtol=1e-4)


def test_dead_units_stay_where_they_are():
    """A gradient of exactly zero from the start on: 0 / epsilon, no NaN."""
    path = list(trajectory(Adam(), [[0.0, 0.0]] * 20))
    assert_same_bits(path[-1], np.array([1.0, -2.0]))


def test_amsgrad_by_the_formula():
    """Gradients that become smaller: the steps do not grow again."""
    gradients = varying(60) * 0.9 ** np.arange(60)[:, None]
    w, m, v, most = np.array([1.0, -2.0]), 0, 0, 0
    path = trajectory(AMSGrad(0.01, 0.5, 0.6), gradients)
    for t, (g, got) in enumerate(zip(gradients, path, strict=True), 1):
        m, v = 0.5 * m + 0.5 * g, 0.6 * v + 0.4 * g * g
        most = np.maximum(most, v)
        alpha = 0.01 * np.sqrt(1 - 0.6**t) / (1 - 0.5**t)
        w = w - alpha * m / (np.sqrt(most) + 1e-7)
        assert_close(got, w, np.float64)
    assert (most > 10 * v).all()


@pytest.mark.parametrize("dtype, size", [(np.float32, 2e19), (np.float64, 1e155)])
def test_a_square_that_overflows(dtype, size):
    """Textbook Adam would silently never move this weight again."""
    network, adam = two_weights(dtype), Adam()
    network[0].W.grad[0, 0] = -size
    before = fingerprint(network), optimizer_fingerprint(adam, network)
    message = r"Adam.step: .* step that fits float\d\d, got .* of size \de\+\d+ at lay"
    with pytest.raises(NonFiniteError, match=message):
        adam.step(network)
    assert (fingerprint(network), optimizer_fingerprint(adam, network)) == before


def test_adam_fits_a_line():
    """The whole engine in one loop: y = 2 x - 1."""
    network, adam = Sequential([Dense(1, 1, rng=0, dtype=np.float64)]), Adam(0.1)
    x = normal(32, 1, dtype=np.float64)
    for _ in range(400):
        network.zero_grad()
        residual = network.forward(x, training=True) - (2 * x - 1)
        network.backward(2 * residual / len(x), need_dx=False)
        adam.step(network)
    assert_close(network[0].W.value, [[2]], np.float32)
    assert_close(network[0].b.value, [-1], np.float32)
