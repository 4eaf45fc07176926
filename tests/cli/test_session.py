"""A run in its folder: bad files and bad disks, savings, the end of the time."""

import errno
import os

import numpy as np
import pytest

from minigan.cli.rundir import RunDir
from minigan.cli.session import Session
from minigan.errors import OutputError
from minigan.gan import Trainer
from minigan.gan.frames import Frames

from .helpers import empty_pictures, expect_error, expect_same_run, run, train


def test_a_damaged_checkpoint(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=2).exit_code == 0
    content = bytearray(folder.checkpoint.read_bytes())
    content[100] ^= 1
    folder.checkpoint.write_bytes(content)
    expect_error(train(folder, "--resume"), 2, "damaged")
    expect_error(run("sample", folder), 2, "damaged")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_disk_that_fails_at_the_end(tmp_path, monkeypatch, no_pictures, code):
    """The error names the file; the checkpoint before it survives."""
    real, folder = os.replace, RunDir(tmp_path / "run")

    def failing(source, target):
        if os.path.basename(target) == "history.csv":
            raise OSError(code, os.strerror(code))
        return real(source, target)

    monkeypatch.setattr(os, "replace", failing)
    expect_error(train(folder, steps=3), 1, "history.csv", os.strerror(code))
    assert Trainer.load(folder.checkpoint).step_count == 3
    assert not list(folder.path.glob(".*.tmp"))


def test_a_disk_that_fails_on_the_way(
    tmp_path, monkeypatch, no_pictures, frequent_reports
):
    """A checkpoint that cannot be written in the middle is not the end of the run."""
    save, calls = Trainer.save, []

    def failing(trainer, path):
        calls.append(trainer.step_count)
        if len(calls) == 2:
            raise OutputError(errno.ENOSPC, f"{path}: cannot be written (full)")
        save(trainer, path)

    monkeypatch.setattr(Trainer, "save", failing)
    result = train(tmp_path / "run", steps=41)
    assert result.exit_code == 0 and calls == [0, 20, 40, 41]
    assert "warning: step 20 is not saved" in result.stderr


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    expect_error(train(tmp_path / "file" / "run"), 1, "run", "cannot be used")


def test_a_picture_that_fails_is_a_warning(tmp_path, monkeypatch):
    def broken(path):
        raise RuntimeError("no ink")

    pictures = empty_pictures(None) | {"samples.png": broken}
    monkeypatch.setattr(Session, "_pictures", lambda session: pictures)
    folder = RunDir(tmp_path / "run")
    result = train(folder, steps=3)
    assert result.exit_code == 0
    assert result.stderr == "minigan: warning: samples.png is not drawn: no ink\n"
    assert (folder / "losses.png").exists() and (folder / "training.gif").exists()


def test_numbers_that_explode_keep_the_last_good_step(
    tmp_path, monkeypatch, no_pictures
):
    folder, on_step = RunDir(tmp_path / "run"), Frames.on_step

    def poison(frames, trainer):
        on_step(frames, trainer)
        if trainer.step_count == 5:
            trainer.generator.theta[...] = np.float32(1e38)

    monkeypatch.setattr(Frames, "on_step", poison)
    with np.errstate(all="ignore"):
        result = train(folder)
    expect_error(result, 1, "step 6")
    assert Trainer.load(folder.checkpoint).step_count == 5


def test_saved_every_so_many_steps(tmp_path, monkeypatch, no_pictures):
    save, steps = Trainer.save, []

    def noted(trainer, path):
        steps.append(trainer.step_count)
        save(trainer, path)

    monkeypatch.setattr(Trainer, "save", noted)
    folder = RunDir(tmp_path / "run")
    assert train(folder, "--save-every", 4, steps=10).exit_code == 0
    assert train(folder, "--resume", steps=13).exit_code == 0
    assert steps == [0, 4, 8, 10, 12, 13]


def test_a_time_budget_ends_a_run_that_can_go_on(tmp_path, finished, no_pictures):
    folder = RunDir(tmp_path / "run")
    result = train(folder, "--seconds", 1e-6)
    assert result.exit_code == 0, result.output
    step = Trainer.load(folder.checkpoint).step_count
    assert step < 60 and "1e-06 seconds are over" in result.stdout
    assert "done" in result.stdout and folder.is_drawn()
    assert folder.planned_steps() == 60
    assert train(folder, "--resume").exit_code == 0
    expect_same_run(folder, finished)
    assert folder.frames.read_bytes() == finished.frames.read_bytes()
