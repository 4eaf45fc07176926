"""Ranks without MPI: each in a thread of this process."""

import contextvars
import threading


class Thread:
    """The communicator of one rank.   shared: what all of them have."""

    def __init__(self, rank, size, shared):
        self.rank, self.size = rank, size
        self._said, self._barrier = shared
        self.count = 0  # exchanges

    def allgather(self, rows):
        self._said[self.rank] = rows[self.rank].copy()
        self._barrier.wait(60)
        for rank, row in self._said.items():
            rows[rank] = row
        self._barrier.wait(60)
        self.count += 1

    def __deepcopy__(self, memo):
        return self


def together(size, work):
    """[what work(communicator) returns on each rank].  Errors: that of the first."""
    barrier = threading.Barrier(size)
    shared = {}, barrier
    found, errors = {}, {}

    def run(rank):
        try:
            found[rank] = work(Thread(rank, size, shared))
        except BaseException as error:
            errors[rank] = error

    contexts = [contextvars.copy_context() for _ in range(size)]
    threads = [
        threading.Thread(target=context.run, args=(run, rank))
        for rank, context in enumerate(contexts)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
    if errors:
        raise errors[min(errors)]
    return [found[rank] for rank in range(size)]
