"""Which code runs the primitives, with which arithmetic, and who listens to them."""

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

from ..errors import ArgumentError
from ..jit.available import trouble
from ..validate import choice, complain

BACKENDS = ("jit", "numpy")
PRODUCTS = ("auto", "chain", "tiles")
chosen: ContextVar[str | None] = ContextVar("backend", default=None)
chosen_products: ContextVar[str | None] = ContextVar("products", default=None)
recorder: ContextVar[Any] = ContextVar("recorder", default=None)


def backend() -> str:
    """The name of the backend in force: "jit" or "numpy".

    The innermost `use_backend(...)`, else the environment variable MINIGAN_BACKEND,
    else "jit"; where Numba cannot be used, "numpy".
    """
    return chosen.get() or default_backend()


@cache
def default_backend() -> str:
    """What MINIGAN_BACKEND says, else "jit", or "numpy", with a notice, without Numba.

    Errors: ArgumentError for another word, or for "jit" where it cannot be used.
    """
    name = os.environ.get("MINIGAN_BACKEND")
    if name:
        return usable("minigan", "MINIGAN_BACKEND", name)
    if trouble():
        warnings.warn(
            f"minigan: {trouble()}, so the NumPy formulas run instead of compiled "
            "kernels: the same results, more slowly",
            stacklevel=2,
        )
        return "numpy"
    return "jit"


def usable(where: str, argument: str, name: str) -> str:
    """The name of a backend that can be used here.  Errors: ArgumentError."""
    choice(where, argument, name, BACKENDS)
    if name == "jit" and trouble():
        expected = f"'numpy', since {trouble()}"
        complain(ArgumentError, where, argument, expected, "'jit'")
    return name


def chosen_backend(where: str, name: str | None) -> str:
    """The name, if it is one; for None that in force.  Errors: ArgumentError."""
    return backend() if name is None else usable(where, "backend", name)


@contextmanager
def use_backend(name: str | None) -> Iterator[None]:
    """Run a block on one backend: `with use_backend("numpy"): ...`.

    name: "jit" runs the compiled twins, "numpy" the formulas; None for no change.
    Errors: ArgumentError for another name, or for "jit" where Numba cannot be used.
    """
    if name is not None:
        usable("use_backend", "name", name)
    token = chosen.set(name if name is not None else chosen.get())
    try:
        yield
    finally:
        chosen.reset(token)


def products() -> str:
    """The arithmetic of the backend "jit" for products: "chain" or "tiles".

    The innermost `use_products(...)`, else the environment variable MINIGAN_PRODUCTS,
    else "auto": tiles where the CPU has matrix units.  See docs/tiles.md.
    """
    from ..gemm.choice import in_force

    return in_force(asked_products())


def asked_products() -> str:
    """The same word, with "auto" as it is."""
    return chosen_products.get() or default_products()


@cache
def default_products() -> str:
    """What MINIGAN_PRODUCTS says.  Errors: ArgumentError for another word."""
    name = os.environ.get("MINIGAN_PRODUCTS") or "auto"
    return choice("minigan", "MINIGAN_PRODUCTS", name, PRODUCTS)


@contextmanager
def use_products(name: str | None) -> Iterator[None]:
    """Run a block with one arithmetic: `with use_products("chain"): ...`.

    name: "chain" has the same bits on every CPU with fused multiply-adds; "tiles" is
    float32 on matrix units, or emulated; "auto" takes tiles where the CPU has them;
    None for no change.
    """
    if name is not None:
        choice("use_products", "name", name, PRODUCTS)
    token = chosen_products.set(name if name is not None else chosen_products.get())
    try:
        yield
    finally:
        chosen_products.reset(token)


def heading(text: str) -> None:
    """Say what the next primitives are for; only a recorder listens."""
    active = recorder.get()
    if active is not None:
        active.heading(text)


def between(function: Callable[[], object]) -> None:
    """Call a function that is no primitive; a replayed step calls it there again.

    It may change memory that the step declared.
    """
    active = recorder.get()
    if active is None:
        function()
    else:
        active.between(function)
