"""Variables of the environment that mean nothing, or something impossible."""

import os

import pytest

from minigan.cli.environment import look_at_environment

from .helpers import expect_error, run


@pytest.mark.parametrize("columns", ["0", "1", "-5", "x", ""])
def test_a_width_that_is_none_is_left_out(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", columns)
    result = run("--help")
    assert result.exit_code == 0 and "generative adversarial" in result.stdout
    look_at_environment()
    assert "COLUMNS" not in os.environ


def test_a_width_that_is_one_stays(monkeypatch):
    monkeypatch.setenv("COLUMNS", "40")
    look_at_environment()
    assert os.environ["COLUMNS"] == "40"


@pytest.mark.parametrize("threads", ["0", "-1", "two", "1.5"])
def test_threads_that_are_none(threads, monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
    expect_error(run("profile", "parabola"), 2, "NUMBA_NUM_THREADS", f"got '{threads}'")


@pytest.mark.parametrize("threads", ["", " 1 ", "2"])
def test_threads_that_are_some(threads, monkeypatch):
    monkeypatch.setenv("NUMBA_NUM_THREADS", threads)
    look_at_environment()
