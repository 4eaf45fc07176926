"""matplotlib as it comes, whatever a user has set for figures of their own.

MPLBACKEND may name a backend that is not installed here, and a matplotlibrc may ask for
LaTeX, or be damaged: neither is a reason to draw nothing, or something else.
"""

import atexit
import importlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from ..files import elsewhere

BACKEND, FILE, CONFIG = "MPLBACKEND", "MATPLOTLIBRC", "MPLCONFIGDIR"


@contextmanager
def environment(**values: str | None) -> Iterator[None]:
    """A block in which variables have these values; None: are not set."""
    before = {name: os.environ.get(name) for name in values}
    _set(values)
    try:
        yield
    finally:
        _set(before)


def _set(values: dict[str, str | None]) -> None:
    for name, value in values.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def load() -> None:
    """Import matplotlib.  The user's backend and files hold for it where they can."""
    if "matplotlib" in sys.modules:
        return
    asked = os.environ.get(BACKEND)
    with environment(**{BACKEND: None}):
        try:
            _import()
        except (ValueError, OSError):  # a matplotlibrc or a style that is no text, say
            for name in [name for name in sys.modules if name.startswith("matplotlib")]:
                del sys.modules[name]  # parts that know of the first attempt
            folder = tempfile.mkdtemp(prefix="minigan-matplotlib-")
            atexit.register(shutil.rmtree, folder, ignore_errors=True)
            with elsewhere(), environment(**{FILE: os.devnull, CONFIG: folder}):
                _import()
    if asked:
        with suppress(ValueError):
            sys.modules["matplotlib"].rcParams["backend"] = asked


def _import() -> None:
    """All that reads settings: the file of the user, and the styles beside it."""
    importlib.import_module("matplotlib")
    importlib.import_module("matplotlib.style")


@contextmanager
def own_settings() -> Iterator[None]:
    """A block, or as a decorator a function, that draws with matplotlib's defaults."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


load()
