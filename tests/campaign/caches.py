"""The cache of compiled kernels: many processes at once, and files that are damaged."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from .counts import Counts
from .runs import ENVIRONMENT, contents, differences, unprivileged

Contents = dict[str, bytes]  # name of a file -> what is in it
Damage = Callable[[np.random.Generator, bytes], bytes]
RUN = ("train", "parabola", "--backend", "jit", "--steps", "5", "--report-every", "5")


def start(cache: Path, folder: Path) -> "subprocess.Popen[str]":
    """A run on compiled kernels, which are in a cache or come to it."""
    command = [sys.executable, "-m", "minigan", *RUN, "--out", str(folder)]
    return subprocess.Popen(
        [*unprivileged(), *command],
        env={**os.environ, **ENVIRONMENT, "MINIGAN_CACHE_DIR": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: "subprocess.Popen[str]") -> tuple[int, list[str]]:
    """Exit code, and lines on standard error."""
    _, errors = process.communicate(timeout=1800)
    return process.returncode, errors.splitlines()


def filled(folder: Path) -> tuple[Path, Contents]:
    """A cache that one run filled, and what that run left."""
    cache, run = folder / "cache", folder / "whole"
    code, lines = told(start(cache, run))
    assert (code, lines) == (0, []), lines
    return cache, contents(run)


def cold(folder: Path, processes: int, whole: Contents) -> Counts:
    """So many processes at once, and nothing compiled yet."""
    found = Counts("cold processes on one kernel cache")
    runs = [folder / f"cold {k}" for k in range(processes)]
    started = [start(folder / "cold cache", run) for run in runs]
    for k, (run, process) in enumerate(zip(runs, started, strict=True)):
        judge(found, *told(process), run, whole, k, "byte-equal", 0)
    return found


# ---- damage --------------------------------------------------------------------------


def cut(rng: np.random.Generator, content: bytes) -> bytes:
    """The end is missing."""
    return content[: rng.integers(len(content))]


def flip(rng: np.random.Generator, content: bytes) -> bytes:
    """One bit."""
    changed = bytearray(content)
    changed[rng.integers(len(changed))] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def foreign(rng: np.random.Generator, content: bytes) -> bytes:
    """Another file altogether."""
    return rng.bytes(200)


DAMAGES: tuple[Damage, ...] = (cut, flip, foreign)


def damaged(folder: Path, cache: Path, whole: Contents, seed: int) -> Counts:
    """Runs on caches of which many files are damaged."""
    found = Counts("damaged kernel caches")
    for k, damage in enumerate(DAMAGES):
        rng, copy = np.random.default_rng([seed, k]), folder / "damaged"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(cache, copy)
        files = sorted(copy.rglob("*.nbc"))
        # one file in three: each is compiled again, and that takes its time
        for path in files[:: 3 if damage is flip else 6]:
            path.write_bytes(damage(rng, path.read_bytes()))
        (files[0].parent / "notes.txt").write_text("somebody else's")
        (files[0].parent / "a folder.nbc").mkdir()
        again(found, copy, folder, whole, k, damage.__name__)
    swapped = folder / "swapped"
    shutil.copytree(cache, swapped)
    files = sorted(swapped.rglob("*.nbc"))
    content = [path.read_bytes() for path in files]
    for path, other in zip(files[:6], content[1:7], strict=False):
        path.write_bytes(other)
    again(found, swapped, folder, whole, 3, "files of other kernels")
    return found


def unusable(folder: Path, cache: Path, whole: Contents) -> Counts:
    """A cache that cannot be written: what is not there is compiled."""
    found = Counts("kernel caches that cannot be written")
    with read_only(cache):
        again(found, cache, folder, whole, 0, "read-only", most=0)
    (folder / "a file").touch()
    again(found, folder / "a file", folder, whole, 1, "no folder", most=0)
    return found


@contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """A block in which a folder and those in it cannot be written."""
    places = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for place in places:
        place.chmod(0o500)
    try:
        yield
    finally:
        for place in places:
            place.chmod(0o700)


def again(
    found: Counts,
    cache: Path,
    folder: Path,
    whole: Contents,
    number: int,
    name: str,
    most: int = 1,
) -> None:
    """A run on a cache.  most: how many lines it may say of it."""
    run = folder / "again"
    shutil.rmtree(run, ignore_errors=True)
    code, lines = told(start(cache, run))
    judge(found, code, lines, run, whole, number, f"byte-equal: {name}", most)


def judge(
    found: Counts,
    code: int,
    lines: list[str],
    run: Path,
    whole: Contents,
    number: int,
    outcome: str,
    most: int,
) -> None:
    """Count one run.  most: how many lines it may say of its cache."""
    found.tried += 1
    faults = [f"another {name}" for name in differences(run, whole)]
    faults += [f"exit code {code}"] * (code != 0)
    if len(lines) > most:
        faults.append(f"{len(lines)} lines: {lines[0]:.60}")
    for fault in faults:
        found.fault(f"{outcome}: {fault}", number)
    if not faults:
        found.outcomes[outcome] += 1
