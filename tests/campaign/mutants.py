"""Mutation testing of the mathematics: does some test notice every small change?

    python -m tests.campaign.mutants                 700 changes, some 20 minutes
    python -m tests.campaign.mutants --count 0       all of them
    python -m tests.campaign.mutants --only losses --count 0
    python -m tests.campaign.mutants --again FILE    those that survived before

The tests run once on the NumPy formulas, and it is noted which of them calls which
function.  Then, for each change, a copy of this process makes it and runs the tests
that call the function, until one fails.  There are no compiled twins in it, so that no
test can compare with one; nor are golden vectors looked at.  What survives is printed.
"""

import argparse
import os
import random
import resource
import signal
import sys
import tempfile
import time
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from importlib import import_module
from pathlib import Path
from types import CodeType, FrameType
from typing import IO, Any

import pytest

from .changes import Change, changes, functions, make
from .equivalent import EQUIVALENT

ROOT = Path(__file__).parents[2]
MACHINERY = ("declare", "signature", "backend", "nodes", "__init__")
OTHERS = ("losses", "gan.game", "gan.objectives")
TESTS = (
    *("tests/layers", "tests/test_losses.py", "tests/optimizers"),
    *("tests/test_losses_softmax_cross_entropy.py", "tests/test_checks.py"),
    *("tests/gan/test_game.py", "tests/gan/test_objectives.py"),
    *("tests/gan/test_sampling.py", "tests/whole/test_bad_arguments.py"),
    *("tests/primitives", "tests/gradcheck/test_tangents.py"),
)
SLOW = 2.0  # seconds of the processor: slower tests are left out
BUDGET = 8.0  # seconds for the tests of one change; then it counts as survived
MEMORY = 6 << 30  # bytes that one may take


def modules() -> list[str]:
    """The mathematics: dotted names."""
    found = [
        f"minigan.{folder}.{path.stem}"
        for folder in ("primitives", "layers", "optimizers")
        for path in sorted((ROOT / "minigan" / folder).glob("*.py"))
        if path.stem not in MACHINERY
    ]
    return [*found, *(f"minigan.{name}" for name in OTHERS)]


def chosen(only: str, count: int, seed: int) -> list[Change]:
    """Changes of the modules with `only` in their names, a sample of them.

    count: how many at most; 0 for all.
    """
    found = [c for name in modules() if only in name for c in changes(name)]
    if 0 < count < len(found):
        found = random.Random(seed).sample(found, count)
    return sorted(found, key=lambda change: (change.module, change.number))


@dataclass
class Campaign:
    """A plugin of pytest: collects the tests once, then tries each change.

    calls: test -> the functions that it called.   seconds: of each test.
    """

    changes: list[Change]
    processes: int = 1
    killed: list[Change] = field(default_factory=list)
    survived: list[Change] = field(default_factory=list)
    seconds: dict[Any, float] = field(default_factory=dict)
    failed: list[str] = field(default_factory=list)  # before any change

    def pytest_runtestloop(self, session: Any) -> bool:
        """In the place of running the tests."""
        calls = self._baseline(session.items)
        for change in self.changes:
            own = change.module.split(".")[-1]
            calls[change.module, change.function].sort(
                key=lambda test: (own not in test.nodeid, self.seconds[test])
            )
        parts = [self.changes[k :: self.processes] for k in range(self.processes)]
        workers = [self._worker(part, calls) for part in parts]
        for part, (child, file) in zip(parts, workers, strict=True):
            os.waitpid(child, 0)
            file.seek(0)
            for change, noticed in zip(part, file.read(), strict=True):
                (self.killed if noticed == ord("1") else self.survived).append(change)
        return True

    def _worker(
        self, part: list[Change], calls: dict[tuple[str, str], list[Any]]
    ) -> tuple[int, IO[bytes]]:
        """A copy of this process for some of the changes, and the file of its answers.

        In the file stands "1" for each that was noticed, "0" for others.
        """
        file = tempfile.TemporaryFile(buffering=0)
        sys.stdout.flush()
        sys.stderr.flush()
        child = os.fork()
        if child == 0:
            try:
                started, alive = time.monotonic(), 0
                for number, change in enumerate(part, start=1):
                    tests = calls[change.module, change.function]
                    noticed = self._noticed(change, tests)
                    file.write(b"1" if noticed else b"0")
                    if not noticed:
                        alive += 1
                        _say(f"survived: {change}   (line {change.line})")
                    if number % 50 == 0 or number == len(part):
                        minutes = (time.monotonic() - started) / 60
                        _say(
                            f"{number} of {len(part)} changes, {alive} survived, "
                            f"{minutes:.1f} min"
                        )
            finally:
                os._exit(0)
        return child, file

    def _baseline(self, items: list[Any]) -> dict[tuple[str, str], list[Any]]:
        """(module, function) -> the tests that call it, and pass without a change."""
        from _pytest.runner import runtestprotocol

        known: dict[CodeType, tuple[str, str]] = {}
        for name in {change.module for change in self.changes}:
            for function in functions(import_module(name)):
                known[function.__code__] = name, function.__code__.co_qualname
        calls: dict[tuple[str, str], list[Any]] = defaultdict(list)
        for item, following in zip(items, [*items[1:], None], strict=True):
            seen: set[CodeType] = set()

            def note(frame: FrameType, event: str, _: Any, seen: Any = seen) -> None:
                if event == "call":
                    seen.add(frame.f_code)

            started = time.process_time()
            sys.setprofile(note)
            try:
                reports = runtestprotocol(item, log=False, nextitem=following)
            finally:
                sys.setprofile(None)
            self.seconds[item] = time.process_time() - started
            if any(report.failed for report in reports):
                self.failed.append(item.nodeid)
            elif self.seconds[item] < SLOW:
                called = {known[code] for code in seen & known.keys()}
                owners = {(name, where.split(".")[0]) for name, where in called}
                for place in called | owners:  # a class, for its constants
                    calls[place].append(item)
        _say(
            f"{len(items)} tests in {sum(self.seconds.values()):.0f} s, "
            f"{len(self.failed)} of them fail or need what is not there"
        )
        return calls

    def _noticed(self, change: Change, tests: list[Any]) -> bool:
        """Whether a test fails in a copy of this process with the change."""
        child = os.fork()
        if child == 0:
            _try(change, tests)
        _, status = os.waitpid(child, 0)
        return status != 0  # a signal too: it hangs, or takes too much memory

    def table(self) -> str:
        """Killed and survived changes by module, the score, and the survivors."""
        equal = [c for c in self.survived if str(c) in EQUIVALENT]
        alive = [c for c in self.survived if str(c) not in EQUIVALENT]
        lines = [f"{'module':40} {'changes':>8} {'noticed':>8} {'equal':>6}"]
        done = Counter(c.module for c in (*self.killed, *self.survived))
        for name, count in sorted(done.items()):
            killed = sum(c.module == name for c in self.killed)
            same = sum(c.module == name for c in equal)
            lines.append(f"{name:40} {count:8} {killed:8} {same:6}")
        counted = len(self.killed) + len(alive)
        lines.append(f"{'all':40} {sum(done.values()):8} {len(self.killed):8}")
        score = len(self.killed) / max(counted, 1)
        lines.append(f"score {score:.1%}: {len(self.killed)} of {counted} noticed")
        lines += [f"survived: {c}   (line {c.line})" for c in alive]
        wrong = [c for c in self.killed if str(c) in EQUIVALENT]
        lines += [f"noticed, and said to be equal: {c}" for c in wrong]
        return "\n".join(lines)

    @property
    def score(self) -> float:
        """The share of the changes that are not equal which some test noticed."""
        alive = sum(str(c) not in EQUIVALENT for c in self.survived)
        return len(self.killed) / max(len(self.killed) + alive, 1)


def _try(change: Change, tests: list[Any]) -> None:
    """Make the change, run the tests, and end this process: 1 once one fails."""
    from _pytest.runner import runtestprotocol

    code = 1
    try:
        signal.signal(signal.SIGXCPU, signal.SIG_DFL)
        now = int(time.process_time())
        resource.setrlimit(resource.RLIMIT_CPU, (now + 60, now + 60))
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.signal(signal.SIGALRM, signal.SIG_DFL)
        signal.alarm(300)  # of a clock, for one that waits
        make(change)
        started = time.process_time()
        for item, following in zip(tests, [*tests[1:], None], strict=True):
            reports = runtestprotocol(item, log=False, nextitem=following)
            if any(report.failed for report in reports):
                break
            if time.process_time() - started > BUDGET:
                code = 0
                break
        else:
            code = 0
    finally:
        os._exit(code)


def _say(text: str) -> None:
    print(text, file=sys.__stderr__, flush=True)


def without_twins() -> None:
    """No primitive has a compiled twin in this process."""
    from minigan.primitives import Primitive

    Primitive.twin = None  # type: ignore[assignment]


def run(campaign: Campaign, tests: list[str]) -> None:
    """Try the changes of a campaign with these test files."""
    without_twins()
    options = ["-q", "-p", "no:cacheprovider", "-W", "ignore"]
    pytest.main([*options, *tests], plugins=[campaign])


def test_files(only: str = "") -> list[str]:
    """The files of `TESTS`; with `only`, those that mirror such modules."""
    found = []
    for name in TESTS:
        path = ROOT / name
        found += sorted(path.glob("test_*.py")) if path.is_dir() else [path]
    files = [str(p.relative_to(ROOT)) for p in found if p.exists()]
    return [name for name in files if only in name] if only else files


def main() -> int:
    """Returns the exit code: 1 where the score is below 95 %."""
    parser = argparse.ArgumentParser(prog="python -m tests.campaign.mutants")
    parser.add_argument("--count", type=int, default=700, help="0 for all")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--only", default="", help="modules with this in their name")
    parser.add_argument("--tests", default="", help="test files with this in theirs")
    parser.add_argument("--again", help="a file: what survived as it says")
    parser.add_argument("--processes", type=int, default=1, help="side by side")
    given = parser.parse_args()
    os.environ.update(NUMBA_DISABLE_JIT="1", MINIGAN_BACKEND="numpy")
    found = chosen(given.only, 0 if given.again else given.count, given.seed)
    if given.again:
        text = Path(given.again).read_text(encoding="utf-8")
        found = [c for c in found if f"survived: {c}   (line" in text]
    campaign = Campaign(found, given.processes)
    run(campaign, test_files(given.tests))
    print(campaign.table())
    return 0 if campaign.score >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
