"""The whole of the command line: `--help`, `--version`, bad arguments, `python -m`."""

import os
import subprocess
import sys

import click
import pytest

from minigan import __version__
from minigan.cli import cli

from .helpers import expect_error, run, train


def test_version_and_help():
    assert run("--version").stdout == f"minigan {__version__}\n"
    for command in ((), ("train",), ("sample",), ("check",)):
        result = run(*command, "--help")
        assert result.exit_code == 0 and "minigan " + "".join(command) in result.stdout
    assert (
        "minigan train parabola --out runs/mine --resume" in run("train", "-h").stdout
    )


def _commands(group, name):
    """Every command, by what is typed for it."""
    for part, command in group.commands.items():
        words = *name, part
        yield words, command
        if isinstance(command, click.Group):
            yield from _commands(command, words)


@pytest.mark.parametrize(
    ("words", "command"),
    [
        pytest.param(words, command, id=" ".join(words))
        for words, command in _commands(cli, ())
        if command.epilog
    ],
)
def test_each_example_has_a_line_of_its_own(words, command):
    shown = run(*words, "--help").stdout.partition("Examples:")[2]
    lines = [line.strip() for line in shown.splitlines() if line.strip()]
    assert lines
    for line in lines:
        assert line.startswith("minigan " + " ".join(words))
        assert line.count("minigan ") == 1


def test_as_a_module_without_matplotlib_and_rich_progress():
    code = (
        "import sys\nsys.argv = ['minigan', '--version']\n"
        "import runpy\n"
        "try:\n    runpy.run_module('minigan', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "assert not {'matplotlib', 'rich.progress', 'PIL'} & set(sys.modules)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout == f"minigan {__version__}\n"


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


@pytest.mark.parametrize(
    "place", ["minigan.cli.source.chosen", "rich_click.RichGroup.parse_args"]
)
def test_ctrl_c_in_a_command_is_one_line(monkeypatch, place):
    def interrupted(*arguments, **keywords):
        raise KeyboardInterrupt

    monkeypatch.setattr(place, interrupted)
    result = run("train", "parabola")
    assert (result.exit_code, result.output) == (130, "minigan: error: interrupted\n")
