"""State: snapshots, names, bytes."""

import numpy as np
import pytest

from minigan import Adam, Dense, Sequential
from minigan.state import Snapshot, joined, not_finite, same_bytes

from .helpers import fill_gradients


class Box:
    """Two arrays and a generator."""

    def __init__(self, seed=0):
        self.rng = np.random.default_rng(seed)
        self.a, self.n = self.rng.standard_normal(4), np.zeros((), np.int64)

    def state(self):
        return {"a": self.a, "n": self.n}

    def generators(self):
        return {"rng": self.rng}


def test_there_and_back_in_place():
    box = Box()
    a, n = box.a, box.n
    snapshot = Snapshot(box)
    expected = box.a.copy(), box.rng.bit_generator.state
    following = box.rng.random(3)
    box.a[:], box.n[...] = 7, 5
    snapshot.restore()
    assert box.a is a and box.n is n and n == 0
    assert (a == expected[0]).all() and box.rng.bit_generator.state == expected[1]
    assert (box.rng.random(3) == following).all()


def test_a_snapshot_is_a_copy_in_memory_that_is_used_again():
    box = Box()
    snapshot = Snapshot(box)
    memory = snapshot.arrays["a"]
    assert not np.may_share_memory(memory, box.a)
    box.a[:] = 3
    assert not (memory == 3).any()
    snapshot.take()
    assert snapshot.arrays["a"] is memory and (memory == 3).all()
    box.a = np.ones(5)  # of another shape
    snapshot.take()
    assert snapshot.arrays["a"] is not memory and snapshot.arrays["a"].size == 5


def test_differences_byte_by_byte():
    box = Box()
    one = Snapshot(box)
    assert one.differences(Snapshot(box)) == []
    box.a[0] = -0.0
    zero = Snapshot(box)
    box.a[0] = 0.0
    assert zero.differences(Snapshot(box)) == ["a"]
    box.rng.random()
    box.n += 1
    assert zero.differences(Snapshot(box)) == ["a", "n", "the random state"]


def test_the_parts_of_a_whole():
    parts = {"left": Box(1), "right": Box(2)}
    found = joined(parts)
    assert list(found) == ["left/a", "left/n", "right/a", "right/n"]
    assert found["right/a"] is parts["right"].a


def test_same_bytes():
    nan = np.array([np.nan, 1.0])
    assert same_bytes(nan, nan.copy()) and not same_bytes(nan, -nan)
    assert not same_bytes(np.array(0.0), np.array(-0.0))
    assert same_bytes(np.arange(6).reshape(2, 3), np.arange(6))


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_the_first_that_is_not_finite(bad):
    arrays = {"n": np.array(3), "a": np.ones(3), "b": np.ones(3), "c": np.ones(3)}
    assert not_finite(arrays) is None
    arrays["c"][0] = arrays["b"][2] = bad
    assert not_finite(arrays) == "b"


def test_a_network_and_its_optimizer():
    """What a step changes comes back, in the arrays where it was."""
    network, adam = Sequential([Dense(3, 2, rng=0)]), Adam()
    adam.vectors(network)
    snapshots = Snapshot(network), Snapshot(adam)
    fill_gradients(network)
    adam.step(network)
    expected = {"generator": network, "optimizer": adam}
    after = {name: a.copy() for name, a in joined(expected).items()}
    for snapshot in snapshots:
        snapshot.restore()
    assert adam.t == 0 and not adam.vectors(network)["m"].any()
    adam.step(network)
    for name, array in joined(expected).items():
        assert same_bytes(array, after[name]), name
