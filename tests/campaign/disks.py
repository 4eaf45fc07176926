"""Runs on a disk that is too small, and becomes larger when they have ended."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .counts import Counts
from .kills import lost
from .runs import Run, Server, contents, differences
from .system_calls import SAID

PAGE = 4096  # bytes: the least that a disk in memory grows by


@contextmanager
def small(folder: Path, size: int) -> Iterator[bool]:
    """A folder that holds so many bytes; whether the system allows one."""
    folder.mkdir(exist_ok=True)
    command = ["mount", "-t", "tmpfs", "-o", f"size={size}", "tmpfs", str(folder)]
    mounted = _done(command)
    try:
        yield mounted
    finally:
        if mounted:
            _done(["umount", str(folder)])


def grown(folder: Path) -> None:
    """There is room again."""
    assert _done(["mount", "-o", "remount,size=100m", str(folder)])


def _done(command: list[str]) -> bool:
    try:
        return not subprocess.run(command, capture_output=True).returncode
    except OSError:
        return False


def starved(server: Server, run: Run, folder: Path, times: int, first: int) -> Counts:
    """Runs on disks of random sizes, up to what the run needs."""
    found = Counts(f"disks that are too small, {run.name}")
    ended = server.run(run.command(folder / "whole"))
    assert ended.code == 0, ended.err
    whole = contents(folder / "whole")
    need = sum(map(len, whole.values())) + PAGE * len(whole)
    for seed in range(first, first + times):
        size = int(np.random.default_rng(seed).integers(PAGE, need))
        with small(folder / "disk", size) as mounted:
            if not mounted:
                print("no disk in memory is allowed: none is too small")
                return found
            path = folder / "disk" / "run"
            ended = server.run(run.command(path))
            found.tried += 1
            outcome = "" if ended.code is None else SAID.get(ended.code, "")
            faults = ended.unclear() + lost(path, ended.out, ended.err)
            if not outcome or (ended.code == 1 and not ended.err):
                faults.append(f"exit code {ended.code}")
            grown(folder / "disk")
            again = server.run(run.command(path))
            if again.code != 0:
                faults.append(f"does not go on: {again.err:.60}")
            faults += [f"another {name}" for name in differences(path, whole)]
        for fault in faults:
            found.fault(fault, seed)
        if not faults:
            found.outcomes[outcome] += 1
    return found
