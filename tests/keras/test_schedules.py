"""Schedules and rates of optimizers, by hand; tests/parity has them beside tf_keras."""

import numpy as np
import pytest
from minigan.keras.optimizers.schedules import (
    CosineDecay,
    ExponentialDecay,
    LearningRateSchedule,
    PiecewiseConstantDecay,
)

from minigan import keras
from minigan.errors import ArgumentError, MiniganError
from minigan.keras import layers, optimizers

X, Y = np.ones((4, 2)), np.zeros((4, 1))


def compiled(optimizer):
    model = keras.Sequential([layers.Dense(1, input_dim=2)])
    model.compile(optimizer, "mse")
    return model


def test_values():
    decay = ExponentialDecay(1.0, 4, 0.25)
    assert [decay(0), decay(2), decay(4)] == [1, 0.5, 0.25]
    assert ExponentialDecay(1.0, 4, 0.25, staircase=True)(3) == 1
    steps = PiecewiseConstantDecay([2, 4], [3.0, 2.0, 1.0])
    assert [steps(k) for k in (0, 2, 3, 4, 5)] == [3, 3, 2, 2, 1]
    assert CosineDecay(1.0, 4)(4) == 0 and CosineDecay(1.0, 4)(2) == pytest.approx(0.5)


def test_a_rate_of_each_step_and_of_zero():
    model = compiled(optimizers.SGD(CosineDecay(0.5, 2)))
    rates = []
    for _ in range(4):
        rates.append(float(model.optimizer.learning_rate))
        before = model.get_weights()[0]
        model.train_on_batch(X, Y)
    assert rates == pytest.approx([0.5, 0.25, 0, 0])
    assert (model.get_weights()[0] == before).all()
    with pytest.raises(ArgumentError, match="this optimizer has a schedule"):
        model.optimizer.learning_rate = 0.1


def test_decay_of_keras_2_and_rates_that_are_assigned():
    optimizer = optimizers.SGD(1.0, decay=0.5)
    model = compiled(optimizer)
    for _ in range(3):
        model.train_on_batch(X, Y)
    assert optimizer.engine.learning_rate == 0.5  # 1 / (1 + 0.5 * 2)
    assert optimizer.lr == 1.0 and optimizer.get_config()["decay"] == 0.5
    optimizer.lr.assign(0.25)
    assert optimizer.learning_rate == 0.25 and optimizer.lr.numpy() == 0.25


def test_a_schedule_of_ones_own():
    class Halved(LearningRateSchedule):
        def __call__(self, step):
            return 1.0 / 2**step

    optimizer = optimizers.Adam(Halved())
    assert optimizer.learning_rate == 1.0
    with pytest.raises(ArgumentError, match="defines __call__"):
        optimizers.Adam(LearningRateSchedule())


def test_a_model_with_a_schedule_is_saved(tmp_path):
    model = compiled(optimizers.Adamax(ExponentialDecay(0.5, 2, 0.5), clipnorm=1.0))
    model.train_on_batch(X, Y)
    model.save(tmp_path / "m")
    twin = keras.models.load_model(tmp_path / "m")
    assert twin.optimizer.learning_rate == model.optimizer.learning_rate
    for _ in range(2):
        assert twin.train_on_batch(X, Y) == model.train_on_batch(X, Y)
    assert twin.optimizer.clipnorm == 1.0


def test_bad_arguments():
    for make, text in (
        (lambda: ExponentialDecay(1.0, 0, 0.5), "'decay_steps'"),
        (lambda: PiecewiseConstantDecay([1], [1.0]), "2 values"),
        (lambda: optimizers.SGD(decay=-1), "'decay'"),
        (lambda: optimizers.SGD(clipnorm=1, clipvalue=1), "one of clipvalue"),
    ):
        with pytest.raises(MiniganError, match=text):
            make()
