"""The threads that kernels run on: how many there may be, how many really worked.

The threads are Python's, so that a fork, the end of Python and a debugger know of them,
but each runs one compiled call, `team.serve`, until the end and never asks for the lock
of the interpreter.  Numba is imported when the first of them is started.
"""

import atexit
import os
import threading
import time
from collections.abc import Mapping
from functools import cache
from types import ModuleType
from typing import Any, NamedTuple

import numpy as np

from ..validate import integer
from .available import trouble

MOMENT = 1e-4  # seconds that a member looks for work before it sleeps
_members: list[threading.Thread] = []
_wanted = False  # whether there was work for several threads
_changing = threading.Lock()


@cache
def _team() -> Any:
    """The module of the compiled part, with as many threads wanted as Numba would use;
    None with the JIT off, or without Numba."""
    if trouble():
        return None
    from .compiling import JIT_DISABLED

    if JIT_DISABLED:
        return None
    import numba

    from . import team

    cores: int = numba.config.NUMBA_NUM_THREADS  # type: ignore[attr-defined]
    team.MEMORY[[team.LIMIT, team.NOW]] = min(_allowed(os.environ, cores), team.MOST)
    team.MEMORY[[team.MOMENT, team.SECOND]] = _clock(team)
    return team


def _allowed(environment: Mapping[str, str], cores: int) -> int:
    """How many threads the environment allows.   cores: that Numba would use.

    What is said to Numba counts; else OMP_NUM_THREADS, by which a user limits all
    libraries at once ("4,2": the first number); a value that is no number asks nothing.
    """
    said = environment.get("OMP_NUM_THREADS", "").partition(",")[0].strip()
    if environment.get("NUMBA_NUM_THREADS") or not said.isdecimal():
        return cores
    return min(cores, max(1, int(said)))


def _clock(team: Any) -> tuple[int, int]:
    """(turns of a waiting loop in a `MOMENT`, ticks of the counter in a second)."""
    found = []
    for _ in range(3):
        began, turns = time.perf_counter(), 2000
        ticks = team.wait(turns)
        spent = time.perf_counter() - began
        found.append((turns / spent, ticks / spent))
    turns_a_second, ticks_a_second = np.median(found, axis=0)
    return max(1, int(MOMENT * turns_a_second)), int(ticks_a_second)


def get_threads() -> int:
    """How many threads kernels may use.

    At first it is NUMBA_NUM_THREADS, else OMP_NUM_THREADS, or the number of cores that
    the process may use.
    """
    return 1 if _team() is None else int(_team().MEMORY[_team().LIMIT])


def set_threads(n: int) -> None:
    """Let kernels use up to n threads, from 1 to 256, in the whole process.

    Not a bit of any result depends on it.  Errors: ArgumentError, DTypeError.
    """
    n = integer("set_threads", "n", n, most=256)
    team = _team()
    if team is not None:
        team.MEMORY[[team.LIMIT, team.NOW]] = n
        team.MEMORY[team.REST] = team.MEMORY[team.UNTIL] = 0
        if _wanted:
            start()


def start() -> None:
    """Start the threads that kernels may use and that are not there yet.

    Where the system gives no more of them, work goes on with those that there are.
    """
    global _wanted
    _wanted, team = True, _team()
    if team is None or len(_members) >= get_threads() - 1:
        return
    with _changing:
        for number in range(len(_members) + 1, get_threads()):
            member = threading.Thread(
                target=team.serve,
                args=(number,),
                name=f"minigan-{number}",
                daemon=True,
            )
            try:
                member.start()
            except RuntimeError:  # no room for one more, or Python is about to end
                return
            _members.append(member)


def start_for(kernel: Any) -> None:
    """Start the threads if the kernel has work for them."""
    if shares(kernel):
        start()


@cache
def shares(kernel: Any) -> bool:
    """Whether a kernel, or one that it calls, shares out work."""
    waiting, seen = [kernel], set()
    while waiting:
        function = getattr(waiting.pop(), "py_func", None)
        if function is None or function in seen:
            continue
        seen.add(function)
        names = function.__code__.co_names
        if "share_out" in names:
            return True
        used = [function.__globals__.get(name) for name in names]
        modules = [value for value in used if isinstance(value, ModuleType)]
        waiting += used + [getattr(m, name, None) for m in modules for name in names]
    return False


@atexit.register
def stop() -> None:
    """End the threads; at the end of Python, since the code they run will be gone."""
    if not _members:
        return
    team = _team()
    team.MEMORY[team.STOP] = 1
    team.wake_all()
    for member in _members:
        member.join()
    _members.clear()
    team.MEMORY[[team.STOP, team.READY]] = 0


def _forget() -> None:
    """In a forked process, which has none of the threads: begin anew."""
    global _changing
    _changing = threading.Lock()
    if _team.cache_info().currsize == 0 or _team() is None:
        return
    team = _team()
    kept = team.MEMORY[[team.LIMIT, team.MOMENT, team.SECOND]]
    team.MEMORY[:] = 0
    team.MEMORY[[team.LIMIT, team.MOMENT, team.SECOND]] = kept
    team.MEMORY[team.NOW] = kept[0]
    team.MEMORY[team.STATE] = team.CLOSED
    team.prepare_sleep()
    _members.clear()
    if _wanted:
        start()


if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_forget)


class Work(NamedTuple):
    """What could be shared among threads until now.

    pieces: pieces of work, large enough for several.   elapsed, worked: ticks that they
    took, and that threads were at work in them.
    """

    pieces: int
    elapsed: int
    worked: int

    def __sub__(self, other: "Work") -> "Work":
        return Work(*(a - b for a, b in zip(self, other, strict=True)))

    @property
    def threads(self) -> float:
        """How many threads were at work on average; 1 where nothing was shared out."""
        return self.worked / self.elapsed if self.elapsed else 1.0

    def __str__(self) -> str:
        """ "1.9 of 2 threads at work", or "" where there was nothing to share."""
        if not self.pieces:
            return ""
        return f"{self.threads:.1f} of {get_threads()} threads at work"


def work() -> Work:
    """What this process could share out until now."""
    team = _team() if _team.cache_info().currsize else None
    if team is None:
        return Work(0, 0, 0)
    pieces, elapsed, worked = team.MEMORY[team.REPORT[:3]].tolist()
    members = int(team.MEMORY[team.MEMBERS :: team.LINE].sum())
    return Work(pieces, elapsed, worked + members)
