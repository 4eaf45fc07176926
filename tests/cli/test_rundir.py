"""The folder of a run: who may write into it, and what it remembers."""

import errno
import os
import subprocess
import sys

import pytest

from minigan.cli.rundir import RunDir
from minigan.errors import ArgumentError, OutputError, StateError

from .helpers import expect_error, train

HOLDER = """
import sys
from minigan.cli.rundir import RunDir
with RunDir(sys.argv[1]).opened(resume=False):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def folder(tmp_path):
    return RunDir(tmp_path / "run")


def test_another_process_holds_the_folder(folder):
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    try:
        assert holder.stdout.readline() == b"held\n"
        for _ in range(2):  # the first refusal leaves its number where it is
            with pytest.raises(StateError, match=rf"pid {holder.pid}\b.*--out"):
                with folder.opened(resume=False):
                    pass
        holder.kill()
        holder.wait()
        with folder.opened(resume=False):  # however it ended
            assert (folder / ".lock").read_text() == f"{os.getpid()}\n"
    finally:
        holder.kill()
        holder.communicate()


def test_the_folder_is_free_after_an_error(folder):
    with pytest.raises(KeyError), folder.opened(resume=False):
        raise KeyError
    with folder.opened(resume=False):
        pass


@pytest.mark.parametrize("code", [errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP])
def test_a_file_system_without_locks_is_worth_a_warning(
    folder, monkeypatch, no_pictures, code
):
    fcntl = pytest.importorskip("fcntl")

    def refuse(handle, operation):
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", refuse)
    with pytest.warns(RuntimeWarning, match="no locks .*no other process trains"):
        with folder.opened(resume=False):
            pass
    result = train(folder, steps=2)
    assert result.exit_code == 0 and folder.checkpoint.exists()
    assert "warning: " in result.stderr and "no locks" in result.stderr


@pytest.mark.skipif(os.name == "nt", reason="permissions of POSIX")
def test_a_lock_that_cannot_be_made(folder, monkeypatch):
    folder.path.mkdir()
    (folder / ".lock").mkdir()
    with pytest.raises(OutputError, match="run: cannot be used"):
        with folder.opened(resume=False):
            pass


def test_a_folder_with_something_in_it(folder):
    folder.path.mkdir()
    (folder / "losses.png").write_bytes(b"")
    expect_error(train(folder), 2, "losses.png is there already", "--out")
    with pytest.raises(ArgumentError, match="nothing to resume"):
        with folder.opened(resume=True):
            pass


def test_what_a_config_does_not_say(folder):
    folder.path.mkdir()
    assert folder.saved("steps", int) is None
    for text in ("", "[1]", '{"steps": "3"}', '{"steps": true}', "{"):
        folder.config.write_text(text)
        assert folder.planned_steps() is None
    folder.write_config({"steps": 3})
    assert folder.planned_steps() == 3
