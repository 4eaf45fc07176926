"""Variables of the environment that would confuse the libraries beneath."""

import importlib
import io
import logging
import os
import sys

from ..errors import ArgumentError
from ..reading import reason_of

OF_NUMBA = ".numba_config.yaml"
NARROWEST = 20  # columns; fewer are no terminal, but a script that could not tell


def look_at_environment() -> None:
    """Leave out what means nothing.  Errors: ArgumentError for what must be changed."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # of a user's settings
    if isinstance(sys.stdout, io.TextIOWrapper) and sys.stdout.errors == "strict":
        sys.stdout.reconfigure(errors="backslashreplace")  # names in other letters
    _look_at_numba()
    columns = os.environ.get("COLUMNS")
    if columns is not None and not (columns.isdecimal() and int(columns) >= NARROWEST):
        del os.environ["COLUMNS"]
    threads = os.environ.get("NUMBA_NUM_THREADS", "").strip()
    if threads and not (threads.isdecimal() and int(threads) >= 1):
        raise ArgumentError(
            f"NUMBA_NUM_THREADS: expected an integer >= 1, got {threads!r}"
        )


def _look_at_numba() -> None:
    """A file in the current folder that Numba reads when it is imported."""
    try:
        with open(OF_NUMBA, encoding="utf-8") as file:
            found = importlib.import_module("yaml").safe_load(file)
    except (FileNotFoundError, IsADirectoryError, ImportError):
        return  # without the library Numba reads none either
    except Exception as error:
        raise ArgumentError(
            f"{OF_NUMBA}: numba cannot read it ({reason_of(error)}); mend it, or start "
            "minigan in another folder"
        ) from error
    if not isinstance(found, dict | None):
        raise ArgumentError(f"{OF_NUMBA}: expected names and values, got other YAML")
