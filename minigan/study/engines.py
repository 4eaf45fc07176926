"""Who runs the tasks: this process, processes of this machine, or a Dask cluster.

Each is a generator (work, tasks, ...) of pairs (task, bytes of its file), in the order
in which they are done; None in place of the bytes where its workers were lost, again
and again.  Closing one early ends what it runs.
"""

import os
import signal
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from typing import Any

from ..errors import StateError
from ..processes import is_parent
from .plan import Task

Work = Callable[[Task], bytes]
Results = Iterator[tuple[Task, bytes | None]]

RETRIES = 2  # of a run whose worker was lost
MOST_BREAKS = 20  # losses of workers in a row, without a run that is done
SECONDS = 20  # until a scheduler must have answered
# Libraries that start threads of their own read these when they are imported.
ONE_THREAD = dict.fromkeys(
    ("NUMBA_NUM_THREADS", "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"),
    "1",
)


def in_this_process(work: Work, tasks: Sequence[Task]) -> Results:
    """One after the other."""
    for task in tasks:
        yield task, work(task)


# ---- processes of this machine -----------------------------------------------------


def on_loky(work: Work, tasks: Sequence[Task], workers: int) -> Results:
    """In so many processes, of one thread each.

    When one of them is lost, all the runs that were under way are tried again, one at
    a time, so that the run that is to blame takes no other with it.
    """
    waiting, suspects = deque(tasks), deque[Task]()
    lost, breaks = Counter[str](), 0  # times: of each run; of any since one was done
    flying: dict[Future[bytes], Task] = {}
    pool, ended = None, False
    try:
        while waiting or suspects or flying:
            pool = pool or _processes(workers)
            careful = suspects or any(lost[task.key] for task in flying.values())
            broken = not _filled(
                pool, work, suspects or waiting, flying, 1 if careful else 2 * workers
            )
            wait(flying, return_when=FIRST_COMPLETED)
            for future in [f for f in flying if f.done()]:
                task = flying.pop(future)
                content = _result(future)
                if content is not None:
                    breaks = 0
                    yield task, content
                    continue
                broken = True
                lost[task.key] += 1
                if lost[task.key] > RETRIES:
                    yield task, None
                else:
                    suspects.append(task)
            if broken and not flying:
                breaks += 1
                if breaks > MOST_BREAKS:
                    raise StateError("minigan.study: every worker process dies at once")
                pool.shutdown(wait=True, kill_workers=True)
                pool = None
        ended = True
    finally:
        if pool is not None:
            pool.shutdown(wait=True, kill_workers=not ended)


def _filled(
    pool: Any,
    work: Work,
    queue: deque[Task],
    flying: "dict[Future[bytes], Task]",
    most: int,
) -> bool:
    """Hand over tasks until so many are there; False where processes are lost."""
    while queue and len(flying) < most:
        try:
            flying[pool.submit(work, queue[0])] = queue[0]
        except BrokenProcessPool:
            return False
        queue.popleft()
    return True


def _processes(workers: int) -> Any:
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(
        workers,
        timeout=None,
        initializer=_begin,
        initargs=(os.getpid(),),
        env=ONE_THREAD,
    )


def _begin(parent: int) -> None:
    """In a worker: Ctrl-C is for who began the study, with whom a worker ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()


def _end_with(parent: int) -> None:
    """End this process soon after its parent, even one that was killed."""
    while is_parent(parent):
        time.sleep(1)
    os._exit(1)


def _result(future: "Future[bytes]") -> bytes | None:
    """What a run returned; None where its process was lost.  Errors: StateError."""
    try:
        return future.result()
    except BrokenProcessPool:
        return None
    except Exception as error:
        raise _unable(error) from error


def _unable(error: BaseException) -> StateError:
    text = str(error) if isinstance(error, StateError) else f"{error!r}"
    return StateError(f"minigan.study: a worker could not begin: {text}")


# ---- a cluster ---------------------------------------------------------------------


def on_dask(work: Work, tasks: Sequence[Task], scheduler: Any) -> Results:
    """On the workers of a Dask scheduler: its address, or a `Client`.

    A run whose worker is lost begins again on another, as often as the scheduler's
    `distributed.scheduler.allowed-failures` says; so does one whose result was lost
    with its worker, before it was read.
    """
    from dask.distributed import CancelledError, Client, KilledWorker, as_completed

    own = isinstance(scheduler, str)
    try:
        client = Client(scheduler, timeout=SECONDS) if own else scheduler
    except (OSError, TimeoutError, ValueError, TypeError) as error:
        text = f"minigan.study: no Dask scheduler answers at {scheduler}: {error}"
        raise StateError(text) from error
    futures = client.map(work, tasks, pure=False, retries=RETRIES, batch_size=1000)
    running = dict(zip(futures, tasks, strict=True))
    try:
        completed = as_completed(futures)
        for future in completed:
            if not future.done():  # any more: it runs again
                completed.add(future)
                continue
            task = running.pop(future)
            try:
                content = future.result()
            except (CancelledError, KilledWorker):
                content = None
            except Exception as error:
                raise _unable(error) from error
            yield task, content
            future.release()
    finally:
        if running:
            with suppress(Exception):  # of a scheduler that is gone
                client.cancel(list(running))
        if own:
            client.close()
