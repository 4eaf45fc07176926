"""Gradient descent by the formula."""

import numpy as np
import pytest

from minigan import SGD, Nesterov
from minigan.errors import NonFiniteError

from ..helpers import assert_close, fingerprint, optimizer_fingerprint
from .small import trajectory, two_weights, varying


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_sgd_by_the_formula(momentum):
    gradients = varying(50)
    w, velocity = np.array([1.0, -2.0]), np.zeros(2)
    path = trajectory(SGD(0.02, momentum), gradients)
    for gradient, got in zip(gradients, path, strict=True):
        velocity = momentum * velocity - 0.02 * gradient
        w = w + velocity
        assert_close(got, w, np.float64)


def test_nesterov_by_the_formula():
    gradients = varying(50)
    w, velocity = np.array([1.0, -2.0]), np.zeros(2)
    path = trajectory(Nesterov(0.02, 0.9), gradients)
    for gradient, got in zip(gradients, path, strict=True):
        velocity = 0.9 * velocity - 0.02 * gradient
        w = w + 0.9 * velocity - 0.02 * gradient
        assert_close(got, w, np.float64)


def test_sgd_config():
    assert SGD(0.5, 0.1).config() == {"learning_rate": 0.5, "momentum": 0.1}


@pytest.mark.parametrize("gradient", [3e38, -3e38])
def test_a_plain_step_that_overflows(gradient):
    network, sgd = two_weights(np.float32), SGD(1e3)
    network[0].W.grad[0, 0] = gradient
    before = fingerprint(network), optimizer_fingerprint(sgd, network)
    with pytest.raises(NonFiniteError, match="SGD.step: .* a step that fits float32"):
        sgd.step(network)
    assert (fingerprint(network), optimizer_fingerprint(sgd, network)) == before
