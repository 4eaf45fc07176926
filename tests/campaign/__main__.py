"""The whole campaign, and the table of what it counted."""

import argparse
import multiprocessing
import sys
import tempfile
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path

from minigan import use_backend

from .calls import tried
from .files import Counts, mutations_of
from .formats import FORMATS
from .kills import finish, killed
from .subjects import subjects

CHUNK = 250  # mutations in one process: one that dies is told by its first seed


def files(count: int, first: int) -> Counter[str]:
    """Open `count` mutations of every format, print the table, return what broke."""
    print(f"{'format':30} {'files':>8} {'refused':>8} {'harmless':>8} {'broken':>7}")
    faults: Counter[str] = Counter()
    for name in FORMATS:
        done = Counts()
        for seed in range(first, first + count, CHUNK):
            done.add(_in_a_process(name, seed, min(CHUNK, first + count - seed)))
        broken = sum(done.broken.values())
        print(
            f"{name:30} {done.files:8,} {done.refused:8,} {done.harmless:8,} "
            f"{broken:7,}   at most {done.slowest:.2f} s, {done.largest / 1e6:.1f} MB",
            flush=True,
        )
        for what, times in done.broken.most_common():
            print(f"    {times} x {what}, seed {done.seeds[what]}")
        faults.update({f"{name}: {what}": n for what, n in done.broken.items()})
    return faults


def _in_a_process(name: str, first: int, count: int) -> Counts:
    """A process of its own, since a forged file must not end this one."""
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        try:
            return pool.submit(mutations_of, name, first, count).result()
        except BrokenProcessPool:
            died = Counts(files=count)
            died.fault(f"the process died, one of {count}", first)
            return died


def kills(runs: int, first: int) -> Counter[str]:
    """Kill `runs` runs five times each, print what became of them."""
    faults: Counter[str] = Counter()
    total = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        seconds = finish(folder / "whole")
        for seed in range(first, first + runs):
            cut = folder / f"run {seed}"
            outcome = killed(cut, folder / "whole", seed, 5, seconds)
            total += outcome.kills
            faults.update(f"killed: another {file}" for file in outcome.different)
            if outcome.different:
                print(f"    seed {seed}: other {', '.join(outcome.different)}")
    print(f"{total} kills of {runs} runs, {sum(faults.values())} files that differ")
    return faults


def calls() -> Counter[str]:
    """Every bad call of the public API, on the formulas; print how many there are."""
    with tempfile.TemporaryDirectory() as folder, use_backend("numpy"):
        done = tried(subjects(Path(folder)))
    print(
        f"{done.calls:,} bad calls: {done.refused:,} refused by name, {done.worked:,} "
        f"taken rightly, {len(done.broken):,} broken"
    )
    for line in done.broken:
        print(f"    {line}")
    return Counter(f"call: {line}" for line in done.broken)


def main() -> int:
    """Returns the exit code: 1 where a promise was broken."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign")
    parser.add_argument("--count", type=int, default=6000, help="of each format")
    parser.add_argument("--seed", type=int, default=0, help="of the first mutation")
    parser.add_argument("--runs", type=int, default=40, help="killed five times each")
    given = parser.parse_args()
    faults = calls() + kills(given.runs, given.seed) + files(given.count, given.seed)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
