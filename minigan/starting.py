"""Ctrl-C while the `minigan` command is still being imported: one line, and exit 130.

Imported before everything else.  In any other program it installs nothing.
"""

import os
import signal
import sys
import threading
from typing import Any

INTERRUPTED = b"minigan: error: interrupted\n"


def guard() -> None:
    """From now on Ctrl-C ends the command at once, unless somebody else handles it."""
    if is_command() and threading.current_thread() is threading.main_thread():
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
            signal.signal(signal.SIGINT, end)


def release() -> None:
    """From now on it is Python's KeyboardInterrupt again."""
    if signal.getsignal(signal.SIGINT) is end:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def is_command() -> bool:
    """Whether this process is `minigan ...` or `python -m minigan ...`.

    While Python looks for the module, the first argument is "-m".
    """
    first = sys.argv[0] if getattr(sys, "argv", None) else ""
    if first == "-m":
        return "minigan" in sys.orig_argv
    place, name = os.path.split(first)
    return name.lower().removesuffix(".exe") == "minigan" or (
        name == "__main__.py" and os.path.basename(place) == "minigan"
    )


def end(number: int, frame: Any) -> None:
    """Say one line and leave, also out of an import or a compiler."""
    try:
        os.write(2, INTERRUPTED)
    finally:
        os._exit(128 + number)


guard()
