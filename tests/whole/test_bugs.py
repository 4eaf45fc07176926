"""Every bug in `tests/bugs` is caught, and its cure passes."""

import numpy as np
import pytest

import minigan
from minigan import Dense, LeakyReLU, Sequential, gradcheck

from ..bugs import (
    adam_without_power,
    batchnorm_mode,
    frozen_refuses,
    iterator_restart,
    past_the_critic,
    softmax_diagonal,
    update_in_backward,
)


def ten_steps_of_adam(kind, learning_rate=0.01, beta_1=0.5, beta_2=0.99):
    """(what `kind` does, what the formula says), with gradients that vary."""
    net = Sequential([Dense(2, 3, rng=0, dtype="float64")])
    theta = net.theta.copy()
    m, v = np.zeros_like(theta), np.zeros_like(theta)
    optimizer, rng = kind(learning_rate, beta_1, beta_2), np.random.default_rng(1)
    for t in range(1, 11):
        net.dtheta[:] = g = rng.standard_normal(theta.size)
        optimizer.step(net)
        m = beta_1 * m + (1 - beta_1) * g
        v = beta_2 * v + (1 - beta_2) * g**2
        alpha = learning_rate * np.sqrt(1 - beta_2**t) / (1 - beta_1**t)
        theta -= alpha * m / (np.sqrt(v) + 1e-7)
    return net.theta, theta


def test_adam_without_the_power_of_t():
    got, expected = ten_steps_of_adam(adam_without_power.Right)
    np.testing.assert_allclose(got, expected, rtol=1e-12, atol=1e-14)
    got, expected = ten_steps_of_adam(adam_without_power.Wrong)
    assert np.abs(got - expected).max() > 0.005  # half a step


def test_updates_inside_backward():
    report = gradcheck(update_in_backward.Wrong(4, 3))
    assert any("changes a parameter" in fault for fault in report.faults)
    assert not report["x"].ok
    gradcheck(update_in_backward.Right(4, 3)).assert_ok()


def test_updates_inside_backward_reach_a_frozen_discriminator():
    generator = Sequential([Dense(3, 2, rng=1)])
    report = gradcheck(generator, through=Sequential([update_in_backward.Wrong(2, 1)]))
    assert any("discriminator changes" in fault for fault in report.faults)


@pytest.mark.parametrize("frozen", [False, True])
def test_batchnorm_in_inference_with_the_batch_formula(frozen):
    case = {"training": False, "frozen": frozen}
    assert not gradcheck(batchnorm_mode.Wrong(4), **case).ok
    gradcheck(batchnorm_mode.Right(4), **case).assert_ok()
    # the very same code is right while training, which is why nobody notices
    assert gradcheck(batchnorm_mode.Wrong(4), training=True, frozen=frozen).ok


def test_frozen_batchnorm_with_the_batch_formula():
    report = gradcheck(batchnorm_mode.WrongWhenFrozen(4))
    assert all(row.ok for row in report.rows) and not report.ok  # dx, once frozen
    assert not gradcheck(batchnorm_mode.WrongWhenFrozen(4), frozen=True).ok
    gradcheck(batchnorm_mode.Right(4), frozen=True).assert_ok()


def test_softmax_with_a_diagonal_jacobian():
    report = gradcheck(softmax_diagonal.Wrong(), shape=(5, 4))
    assert not report.ok and report.worst > 0.1
    gradcheck(softmax_diagonal.Right(), shape=(5, 4)).assert_ok()


def test_a_frozen_layer_that_refuses_to_backpropagate():
    (fault,) = gradcheck(frozen_refuses.Wrong(4, 3)).faults
    assert fault.startswith("Wrong: backward_pass while frozen: StateError: ")
    assert gradcheck(frozen_refuses.Wrong(4, 3), frozen=True).faults == (fault,)
    report = gradcheck(frozen_refuses.WrongInSilence(4, 3), frozen=True)
    assert report.worst == pytest.approx(1)
    gradcheck(frozen_refuses.Right(4, 3), frozen=True).assert_ok()


def test_a_generator_trained_past_the_critic():
    generator = Sequential([Dense(3, 8, rng=1), LeakyReLU(0.2), Dense(8, 2, rng=2)])
    layers = [Dense(2, 6, rng=3), LeakyReLU(0.2), Dense(6, 1, rng=4)]
    report = gradcheck(generator, through=past_the_critic.Wrong(layers))
    assert not any(row.ok for row in report.rows)
    layers = [Dense(2, 6, rng=3), LeakyReLU(0.2), Dense(6, 1, rng=4)]
    gradcheck(generator, through=past_the_critic.Right(layers)).assert_ok()


def test_an_iterator_that_restarts():
    rows = np.arange(64, dtype=np.float32).reshape(64, 1)

    def seen(batches):
        return len({float(v) for batch in batches for v in batch[:, 0]})

    assert seen(iterator_restart.wrong(rows, 8, 8)) == 8
    assert seen(iterator_restart.right(rows, 8, 8)) == 64
    for sampling in ("ordered", "shuffled"):
        ours = minigan.gan.Rows(rows, sampling=sampling)
        assert seen([ours.batch(8) for _ in range(8)]) == 64
