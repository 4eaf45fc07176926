"""Layers with the right gradient that do not train: each is found, and named."""

import sys

import numpy as np
import pytest

import minigan as mg
from minigan import Dense, Layer, ReLU, Sequential, gradcheck
from minigan.gradcheck import contract


class Scale(Layer):
    """y = w x, with one rule broken."""

    def __init__(self, bug=""):
        self.bug = bug
        self.w = self.add_parameter("w", np.array([1.5, 2.0, -1.0], np.float32))
        self.seen = self.add_buffer("seen", np.zeros(3, np.float32))
        self.input_shape = (3,)

    def forward_pass(self, x, training):
        self.x = x
        if self.bug != "statistic" and self.is_frozen:
            pass
        elif training:
            self.seen.value += 1
        y = self.w.value * x
        if self.bug == "float64":
            y = y.astype(np.float64)
        if self.bug == "list":
            y = list(y)
        if self.bug == "rows":
            y = np.concatenate([y, y])
        if self.bug == "no cache":
            return y
        return y, None if self.bug == "no state" else x

    def backward_pass(self, dy, cache, need_dx):
        x = self.x if self.bug == "no state" else cache
        dw = (x * dy).sum(axis=0)
        if self.bug == "rebinds":
            self.w.grad = self.w.grad + dw
        elif self.bug == "ignores frozen" or not self.is_frozen:
            self.w.grad += dw
        if self.bug == "none while frozen" and self.is_frozen:
            return None
        if self.bug == "no dx":
            return None
        dx = self.w.value * dy
        if self.bug == "none while frozen, zero":
            dx = dx * (not self.is_frozen)
        if self.bug == "dx float64":
            dx = dx.astype(np.float64)
        return dx


FOUND = {
    "rebinds": "backward_pass rebinds dw: add to it in place",
    "ignores frozen": "backward_pass changes a gradient while frozen",
    "none while frozen": "backward_pass: expected dx of shape (4, 3) while frozen, got "
    "None",
    "none while frozen, zero": "dx while frozen is another",
    "no dx": "backward_pass: expected dx of shape (4, 3), got None",
    "float64": "forward_pass: y: expected float32 as x is, got float64",
    "dx float64": "backward_pass: dx: expected float32 as x is, got float64",
    "list": "forward_pass: expected an array, got list",
    "rows": "forward_pass: expected y of shape (4, ...), got (8, 3)",
    "statistic": "forward_pass changes a statistic while frozen",
    "no state": "gradients after a second forward are others: keep what backward needs",
}


@pytest.mark.parametrize("bug", FOUND)
def test_a_layer_that_does_not_train_is_found(bug):
    report = gradcheck(Scale(bug), shape=(4, 3))
    assert not report.ok
    assert any(f.startswith(f"Scale: {FOUND[bug]}") for f in report.faults), report


@pytest.mark.parametrize("bug", FOUND)
def test_the_guilty_layer_is_named_and_no_neighbour(bug):
    net = Sequential([Dense(2, 3, rng=0), Scale(bug), ReLU(), Dense(3, 1, rng=1)])
    report = gradcheck(net, shape=(4, 2))
    assert not report.ok
    assert {f.split(":")[0] for f in report.faults if "Scale" in f} == {"1.Scale"}
    assert not [f for f in report.faults if f.startswith(("0.", "2.", "3."))], report
    assert str(report).count("NOT OK") == 1


@pytest.mark.parametrize(
    "bug", ["rebinds", "ignores frozen", "none while frozen", "float64", "no state"]
)
def test_without_the_check_they_pass(bug, monkeypatch):
    """Their gradients are right: only the contract tells."""
    module = sys.modules["minigan.gradcheck.check"]
    monkeypatch.setattr(module, "broken_rules", lambda *_: ([], False))
    gradcheck(Scale(bug), shape=(4, 3)).assert_ok()


def test_a_forgotten_cache_names_its_layer():
    net = Sequential([Dense(2, 3, rng=0), Scale("no cache"), ReLU()])
    with pytest.raises(mg.MiniganError, match=r"Scale\.forward_pass: expected a pair"):
        gradcheck(net, shape=(4, 2))


def test_a_layer_that_keeps_the_rules_is_left_as_it_was():
    net = Sequential([Scale(), Dense(3, 2, rng=0)])
    before = {name: array.copy() for name, array in net.tensors().items()}
    gradcheck(net, shape=(4, 3)).assert_ok()
    gradcheck(Scale(), shape=(4, 3), training=False).assert_ok()
    for name, array in net.tensors().items():
        np.testing.assert_array_equal(array, before[name])
    watch = contract.Watch(Scale())
    watch.run(np.ones((2, 3), np.float32), True, np.random.default_rng(0))
    assert watch.faults == [] and "forward_pass" not in vars(watch.net)


def test_what_is_no_layer_of_ours_has_no_such_rules():
    rng = np.random.default_rng(0)
    assert contract.broken_rules(object(), np.ones((2, 3)), True, rng) == ([], False)
