"""Variables of the environment that mean nothing, or something impossible."""

import io
import os
import sys

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


@pytest.mark.parametrize("content", [b"\x80", b": [", b"- 1\n"])
def test_a_file_that_numba_cannot_read(content, tmp_path, monkeypatch):
    pytest.importorskip("yaml")  # or Numba does not look at it
    monkeypatch.chdir(tmp_path)
    (tmp_path / ".numba_config.yaml").write_bytes(content)
    expect_error(run("profile", "parabola"), 2, ".numba_config.yaml: ")


@pytest.mark.parametrize("content", [b"", b"debug: 0\n"])
def test_a_file_that_numba_can_read(content, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    look_at_environment()
    (tmp_path / ".numba_config.yaml").write_bytes(content)
    look_at_environment()


def test_letters_that_standard_output_does_not_have(monkeypatch):
    """A folder of another language, in an old code page: its name is shown somehow."""
    written = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(written, "cp437"))
    look_at_environment()
    sys.stdout.write("gr\u00f6\u00dfe \u6570\n")
    sys.stdout.flush()
    assert written.getvalue().decode("cp437") == "gr\u00f6\u00dfe \\u6570\n"
