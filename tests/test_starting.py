"""Ctrl-C from the first moment of the command, and in nobody else's program."""

import os
import signal
import subprocess
import sys

import pytest

from minigan import starting

from .whole.reading import ROOT

# Stands in the place of NumPy, the first thing that takes time to import.
NUMPY = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(5)
"""


@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_ctrl_c_while_numpy_is_imported(tmp_path):
    (tmp_path / "numpy.py").write_text(NUMPY)
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "minigan", "train", "parabola"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        timeout=30,
    )
    assert done.returncode == 130 and done.stdout == b""
    assert done.stderr == starting.INTERRUPTED


@pytest.mark.parametrize(
    ("argv", "original", "command"),
    [
        (["/usr/bin/minigan", "train"], [], True),
        (["C:/scripts/minigan.exe"], [], True),
        (["C:/scripts/Minigan.EXE"], [], True),
        (["-m", "train"], ["python", "-m", "minigan", "train"], True),
        (["/home/me/minigan/__main__.py"], [], True),
        (["-m"], ["python", "-m", "pytest"], False),
        (["-c"], ["python", "-c", "import minigan"], False),
        (["script.py"], [], False),
        ([""], [], False),
        ([], [], False),
    ],
)
def test_whose_process_it_is(argv, original, command, monkeypatch):
    monkeypatch.setattr(sys, "argv", argv)
    monkeypatch.setattr(sys, "orig_argv", original)
    monkeypatch.setattr(os.path, "split", __import__("posixpath").split)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        assert starting.is_command() is command
        starting.guard()
        installed = signal.getsignal(signal.SIGINT)
        assert (installed is starting.end) is command
        starting.release()
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # nohup
        starting.guard()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
