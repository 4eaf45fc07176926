"""`minigan study`: what it prints, what it leaves, what it refuses."""

import io
import os
import shlex
import signal
import time
from importlib import import_module

import pytest
from rich.console import Console

from minigan.errors import StateError
from minigan.study import Outcome, Study, engines, outcome

from ..study.subjects import files
from .helpers import BACKEND, expect_error, run

command = import_module("minigan.cli.study")  # not the command of that name
FILES = {"study.json", "summary.txt", "configurations.csv", "runs.csv", "study.html"}


@pytest.fixture(autouse=True)
def quick(monkeypatch):
    """A run is what it says of itself, without training."""

    def in_this_process(work, tasks):
        for task in tasks:
            healthy = (task.seed + len(task.settings)) % 3 > 0
            verdict = "healthy" if healthy else "not converging"
            found = Outcome(task.seed, task.settings, healthy, verdict, {"x": 1.0})
            if task.seed == 7:
                found = Outcome(7, task.settings, False, outcome.FAILED, error="E: x")
            yield task, found.as_bytes()

    monkeypatch.setattr(engines, "in_this_process", in_this_process)


def study(out, *arguments, seeds="0-5"):
    always = ("--seeds", seeds, "--workers", "1", "--backend", BACKEND, "-o", out)
    return run("study", "parabola", *always, *arguments)


def test_it_says_how_often_and_leaves_its_files(tmp_path):
    result = study(tmp_path / "a", "--set", "beta-1=0,0.5", "--steps", "9")
    assert result.exit_code == 0 and result.stderr == ""
    text = result.stdout
    assert text.startswith("parabola: 12 runs, 9 steps each, in this process, to ")
    assert "beta_1=0.5     6        4  66.7%  30.0% to 90.3%       0" in text
    assert "not converging" in text and text.endswith("study.html\n")
    assert "      12 of 12  healthy 8 (39% to 86%)" in text
    made = files(tmp_path / "a")
    assert FILES < set(made) and len(made) == 5 + 12
    again = study(tmp_path / "a", "--set", "beta_1=0,0.5", "--steps", "9")
    assert "0 runs (12 are there)" in again.stdout and files(tmp_path / "a") == made


def test_quiet(tmp_path):
    result = study(tmp_path / "a", "--quiet")
    assert result.exit_code == 0 and result.output == ""
    assert (tmp_path / "a" / "study.html").exists()


def test_failed_runs_are_named(tmp_path):
    text = study(tmp_path / "a", seeds="6-8").stdout
    assert "1 runs failed: see the column error of runs.csv; --again" in text


def test_ctrl_c_says_how_to_go_on(tmp_path, monkeypatch):
    whole = engines.in_this_process

    def interrupted(work, tasks):
        yield from list(whole(work, tasks))[:2]
        raise KeyboardInterrupt

    monkeypatch.setattr(engines, "in_this_process", interrupted)
    settings = ("--set", "objective=hinge,minimax", "--set", "clip_value=none")
    result = study(tmp_path / "a b", *settings, "--steps", "7")
    assert result.exit_code == 130
    assert "stopped: 2 of 12 runs are done, and kept" in result.stdout
    assert len(list((tmp_path / "a b").rglob("0.json"))) == 2
    monkeypatch.setattr(engines, "in_this_process", whole)
    words = shlex.split(result.stdout.splitlines()[-1])
    again = run(*words[1:])
    assert again.exit_code == 0 and "10 runs (2 are there)" in again.stdout


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
@pytest.mark.parametrize("name", ["SIGTERM", "SIGHUP"])
def test_other_signals_end_it_too(tmp_path, monkeypatch, name):
    number = getattr(signal, name)
    whole = engines.in_this_process

    def ended(work, tasks):
        yield from list(whole(work, tasks))[:2]
        os.kill(os.getpid(), number)
        time.sleep(9)

    monkeypatch.setattr(engines, "in_this_process", ended)
    before = signal.signal(number, signal.SIG_DFL)
    try:
        result = study(tmp_path / "a")
        assert signal.getsignal(number) is signal.SIG_DFL
    finally:
        signal.signal(number, before)
    assert result.exit_code == 128 + number
    assert "stopped: 2 of 6 runs are done, and kept" in result.stdout
    assert (tmp_path / "a" / "study.html").exists()


def test_lost_runs_end_with_an_error_code(tmp_path, monkeypatch):
    def lossy(work, tasks):
        return ((task, None) for task in tasks)

    monkeypatch.setattr(engines, "in_this_process", lossy)
    result = study(tmp_path / "a", seeds="0")
    assert result.exit_code == 1 and "1 runs lost their workers" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["cubic"], "parabola"),
        (["parabola", "--seeds", "3-1"], "1-3"),
        (["parabola", "--seeds", "some"], "0-199"),
        (["parabola", "--set", "beta_1"], "NAME=VALUE"),
        (["parabola", "--set", "=1"], "NAME=VALUE"),
        (["parabola", "--set", "beta_1=0,,1"], "beta_1"),
        (["parabola", "--set", "beta_1=2"], "beta_1"),
        (["parabola", "--set", "beta_1=nan"], "beta_1"),
        (["parabola", "--set", "beta_2=x"], "beta_2"),
        (["parabola", "--set", "beta_1=0,0.0"], "once"),
        (["parabola", "--set", "speed=1"], "'learning_rate'"),
        (["parabola", "--set", "objective=love"], "hinge"),
        (["parabola", *2 * ("--set", "beta_1=0")], "twice"),
        (["parabola", "--set", "seed=1"], "settings"),
        (["parabola", "--set", "batch_size=3"], "batch_size"),
        (["parabola", "--workers", "0"], "--workers"),
        (["parabola", "--steps", "0"], "--steps"),
        (["parabola", "--workers", "2", "--scheduler", "tcp://x:1"], "--scheduler"),
        (["parabola", "--out", __file__], "--out"),
    ],
)
def test_bad_arguments(arguments, words, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expect_error(run("study", *arguments), 2, words)
    assert list(tmp_path.iterdir()) == []


def test_the_folder_of_another_study(tmp_path):
    study(tmp_path / "a", "--steps", "7")
    expect_error(study(tmp_path / "a", "--steps", "8"), 2, "another study", "steps 7")


def test_texts_of_settings():
    convert = command.Setting().convert
    assert convert("beta_2=0.5,1e-3", None, None) == ("beta_2", [0.5, 1e-3])
    assert convert("beta_1=0", None, None) == ("beta_1", [0.0])
    assert convert("ema=none,0.9", None, None) == ("ema", [None, 0.9])
    assert convert("capture=false", None, None) == ("capture", [False])
    assert convert("data=digits", None, None) == ("data", ["digits"])


def test_a_terminal_shows_a_bar():
    made = Study("parabola", "0-3", workers=1, steps=5, backend=BACKEND)
    screen = io.StringIO()
    console = Console(file=screen, force_terminal=True, width=100)
    with command.Live(made, console) as live:
        for found in made:
            live.add(found)
        live.progress.refresh()
        live.say("[a] text")
    live.show(made.results.health())
    text = screen.getvalue()
    assert "4/4" in text and "healthy 2" in text and "[a] text" in text
    assert "parabola" in text


def test_a_study_that_cannot_go_on_says_why_and_how(tmp_path, monkeypatch):
    whole = engines.in_this_process

    def ending(work, tasks):
        yield from list(whole(work, tasks))[:1]
        raise StateError("the workers are gone")

    monkeypatch.setattr(engines, "in_this_process", ending)
    result = study(tmp_path / "a")
    expect_error(result, 2, "the workers are gone")
    assert "stopped: 1 of 6 runs are done, and kept" in result.stdout
    assert (tmp_path / "a" / "study.html").exists()
