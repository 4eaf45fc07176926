"""The checks of everything registered, and what each of them finds."""

import numpy as np
import pytest

from minigan import BCEWithLogits, checks, validate
from minigan.initializers import INITIALIZERS
from minigan.layers.base import LAYERS, Layer
from minigan.losses import LOSSES
from minigan.optimizers import OPTIMIZERS, SGD
from minigan.registry import Example

REGISTRIES = {
    "layer": LAYERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "initializer": INITIALIZERS,
}


@pytest.mark.parametrize("check", checks.every(), ids=str)
def test_all_that_is_registered(check):
    check()


def test_what_is_not_registered_is_said():
    with pytest.raises(AssertionError, match="registered class or function, got"):
        checks.of(Scale)


# ---- a class of one's own: right, then broken in every way --------------------------


class Scale(Layer):
    """y = factor x, times a weight."""

    def __init__(self, factor, *, rng=0, dtype=np.float32):
        self.factor = validate.number(type(self).__name__, "factor", factor)
        self.dtype = validate.float_type(type(self).__name__, dtype)
        rng = validate.random_generator(type(self).__name__, rng)
        weight = rng.uniform(1, 2, 4).astype(self.dtype)
        self.weight = self.add_parameter("weight", weight)
        self.input_shape = (4,)

    def forward_pass(self, x, training):
        return x * (self.dtype.type(self.factor) * self.weight.value), x

    def backward_pass(self, dy, cache, need_dx):
        factor = self.dtype.type(self.factor)
        if not self.is_frozen:
            self.weight.grad += factor * (dy * cache).sum(axis=0)
        return dy * (factor * self.weight.value) if need_dx else None


class WrongGradient(Scale):
    def backward_pass(self, dy, cache, need_dx):
        return super().backward_pass(2 * dy, cache, need_dx)


class Unchecked(Scale):
    def __init__(self, factor, *, rng=0, dtype=np.float32):
        super().__init__(1.0, rng=rng, dtype=dtype)
        self.factor = factor


class OtherConfig(Scale):
    def config(self):
        return {"factor": self.factor + 1}


class SharedMemory(Scale):
    def __deepcopy__(self, memo):
        return self


class Widening(Scale):
    def forward_pass(self, x, training):
        return super().forward_pass(x.astype(np.float64), training)


class Remembering(Scale):
    """Its output depends on more than a file holds."""

    def __init__(self, factor, *, rng=0, dtype=np.float32):
        super().__init__(factor, rng=rng, dtype=dtype)
        self.shift = np.random.default_rng().random(4).astype(self.dtype)

    def forward_pass(self, x, training):
        y, cache = super().forward_pass(x, training)
        return y + self.shift.astype(y.dtype), cache


class Steep(BCEWithLogits):
    def backward_pass(self, cache):
        return 1.01 * super().backward_pass(cache)


class Uphill(SGD):
    def update(self, theta, dtheta, velocity, schedule):
        super().update(theta, -dtheta, velocity, schedule)


def drifting(shape, rng):
    return np.random.default_rng().random(shape)


def endless(shape, rng):
    return np.full(shape, np.inf)


FACTOR = Example({"factor": 2.0}, shape=(3, 4))
WRONG = [
    ("layer", WrongGradient, FACTOR, "proof", "WRONG"),
    ("layer", Unchecked, FACTOR, "bad arguments", "factor=nan: expected an error"),
    ("layer", OtherConfig, FACTOR, "configuration", "factor: expected 2.0, got 3.0"),
    ("layer", SharedMemory, FACTOR, "copy", "expected a copy|already holds"),
    ("layer", Widening, FACTOR, "types", "forward: expected float32, got float64"),
    ("layer", Remembering, FACTOR, "saving", "the same output of a layer read again"),
    ("loss", Steep, Example(shape=(8, 1)), "proof", "WRONG"),
    ("optimizer", Uphill, Example(), "proof", "does not go downhill"),
    ("initializer", drifting, None, "draws", "expected repeatable draws"),
    ("initializer", endless, None, "draws", "expected finite numbers"),
]


@pytest.fixture
def register():
    """register(kind, thing, example), undone afterwards."""
    done = []

    def add(kind, thing, example):
        REGISTRIES[kind].register(*([example] if example else []))(thing)
        done.append((REGISTRIES[kind], thing.__name__))

    yield add
    for registry, name in done:
        registry.unregister(name)


def test_a_class_of_ones_own_passes_by_one_line(register):
    register("layer", Scale, FACTOR)
    found = checks.of(Scale)
    rules = "proof", "bad arguments", "configuration", "copy", "types", "saving"
    assert [str(check) for check in found] == [f"Scale: {rule}" for rule in rules]
    for check in found:
        check()
    assert {str(check) for check in found} <= {str(check) for check in checks.every()}


@pytest.mark.parametrize(
    "kind, thing, example, rule, words", WRONG, ids=lambda v: getattr(v, "__name__", "")
)
def test_what_is_wrong_is_found(register, kind, thing, example, rule, words):
    register(kind, thing, example)
    (check,) = (c for c in checks.of(thing) if str(c).endswith(f": {rule}"))
    with pytest.raises(Exception, match=words):
        check()
