"""Ctrl-C in the middle of training: the step is finished first."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def finish_first(stop: Callable[[], object]) -> Iterator[None]:
    """Within this block the first Ctrl-C calls `stop()`; it is raised at the end.

    A second Ctrl-C interrupts at once.  Outside the main thread, where Python allows
    no signal handlers, nothing is changed, nor where Ctrl-C is ignored (`nohup`).
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    previous = signal.getsignal(signal.SIGINT)
    if previous in (None, signal.SIG_IGN):  # None: installed from C
        yield
        return
    interrupted = []

    def handler(number: int, frame: Any) -> None:
        signal.signal(signal.SIGINT, previous)
        interrupted.append(number)
        stop()

    signal.signal(signal.SIGINT, handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)
    if interrupted:
        raise KeyboardInterrupt
