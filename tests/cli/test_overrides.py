"""Options in place of a recipe's: each reaches the run, and stays with it."""

import inspect
import json

import pytest

from minigan import Adam
from minigan.cli.overrides import OVERRIDES, PLAYERS
from minigan.cli.rundir import RunDir
from minigan.gan import Trainer
from minigan.gan.options import NAMES

from .helpers import BACKEND, expect_error, run

VALUES = {  # another value than the recipe's, and where config.json has it
    "batch_size": (6, "options"),
    "batches": ("mixed", "options"),
    "objective": ("minimax", "options"),
    "real_label": (0.9, "options"),
    "fake_label": (0.1, "options"),
    "discriminator_steps": (2, "options"),
    "generator_steps": (2, "options"),
    "pretraining_steps": (2, "options"),
    "clip_value": (0.1, "options"),
    "ema": (0.9, "options"),
    "instance_noise": (0.2, "options"),
    "instance_noise_steps": (9, "options"),
    "updates": ("simultaneous", "options"),
    "schedule": ("cosine", "options"),
    "schedule_steps": (7, "options"),
    "pack": (2, "options"),
    "latent": ("shared", "options"),
    "fakes": ("training", "options"),
    "penalty": ("r1", "options"),
    "penalty_weight": (0.5, "options"),
    "auxiliary_weight": (0.5, "options"),
    "auxiliary_rows": ("real", "options"),
    "shards": (2, "options"),
    "condition": ("multiply", "began"),
    "report_every": (3, "session"),
    "save_every": (7, "session"),
    "keep_history": (10_000, "session"),
}


HEADS = "--condition", "auxiliary"
CONDITIONAL = {"auxiliary_weight": HEADS, "auxiliary_rows": HEADS, "condition": ()}


def train(out, *arguments, recipe="parabola", steps):
    options = "--out", out, "--steps", steps, "--backend", BACKEND
    return run("train", recipe, *options, *arguments)


def flags(name, value):
    also = {
        "penalty_weight": ("--penalty", "r2"),
        "schedule": ("--schedule-steps", 9),
        "schedule_steps": ("--schedule", "linear"),
        "latent": ("--batches", "separate"),
        "clip_value": ("--objective", "wasserstein"),
        "instance_noise_steps": ("--instance-noise", 0.1),
    }
    if name in CONDITIONAL:
        return "--" + name.replace("_", "-"), value, *CONDITIONAL[name]
    return "--" + name.replace("_", "-"), value, *also.get(name, ())


@pytest.mark.parametrize("name", VALUES)
def test_each_is_kept_with_the_run(tmp_path, no_pictures, name):
    value, place = VALUES[name]
    folder = RunDir(tmp_path / "run")
    recipe = "digits-conditional" if name in CONDITIONAL else "parabola"
    result = train(folder, *flags(name, value), recipe=recipe, steps=2)
    assert result.exit_code == 0, result.output
    assert json.loads(folder.config.read_text())[place][name] == value
    assert train(folder, "--resume", recipe=recipe, steps=3).exit_code == 0
    assert json.loads(folder.config.read_text())[place][name] == value


def test_rates(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    rates = ("--learning-rate", 0.01, "--generator-learning-rate", 0.002)
    assert train(folder, *rates, "--beta-1", 0.5, steps=1).exit_code == 0
    optimizers = json.loads(folder.config.read_text())["optimizers"]
    generator, discriminator = (
        optimizers[f"{player}_optimizer"][1]
        for player in ("generator", "discriminator")
    )
    assert generator["learning_rate"] == 0.002 and generator["beta_1"] == 0.5
    assert discriminator["learning_rate"] == 0.01 and discriminator["beta_1"] == 0.5


def test_a_run_that_goes_on_keeps_its_options(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, "--batch-size", 6, steps=2).exit_code == 0
    same = ("--resume", "--batch-size", 6, "--learning-rate", 0.001)
    assert train(folder, *same, steps=3).exit_code == 0
    for flag, value, own in (
        ("--batch-size", 8, "expected 6"),
        ("--objective", "minimax", "expected non-saturating"),
        ("--learning-rate", 0.1, "expected 0.001"),
        ("--discriminator-learning-rate", 0.1, "expected 0.001"),
        ("--beta-1", 0.1, "expected 0.9"),
        ("--sampling", "shuffled", "expected None"),
    ):
        result = train(folder, "--resume", flag, value, steps=4)
        expect_error(result, 2, flag, own, value)
    assert Trainer.load(folder.checkpoint).step_count == 3


@pytest.mark.parametrize(
    ("flag", "value"),
    [
        ("--batch-size", 1),
        ("--batch-size", 7),
        ("--batches", "quarter"),
        ("--objective", "none"),
        ("--real-label", 1.5),
        ("--learning-rate", 0),
        ("--learning-rate", "nan"),
        ("--beta-1", 1),
        ("--report-every", 0),
    ],
)
def test_values_out_of_range(tmp_path, flag, value):
    out = tmp_path / "run"
    word = flag.removeprefix("--").replace("-", "_") if value == 7 else flag
    expect_error(train(out, flag, value, steps=9), 2, word)
    assert not out.exists()


def test_the_table_names_what_there_is():
    taken = inspect.signature(Adam).parameters
    known = {
        "options": set(NAMES),
        "optimizers": {*taken, *(f"{p}_{a}" for p in PLAYERS for a in taken)},
        "sampling": {"sampling"},
        "networks": {"condition"},
        "session": {name for name, (_, place) in VALUES.items() if place == "session"},
    }
    for override in OVERRIDES:
        assert override.name in known[override.of]
    assert set(NAMES) <= {name for name, (_, place) in VALUES.items()}
