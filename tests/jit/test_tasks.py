"""Tasks are taken from both ends: each once, by whoever comes."""

import numpy as np
import pytest

from minigan.jit.compiling import JIT_DISABLED
from minigan.jit.tasks import next_task, share_out

numba = pytest.importorskip("numba")
compiled_only = pytest.mark.skipif(
    JIT_DISABLED, reason="a loop of Python is one thread"
)


@numba.njit
def take(taken, worker, workers, count):
    return next_task((taken, worker, workers, count))


def take_all(order, workers, count):
    """The tasks that each worker gets if they come in this order, then all again."""
    taken, got = np.zeros(64, np.int64), [[] for _ in range(workers)]
    where = taken if JIT_DISABLED else taken.ctypes.data
    for worker in [*order, *list(range(workers)) * count]:
        task = take(where, worker, workers, count)
        if task >= 0:
            got[worker].append(task)
    return got


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 16])
def test_each_task_is_taken_once(workers, count):
    order = np.random.default_rng(count).integers(0, workers, 3 * count).tolist()
    got = take_all(order, workers, count)
    assert sorted(sum(got, [])) == list(range(count))


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
def test_one_who_comes_alone_does_all(workers):
    for worker in range(workers):
        assert sorted(take_all([worker] * 40, workers, 16)[worker]) == list(range(16))


def test_two_workers_come_from_both_ends():
    assert take_all([0, 1, 0, 1], 2, 4) == [[0, 1], [3, 2]]


def test_a_slow_worker_does_less():
    assert take_all([0, 1, 1, 1, 1], 2, 6) == [[0, 1], [5, 4, 3, 2]]


def test_more_workers_have_a_row_for_each_two():
    assert take_all([0, 1, 2, 3] * 2, 4, 8) == [[0, 1], [3, 2], [4, 5], [7, 6]]


def test_who_finds_an_empty_row_goes_on_in_the_next():
    got = take_all([2] * 9, 3, 9)[2]  # the third has a row of its own
    assert got[:3] == [6, 7, 8] and sorted(got) == list(range(9))


@numba.njit
def mark(share, times, workers):
    """Count each task that is done, and by whom."""
    task = next_task(share)
    while task >= 0:
        times[task] += 1
        workers[task] = share[1]
        task = next_task(share)


@numba.njit
def marked(wanted, times, workers):
    share_out(mark, wanted, times.size, (times, workers))


@pytest.mark.parametrize("wanted", [1, 2, 3, 8])
def test_each_task_is_done_once_whoever_comes(wanted):
    """A million tasks of no size: the worst that a counter can meet."""
    times, workers = np.zeros((2, 1_000 if JIT_DISABLED else 1_000_000), np.int64)
    marked(wanted, times, workers)
    assert (times == 1).all()
    assert ((workers >= 0) & (workers < wanted)).all()


def test_no_task_at_all():
    nothing = np.zeros(0, np.int64)
    marked(2, nothing, nothing)


@compiled_only
def test_a_kernel_without_memory_is_an_error():
    @numba.njit
    def greedy(share, size):
        task = next_task(share)
        while task >= 0:
            np.empty(size)[0] = task
            task = next_task(share)

    @numba.njit
    def shared(size):
        share_out(greedy, 2, 4, (size,))

    with pytest.raises(MemoryError, match="no memory"):
        shared(2**60)
    shared(8)  # and the next one works
