"""The team of threads: how many, how they wait, forks, the end of Python."""

import multiprocessing
import os
import subprocess
import sys
import threading
import time
from types import SimpleNamespace

import numpy as np
import pytest

from minigan import get_threads, primitives, set_threads
from minigan.errors import ArgumentError, DTypeError
from minigan.jit import threads as module
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import ROOT, normal, threads

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="one thread without the JIT")
needs_fork = pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")

if not JIT_DISABLED:
    from minigan.gemm import product
    from minigan.jit import team
    from minigan.jit.tasks import share_out

X, W, B = normal(256, 300), normal(300, 200, seed=1), normal(200, seed=2)


def large():
    """Bytes of a product that threads share."""
    with primitives.use_backend("jit"):
        return primitives.dense_forward(X, W, B).tobytes()


def falls(x):
    """Calls itself, and shares nothing."""
    return falls(x - 1) if x > 0 else x


def by_a_module(x):
    return product.product(x)


@pytest.mark.parametrize(
    "function, shared",
    [(falls, False), (by_a_module, True), (lambda: share_out(), True)],
)
def test_which_kernels_share_out_work(monkeypatch, function, shared):
    kernel = SimpleNamespace(py_func=function)
    monkeypatch.setitem(globals(), "falls", kernel)
    assert module.shares.__wrapped__(kernel) == shared


# ---- how many ----------------------------------------------------------------------


@pytest.mark.parametrize("n", [0, -1, 257, 2**70])
def test_no_such_number_of_threads(n):
    before = get_threads()
    with pytest.raises(ArgumentError, match="set_threads: argument 'n': expected"):
        set_threads(n)
    assert get_threads() == before


@pytest.mark.parametrize("n", [True, 2.0, "2", None])
def test_a_number_of_threads_is_an_integer(n):
    with pytest.raises(DTypeError, match="set_threads: argument 'n': expected"):
        set_threads(n)


def test_more_and_fewer_threads_give_the_same_bytes():
    found = []
    for n in (1, 4, 2):
        with threads(n):
            assert get_threads() == n
            found.append(large())
    assert found[1:] == found[:-1]


def test_a_program_of_one_thread_starts_none():
    code = (
        "import threading, numpy as np\n"
        "from minigan import Dense, primitives\n"
        "Dense(3, 2).forward(np.ones((5, 3), np.float32))\n"
        "print(threading.active_count())"
    )
    env = {**os.environ, "MINIGAN_BACKEND": "jit"}
    done = subprocess.run(
        [sys.executable, "-c", code], env=env, cwd=ROOT, capture_output=True, text=True
    )
    assert done.stdout == "1\n", done.stderr


def test_a_system_that_gives_no_thread_leaves_one(monkeypatch):
    def refuse(self):
        raise RuntimeError("can't start new thread")

    expected = large()
    with threads(2):
        before = list(module._members)
        monkeypatch.setattr(module.threading.Thread, "start", refuse)
        set_threads(4)
        set_threads(2)
        assert module._members == before or len(before) >= 3
        assert large() == expected


@pytest.mark.parametrize(
    "environment, expected",
    [
        ({}, 8),
        ({"OMP_NUM_THREADS": "2"}, 2),
        ({"OMP_NUM_THREADS": " 3,1"}, 3),
        ({"OMP_NUM_THREADS": "64"}, 8),
        ({"OMP_NUM_THREADS": "0"}, 1),
        ({"OMP_NUM_THREADS": "many"}, 8),
        ({"OMP_NUM_THREADS": "-1"}, 8),
        ({"OMP_NUM_THREADS": "2", "NUMBA_NUM_THREADS": "8"}, 8),
    ],
)
def test_how_many_the_environment_allows(environment, expected):
    assert module._allowed(environment, 8) == expected


def test_threads_that_are_allowed_later_come(monkeypatch):
    """Of a kernel that has run already, whose plan starts no thread any more."""
    started = []
    monkeypatch.setattr(module, "_members", [])
    monkeypatch.setattr(module, "_wanted", False)
    monkeypatch.setattr(
        module.threading.Thread, "start", lambda thread: started.append(thread.name)
    )
    before = get_threads()
    try:
        set_threads(1)
        module.start()
        assert not started
        set_threads(2)
        assert started == ["minigan-1"]
    finally:
        module._members.clear()
        monkeypatch.undo()
        set_threads(before)


# ---- how they work -----------------------------------------------------------------


def test_work_is_counted():
    with threads(2):
        before = module.work()
        for _ in range(50):
            large()
        done = module.work() - before
    assert done.pieces == 50
    assert 0.5 <= done.threads <= 2.01  # a machine that is busy makes them wait
    assert module.Work(0, 0, 0).threads == 1.0


def test_alone_one_thread_works():
    with threads(1):
        before = module.work()
        large()
        done = module.work() - before
    assert done.pieces == 1 and done.threads == 1.0


def test_small_work_is_not_counted():
    before = module.work()
    primitives.dense_forward(X[:4], W, B)
    assert module.work() == before


def test_two_leaders_at_once_compute_what_each_would_alone():
    expected = large()
    with threads(2):
        found = [[] for _ in range(4)]

        def run(mine):
            mine += [large() for _ in range(60)]

        leaders = [threading.Thread(target=run, args=(mine,)) for mine in found]
        for leader in leaders:
            leader.start()
        for leader in leaders:
            leader.join()
    assert all(mine == [expected] * 60 for mine in found)


def test_who_sleeps_is_woken():
    with threads(3):
        large()
        deadline = time.monotonic() + 10
        while team.MEMORY[team.ASLEEP] < 2 and time.monotonic() < deadline:
            time.sleep(0.01)
        assert team.MEMORY[team.ASLEEP] >= 2
        worked = team.MEMORY[team.MEMBERS :: team.LINE]
        before, deadline = worked.sum(), time.monotonic() + 10
        while worked.sum() == before and time.monotonic() < deadline:
            large()
        assert worked.sum() > before


# ---- when waiting does not pay -----------------------------------------------------


@pytest.fixture
def evidence():
    """A function that hands the leader of n threads a piece of work: it waited for
    `share` of its time.  Returns the number of threads from then on."""
    import numba

    second = int(team.MEMORY[team.SECOND])

    @numba.njit
    def conclude(began, finished, left):
        team._draw_conclusions(team.memory(), began, finished, left)
        return team.threads()

    def given(n, share, at=0, seconds=0.5):
        team.MEMORY[team.WORKERS] = n
        length = int(second * seconds)
        left = team.wait(1) * 0 + at + length
        return conclude(at, int(left - share * length), left)

    with threads(4):
        kept = team.MEMORY[list(team.EVIDENCE)].copy()
        team.MEMORY[[team.REST, team.UNTIL, team.SPAN, team.WAITED]] = 0
        yield given
        team.MEMORY[list(team.EVIDENCE)] = kept


FAR = 1 << 61  # ticks that no clock has reached


def test_waiting_a_little_is_no_reason(evidence):
    assert evidence(4, 0.1, FAR) == 4


def test_one_thread_less_where_waiting_takes_too_much(evidence):
    assert evidence(4, 0.5, FAR) == 3
    assert evidence(3, 0.5, FAR) == 2
    assert evidence(2, 0.5, FAR) == 1


def test_two_threads_may_wait_for_a_third_of_the_time(evidence):
    team.MEMORY[team.NOW] = 2
    evidence(2, 0.35, FAR)
    assert team.MEMORY[team.NOW] == 2 and team.MEMORY[team.UNTIL] == 0


def test_each_rest_is_twice_as_long_up_to_a_second(evidence):
    second, found = int(team.MEMORY[team.SECOND]), []
    for _ in range(8):
        team.MEMORY[team.NOW] = 2
        evidence(2, 0.9, FAR)
        found.append(second / team.MEMORY[team.REST])
    assert found == pytest.approx([20, 10, 5, 2.5, 1.25, 1, 1, 1], rel=1e-6)


def test_after_the_rest_one_more_is_tried(evidence):
    team.MEMORY[team.UNTIL] = 0  # long over
    team.MEMORY[team.NOW] = 2
    assert evidence(2, 0.0) == 3
    assert evidence(3, 0.0) == 4
    assert evidence(4, 0.0) == 4 and team.MEMORY[team.REST] == 0


def test_small_work_for_few_proves_nothing_about_all(evidence):
    assert evidence(2, 0.9, FAR) == 4


# ---- processes ---------------------------------------------------------------------


def _in_child(queue):
    queue.put((large(), get_threads(), len(module._members)))


@needs_fork
@pytest.mark.filterwarnings("ignore:.*multi-threaded.*:DeprecationWarning")
def test_a_forked_process_has_threads_of_its_own():
    with threads(2):
        expected = large()
        context = multiprocessing.get_context("fork")
        queue = context.SimpleQueue()
        child = context.Process(target=_in_child, args=(queue,))
        child.start()
        bytes_of_child, count, members = queue.get()
        child.join(30)
        assert child.exitcode == 0
        assert bytes_of_child == expected and count == 2 and members >= 1
        assert large() == expected  # and the parent goes on


def test_python_ends_while_members_wait_and_while_they_work():
    code = (
        "import threading, time\n"
        "from tests.helpers import threads\n"
        "from tests.jit.test_threads import large\n"
        "with threads(3):\n"
        "    large()\n"
        "def on():\n"
        "    while True: large()\n"
        "threading.Thread(target=on, daemon=True).start()\n"
        "time.sleep(0.2)\n"
        "print('end')"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr


def test_the_clock_was_measured():
    with threads(2):
        assert 1e5 < team.MEMORY[team.SECOND] < 1e11
        assert team.MEMORY[team.MOMENT] > 100
        assert np.all(team.MEMORY[[team.STOP, team.LEADER]] == 0)


def test_members_may_allocate_while_python_counts_memory():
    """tracemalloc asks for the interpreter's lock at each allocation."""
    code = (
        "from tests.helpers import threads\n"
        "from tests.jit.test_threads import large\n"
        "with threads(3):\n"
        "    for _ in range(200): large()\n"
        "print('end')"
    )
    done = subprocess.run(
        [sys.executable, "-X", "tracemalloc", "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert (done.returncode, done.stdout) == (0, "end\n"), done.stderr
