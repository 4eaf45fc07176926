"""One run: trained, measured, and its errors part of the outcome."""

import numpy as np
import pytest

from minigan.errors import StateError
from minigan.gan import Trainer, recipes
from minigan.gan.recipes import RECIPES
from minigan.jit.threads import get_threads
from minigan.primitives import asked_products, backend
from minigan.study import Outcome
from minigan.study.plan import Task
from minigan.study.running import Work

from .subjects import numbers, sometimes, untrained


def outcome(subject, task, steps=None, **options):
    return Outcome.from_bytes(Work(subject, steps, "numpy", **options)(task))


def test_a_recipe_is_trained_and_measured():
    task = Task(5, {"beta_1": 0.5})
    found = outcome(RECIPES["parabola"], task, 4)
    trainer = recipes.load("parabola", 5, backend="numpy", beta_1=0.5)
    trainer.fit(4, report_every=None)
    figures = trainer.diagnose().measured
    assert found.seed == 5 and found.settings == {"beta_1": 0.5}
    assert found.verdict == "too early to say" and found.healthy is False
    assert found.metrics["d_loss"] == figures["d_loss"]
    assert found.metrics["energy"] == figures["energy"]
    quality = trainer.data.quality(trainer.sample(2000), 5)
    assert found.metrics["energy_distance"] == quality.metrics["energy_distance"]
    assert {"residual", "coverage"} < set(found.metrics)
    assert found.picture.shape == (64, 64, 3)
    assert set(found.metrics) == {*figures, *quality.metrics}
    assert not {"score", "g_loss_balance"} & set(found.metrics)


def test_a_trainer_of_a_function_is_trained_as_far_as_said():
    seen = []

    def subject(seed):
        trainer = untrained(seed)
        trainer.fit(3, report_every=None)
        seen.append(trainer)
        return trainer

    for steps, expected in ((None, 3), (5, 5), (2, 3)):
        outcome(subject, Task(0), steps)
        assert seen[-1].step_count == expected


def test_in_a_run_products_and_backend_are_fixed():
    def subject(seed):
        return {"chain": asked_products() == "chain", "numpy": backend() == "numpy"}

    assert outcome(subject, Task(0)).metrics == {"chain": 1.0, "numpy": 1.0}


def test_threads_are_as_before():
    before = get_threads()
    Work(numbers, None, "jit", threads=1)(Task(0))
    assert get_threads() == before


def test_numbers_of_a_function():
    found = outcome(numbers, Task(3, {"scale": 2.0}))
    assert found.metrics == {"value": 6.0} and found.healthy is False
    assert found.verdict == "not healthy"
    found = outcome(lambda seed: {"verdict": "odd", "n": np.float32(1)}, Task(0))
    assert (found.verdict, found.healthy) == ("odd", None)


@pytest.mark.parametrize(
    "returned",
    [None, 3, {"a": "text"}, {"a": None}, {1: 2.0}, {"healthy": 1}, {"verdict": 2}],
)
def test_what_a_function_must_not_return(returned):
    found = outcome(lambda seed: returned, Task(0))
    assert found.failed and found.verdict == "failed" and found.healthy is False
    assert "what the function returned" in found.error


def test_errors_of_a_run_are_its_outcome():
    found = outcome(sometimes, Task(1))
    assert found.error == "ValueError: one is too few"
    assert outcome(lambda seed: 1 / 0, Task(0)).error.startswith("ZeroDivisionError")
    found = outcome(RECIPES["parabola"], Task(0, {"learning_rate": -1.0}), 5)
    assert found.failed and found.error.startswith("Adam: argument 'learning_rate'")


def test_another_minigan_is_refused():
    with pytest.raises(StateError, match="expected minigan 0.0 on every worker"):
        Work(numbers, None, "numpy", version="0.0")(Task(0))


def test_a_recipe_that_this_process_does_not_know(monkeypatch):
    recipe = RECIPES["parabola"]
    monkeypatch.delitem(RECIPES._things, "parabola")
    monkeypatch.delitem(RECIPES._examples, "parabola")
    assert isinstance(Work(recipe, 1, "numpy").made(Task(0)), Trainer)
