"""Small models are recorded and replayed: the same bits, and the same refusals."""

import numpy as np
import pytest

from minigan import keras, use_products
from minigan.errors import NonFiniteError
from minigan.jit.compiling import JIT_DISABLED
from minigan.keras import Sequential, layers, replayed
from minigan.primitives import backend
from tests.helpers import needs_proc, resident
from tests.keras.small import (
    ONES,
    REAL,
    Z,
    bytes_of,
    compiled,
    discriminator,
    generator,
    moved,
)

pytestmark = pytest.mark.skipif(
    JIT_DISABLED or backend() != "jit", reason="only compiled kernels are replayed"
)


@pytest.fixture
def soon(monkeypatch):
    monkeypatch.setattr(replayed, "AFTER", 3)


def models():
    keras.utils.set_random_seed(3)
    G, D = generator(), discriminator()
    compiled(D, ["accuracy"])
    D.trainable = False
    return G, D, compiled(Sequential([G, D]))


def train(steps):
    G, D, gan = models()
    rng, results = np.random.default_rng(0), []
    for k in range(steps):
        results.append(D.train_on_batch(rng.normal(size=(8, 2)), ONES))
        results.append(gan.train_on_batch(rng.normal(size=(8, 3)), ONES))
        if k == 6:
            D.optimizer.learning_rate = 0.05
    programs = D._plan._replays._programs, gan._plan._replays._programs
    return results, bytes_of(G), bytes_of(D), [len(p) for p in programs]


def test_same_bits(monkeypatch):
    eager = train(12)
    monkeypatch.setattr(replayed, "AFTER", 3)
    again = train(12)
    assert again[:3] == eager[:3]
    assert eager[3] == [0, 0] and again[3] == [1, 1]


def test_each_arithmetic_has_programs_of_its_own(monkeypatch, by_tiles):
    """By tiles, by chains and by tiles again, eagerly and recorded."""

    def turns():
        *_, gan = models()
        for arithmetic in ("tiles", "chain", "tiles"):
            with use_products(arithmetic):
                for _ in range(5):
                    gan.train_on_batch(Z, ONES)
        return bytes_of(gan), len(gan._plan._replays._programs)

    eager, none = turns()
    monkeypatch.setattr(replayed, "AFTER", 3)
    assert turns() == (eager, 2) and none == 0


def critics(steps, loss, optimizer):
    keras.utils.set_random_seed(5)
    D = Sequential([layers.Dense(6, input_dim=2), layers.ReLU(1.0), layers.Dense(1)])
    compiled(D, ["mse"], loss, optimizer)
    found = [D.train_on_batch(REAL, k - ONES) for k in range(steps)]
    return found, bytes_of(D), len(D._plan._replays._programs)


@pytest.mark.parametrize("loss", ["mse", "mae", lambda t, p: -0.5 * t * p])
@pytest.mark.parametrize("optimizer", ["rmsprop", "sgd"])
def test_same_bits_for_every_loss(loss, optimizer, monkeypatch):
    eager = critics(8, loss, optimizer)
    monkeypatch.setattr(replayed, "AFTER", 3)
    again = critics(8, loss, optimizer)
    assert again[:2] == eager[:2]
    assert eager[2] == 0 and again[2] == 1


def classifier(steps):
    keras.utils.set_random_seed(5)
    model = Sequential(
        [layers.Dense(6, activation="relu", input_dim=2), layers.Dense(3)]
    )
    model.add(layers.Softmax())
    compiled(model, ["accuracy"], "sparse_categorical_crossentropy")
    labels = np.arange(8) % 3
    found = [model.train_on_batch(REAL, np.roll(labels, k)) for k in range(steps)]
    return found, bytes_of(model), len(model._plan._replays._programs)


def test_same_bits_for_classes(monkeypatch):
    eager = classifier(8)
    monkeypatch.setattr(replayed, "AFTER", 3)
    again = classifier(8)
    assert again[:2] == eager[:2]
    assert eager[2] == 0 and again[2] == 1


def test_still_networks_stay_still(soon):
    G, D, gan = models()
    for _ in range(6):
        d = bytes_of(D)
        gan.train_on_batch(Z, ONES)
        assert not any(moved(d, D))
        g = bytes_of(G)
        D.train_on_batch(REAL, ONES)
        assert not any(moved(g, G)) and all(moved(d, D))


def test_what_is_not_finite_is_refused_and_changes_nothing(soon):
    _, D, _ = models()
    for _ in range(5):
        D.train_on_batch(REAL, ONES)
    before, t = bytes_of(D), D.optimizer.iterations
    for x, y in ((REAL * np.inf, ONES), (REAL, ONES * np.nan)):
        with pytest.raises(NonFiniteError):
            D.train_on_batch(x, y)
        assert bytes_of(D) == before and D.optimizer.iterations == t
    assert D._plan._replays._programs


@pytest.mark.parametrize(
    "loss, layer",
    [
        ("binary_crossentropy", lambda: layers.Dropout(0.2)),
        ("binary_crossentropy", lambda: layers.Softmax()),
    ],
)
def test_what_cannot_be_recorded_runs_eagerly(soon, loss, layer):
    model = Sequential([layers.Dense(4, input_dim=2), layer(), layers.Dense(1)])
    model.add(layers.Activation("sigmoid"))
    compiled(model, loss=loss)
    for _ in range(6):
        model.train_on_batch(REAL, ONES)
    assert not model._plan._replays._programs
    assert model.optimizer.iterations == 6


def test_the_number_of_programs_is_bounded(soon, monkeypatch):
    monkeypatch.setattr(replayed, "SHAPES", 2)
    _, D, _ = models()
    for rows in (4, 5, 6):
        for _ in range(5):
            D.train_on_batch(REAL[:rows], ONES[:rows])
    assert len(D._plan._replays._programs) == 2


@needs_proc
@pytest.mark.soak
def test_a_hundred_thousand_calls_do_not_eat_memory():
    """Of train_on_batch, recorded and eager, and of predict, at every batch size."""
    G, D, gan = models()
    rng, sizes = np.random.default_rng(0), []
    for k in range(100_000):
        rows = 8 if k % 2 else 2 + k % 127
        z = rng.normal(size=(rows, 3))
        D.train_on_batch(G.predict(z, verbose=0), np.zeros((rows, 1)))
        gan.train_on_batch(z, np.ones((rows, 1)))
        if k % 10_000 == 9_999:
            sizes.append(resident())
    assert max(sizes) - sizes[0] < 4e6, sizes
