"""Schedules: the learning rate of each step, for any optimizer, captured and eager."""

import numpy as np
import pytest

from minigan import OPTIMIZERS, SGD, Optimizer
from minigan.errors import MiniganError
from minigan.gan import SCHEDULES, Trainer

from .small import build, state

# name -> shares at 0, 1/4, 1/2, 3/4, 1 and beyond
SHARES = {
    "constant": (1, 1, 1, 1, 1, 1),
    "linear": (1, 0.75, 0.5, 0.25, 0, 0),
    "cosine": (1, (2 + 2**0.5) / 4, 0.5, (2 - 2**0.5) / 4, 0, 0),
    "step": (1, 1, 0.1, 0.01, 0.01, 0.01),
}


@pytest.mark.parametrize("name", SCHEDULES)
def test_shares(name):
    progress = np.array([0, 0.25, 0.5, 0.75, 1, 1.5])
    np.testing.assert_allclose(SCHEDULES[name](progress), SHARES[name], atol=1e-15)


class Plain(Optimizer):
    """An optimizer of one's own that asks for its rate as a number."""

    def __init__(self, learning_rate=0.1):
        super().__init__(learning_rate)
        self.seen = []

    def update(self, theta, dtheta, schedule):
        assert float(schedule) == self.learning_rate == self.cells()["learning_rate"]
        self.seen.append(self.learning_rate)
        theta -= self.learning_rate * dtheta


def test_every_optimizer_follows_and_keeps_its_own_rate():
    """Also while D is trained alone, which no step counts, and after a change."""
    options = {"schedule": "linear", "schedule_steps": 4, "pretraining_steps": 2}
    made = Plain(), Plain(0.5)
    names = ("generator_optimizer", "discriminator_optimizer")
    trainer = build(capture=False, **dict(zip(names, made, strict=True)), **options)
    trainer.fit(2)
    assert made[0].seen == [0.1, 0.1 * 0.75]
    assert made[1].seen == [0.5] * (4 + 2) + [0.5 * 0.75] * 2
    made[0].learning_rate = 0.2
    trainer.fit(4)
    assert made[0].seen[2:] == [0.2 * 0.5, 0.2 * 0.25, 0, 0]
    assert [optimizer.learning_rate for optimizer in made] == [0.2, 0.5]


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_a_step_at_another_rate(kind):
    """As if the optimizer had been made with that rate."""
    one, two = (build(generator_optimizer=kind(rate)) for rate in (0.1, 0.025))
    found = []
    for trainer, rate in ((one, np.array(0.025)), (two, None)):
        trainer.generator.dtheta[:] = 1
        trainer.generator_optimizer.step(trainer.generator, rate=rate)
        found.append(trainer.generator.theta.tobytes())
    assert found[0] == found[1]
    assert one.generator_optimizer.learning_rate == 0.1
    for bad in (0.1, np.array(0.1, np.float32), np.ones(1)):
        with pytest.raises(
            MiniganError, match=f"{kind.__name__}.step: argument 'rate'"
        ):
            one.generator_optimizer.step(one.generator, rate=bad)


@pytest.mark.parametrize("name", ["linear", "step"])
def test_a_resumed_run_is_at_the_same_place_of_its_schedule(name, tmp_path):
    options = {"schedule": name, "schedule_steps": 8}
    whole, first = build(**options), build(**options)
    whole.fit(7)
    first.fit(3)
    first.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c")
    resumed.fit(4)
    assert state(resumed) == state(whole)
    assert resumed.schedule == name and resumed.schedule_steps == 8


def test_nothing_moves_behind_the_end():
    trainer = build(schedule="cosine", schedule_steps=3)
    trainer.fit(3)
    before = trainer.generator.theta.tobytes(), trainer.discriminator.theta.tobytes()
    trainer.fit(2)
    after = trainer.generator.theta.tobytes(), trainer.discriminator.theta.tobytes()
    assert before == after


@pytest.fixture
def registered():
    """A function that registers a schedule until the test is over."""
    yield lambda function: SCHEDULES.register(name="own")(function)
    SCHEDULES.unregister("own")


def test_a_schedule_of_ones_own(registered):
    """It is plain NumPy, and yet captured: the shares lie in memory."""
    registered(lambda progress: np.where(progress < 0.5, 1.0, 0.25))
    sgd = [SGD(0.1), SGD(0.1)]
    trainer, other = (
        build(schedule="own", schedule_steps=4, generator_optimizer=o) for o in sgd
    )
    trainer.fit(4)
    for _ in range(4):
        other.step()
    assert state(trainer) == state(other)


@pytest.mark.parametrize(
    "function, message",
    [
        (lambda p: -p - 1, "'own': argument 'shares': expected numbers >= 0"),
        (lambda p: p[1:], r"'own': argument 'shares': expected shape"),
        (lambda p: p * np.nan, "'own': argument 'shares'.*finite"),
        (lambda p: 1.0, "'own': argument 'shares': expected a numpy array"),
    ],
)
def test_a_schedule_that_returns_no_shares(registered, function, message):
    registered(function)
    trainer = build(schedule="own", schedule_steps=4)
    before = state(trainer)
    with pytest.raises(MiniganError, match=message):
        trainer.fit(2)
    assert state(trainer) == before
