"""Runs that are killed at random times, and go on until they are done."""

import os
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from minigan.cli.rundir import RunDir

FILES = ("checkpoint.npz", "history.csv", "frames.npz", "generator.npz", "config.json")
PICTURES = ("losses.png", "gradients.png", "samples.png", "progress.png")
STEPS = 400
OPTIONS = ("--report-every", "40", "--save-every", "30", "--backend", "numpy")


@dataclass
class Outcome:
    """kills: how many there were.  different: files that are not those of the whole."""

    kills: int
    different: list[str]


def start(folder: Path) -> "subprocess.Popen[str]":
    """A process that begins the run in a folder, or goes on with it."""
    run = RunDir(folder)
    begun = run.checkpoint.is_file() or run.has_begun()
    resume = ["--resume"] if begun else []
    return subprocess.Popen(
        [sys.executable, "-m", "minigan", "train", "parabola", "--out", str(folder)]
        + ["--steps", str(STEPS), *OPTIONS, *resume],
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def finish(folder: Path) -> float:
    """Let a run end; how long that took.  Errors: AssertionError where it fails."""
    started, process = time.monotonic(), start(folder)
    _, errors = process.communicate(timeout=300)
    assert process.returncode == 0, errors
    return time.monotonic() - started


def killed(folder: Path, whole: Path, seed: int, kills: int, seconds: float) -> Outcome:
    """Kill a run so often, each time within so many seconds, and let it end.

    whole: the folder of the same run, which nobody killed.
    """
    rng, done = np.random.default_rng(seed), 0
    for _ in range(kills):
        process = start(folder)
        time.sleep(float(rng.uniform(0, seconds)))
        process.kill()
        process.communicate()
        done += process.returncode != 0
    finish(folder)
    different = [
        name
        for name in (*FILES, *PICTURES)
        if (folder / name).read_bytes() != (whole / name).read_bytes()
    ]
    return Outcome(done, different)
