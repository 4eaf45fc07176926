"""Copies of whatever trains: independent and equal to the bit, or refused by name.

Layers, losses and optimizers are copied by `minigan.checks`; here are the wholes that
they are part of, before and after a step was recorded.
"""

import copy
import importlib
import inspect
import pickle
import pkgutil

import numpy as np
import pytest

import minigan
from minigan import keras, primitives
from minigan.capture.schedule import Schedule
from minigan.errors import StateError
from minigan.gan import OBJECTIVES, Classifier, Generator, History, Trainer, recipes
from minigan.gan.sampling import SOURCES
from minigan.jit.compiling import JIT_DISABLED
from minigan.keras import replayed
from minigan.state import Snapshot, whole_copy


def pickled(thing):
    return pickle.loads(pickle.dumps(thing))


def mapped(thing):
    """What a pool of processes may hand over: large arrays as read-only maps."""
    buffers = []
    content = pickle.dumps(thing, protocol=5, buffer_callback=buffers.append)
    return pickle.loads(content, buffers=[bytes(part.raw()) for part in buffers])


WAYS = [copy.copy, copy.deepcopy, pickled, mapped]


# ---- the things, and what they do next ----------------------------------------------


def parabola(**options):
    return recipes.load("parabola", seed=1, batch_size=16, **options)


def images(**options):
    rows = np.random.default_rng(0).uniform(-1, 1, (60, 36)).astype(np.float32)
    return recipes.load("digits", 0, rows.reshape(60, 6, 6), batch_size=16, **options)


def trains(trainer):
    history = trainer.fit(3, report_every=2)
    sample = trainer.sample(5, ema=trainer.options.ema is not None)
    arrays = [history.table, sample, *trainer.state().values()]
    return [array.tobytes() for array in arrays]


def model(*middle):
    keras.utils.set_random_seed(3)
    first = keras.layers.Dense(4, input_dim=2)
    last = keras.layers.Dense(1, activation="sigmoid")
    made = keras.Sequential([first, *middle, last])
    made.compile(loss="binary_crossentropy", optimizer="adam", metrics=["accuracy"])
    return made


def combined():
    critic = model(keras.layers.LeakyReLU(0.2))
    critic.trainable = False
    start = keras.layers.Input(shape=(2,))
    maker = keras.Sequential([keras.layers.Dense(2, input_dim=2)])
    made = keras.Model(start, critic(maker(start)))
    made.compile(loss="binary_crossentropy", optimizer="sgd")
    return made


def learns(made):
    x = np.random.default_rng(0).normal(size=(8, 2))
    y = (x[:, 0] > 0) * 1.0
    losses = [made.train_on_batch(x, y) for _ in range(3)]
    return [repr(losses), *(w.tobytes() for w in made.get_weights())]


def draws(generator):
    return [generator.sample(4).tobytes()]


def sees(classifier):
    return [classifier.features(np.ones((3, 4), np.float32)).tobytes()]


def classifier():
    rng = np.random.default_rng(0)
    x, y = rng.random((20, 4), np.float32), rng.integers(0, 2, 20)
    return Classifier.train(x, y, epochs=1, hidden=3)


def grows(history):
    history.append(np.ones((1, len(History.columns))))
    history.table[0] += 1
    return [history.table.tobytes()]


def norm():
    return keras.layers.BatchNormalization()


SUBJECTS = {
    "parabola": (parabola, trains),
    "eager": (lambda: parabola(backend="numpy"), trains),
    "average": (lambda: parabola(ema=0.9, discriminator_steps=20), trains),
    "noise": (lambda: parabola(instance_noise=0.1, instance_noise_steps=9), trains),
    "rates": (lambda: parabola(schedule="linear", schedule_steps=9), trains),
    "shuffled": (lambda: images(sampling="shuffled"), trains),
    **{
        f"objective {name}": (
            lambda name=name: parabola(objective=name, batches="mixed"),
            trains,
        )
        for name in OBJECTIVES
    },
    "model": (model, learns),
    "model with statistics": (lambda: model(norm()), learns),
    "model that draws": (lambda: model(keras.layers.Dropout(0.3)), learns),
    "two models": (combined, learns),
    "generator": (lambda: Generator.of(parabola()), draws),
    "classifier": (classifier, sees),
    "history": (lambda: History(np.ones((2, len(History.columns)))), grows),
}


@pytest.mark.parametrize("subject", SUBJECTS)
def test_a_copy_is_equal_and_goes_its_own_way(subject, monkeypatch):
    monkeypatch.setattr(replayed, "AFTER", 2)
    make, go_on = SUBJECTS[subject]
    for rounds in (0, 1):
        thing, through = make(), make()
        for _ in range(rounds):
            go_on(thing)
            go_on(through)
        twins = [way(thing) for way in WAYS]
        expected = go_on(through)
        for way, twin in zip(WAYS, twins, strict=True):
            assert go_on(twin) == expected, way.__name__
        assert go_on(thing) == expected  # the twins left no trace in it


@pytest.mark.skipif(JIT_DISABLED, reason="nothing can be recorded")
@pytest.mark.parametrize("way", WAYS)
def test_a_recorded_step_is_refused_by_name(way):
    program = parabola().program()
    for thing in (program, Schedule([(program, 1)])):
        kind = type(thing)
        with pytest.raises(StateError, match=f"^{kind.__name__}: expected no copy"):
            way(thing)


@pytest.mark.skipif(
    JIT_DISABLED or primitives.backend() == "numpy",
    reason="the formula makes no error of it",
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_a_copied_model_goes_back_after_a_fault():
    """Its moving statistics are those of the copy, not of the original."""
    made = model(norm())
    learns(made)
    twin = pickled(made)
    before = [w.tobytes() for w in twin.get_weights()]
    with pytest.raises(minigan.errors.MiniganError):
        twin.train_on_batch(np.eye(4, 2) * 3e38, np.ones(4))
    assert [w.tobytes() for w in twin.get_weights()] == before


def classes():
    """All classes of the package."""
    found = set()
    for module in pkgutil.walk_packages(minigan.__path__, "minigan."):
        if not module.name.endswith("__main__"):
            members = vars(importlib.import_module(module.name)).values()
            found |= {kind for kind in members if inspect.isclass(kind)}
    return {kind for kind in found if kind.__module__.startswith("minigan.")}


def test_whatever_has_a_state_is_copied_whole():
    """A new class with a state cannot forget it."""
    passing = {"Stateful", "Replayed", "OwnAttributes"}  # a protocol; part of a program
    shallow = {
        kind.__qualname__
        for kind in classes()
        if callable(getattr(kind, "state", None))
        and getattr(kind, "__copy__", None) is not whole_copy
    }
    assert shallow <= passing
    assert all(kind.__copy__ is whole_copy for kind in SOURCES.values())
    assert Snapshot.__copy__ is Trainer.__copy__ is whole_copy
