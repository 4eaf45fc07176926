"""The whole campaign, and the table of what it counted."""

import argparse
import multiprocessing
import re
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from pathlib import Path

from minigan import use_backend

from . import caches, disks, files, kills, payloads, settings, system_calls
from .calls import tried
from .counts import Counts, table
from .formats import FORMATS
from .runs import LONGER, ROOT, Run, Server, folder_in_memory, images, points
from .subjects import subjects

# How often, at a share of 1.
MUTATIONS = {
    "saved": 100_000,
    "data": 100_000,
    "run": 2000,
}  # of all formats of a group together
KILLS, SIGNALS, DISKS, COLD = 200, 200, 50, 8
PROCESSES = 0.1  # of kills and signals, beside all those of copies
CHUNK = 2000  # mutations in one process: one that dies is told by its first seed
PAGE = ROOT / "docs" / "reliability.md"
MARKS = re.compile(r"(?<=<!-- campaign -->\n).*?(?=<!-- end of campaign -->)", re.S)


@dataclass(frozen=True)
class Given:
    """What the command line asked for, and a folder for all of it."""

    share: float
    seed: int
    folder: Path

    def times(self, whole: float) -> int:
        """How often at this share; at least once."""
        return max(1, round(self.share * whole))

    def some(self, every: list[system_calls.Call]) -> list[system_calls.Call]:
        """So many of the calls, spread over all of them."""
        count = self.times(len(every))
        return [every[k * len(every) // count] for k in range(count)]

    def place(self, name: str) -> Path:
        """A new folder."""
        path = self.folder / name
        path.mkdir()
        return path


Part = Callable[[Given], Iterator[Counts]]


def in_a_process(
    name: str, function: Callable[..., Counts], *arguments: object
) -> Counts:
    """A process of its own, since a forged file must not end this one."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool:
            died = Counts(name, tried=1)
            died.fault(f"the process died: {arguments}", 0)
            return died


def mutated(given: Given) -> Iterator[Counts]:
    """Mutations of every format."""
    for name, kind in FORMATS.items():
        group = sum(other.group == kind.group for other in FORMATS.values())
        count = given.times(-(-MUTATIONS[kind.group] // group))
        found = Counts(f"mutated: {name}")
        for first in range(given.seed, given.seed + count, CHUNK):
            some = min(CHUNK, given.seed + count - first)
            found.add(in_a_process(found.name, files.mutations_of, name, first, some))
        yield found


def forged(given: Given) -> Iterator[Counts]:
    """Payloads for every format, all of them at any share."""
    found = Counts("forged payloads")
    for name in FORMATS:
        place = given.place(f"forged {name}")
        found.add(in_a_process(found.name, payloads.opened, place, name))
    yield found


def _runs(given: Given) -> tuple[Run, Run]:
    return points(), images(given.folder)


def _server(given: Given, place: Path) -> Server:
    warm = [[*run.command(Path("FOLDER"))] for run in _runs(given)]
    return Server(place, warm)


def at_system_calls(given: Given) -> Iterator[Counts]:
    """SIGKILL, or a disk that fails, at each system call that writes."""
    if system_calls.STRACE is None:
        print("strace is not installed: no run is killed before its system calls")
        return
    for run in _runs(given):
        place = given.place(f"system calls, {run.name}")
        with _server(given, place) as server:
            watched = system_calls.Watched(server, run, place)
            some = given.some(watched.calls)
            yield system_calls.killed(watched, some)
            yield system_calls.failed(watched, some)
            yield system_calls.failed(watched, some, lasting=True)


def called(given: Given) -> Iterator[Counts]:
    """Every bad call of the public API, on the formulas, at any share."""
    with use_backend("numpy"):
        done = tried(subjects(given.place("calls")))
    found = Counts("bad calls", tried=done.calls)
    found.outcomes.update({"refused by name": done.refused, "taken": done.worked})
    for line in done.broken:
        found.fault(line, 0)
    yield found


def at_random(given: Given) -> Iterator[Counts]:
    """SIGKILL, Ctrl-C and SIGTERM at random times, of copies and of processes."""
    place, run = given.place("random"), points(*LONGER)
    with _server(given, place) as server:
        for of, share in ((server, 1.0), (None, PROCESSES)):
            whole = kills.Whole(of, run, place)
            yield kills.killed(whole, given.times(share * KILLS), given.seed)
            yield kills.interrupted(whole, given.times(share * SIGNALS), given.seed)


def full(given: Given) -> Iterator[Counts]:
    """A disk that fills up for good, at any size."""
    place = given.place("disks")
    with _server(given, place) as server:
        yield disks.starved(server, points(), place, given.times(DISKS), given.seed)


def cached(given: Given) -> Iterator[Counts]:
    """Many cold processes, and damaged caches of kernels."""
    place = given.place("caches")
    cache, whole = caches.filled(place)
    if given.share == 1:
        yield caches.cold(place, COLD, whole)
    yield caches.damaged(place, cache, whole, given.seed)
    yield caches.unusable(place, cache, whole)


def surrounded(given: Given) -> Iterator[Counts]:
    """Homes, locales and settings of other programs."""
    yield settings.all_of(given.place("settings"))


PARTS: dict[str, Part] = {
    "files": mutated,
    "payloads": forged,
    "calls": called,
    "system": at_system_calls,
    "random": at_random,
    "disks": full,
    "caches": cached,
    "settings": surrounded,
}


def main() -> int:
    """Returns the exit code: 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign")
    parser.add_argument("parts", nargs="*", metavar="PART", help=", ".join(PARTS))
    parser.add_argument("--share", type=float, default=1.0, help="of the whole, to 1")
    parser.add_argument("--seed", type=int, default=0, help="of the first try")
    parser.add_argument(
        "--write", action="store_true", help=f"the table in {PAGE.name}"
    )
    given = parser.parse_args()
    if unknown := set(given.parts) - set(PARTS):
        parser.error(f"unknown: {', '.join(sorted(unknown))}")
    found: list[Counts] = []
    with folder_in_memory() as folder:
        asked = Given(given.share, given.seed, folder)
        for part in given.parts or PARTS:
            for counts in PARTS[part](asked):
                found.append(counts)
                print(
                    " | ".join(counts.row()),
                    *counts.details(),
                    sep="\n    ",
                    flush=True,
                )
    print(f"\n{table(counts.row() for counts in found)}")
    if given.write:
        write(found)
    return 1 if any(counts.broken for counts in found) else 0


def write(found: list[Counts]) -> None:
    """Put the rows into the table of the page; those that were not tried again stay."""
    page = PAGE.read_text(encoding="utf-8")
    match = MARKS.search(page)
    assert match
    PAGE.write_text(
        page[: match.start()] + merged(match[0], found) + page[match.end() :],
        encoding="utf-8",
    )


def merged(before: str, found: list[Counts]) -> str:
    """The table with these rows in place of those of the same name, or behind them."""
    kept = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in before.strip().splitlines()[2:]
    ]
    rows = {row[0]: row for row in [*kept, *(counts.row() for counts in found)]}
    return f"{table(rows.values())}\n"


if __name__ == "__main__":
    sys.exit(main())
