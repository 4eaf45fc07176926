"""The first run ever: kernels are compiled in several processes at a time.

Numba compiles one function after the other, and a first step of training needs some
fifty.  So where not even the player has been compiled, the step is tried once on NumPy
to learn what it will need, and processes of their own fill the cache of kernels beside
this one.  Nothing depends on them: what they did not compile is compiled when it is
called.
"""

import pickle
import subprocess
import sys
import threading
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from importlib import import_module
from multiprocessing import spawn
from typing import Any, NamedTuple

import numpy as np
from numba import types

from ..jit.compiling import is_kept, is_shared
from ..jit.threads import get_threads
from .instructions import Instruction
from .player import play
from .rows import called

MOST = 4  # processes, this one among them
FEWEST = 6  # kernels for which another process is worth its start
CODES = types.Array(types.int64, 2, "C")
_PROGRAM = (
    "import sys; sys.path[:] = {!r}; from minigan.capture import ahead; ahead.work()"
)


class Wanted(NamedTuple):
    """A kernel by its place, and the types of its arguments."""

    module: str
    name: str
    kinds: tuple[types.Type, ...]

    @property
    def kernel(self) -> Any:
        """The kernel itself.  Errors: AttributeError, ImportError."""
        return getattr(import_module(self.module), self.name)

    @property
    def missing(self) -> bool:
        """Whether it is still to be compiled."""
        return not is_kept(self.kernel, self.kinds)


PLAYER = Wanted(play.__module__, "play", (CODES, types.int64, CODES.copy(ndim=1)))


def is_first_run() -> bool:
    """True where no step has been played here, and there are cores that could help."""
    alone = get_threads() == 1 or getattr(sys, "frozen", False) or not is_shared()
    return not alone and PLAYER.missing


def wanted(
    instructions: Iterable[Instruction], dtype: np.dtype[Any] | None
) -> list[Wanted]:
    """What the instructions call and the cache does not hold; products first."""
    found = {PLAYER}
    dtype = np.dtype(dtype)
    for instruction in instructions:
        try:
            twin = instruction.twin(dtype)
            kernel, kinds = called(instruction.primitive, twin, dtype)
            function = kernel.py_func
            each = Wanted(function.__module__, function.__name__, kinds)
            if each.kernel is kernel:
                found.add(each)
        except (AttributeError, ImportError, TypeError):
            continue  # no twin, or none that another process could import
    return [each for each in sorted(found, key=_products_first) if each.missing]


def _products_first(each: Wanted) -> tuple[Any, ...]:
    """What to sort by; types have no order of their own."""
    return ".gemm." not in each.module, each.module, each.name, str(each.kinds)


def compile_all(kernels: Sequence[Wanted]) -> None:
    """Compile them, in as many processes as there are threads."""
    waiting, taking = iter(kernels), threading.Lock()

    def each() -> Iterator[Wanted]:
        while True:
            with taking:
                following = next(waiting, None)
            if following is None:
                return
            yield following

    helpers = min(get_threads(), MOST, len(kernels) // FEWEST + 1) - 1
    threads = [
        threading.Thread(target=_hand_out, args=(each(),), daemon=True)
        for _ in range(helpers)
    ]
    for thread in threads:
        thread.start()
    for item in each():
        with suppress(Exception):  # who calls it is told
            item.kernel.compile(item.kinds)
    for thread in threads:
        thread.join()


def _hand_out(kernels: Iterator[Wanted]) -> None:
    """Let a process of its own compile them, one by one."""
    try:
        process = subprocess.Popen(
            [spawn.get_executable(), "-c", _PROGRAM.format(sys.path)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
    except OSError:
        return
    with process:
        assert process.stdin and process.stdout
        try:
            while process.stdout.readline():  # it is ready for one more
                pickle.dump(next(kernels), process.stdin)
                process.stdin.flush()
        except (OSError, StopIteration):
            pass


def work() -> None:
    """In a process of its own: compile what comes, until nothing does."""
    while True:
        try:
            sys.stdout.write("ready\n")
            sys.stdout.flush()
            item: Wanted = pickle.load(sys.stdin.buffer)
        except (EOFError, OSError):
            return
        item.kernel.compile(item.kinds)
