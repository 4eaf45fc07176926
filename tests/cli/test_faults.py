"""Bad arguments, bad files, bad disks: one line and the right exit code."""

import errno
import os

import numpy as np
import pytest

from minigan.cli.rundir import RunDir
from minigan.errors import OutputError
from minigan.gan import Trainer
from minigan.gan.frames import Frames
from minigan.pictures import points

from .helpers import expect_error, run, train


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["nonsense"], "nonsense"),
        (["train"], "RECIPE"),
        (["train", "cubic"], "parabola"),
        (["train", "parabola", "--steps", "0"], "--steps"),
        (["train", "parabola", "--steps", "-5"], "--steps"),
        (["train", "parabola", "--steps", "1e3"], "--steps"),
        (["train", "parabola", "--seed", "-1"], "--seed"),
        (["train", "parabola", "--seed", str(2**70)], "seed"),
        (["train", "parabola", "--backend", "cuda"], "jit"),
        (["train", "parabola", "--nonsense"], "--nonsense"),
        (["train", "parabola", "--out", __file__], "--out"),
        (["train", "parabola", "--resume", "--out", "none"], "nothing to resume"),
        (["sample"], "RUN"),
        (["sample", "none.npz"], "none.npz"),
        (["sample", __file__], "checkpoint"),
        (["sample", os.path.dirname(__file__)], "no such file"),
        (["sample", __file__, "-n", "0"], "-n"),
        (["sample", __file__, "-n", "many"], "many"),
        (["sample", __file__, "-o", "points.txt"], ".csv"),
        (["sample", __file__, "--seed", "x"], "--seed"),
        (["check", "--backend", "torch"], "numpy"),
        (["check", "too", "many"], "too"),
    ],
    ids=" ".join,
)
def test_bad_arguments_are_one_line(tmp_path, monkeypatch, arguments, words):
    monkeypatch.chdir(tmp_path)
    expect_error(run(*arguments), 2, words)
    assert os.listdir(tmp_path) == []


def test_arguments_that_do_not_fit_the_run(finished):
    expect_error(train(finished, "--resume", "--seed", 1), 2, "--seed", "expected 0")
    expect_error(train(finished, "--resume", steps=59), 2, "at least the 60")


def test_a_damaged_checkpoint(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=2).exit_code == 0
    content = bytearray(folder.checkpoint.read_bytes())
    content[100] ^= 1
    folder.checkpoint.write_bytes(content)
    expect_error(train(folder, "--resume"), 2, "damaged")
    expect_error(run("sample", folder), 2, "damaged")


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EACCES, errno.EIO])
def test_a_disk_that_fails_at_the_end(tmp_path, monkeypatch, code):
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
    def broken(*arguments, **options):
        raise RuntimeError("no ink")

    monkeypatch.setattr(points, "scatter", broken)
    folder = RunDir(tmp_path / "run")
    result = train(folder, steps=3)
    assert result.exit_code == 0
    assert result.stderr == "minigan: warning: samples.png is not drawn: no ink\n"
    assert (folder / "losses.png").exists() and (folder / "training.gif").exists()


def test_numbers_that_explode_keep_the_last_good_step(tmp_path, monkeypatch):
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
