"""Ctrl-C and SIGTERM: the first one stops training after its step, the second aborts.

`Trainer.fit` takes the first Ctrl-C itself and raises KeyboardInterrupt when its step
is finished.  What is handled here is all the rest.
"""

import os
import signal
import threading
from contextlib import suppress

from ..gan.callbacks import Callback
from ..starting import INTERRUPTED

SHOW_CURSOR = b"\x1b[?25h\n"  # a live display hides it
ABORTED = b"minigan: error: aborted; --resume goes on from the last save\n"
NUMBERS = ("SIGINT", "SIGTERM", "SIGHUP", "SIGBREAK")  # those that a system has


class Interrupts(Callback):
    """Within this block signals stop training, or end the process.

    As a callback of `fit` it makes sure that a SIGTERM just before it is not lost.
    folder: of the run, whose checkpoint --resume would go on from.
    """

    def __init__(self, folder):
        self.folder = folder
        self.terminated = None  # the signal that was not Ctrl-C
        self.trainer = None  # set while it runs
        self._previous = {}

    def __enter__(self):
        if threading.current_thread() is threading.main_thread():
            for name in NUMBERS:
                number = getattr(signal, name, None)
                if number is None:
                    continue
                if signal.getsignal(number) not in (None, signal.SIG_IGN):
                    self._previous[number] = signal.signal(number, self._handle)
        return self

    def __exit__(self, *_):
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _handle(self, number, frame):
        if number != signal.SIGINT and self.trainer and not self.terminated:
            self.terminated = number
            self.trainer.stop()
        else:
            saved = self.folder.checkpoint.is_file()
            abort(number, ABORTED if saved else INTERRUPTED)

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
        return self.terminated


def abort(number, text=INTERRUPTED):
    """End the process at once, with the exit code that shells expect.

    An exception would be lost where compiled code or a compiler is running.  Files are
    replaced as a whole, so none is left half written.
    """
    with suppress(OSError):
        if os.isatty(1):
            os.write(1, SHOW_CURSOR)
    with suppress(OSError):
        os.write(2, text)
    os._exit(128 + number)
