"""Processes of this machine and a Dask cluster: the same bytes, whatever dies."""

import os
import time

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
def mark(tmp_path, monkeypatch):
    """Seed 3 ends the first process that runs it."""
    path = tmp_path / "mark"
    monkeypatch.setenv(subjects.MARK, str(path))
    yield path
    assert path.exists()


def test_loky_after_a_worker_was_lost(tmp_path, mark, local):
    pytest.importorskip("joblib")
    folder = tmp_path / "study"
    study.run(subjects.untrained, SEEDS, steps=2, folder=folder, workers=2)
    assert files(folder) == local


def test_a_run_that_always_ends_its_worker_takes_no_other_with_it():
    pytest.importorskip("joblib")
    tasks = plan("s", SEEDS, None).tasks
    work = Work(subjects.deadly, None, "numpy")
    found = {task.seed: content for task, content in engines.on_loky(work, tasks, 2)}
    assert found.pop(2) is None and len(found) == 3 and all(found.values())


def test_workers_end_with_the_study():
    pytest.importorskip("joblib")
    began = time.monotonic()
    tasks = plan("s", "0-3", None).tasks
    results = engines.on_loky(Work(pid, None, "numpy"), tasks, 2)
    next(results)
    results.close()
    assert time.monotonic() - began < 25


def test_a_worker_ends_when_its_parent_is_gone(monkeypatch):
    ended, parents = [], [7, 7, 1]
    monkeypatch.setattr(os, "getppid", lambda: parents.pop(0))
    monkeypatch.setattr(os, "_exit", ended.append)
    monkeypatch.setattr(time, "sleep", lambda seconds: None)
    engines._end_with(7)
    assert ended == [1] and parents == []


def pid(seed):
    """Quick once, then half a minute."""
    if seed:
        time.sleep(30)
    return {"pid": os.getpid()}


def test_a_worker_that_cannot_begin_is_an_error():
    pytest.importorskip("joblib")
    tasks = plan("s", "0", None).tasks
    with pytest.raises(StateError, match="expected minigan 0.0 on every worker"):
        list(engines.on_loky(Work(pid, None, "numpy", version="0.0"), tasks, 1))


# ---- Dask --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cluster():
    """Two processes of this machine, as any cluster of Dask's."""
    distributed = pytest.importorskip("dask.distributed")
    with distributed.LocalCluster(
        n_workers=2, threads_per_worker=1, dashboard_address=None, silence_logs=50
    ) as cluster:
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
def test_a_client_may_be_given_and_errors_come_back(cluster):
    from dask.distributed import Client

    tasks = plan("s", "0-2", None).tasks
    with Client(cluster) as client:
        work = Work(subjects.numbers, None, "numpy")
        assert len(list(engines.on_dask(work, tasks, client))) == 3
        with pytest.raises(StateError, match="expected minigan 0.0"):
            list(
                engines.on_dask(Work(pid, None, "numpy", version="0.0"), tasks, client)
            )
        assert client.status == "running"


def test_a_scheduler_that_does_not_answer(monkeypatch):
    pytest.importorskip("dask.distributed")
    monkeypatch.setattr(engines, "SECONDS", 0.2)
    for address in ("tcp://127.0.0.1:9", "nonsense://x", ""):
        with pytest.raises(StateError, match="no Dask scheduler answers"):
            study.run(subjects.numbers, "0", scheduler=address)
