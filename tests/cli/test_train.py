"""`minigan train`: what a run leaves, and what it refuses to touch."""

import csv
import dataclasses
import json
import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from minigan.cli.rundir import FILES, STREAM, RunDir
from minigan.cli.session import Session
from minigan.gan import Trainer, recipes
from minigan.gan.history import COLUMNS

from .helpers import BACKEND, empty_pictures, expect_error, run, train


def test_a_run_leaves_its_files(finished):
    names = sorted(os.listdir(finished.path))
    assert names == sorted([*FILES, ".lock"])
    assert finished.is_drawn()
    config = json.loads(finished.config.read_text())
    assert config["recipe"] == "parabola" and config["seed"] == 0
    assert config["steps"] == 60 and config["options"]["batch_size"] == 128
    for name in ("losses.png", "gradients.png", "samples.png", "progress.png"):
        with Image.open(finished / name) as picture:
            assert picture.format == "PNG" and picture.width > 400
    with Image.open(finished / "training.gif") as picture:
        assert picture.n_frames == 60 // 5 + 1
    with open(finished.history, newline="") as file:
        rows = list(csv.reader(file))
    assert rows[0] == ["step", *COLUMNS] and len(rows) == 61
    trainer = Trainer.load(finished.checkpoint)
    np.testing.assert_array_equal(
        trainer.history.table, np.array(rows[1:], dtype=float)[:, 1:]
    )


def test_plain_lines_without_a_terminal(tmp_path, no_pictures, frequent_reports):
    result = train(tmp_path / "run", steps=21)
    assert result.exit_code == 0
    assert "\x1b" not in result.output and "\r" not in result.output
    lines = result.stdout.splitlines()
    assert lines[0].startswith("parabola: steps 1 to 21 in")
    assert [line for line in lines if line.split()[:1] == ["20"] and "%" in line]
    summary = "\n".join(lines)
    for words in ("done: 21 steps", "ln 2 = 0.693", "mean |y - x^2|", "D(G(z))"):
        assert words in summary
    assert result.stderr == ""


def test_quiet(tmp_path, no_pictures):
    result = train(tmp_path / "run", "--quiet")
    assert result.exit_code == 0 and result.output == ""


def test_the_default_folder(tmp_path, monkeypatch, no_pictures):
    monkeypatch.chdir(tmp_path)
    result = run("train", "parabola", "--seed", 3, "--steps", 2, "--backend", BACKEND)
    assert result.exit_code == 0
    assert RunDir("runs/parabola-seed3").checkpoint.exists()


def test_a_run_is_never_overwritten(finished):
    before = {p.name: p.read_bytes() for p in finished.path.iterdir()}
    expect_error(train(finished), 2, finished, "--resume", "--out")
    assert {p.name: p.read_bytes() for p in finished.path.iterdir()} == before


@pytest.mark.parametrize("name", [*FILES, STREAM])
def test_nor_is_any_other_file_of_that_name(tmp_path, name):
    (tmp_path / name).write_text("mine")
    expect_error(train(tmp_path), 2, "--out")
    assert os.listdir(tmp_path) == [name]


def test_other_files_in_the_folder_are_left_alone(tmp_path, no_pictures):
    (tmp_path / "notes.txt").write_text("mine")
    assert train(tmp_path).exit_code == 0
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_temporary_files_of_dead_processes_are_swept(tmp_path, no_pictures):
    dead = subprocess.Popen([sys.executable, "-c", ""])
    dead.wait()
    (tmp_path / f".checkpoint.npz.{dead.pid}.00ff00ff.tmp").write_text("half")
    assert train(tmp_path).exit_code == 0
    assert not list(tmp_path.glob(".*.tmp"))


def test_the_answers_of_a_critic_are_its_scores():
    from minigan.gan import recipes

    rows = np.array([[0.1, 0.5], [-0.4, 0.2]], np.float32)
    for objective, answer in (("hinge", lambda s: s), ("minimax", sigmoid)):
        trainer = recipes.load("parabola", objective=objective, backend=BACKEND)
        scores = trainer.critic.predict(rows).astype(np.float64)
        said = Session(None, trainer, 10, None)._answer(rows, None)
        assert abs(said - answer(scores).mean()) < 1e-6


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


@pytest.fixture
def own_recipe():
    """A recipe registered after the command line was imported."""
    made = dataclasses.replace(
        recipes.RECIPES["parabola"], name="own", description="a recipe of one's own"
    )
    recipes.RECIPES.register()(made)
    yield made
    recipes.RECIPES.unregister("own")


def test_a_recipe_of_ones_own(own_recipe, tmp_path, no_pictures):
    assert "own: a recipe of one's own" in run("train", "--help").stdout
    out = tmp_path / "run"
    options = ("--out", out, "--backend", "numpy", "--batch-size", 8)
    assert run("train", "own", "--steps", 3, *options).exit_code == 0
    resumed = run("train", "own", "--steps", 5, *options, "--resume")
    assert resumed.exit_code == 0, resumed.output
    trainer = Trainer.load(RunDir(out).checkpoint)
    assert (trainer.name, trainer.step_count, trainer.batch_size) == ("own", 5, 8)


def test_a_recipe_that_is_not_there():
    expect_error(run("train", "chess"), 2, "RECIPE", "'chess' is not one of 'parabola'")


def test_a_ring(tmp_path, monkeypatch):
    """Pictures, the line on modes, a verdict that counts them, and samples."""
    out = tmp_path / "ring"
    options = "--out", out, "--steps", 120, "--backend", BACKEND, "--report-every", 120
    result = run("train", "ring", *options)
    assert result.exit_code == 0, result.output
    assert " of 8 modes   " in result.stdout and "within 3 sd   KL" in result.stdout
    assert "modes," in result.stdout
    for name in ("samples.png", "progress.png", "training.gif"):
        assert (out / name).stat().st_size > 1000
    drawn = run("sample", out, "-n", 5)
    assert len(drawn.stdout.splitlines()) in (5, 6)
    monkeypatch.setattr(Session, "_pictures", empty_pictures)
    longer = run("train", "ring", "--out", out, "--steps", 130, "--resume")
    assert longer.exit_code == 0, longer.output
