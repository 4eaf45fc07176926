"""Ctrl-C and SIGTERM: the first one stops training after its step, the second aborts.

`Trainer.fit` takes the first Ctrl-C itself and raises KeyboardInterrupt when its step
is finished.  What is handled here is all the rest.
"""

import os
import signal
import threading

from ..gan.callbacks import Callback

SHOW_CURSOR = b"\x1b[?25h\n"  # a live display hides it
ABORTED = b"minigan: error: aborted; --resume goes on from the last save\n"


class Interrupts(Callback):
    """Within this block signals stop training, or end the process.

    As a callback of `fit` it makes sure that a SIGTERM just before it is not lost.
    """

    def __init__(self):
        self.terminated = False
        self.trainer = None  # set while it runs
        self._previous = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM):
                if signal.getsignal(number) not in (None, signal.SIG_IGN):
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_):
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number, frame):
        if number == signal.SIGTERM and self.trainer and not self.terminated:
            self.terminated = True
            self.trainer.stop()
        else:
            _abort(number)

    def on_progress(self, trainer):
        if self.terminated:
            trainer.stop()

    def fit(self, trainer, steps, **options):
        """Train.  Returns the signal that ended it early, or None."""
        self.trainer = trainer
        try:
            trainer.fit(steps, **options)
        except KeyboardInterrupt:
            return signal.SIGINT
        finally:
            self.trainer = None
        return signal.SIGTERM if self.terminated else None


def _abort(number):
    """End the process at once, with the exit code that shells expect.

    An exception would be lost where compiled code or a compiler is running.  Files are
    replaced as a whole, so none is left half written.
    """
    if os.isatty(1):
        os.write(1, SHOW_CURSOR)
    os.write(2, ABORTED)
    os._exit(128 + number)
