"""`--resume`: the same run as one that was never cut, one process at a time."""

import json
import os

import numpy as np
import pytest

from minigan import checkpoint, files
from minigan.cli import rundir as rundir_module
from minigan.cli import session as session_module
from minigan.cli.display import Quiet
from minigan.cli.rundir import RunDir
from minigan.gan import Generator, History, Trainer
from minigan.gan import history as history_module

from .helpers import BACKEND, empty_pictures, expect_error, expect_same_run, run, train


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


@pytest.mark.parametrize(
    "text", ["", "[]", '{"steps": -1}', '{"steps": "ten"}', "[" * 100_000]
)
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


# ---- killed, between any two writes -------------------------------------------------

OFTEN = ("--report-every", "8", "--save-every", "4", "--batch-size", "6")
STEPS = 12


class Killed(BaseException):
    """Nobody catches it, as nobody catches a SIGKILL."""


@pytest.fixture
def kill(monkeypatch):
    """kill(n): die instead of the n-th atomic write from now on."""
    left = []

    def writing(path, data):
        left[0] -= 1
        if left[0] == 0:
            raise Killed
        return write(path, data)

    write = files.write_atomically

    def arm(n):
        left[:] = [n]
        for module in (checkpoint, rundir_module, history_module):
            monkeypatch.setattr(module, "write_atomically", writing)

    yield arm
    monkeypatch.undo()


def written_by_then(folder):
    return sorted(path.name for path in folder.path.iterdir() if path.is_file())


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run that nobody killed, without pictures."""
    folder = RunDir(tmp_path_factory.mktemp("whole") / "run")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_module.Session, "_pictures", empty_pictures)
        assert train(folder, *OFTEN, steps=STEPS).exit_code == 0
    return folder


@pytest.mark.parametrize("n", range(1, 12))
def test_a_run_that_is_killed_before_any_of_its_writes(
    n, tmp_path, kill, whole, no_pictures
):
    """1: config.json; 2 and 3: frames and checkpoint of step 0; then of 4, 8 and 12.

    At last the history and the generator.
    """
    cut = RunDir(tmp_path / "cut")
    kill(n)
    with pytest.raises(Killed):
        train(cut, *OFTEN, steps=STEPS)
    if cut.generator.exists():
        step = Trainer.load(cut.checkpoint).step_count
        assert Generator.load(cut.generator).step == step
    kill(10**9)
    if n == 1:  # there is nothing yet
        expect_error(run("train", "parabola", "--out", cut, "--resume"), 2, "nothing")
        return
    again = run("train", "parabola", "--out", cut, "--resume", "--backend", BACKEND)
    assert again.exit_code == 0, again.output
    expect_same_run(cut, whole)
    assert cut.frames.read_bytes() == whole.frames.read_bytes()
    assert cut.generator.read_bytes() == whole.generator.read_bytes()
    assert written_by_then(cut) == written_by_then(whole)


def test_a_run_that_is_killed_while_it_compiles(
    tmp_path, monkeypatch, whole, no_pictures
):
    """config.json is there by then, so that it begins again as it was asked to."""

    def die(trainer):
        raise Killed

    cut = RunDir(tmp_path / "cut")
    with monkeypatch.context() as patch, pytest.raises(Killed):
        patch.setattr(Trainer, "warm_up", die)
        train(cut, *OFTEN, steps=STEPS)
    again = run("train", "parabola", "--out", cut, "--resume", "--backend", BACKEND)
    assert again.exit_code == 0, again.output
    expect_same_run(cut, whole)


STREAMED = (*OFTEN, "--stream-history")


@pytest.mark.parametrize("n", [2, 5, 8, 10])
def test_a_killed_run_leaves_every_row_of_its_history_once(
    n, tmp_path, kill, no_pictures
):
    """The file has rows of steps behind the checkpoint by then."""
    whole, cut = RunDir(tmp_path / "whole"), RunDir(tmp_path / "cut")
    assert train(whole, *STREAMED, steps=STEPS).exit_code == 0
    kill(n)
    with pytest.raises(Killed):
        train(cut, *STREAMED, steps=STEPS)
    kill(10**9)
    again = run("train", "parabola", "--out", cut, "--resume", "--backend", BACKEND)
    assert again.exit_code == 0, again.output
    expect_same_run(cut, whole)
    assert cut.stream.read_bytes() == whole.stream.read_bytes()
    history = History.read(cut.stream)
    assert (history.table == Trainer.load(cut.checkpoint).history.table).all()


def test_a_history_that_lacks_rows_ends_a_run_that_goes_on(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, *STREAMED, steps=8).exit_code == 0
    os.truncate(folder.stream, folder.stream.stat().st_size - 1)
    result = train(folder, "--resume", steps=12)
    expect_error(result, 2, "history.f64: expected the rows of 8 steps, found 7")


def test_a_run_that_has_not_come_far_is_not_begun_over_by_mistake(tmp_path, kill):
    folder = RunDir(tmp_path / "run")
    kill(2)
    with pytest.raises(Killed):
        train(folder, "--seed", "3", steps=5)
    kill(10**9)
    expect_error(train(folder, steps=5), 2, "ended here before its first", "--resume")
    other = run("train", "digits", "--out", folder, "--resume")
    expect_error(other, 2, "holds a run of parabola, not of digits")
    expect_error(train(folder, "--resume", "--seed", "4"), 2, "--seed: expected 3")
    other = train(folder, "--resume", "--batch-size", "4", steps=5)
    expect_error(other, 2, "--batch-size: expected")


def test_a_run_that_goes_on_leaves_no_results_of_another_step(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    assert train(folder, steps=5).exit_code == 0
    assert folder.generator.exists() and folder.history.exists()
    session = session_module.Session(
        folder, Trainer.load(folder.checkpoint), 9, Quiet()
    )
    session.trainer.fit(1, report_every=None)
    session.save()
    assert not folder.generator.exists() and not folder.history.exists()


@pytest.mark.parametrize("text", [None, "", "{", "[]", '{"steps": 3}'])
def test_a_missing_or_damaged_config_is_said(text, tmp_path, no_pictures):
    rows = tmp_path / "rows.npy"
    np.save(rows, np.linspace(-1, 1, 60, dtype=np.float32).reshape(30, 2))
    folder = RunDir(tmp_path / "run")
    assert train(folder, "--data", rows, steps=3).exit_code == 0
    folder.config.unlink() if text is None else folder.config.write_text(text)
    again = train(folder, "--resume", steps=4)
    expect_error(again, 2, "config.json: missing or damaged", "--data")
    assert train(folder, "--resume", "--data", rows, steps=4).exit_code == 0
