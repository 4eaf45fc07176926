"""Ctrl-C in the middle of training: the step is finished first."""

import signal
import threading
from contextlib import contextmanager


@contextmanager
def finish_first(stop):
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

    def handler(number, frame):
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
