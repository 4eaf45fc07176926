"""Processes of this machine and a Dask cluster: the same bytes, whatever dies."""

import os
import time
from concurrent.futures import Future
from concurrent.futures.process import BrokenProcessPool

import pytest

from minigan import study
from minigan.errors import StateError
from minigan.study import engines
from minigan.study.plan import plan
from minigan.study.running import Work

from . import subjects
from .subjects import files

SEEDS = "0-3"


@pytest.fixture(scope="module")
def local(tmp_path_factory):
    """The files of a study in this process."""
    folder = tmp_path_factory.mktemp("local") / "study"
    done = study.run(subjects.untrained, SEEDS, steps=2, folder=folder, workers=1)
    assert done.missing == 0 and not any(run.failed for run in done.runs)
    return files(folder)


@pytest.fixture
def joblib():
    """Before `mark`, whose end expects that something ran."""
    return pytest.importorskip("joblib")


@pytest.fixture
def mark(tmp_path, monkeypatch):
    """Seed 3 ends the first process that runs it."""
    path = tmp_path / "mark"
    monkeypatch.setenv(subjects.MARK, str(path))
    yield path
    assert path.exists()


def test_loky_after_a_worker_was_lost(joblib, tmp_path, mark, local):
    folder = tmp_path / "study"
    study.run(subjects.untrained, SEEDS, steps=2, folder=folder, workers=2)
    assert files(folder) == local


class Processes:
    """As loky's: a run of seed 2 ends its process, and all that is under way is lost.

    started: the tasks of each pool.   killed: whether each was ended by force.
    """

    started, killed = [], []

    def __init__(self, workers):
        self.flying = {}
        self.started.append([])
        self.killed.append(None)

    def submit(self, work, task):
        future = Future()
        self.flying[future] = work, task
        self.started[-1].append(task.seed)
        return future

    def wait(self, flying, return_when):
        if any(task.seed == 2 for _, task in self.flying.values()):
            for future in self.flying:
                future.set_exception(BrokenProcessPool())
            self.flying = {}
        else:
            future = next(iter(self.flying))
            work, task = self.flying.pop(future)
            try:
                future.set_result(work(task))
            except Exception as error:
                future.set_exception(error)

    def shutdown(self, wait, kill_workers):
        self.killed[-1] = kill_workers


@pytest.fixture
def processes(monkeypatch):
    """No processes, but one pool of `Processes` after the other."""
    pools = []

    def begin(workers):
        pools.append(Processes(workers))
        return pools[-1]

    monkeypatch.setattr(Processes, "started", [])
    monkeypatch.setattr(Processes, "killed", [])
    monkeypatch.setattr(engines, "_processes", begin)
    monkeypatch.setattr(engines, "wait", lambda *a, **k: pools[-1].wait(*a, **k))
    return Processes


def on_loky(seeds, **options):
    work = Work(subjects.numbers, None, "numpy", **options)
    return engines.on_loky(work, plan("s", seeds, None).tasks, 2)


def test_a_run_that_always_ends_its_worker_takes_no_other_with_it(processes):
    found = {task.seed: content for task, content in on_loky("0-9")}
    assert found.pop(2) is None and len(found) == 9 and all(found.values())
    assert processes.started == [[0, 1, 2, 3], [0, 1, 2], [3, 2], [4, 5, 6, 7, 8, 9]]
    assert processes.killed == [True, True, True, False]


def test_workers_end_with_a_study_that_is_closed(processes):
    results = on_loky("3-9")
    next(results)
    results.close()
    assert processes.killed == [True]


def test_a_worker_that_cannot_begin_is_an_error(processes):
    with pytest.raises(StateError, match="expected minigan 0.0 on every worker"):
        list(on_loky("0", version="0.0"))
    assert processes.killed == [True]


def test_processes_that_die_at_once_are_an_error(processes, monkeypatch):
    def never(self, work, task):
        raise BrokenProcessPool

    monkeypatch.setattr(Processes, "submit", never)
    monkeypatch.setattr(engines, "wait", lambda *a, **k: None)
    with pytest.raises(StateError, match="every worker process dies"):
        list(on_loky("0-9"))


def test_a_worker_ends_when_its_parent_is_gone(monkeypatch):
    ended, parents = [], [7, 7, 1]
    monkeypatch.setattr(os, "getppid", lambda: parents.pop(0))
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    engines._end_with(7)
    assert ended == [1] and parents == []


# ---- Dask --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    """Two processes of this machine, as any cluster of Dask's.

    Who asks a process that has just ended waits for 10 s, not for 30.
    """
    distributed = pytest.importorskip("dask.distributed")
    from dask import config

    with (
        config.set({"distributed.comm.timeouts.connect": "10s"}),
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
        ) as cluster,
    ):
        yield cluster


@pytest.mark.filterwarnings("default")
def test_a_cluster_after_a_worker_was_lost(tmp_path, cluster, local):
    mark, folder = tmp_path / "mark", tmp_path / "study"
    from dask.distributed import Client

    with Client(cluster) as client:
        client.run(subjects.set_mark, str(mark))
    study.run(
        subjects.untrained,
        SEEDS,
        steps=2,
        folder=folder,
        scheduler=cluster.scheduler_address,
    )
    assert mark.exists() and files(folder) == local


@pytest.mark.filterwarnings("default")
def test_a_run_that_was_done_on_a_worker_that_is_lost_runs_again(cluster, monkeypatch):
    """Its result stays where it was computed until somebody asks for it."""
    from dask import distributed

    ended = []

    class Completed(distributed.as_completed):
        """The worker of the first run that is done ends before its result is read."""

        def __next__(self):
            future = super().__next__()
            if not ended:
                ended.extend(client.who_has(future)[future.key])
                client.run(subjects.end_soon, workers=ended)
                while future.done():
                    time.sleep(0.001)
            return future

    monkeypatch.setattr(distributed, "as_completed", Completed)
    tasks = plan("s", "0-3", None).tasks
    with distributed.Client(cluster) as client:
        results = list(engines.on_dask(subjects.slow, tasks, client))
    assert len(ended) == 1 and len(results) == 4
    assert {task.seed: content for task, content in results} == {
        task.seed: subjects.slow(task) for task in tasks
    }


@pytest.mark.filterwarnings("default")
def test_a_client_may_be_given_and_errors_come_back(cluster):
    from dask.distributed import Client

    tasks = plan("s", "0-2", None).tasks
    with Client(cluster) as client:
        work = Work(subjects.numbers, None, "numpy")
        assert len(list(engines.on_dask(work, tasks, client))) == 3
        with pytest.raises(StateError, match="expected minigan 0.0"):
            other = Work(subjects.numbers, None, "numpy", version="0.0")
            list(engines.on_dask(other, tasks, client))
        assert client.status == "running"


def test_a_scheduler_that_does_not_answer(monkeypatch):
    pytest.importorskip("dask.distributed")
    monkeypatch.setattr(engines, "SECONDS", 0.2)
    for address in ("tcp://127.0.0.1:9", "nonsense://x", ""):
        with pytest.raises(StateError, match="no Dask scheduler answers"):
            study.run(subjects.numbers, "0", scheduler=address)
