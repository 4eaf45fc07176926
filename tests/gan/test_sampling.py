"""Sources of one's own, and which type a game wants."""

import numpy as np
import pytest

from minigan import primitives
from minigan.errors import MiniganError
from minigan.gan import SOURCES, Parabola, Source, Trainer

from .small import build, state


@pytest.fixture
def line():
    """Points on y = slope x, registered for as long as a test runs."""

    class Line(Source):
        name = "line"
        features = 2

        def __init__(self, slope, rng, dtype=np.float32):
            self.slope, self.dtype = slope, np.dtype(dtype)
            self.rng = np.random.default_rng(rng)

        def batch(self, n):
            return self.draw(n, self.rng)

        def draw(self, n, rng):
            x = primitives.uniform(rng, n, 1, dtype=self.dtype)
            W = np.array([[1, self.slope]], self.dtype)
            return x @ W

    SOURCES.register()(Line)
    yield Line
    SOURCES.unregister("line")


def test_a_source_of_ones_own_is_trained_saved_and_resumed(line, tmp_path):
    whole, first = (build(capture=False) for _ in range(2))
    for trainer in (whole, first):
        trainer.data = line(3.0, rng=5)
    whole.fit(5)
    first.fit(2)
    first.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c", capture=False)
    assert type(resumed.data) is line and resumed.data.slope == 3.0
    resumed.fit(3)
    assert state(resumed) == state(whole)


def test_a_source_that_is_not_registered_cannot_be_saved(line, tmp_path):
    class Other(line):
        pass

    trainer = build()
    trainer.data = Other(3.0, rng=5)
    with pytest.raises(MiniganError, match="data: expected Parabola or .*, got Other"):
        trainer.save(tmp_path / "c")


def test_what_is_no_source_is_taken_for_an_array():
    class Duck:
        features = 2

        def batch(self, n):
            return np.zeros((n, 2), np.float32)

    with pytest.raises(MiniganError, match="'data': expected a numpy array, got Duck"):
        build().data = Duck()


@pytest.fixture
def ones():
    """Rows of ones and k, without a generator and without a type to choose."""

    class Ones(Source):
        name = "ones"
        features = 2

        def __init__(self, k=0):
            self.k = k

        def batch(self, n):
            return np.full((n, 2), 1 + self.k, np.float32)

        def draw(self, n, rng):
            return self.batch(n)

    SOURCES.register()(Ones)
    yield Ones
    SOURCES.unregister("ones")


def test_a_source_gets_only_what_its_constructor_takes(ones, tmp_path):
    trainer = build(capture=False)
    trainer.data = ones(k=2)
    trainer.fit(2)
    trainer.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c", capture=False)
    assert type(resumed.data) is ones and resumed.data.k == 2
    trainer.fit(2), resumed.fit(2)
    assert state(resumed) == state(trainer)


def test_a_source_of_another_type_than_the_networks():
    trainer = build(dtype=np.float64)
    before = trainer.data
    message = "'data': expected rows of dtype float64.*got float32"
    with pytest.raises(MiniganError, match=message):
        trainer.data = Parabola(0)
    assert trainer.data is before
