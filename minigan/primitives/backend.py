"""Which code runs the primitives, and who listens while they run."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from ..validate import choice

BACKENDS = ("jit", "numpy")
chosen: ContextVar[str | None] = ContextVar("backend", default=None)
recorder: ContextVar[Any] = ContextVar("recorder", default=None)


def backend() -> str:
    """The name of the backend in force: "jit" or "numpy".

    The innermost `use_backend(...)`, else the environment variable MINIGAN_BACKEND,
    else "jit".
    """
    return chosen.get() or default_backend()


@cache
def default_backend() -> str:
    """What MINIGAN_BACKEND says.  Errors: ArgumentError for another word."""
    name = os.environ.get("MINIGAN_BACKEND") or "jit"
    return choice("minigan", "MINIGAN_BACKEND", name, BACKENDS)


@contextmanager
def use_backend(name: str | None) -> Iterator[None]:
    """Run a block on one backend: `with use_backend("numpy"): ...`.

    name: "jit" runs the compiled twins, "numpy" the formulas; None for no change.
    """
    if name is not None:
        choice("use_backend", "name", name, BACKENDS)
    token = chosen.set(name if name is not None else chosen.get())
    try:
        yield
    finally:
        chosen.reset(token)


def heading(text: str) -> None:
    """Say what the next primitives are for; only a recorder listens."""
    active = recorder.get()
    if active is not None:
        active.heading(text)
