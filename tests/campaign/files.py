"""Mutated files, opened and used: only the project's errors, in bounded memory.

Memory is measured in two ways.  Of most files: by how much the process became larger,
as Linux counts it.  Of one in `TRACED`, and elsewhere of all: by tracemalloc, which
sees every allocation, also of what is never touched, and takes three times as long.
"""

import ctypes
import time
import traceback
import tracemalloc
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import numpy as np

from minigan.errors import MiniganError

from .counts import Counts
from .formats import FORMATS, Format, used
from .mutations import mutated
from .runs import folder_in_memory

SLACK = 4 << 20  # bytes: what Python itself may take beside the file's honest memory
OF_TEXT = 8  # bytes for each byte that a file is longer: of JSON, or of a table
SECONDS = 1.0
TRACED = 10


def mutations_of(name: str, first: int, count: int) -> Counts:
    """`campaign` for a format by its name, in a folder of its own."""
    with folder_in_memory() as folder:
        return campaign(FORMATS[name], count, folder, first)


def campaign(kind: Format, count: int, folder: Path, first: int = 0) -> Counts:
    """Open `count` mutations of a file, those of the seeds from `first` on."""
    honest, forged = (folder / name / kind.file for name in ("honest", "forged"))
    for path in (honest, forged):
        path.parent.mkdir()
        kind.write(path)
    for _ in range(3):
        used(kind, honest)  # what is imported or compiled once
    found = Counts(f"mutated: {kind.name}")
    give_back()
    meters = {meter: 2 * _peak(kind, honest, meter)[0] + SLACK for meter in METERS}
    for seed in range(first, first + count):
        name, content = mutated(honest, np.random.default_rng(seed), kind.sealed)
        forged.write_bytes(content)
        meter = METERS[seed % TRACED > 0]
        longer = max(0, len(content) - honest.stat().st_size)
        most = meters[meter] + OF_TEXT * longer
        _open(kind, forged, name, seed, meter, most, found)
    return found


# ---- memory --------------------------------------------------------------------------

Meter = Callable[[], AbstractContextManager[list[int]]]


@contextmanager
def traced() -> Iterator[list[int]]:
    """A block, and then the most bytes that were allocated in it at once."""
    peak: list[int] = []
    tracemalloc.start()
    try:
        yield peak
    finally:
        peak.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()


@contextmanager
def resident() -> Iterator[list[int]]:
    """A block, and then by how many bytes the process was larger in it at most."""
    peak: list[int] = []
    Path("/proc/self/clear_refs").write_text("5")  # the peak is what there is now
    before = _peak_of_process()
    try:
        yield peak
    finally:
        peak.append(_peak_of_process() - before)


def _peak_of_process() -> int:
    with open("/proc/self/status", "rb") as file:
        for line in file:
            if line.startswith(b"VmHWM"):
                return int(line.split()[1]) << 10
    raise AssertionError


def give_back() -> None:
    """From now on large arrays go back to the system when they are freed."""
    if METERS[1] is resident:
        ctypes.CDLL(None).mallopt(-3, 1 << 16)  # M_MMAP_THRESHOLD


METERS = traced, (resident if Path("/proc/self/clear_refs").exists() else traced)


def _open(
    kind: Format,
    path: Path,
    name: str,
    seed: int,
    meter: Meter,
    most: int,
    found: Counts,
) -> None:
    """Use one file, and note what happened."""
    found.tried += 1
    try:
        peak, seconds, error = _peak(kind, path, meter)
    except Exception as error:  # not one of the project's
        place = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(place.filename).name}:{place.lineno}"
        found.fault(f"{name}: {type(error).__name__} at {where}: {error!s:.60}", seed)
        return
    found.outcomes["taken" if error is None else "refused"] += 1
    found.slowest, found.largest = max(found.slowest, seconds), max(found.largest, peak)
    if seconds > SECONDS:
        found.fault(f"{name}: slow", seed)
    if peak > most:
        found.fault(f"{name}: memory", seed)


def _peak(
    kind: Format, path: Path, meter: Meter
) -> tuple[int, float, Exception | None]:
    """(bytes at once, seconds of this thread, the project's error or None)."""
    refused = None
    with meter() as peak:
        started = time.thread_time()
        try:
            used(kind, path)
        except MiniganError as error:
            refused = error.with_traceback(None)
        seconds = time.thread_time() - started
    return peak[0], seconds, refused
