"""Variables of the environment that would confuse the libraries beneath."""

import logging
import os

from ..errors import ArgumentError

NARROWEST = 20  # columns; fewer are no terminal, but a script that could not tell


def look_at_environment() -> None:
    """Leave out what means nothing.  Errors: ArgumentError for what must be changed."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # of a user's settings
    columns = os.environ.get("COLUMNS")
    if columns is not None and not (columns.isdecimal() and int(columns) >= NARROWEST):
        del os.environ["COLUMNS"]
    threads = os.environ.get("NUMBA_NUM_THREADS", "").strip()
    if threads and not (threads.isdecimal() and int(threads) >= 1):
        raise ArgumentError(
            f"NUMBA_NUM_THREADS: expected an integer >= 1, got {threads!r}"
        )
