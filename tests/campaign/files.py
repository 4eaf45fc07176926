"""Mutated files, opened and used: only the project's errors, in bounded memory."""

import tempfile
import time
import traceback
import tracemalloc
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from minigan.errors import MiniganError

from .formats import FORMATS, Format, used
from .mutations import mutated

SLACK = 4 << 20  # bytes: what Python itself may take beside the file's honest memory
SECONDS = 1.0


@dataclass
class Counts:
    """What became of the files of one format."""

    files: int = 0
    refused: int = 0
    harmless: int = 0
    slowest: float = 0.0  # seconds
    largest: int = 0  # bytes at once
    broken: Counter[str] = field(default_factory=Counter)  # promise -> how often
    seeds: dict[str, int] = field(default_factory=dict)  # promise -> that of the first

    def add(self, other: "Counts") -> None:
        """Take in those of other files."""
        self.files += other.files
        self.refused += other.refused
        self.harmless += other.harmless
        self.slowest = max(self.slowest, other.slowest)
        self.largest = max(self.largest, other.largest)
        self.broken.update(other.broken)
        self.seeds = {**other.seeds, **self.seeds}

    def fault(self, what: str, seed: int) -> None:
        """Note a broken promise."""
        self.broken[what] += 1
        self.seeds.setdefault(what, seed)


def mutations_of(name: str, first: int, count: int) -> Counts:
    """`campaign` for a format by its name, in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder:
        return campaign(FORMATS[name], count, Path(folder), first)


def campaign(kind: Format, count: int, folder: Path, first: int = 0) -> Counts:
    """Open `count` mutations of a file, those of the seeds from `first` on."""
    honest, forged = folder / "honest", folder / "forged"
    kind.write(honest)
    used(kind, honest)  # what is imported or compiled once
    found = Counts()
    tracemalloc.start()
    try:
        most = 2 * _peak(kind, honest)[0] + SLACK
        for seed in range(first, first + count):
            name, content = mutated(honest, np.random.default_rng(seed), kind.sealed)
            forged.write_bytes(content)
            _open(kind, forged, name, seed, most, found)
    finally:
        tracemalloc.stop()
    return found


def _open(
    kind: Format, path: Path, name: str, seed: int, most: int, found: Counts
) -> None:
    """Use one file, and note what happened."""
    found.files += 1
    try:
        peak, seconds, error = _peak(kind, path)
    except Exception as error:  # not one of the project's
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        found.fault(f"{name}: {type(error).__name__} at {where}: {error!s:.60}", seed)
        return
    found.refused += error is not None
    found.harmless += error is None
    found.slowest, found.largest = max(found.slowest, seconds), max(found.largest, peak)
    if seconds > SECONDS:
        found.fault(f"{name}: slow", seed)
    if peak > most:
        found.fault(f"{name}: memory", seed)


def _peak(kind: Format, path: Path) -> tuple[int, float, Exception | None]:
    """(bytes at once, seconds of this thread, the project's error or None)."""
    tracemalloc.reset_peak()
    before, started = tracemalloc.get_traced_memory()[0], time.thread_time()
    refused = None
    try:
        used(kind, path)
    except MiniganError as error:
        refused = error.with_traceback(None)
    return (
        tracemalloc.get_traced_memory()[1] - before,
        time.thread_time() - started,
        refused,
    )
