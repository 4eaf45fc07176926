"""matplotlib as it comes, whatever a user has set for figures of their own.

MPLBACKEND may name a backend that is not installed here, and a matplotlibrc may ask for
LaTeX, or be damaged: neither is a reason to draw nothing, or something else.
"""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

BACKEND, FILE = "MPLBACKEND", "MATPLOTLIBRC"


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
    """Import matplotlib.  The user's backend and file hold for it where they can."""
    if "matplotlib" in sys.modules:
        return
    asked = os.environ.get(BACKEND)
    with environment(**{BACKEND: None}):
        try:
            import matplotlib
        except (ValueError, OSError):  # a matplotlibrc that is no text, say
            for name in [name for name in sys.modules if name.startswith("matplotlib")]:
                del sys.modules[name]  # parts that know of the first attempt
            with environment(**{FILE: os.devnull}):
                import matplotlib
    if asked:
        with suppress(ValueError):
            matplotlib.rcParams["backend"] = asked


@contextmanager
def own_settings() -> Iterator[None]:
    """A block, or as a decorator a function, that draws with matplotlib's defaults."""
    import matplotlib

    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        yield


load()
