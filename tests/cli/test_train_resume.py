"""`--resume`: the same run as one that was never cut, one process at a time."""

import json
import os

import pytest

from minigan import checkpoint
from minigan.cli.rundir import RunDir
from minigan.gan import Trainer

from .helpers import expect_error, expect_same_run, run, train


def test_a_longer_run_is_the_same_as_one_that_was_long_at_once(
    tmp_path, finished, no_pictures
):
    short = RunDir(tmp_path / "run")
    assert train(short, steps=31).exit_code == 0
    no_pictures.undo()
    assert train(short, "--resume").exit_code == 0
    expect_same_run(short, finished)
    for name in ("frames.npz", "training.gif", "progress.png", "samples.png"):
        assert (short / name).read_bytes() == (finished / name).read_bytes(), name


def test_resume_goes_to_the_length_that_was_planned(tmp_path, monkeypatch, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=20).exit_code == 0
    config = json.loads(folder.config.read_text())
    folder.config.write_text(json.dumps(config | {"steps": 30}))
    assert run("train", "parabola", "--out", folder, "--resume").exit_code == 0
    assert Trainer.load(folder.checkpoint).step_count == 30


@pytest.mark.parametrize("text", ["", "[]", '{"steps": -1}', '{"steps": "ten"}'])
def test_without_a_usable_config_the_length_is_the_recipes(tmp_path, text):
    folder = RunDir(tmp_path)
    assert folder.planned_steps() is None
    folder.config.write_text(text)
    assert folder.planned_steps() is None


def test_resuming_what_is_done(finished):
    before = finished.checkpoint.stat().st_mtime_ns
    result = run("train", "parabola", "--out", finished, "--resume")
    assert result.exit_code == 0
    assert "done" in result.stdout and "--steps 120 --resume" in result.stdout
    assert finished.checkpoint.stat().st_mtime_ns == before


def test_resuming_what_is_done_but_not_drawn_draws_it(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=4).exit_code == 0
    (folder / "losses.png").unlink()
    os.utime(folder / "samples.png", ns=(1, 1))  # older than the checkpoint
    result = train(folder, "--resume", steps=4)
    assert result.exit_code == 0
    assert folder.is_drawn()


def test_without_frames_the_pictures_start_late(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=10).exit_code == 0
    folder.frames.write_bytes(b"damaged")
    result = train(folder, "--resume", steps=20)
    assert result.exit_code == 0
    assert "warning: the pictures start at step 10" in result.stderr
    arrays, _ = checkpoint.read(folder.frames)
    assert arrays["steps"].tolist() == list(range(10, 21))


def test_resume_in_another_environment_is_a_warning(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=5).exit_code == 0
    arrays, meta = checkpoint.read(folder.checkpoint)
    meta["versions"]["numpy"] = "1.0"
    checkpoint.write(folder.checkpoint, arrays, meta)
    result = train(folder, "--resume", steps=6)
    assert result.exit_code == 0
    assert result.stderr.count("\n") == 1 and "numpy 1.0 ->" in result.stderr


def test_a_run_has_one_process_at_a_time(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=5).exit_code == 0
    with folder.opened(resume=True):
        expect_error(train(folder, "--resume"), 2, f"pid {os.getpid()}", "--out")
    assert train(folder, "--resume").exit_code == 0


def test_the_lock_of_a_dead_process_does_not_hold(tmp_path, no_pictures):
    (tmp_path / ".lock").write_text("1\n")
    assert train(tmp_path, steps=2).exit_code == 0
