"""Proofs of everything registered: complete, and a class of one's own appears."""

import numpy as np
import pytest

from minigan.gan.objectives import OBJECTIVES
from minigan.gradcheck import Report, proofs
from minigan.gradcheck.registered import proofs_of
from minigan.layers.base import LAYERS, Layer
from minigan.losses import LOSSES
from minigan.optimizers import OPTIMIZERS
from minigan.registry import Example


def test_every_registered_thing_is_proven():
    labels = {proof.label for proof in proofs()}
    for name in (*LAYERS, *LOSSES, *OPTIMIZERS):
        assert any(label.partition(",")[0] == name for label in labels), name
    for name in OBJECTIVES:
        assert f"D's losses: {name}" in labels and f"G through D: {name}" in labels


def test_every_layer_and_loss_has_an_example_with_a_shape():
    for registry in (LAYERS, LOSSES):
        for name in registry:
            examples = registry.examples(name)
            assert examples and all(e.shape or "x" in e.options for e in examples), name


def test_a_layer_of_ones_own_appears_by_itself():
    @LAYERS.register(
        Example({"power": 2}, shape=(3, 4), note="square"),
        Example({"power": 3}, shape=(3, 4), note="cube"),
    )
    class OwnPower(Layer):
        def __init__(self, power):
            self.power = power

        def forward_pass(self, x, training):
            return x**self.power, x

        def backward_pass(self, dy, cache, need_dx):
            return dy * 2 * cache  # right for the square only

    try:
        square, cube = proofs_of("layer", "OwnPower")
        assert [square.label, cube.label] == ["OwnPower, square", "OwnPower, cube"]
        assert {square.label, cube.label} <= {proof.label for proof in proofs()}
        assert square.run().ok and not cube.run().ok
    finally:
        LAYERS.unregister("OwnPower")
    assert not any(proof.label.startswith("OwnPower") for proof in proofs())


@pytest.mark.parametrize("name", OBJECTIVES)
def test_wrong_losses_of_an_objective_are_found(name, monkeypatch):
    of_critic, through_critic, _ = proofs_of("objective", name)
    report = of_critic.run()
    assert isinstance(report, Report) and report.ok
    right = OBJECTIVES[name].dscore
    monkeypatch.setattr(OBJECTIVES[name], "dscore", lambda self: 1.001 * right(self))
    assert not of_critic.run().ok and not through_critic.run().ok


def test_same_seed_same_numbers():
    one, two, other = (
        next(proofs_of("layer", "Dense", seed)).run() for seed in (1, 1, 2)
    )
    assert str(one) == str(two) != str(other)
    assert np.isfinite(one.worst)
