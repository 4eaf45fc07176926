"""Processes that are killed or interrupted at random times, and go on until the end."""

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import numpy as np

from minigan.errors import CheckpointError
from minigan.starting import INTERRUPTED

from .counts import Counts
from .runs import (
    ENVIRONMENT,
    STUCK,
    Ended,
    Run,
    Server,
    contents,
    differences,
    saved_step,
)

TIMES = 5  # kills of one run
INTERRUPTING = (signal.SIGINT, signal.SIGTERM)
STOPPED = "stopped after step "
TOLD = re.compile(r"^(?: *|step )([\d,]+)(?:: | +\d+%)", re.M)  # of reports, verdicts


UNSAVED = re.compile(r"step ([\d,]+) is not saved")


def start(run: Run, folder: Path) -> "subprocess.Popen[str]":
    """The run as a process of its own, which a Ctrl-C reaches."""
    return subprocess.Popen(
        [sys.executable, "-c", CTRL_C, sys.executable, *run.command(folder)],
        env={**os.environ, **ENVIRONMENT},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


# A job in a script's background starts with Ctrl-C ignored.
CTRL_C = (
    "import os, signal, sys; signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.argv[1], [sys.argv[1], '-m', 'minigan', *sys.argv[2:]])"
)


class Whole:
    """A run that nobody ended, and others that somebody ends.

    server: whose copies run; None for processes of their own, with all their imports.
    seconds: how long the run takes.
    """

    def __init__(self, server: Server | None, run: Run, folder: Path) -> None:
        self.server, self.run, self.folder = server, run, folder
        self.name = f"{run.name}, {'copies' if server else 'processes'}"
        ended = self._run(self.cut())
        assert ended.code == 0, ended.err
        self.seconds = ended.seconds
        self.files = contents(folder / "cut")

    def cut(self) -> Path:
        """An empty place for a run."""
        shutil.rmtree(self.folder / "cut", ignore_errors=True)
        return self.folder / "cut"

    def ended(self, folder: Path, number: int, rng: np.random.Generator) -> Ended:
        """A run that is sent a signal at a random time, or ends before it."""
        return self._run(folder, number, float(rng.uniform(0, 1.1 * self.seconds)))

    def _run(self, folder: Path, number: int = 0, after: float = STUCK) -> Ended:
        """The run in a folder, and a signal after so many seconds."""
        timers: list[threading.Timer] = []

        def before(pid: int) -> None:
            timers.append(threading.Timer(after, os.kill, (pid, number)))
            timers[0].start()

        try:
            if self.server:
                return self.server.run(self.run.command(folder), before)
            process, started = start(self.run, folder), time.monotonic()
            before(process.pid)
            try:
                out, err = process.communicate(timeout=STUCK)
                code: int | None = process.returncode
            except subprocess.TimeoutExpired:
                process.kill()
                out, err = process.communicate()
                code = None
            return Ended(code, out, err, time.monotonic() - started)
        finally:
            for timer in timers:
                timer.cancel()
                timer.join()

    def faults(self, folder: Path) -> list[str]:
        """What another run in a folder does not make good."""
        ended = self._run(folder)
        found = ended.unclear()
        if ended.code != 0:
            found.append(f"does not go on: {ended.err:.60}")
        return found + [f"another {name}" for name in differences(folder, self.files)]


def killed(whole: Whole, times: int, first: int) -> Counts:
    """SIGKILL at so many random times, some of them of one run."""
    found = Counts(f"SIGKILL at random times, {whole.name}")
    for seed in range(first, first + -(-times // TIMES)):
        rng, folder, faults = np.random.default_rng(seed), whole.cut(), []
        kills = min(TIMES, times - found.tried)
        for _ in range(kills):
            ended = whole.ended(folder, signal.SIGKILL, rng)
            found.tried += 1
            found.outcomes["kills that came too late"] += ended.code == 0
            faults += lost(folder, ended.out)
            if ended.code not in (0, -signal.SIGKILL):
                faults.append(f"exit code {ended.code}")
        faults += whole.faults(folder)
        for fault in faults:
            found.fault(fault, seed)
        if not faults:
            found.outcomes["runs byte-equal at last"] += 1
    return found


def lost(folder: Path, out: str, err: str = "") -> list[str]:
    """What a run said that it had done, did not save, and did not say so."""
    unsaved = UNSAVED.findall(err)
    told = [int(s.replace(",", "")) for s in TOLD.findall(out) if s not in unsaved]
    try:
        step = saved_step(folder)
    except CheckpointError:
        return ["a damaged checkpoint"]
    if told and (step is None or step < max(told)):
        return [f"step {max(told)} is lost"]
    return []


def interrupted(whole: Whole, times: int, first: int) -> Counts:
    """Ctrl-C and SIGTERM at so many random times."""
    found = Counts(f"Ctrl-C, SIGTERM at random times, {whole.name}")
    for seed in range(first, first + times):
        rng, folder = np.random.default_rng(seed), whole.cut()
        number = INTERRUPTING[seed % len(INTERRUPTING)]
        ended = whole.ended(folder, number, rng)
        found.tried += 1
        outcome, faults = judged(ended, number)
        faults += whole.faults(folder)
        for fault in faults:
            found.fault(f"{number.name}: {fault}", seed)
        if not faults:
            found.outcomes[outcome] += 1
    return found


def judged(ended: Ended, number: signal.Signals) -> tuple[str, list[str]]:
    """(what a signal did, what was not as promised)."""
    code, said = ended.code, ended.err
    if code == 0:
        return "ended before", ended.unclear()
    if not said and not ended.out and code == -number:
        return "before minigan began", []
    if number == signal.SIGINT and "Traceback" in said and "minigan" not in said:
        return "before minigan began", []  # Python's own start
    faults = [] if code == 128 + number else [f"exit code {code}"]
    if STOPPED in ended.out:
        return "saved and stopped", faults + ended.unclear()
    line = said.splitlines()[-1:] == [INTERRUPTED.decode().strip()]
    if not line and "aborted; --resume goes on from the last save" not in said:
        faults.append(f"says {said[-60:]!r}")
    return "ended in one line", faults + ended.unclear()
