"""The system calls by which a run writes, and runs that fail at any one of them.

strace counts them, and kills the run before one, or lets one fail, without a line of
the run being changed: what C writes is seen as well as what Python does.  A wrapper of
Python's functions would miss what NumPy, Pillow and the libraries below them write.
"""

import os
import re
import shutil
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from minigan.errors import CheckpointError

from .counts import Counts
from .runs import (
    ENVIRONMENT,
    SAVES,
    Ended,
    Run,
    Server,
    contents,
    differences,
    saved_step,
)

STRACE = shutil.which("strace")
# With "?" those that some machines do not have.
TRACED = (
    "openat,write,ftruncate,fsync,?open,?creat,?pwrite64,?writev,?pwritev,?sendfile,"
    "?copy_file_range,?fallocate,?fdatasync,?rename,?renameat,?renameat2,?link,?linkat,"
    "?symlink,?symlinkat,?unlink,?unlinkat,?mkdir,?mkdirat,?rmdir,?chmod,?fchmod"
)
OPENED = ("open", "openat")
WRITING = re.compile("O_WRONLY|O_RDWR|O_CREAT")
# What a disk answers that is full, or broken; in all other calls, that is read-only.
ANSWERS = {"write": "ENOSPC", "openat": "ENOSPC", "mkdir": "ENOSPC", "fsync": "EIO"}
READ_ONLY = "EROFS"


@dataclass(frozen=True)
class Call:
    """One system call: the nth of its name, and how strace shows it."""

    name: str
    nth: int
    text: str

    @property
    def writes(self) -> bool:
        """Whether it may change a file or a folder."""
        return self.name not in OPENED or bool(WRITING.search(self.text))

    @property
    def told(self) -> str:
        """The call and the last part of its path, without random parts."""
        paths = re.findall(r'[<"]([^<>"]*/[^<>"]*)[>"]', self.text)
        last = Path(paths[-1]).name if paths else ""
        return f"{self.name} {re.sub(r'[.][0-9]+[.][0-9a-f]+[.]tmp', '', last)}".strip()


def attach(pid: int, *options: str) -> "subprocess.Popen[bytes]":
    """strace at a process that waits, from now on.

    Errors: RuntimeError where the system allows none.
    """
    assert STRACE
    command = [STRACE, "-qq", "-y", "-s", "0", "-e", f"trace={TRACED}", *options]
    tracer = subprocess.Popen(
        [*command, "-p", str(pid)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    until = time.monotonic() + 10
    status = Path(f"/proc/{pid}/status")
    while "TracerPid:\t0\n" in status.read_text() and time.monotonic() < until:
        if tracer.poll() is not None:
            assert tracer.stderr
            raise RuntimeError(tracer.stderr.read().decode().strip())
        time.sleep(0.001)
    return tracer


def census(text: str) -> list[Call]:
    """The calls in what strace wrote, those that only read included."""
    found, counted = [], Counter[str]()
    for line in text.splitlines():
        if match := re.match(r"(?:\d+ +)?(\w+)\(", line):
            counted[match[1]] += 1
            found.append(Call(match[1], counted[match[1]], line))
    return found


def of_a_process(run: Run, folder: Path, log: Path) -> list[Call]:
    """The calls that write in a folder, of a run as a process of its own.

    All that its imports write lies elsewhere.
    """
    assert STRACE
    traced = [STRACE, "-qq", "-y", "-s", "0", "-e", f"trace={TRACED}", "-o", str(log)]
    command = [sys.executable, "-m", "minigan", *run.command(folder)]
    environment = {**os.environ, **ENVIRONMENT}
    done = subprocess.run([*traced, *command], env=environment, capture_output=True)
    assert done.returncode == 0, done.stderr
    return within(folder, census(log.read_text()))


def within(folder: Path, calls: list[Call]) -> list[Call]:
    """Those that write in a folder."""
    return [call for call in calls if call.writes and str(folder) in call.text]


class Watched:
    """A run that was watched from its first to its last call.

    folder: of all its runs; the first is in `whole`.  calls: those that write.  files:
    what it left.  saves: for each call how many checkpoints were in place before it.
    """

    def __init__(self, server: Server, run: Run, folder: Path) -> None:
        self.server, self.run, self.folder = server, run, folder
        log, whole = folder / "strace.txt", folder / "whole"
        ended = self._traced(whole, "-o", str(log))
        assert ended.code == 0, ended.err
        every = census(log.read_text())
        self.calls = [call for call in every if call.writes]
        self.files = contents(whole)
        done, self.saves = 0, {}
        for call in self.calls:
            self.saves[call] = done
            done += call.name.startswith("rename") and call.told.endswith(CHECKPOINT)
        assert done == len(SAVES), done

    def _traced(self, folder: Path, *options: str) -> Ended:
        """The run in a folder, under strace."""
        tracers = []

        def before(pid: int) -> None:
            tracers.append(attach(pid, *options))

        ended = self.server.run(self.run.command(folder), before)
        for tracer in tracers:
            tracer.wait(10)
            tracer.stderr.close()
        return ended

    def injected(self, call: Call, what: str, on: str = "") -> tuple[Path, Ended]:
        """The folder of a run in which this happens at a call, and how it ended.

        what: as strace has it.  on: "+" for all that follow of its name too.
        """
        folder = self.folder / "cut"
        shutil.rmtree(folder, ignore_errors=True)
        inject = f"inject={call.name}:{what}:when={call.nth}{on}"
        return folder, self._traced(folder, "-e", inject, "-o", "/dev/null")

    def faults(self, call: Call, folder: Path, err: str = "") -> list[str]:
        """What is lost in a folder, and what another run there does not make good.

        err: what was said; a picture of a report that it names is not made again.
        """
        found, least = [], self.saves[call]
        try:
            step = saved_step(folder)
        except CheckpointError:
            return ["a damaged checkpoint"]
        if least and (step is None or step < SAVES[least - 1]):
            found.append(f"step {SAVES[least - 1]} is lost")
        ended = self.server.run(self.run.command(folder))
        found += ended.unclear()
        if ended.code != 0:
            found.append(f"does not go on: {ended.err:.60}")
        return found + [
            f"another {name}"
            for name in differences(folder, self.files)
            if f"{Path(name).name} is not drawn" not in err
        ]


CHECKPOINT = "checkpoint.npz"
SAID = {0: "went on", 1: "ended in one line"}  # by the exit code


def killed(watched: Watched, calls: list[Call]) -> Counts:
    """SIGKILL before each of the calls."""
    found = Counts(f"SIGKILL before each call, {watched.run.name}")

    def kill(call: Call) -> tuple[str, list[str]]:
        folder, ended = watched.injected(call, "signal=KILL")
        if ended.code != -9:
            return "", [f"not killed, exit code {ended.code}"]
        return "byte-equal after --resume", watched.faults(call, folder)

    return _each(found, calls, kill)


def failed(watched: Watched, calls: list[Call], lasting: bool = False) -> Counts:
    """The disk fails at each of the calls.

    lasting: and at all of its name from then on; not of those that open files, since
    that would keep them from being read.

    """
    when = "from each call on" if lasting else "at each call"
    found = Counts(f"disk fails {when}, {watched.run.name}")

    def fail(call: Call) -> tuple[str, list[str]]:
        error = ANSWERS.get(call.name, READ_ONLY)
        folder, ended = watched.injected(call, f"error={error}", "+" * lasting)
        said = "" if ended.code is None else SAID.get(ended.code, "")
        faults = ended.unclear()
        mute = lasting and call.name == "write"  # nothing can be said either
        if not said or (ended.code == 1 and not ended.err and not mute):
            faults.append(f"exit code {ended.code}")
        return said, faults + watched.faults(call, folder, ended.err)

    some = [call for call in calls if not (lasting and call.name in OPENED)]
    return _each(found, some, fail)


def _each(
    found: Counts, calls: list[Call], of: Callable[[Call], tuple[str, list[str]]]
) -> Counts:
    for call in calls:
        found.tried += 1
        outcome, faults = of(call)
        for fault in faults:
            found.fault(f"{call.told}: {fault}", call.nth)
        if not faults:
            found.outcomes[outcome] += 1
    return found
