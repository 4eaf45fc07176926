"""Standard output that fills up or closes: training goes on, and saves first."""

import errno
import io
import os
import sys

import click
import pytest
import rich_click

from minigan.cli import display
from minigan.cli.output import discard, printing
from minigan.cli.rundir import RunDir
from minigan.gan import Trainer

from .helpers import run, train


class Full(io.TextIOBase):
    """A file on a full disk, without a number."""

    def write(self, text):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


@pytest.fixture
def full(monkeypatch):
    """What is printed fails; what is complained of does not."""
    echo = click.echo

    def failing(message=None, file=None, nl=True, err=False, color=None):
        echo(message, file if err else Full(), nl, err, color)

    for module in (click, rich_click):
        monkeypatch.setattr(module, "echo", failing)


def test_a_run_goes_on_without_its_output(tmp_path, full, no_pictures):
    folder = RunDir(tmp_path / "run")
    result = train(folder, "--report-every", "2", steps=4)
    assert result.exit_code == 0
    warnings = set(result.stderr.splitlines())
    assert len(warnings) == 1
    assert "standard output cannot be written (No space left" in warnings.pop()
    assert Trainer.load(folder.checkpoint).step_count == 4


def test_what_prints_and_does_no_more_says_what_failed(finished, full):
    result = run("sample", finished, "-n", "2")
    assert result.exit_code == 1
    assert result.stderr.startswith("minigan: error: standard output cannot be written")
    assert result.stderr.count("\n") == 1


def test_what_is_told_of_a_report_is_saved_before(tmp_path, monkeypatch, no_pictures):
    folder, seen = RunDir(tmp_path / "run"), []

    def told(shown, trainer, report):
        seen.append((report.step, Trainer.load(folder.checkpoint).step_count))

    monkeypatch.setattr(display.Plain, "on_report", told)
    assert train(folder, "--report-every", "2", steps=6).exit_code == 0
    assert seen == [(2, 2), (4, 4), (6, 6)]


@pytest.mark.parametrize("error", [OSError(errno.EPIPE, "Broken pipe"), ValueError()])
def test_a_closed_output_is_a_warning(error, monkeypatch):
    monkeypatch.setattr(sys, "stdout", Full())
    with pytest.warns(RuntimeWarning, match="standard output cannot be written"):
        with printing():
            raise error


def test_nothing_is_left_to_be_written_at_the_end(monkeypatch):
    read, write = os.pipe()
    with open(write, "w") as file:
        monkeypatch.setattr(sys, "stdout", file)
        os.close(read)
        file.write("x")
        discard()
        file.flush()
    monkeypatch.setattr(sys, "stdout", None)
    discard()
