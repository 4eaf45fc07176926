"""Tasks are taken from both ends: each once, by whoever comes."""

import numba
import numpy as np
import pytest

from minigan.jit.tasks import next_task, none_taken, threads


def take_all(order, workers, count):
    """The tasks that each worker gets if they come in this order, then all again."""
    taken, got = none_taken(workers), [[] for _ in range(workers)]
    for worker in [*order, *list(range(workers)) * count]:
        share = taken, worker, workers, count
        task = next_task(share, len(got[worker]))
        if task >= 0:
            got[worker].append(task)
    return got


@pytest.mark.parametrize("workers", [1, 2, 3, 4, 7])
@pytest.mark.parametrize("count", [0, 1, 2, 5, 16])
def test_each_task_is_taken_once(workers, count):
    order = np.random.default_rng(count).integers(0, workers, 3 * count).tolist()
    got = take_all(order, workers, count)
    assert sorted(sum(got, [])) == list(range(count))


def test_two_workers_come_from_both_ends():
    assert take_all([0, 1, 0, 1], 2, 4) == [[0, 1], [3, 2]]


def test_a_slow_worker_does_less():
    assert take_all([0, 1, 1, 1, 1], 2, 6) == [[0, 1], [5, 4, 3, 2]]


def test_more_workers_have_a_row_for_each_two():
    assert take_all([0, 1, 2, 3] * 2, 4, 8) == [[0, 1], [3, 2], [4, 5], [7, 6]]
    assert take_all([2] * 9, 3, 9)[2] == [6, 7, 8]  # the third has one of its own


@pytest.mark.skipif(numba.config.DISABLE_JIT, reason="a loop of Python is one thread")
def test_threads_take_each_task_once():
    """A million tasks of no size: the worst that a counter can meet."""

    @numba.njit(parallel=True)
    def mark(times):
        workers = threads()
        taken = none_taken(workers)
        for worker in numba.prange(workers):
            share, done = (taken, worker, workers, times.size), 0
            task = next_task(share, done)
            while task >= 0:
                times[task] += 1
                done += 1
                task = next_task(share, done)

    times = np.zeros(1_000_000, np.int64)
    mark(times)
    assert (times == 1).all()
