"""Ctrl-C, SIGTERM and SIGKILL: what is saved, and what comes of it."""

import os
import signal
import subprocess
import sys
import time

import pytest

from minigan.cli import session as session_module
from minigan.cli.rundir import RunDir
from minigan.gan import Trainer

from .helpers import BACKEND, empty_pictures, expect_same_run, run, train

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")

# `minigan ...` in a process that Ctrl-C reaches, that takes its time and draws nothing.
START = (
    "import signal, sys\n"
    "signal.signal(signal.SIGINT, signal.default_int_handler)\n"
    "import time\n"
    "from minigan.cli import main\n"
    "from minigan.gan.frames import Frames\n"
    "on_step = Frames.on_step\n"
    "def slow(frames, trainer):\n"
    "    on_step(frames, trainer)\n"
    "    time.sleep(0.05)\n"
    "Frames.on_step = slow\n"
    "from minigan.cli.session import Session\n"
    "from tests.cli.helpers import empty_pictures\n"
    "Session._pictures = empty_pictures\n"
    "main()"
)


def start(folder, *arguments):
    """`minigan train parabola` as a process of its own, after its first checkpoint."""
    command = [sys.executable, "-c", START, "train", "parabola", "--out", str(folder)]
    process = subprocess.Popen(
        [*command, "--backend", BACKEND, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    until = time.monotonic() + 30
    while not folder.checkpoint.exists() and time.monotonic() < until:
        time.sleep(0.01)
    time.sleep(0.1)
    return process


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """A run of 300 steps that nothing interrupted, without pictures."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_module.Session, "_pictures", empty_pictures)
        out = tmp_path_factory.mktemp("whole") / "run"
        assert train(out, steps=300).exit_code == 0
    return RunDir(out)


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
)
def test_a_signal_saves_and_resuming_gives_the_same_bytes(
    tmp_path, whole, no_pictures, number, code
):
    folder = RunDir(tmp_path / "a run")
    process = start(folder, "--steps", "300")
    process.send_signal(number)
    asked = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert process.returncode == code, err
    assert time.monotonic() - asked < 10 and err == ""
    assert f"minigan train parabola --out '{folder}' --resume" in out
    done = Trainer.load(folder.checkpoint).step_count
    assert 0 < done < 300
    with open(folder.history) as file:
        assert len(file.readlines()) == done + 1
    result = run("train", "parabola", "--out", folder, "--resume")
    assert result.exit_code == 0
    expect_same_run(folder, whole)
    assert folder.frames.read_bytes() == whole.frames.read_bytes()


def test_a_killed_run_can_be_resumed(tmp_path, no_pictures):
    folder = RunDir(tmp_path / "run")
    process = start(folder, "--steps", "5000000")
    process.kill()
    process.communicate(timeout=30)
    done = Trainer.load(folder.checkpoint).step_count
    assert train(folder, "--resume", steps=done + 5).exit_code == 0


def test_a_second_signal_aborts(tmp_path):
    folder = RunDir(tmp_path / "run")
    code = START.replace("main()", "") + (
        "import os\n"
        "def impatient(frames, trainer):\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    os.kill(os.getpid(), signal.SIGINT)\n"
        "    time.sleep(20)\n"
        "Frames.on_step = impatient\n"
        "main()\n"
    )
    command = [sys.executable, "-c", code, "train", "parabola"]
    process = subprocess.run(
        [*command, "--out", str(folder), "--backend", BACKEND],
        capture_output=True,
        text=True,
        timeout=15,
    )
    assert process.returncode == 130
    assert process.stderr.startswith("minigan: error: aborted")
    assert Trainer.load(folder.checkpoint).step_count == 0
