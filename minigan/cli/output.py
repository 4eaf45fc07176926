"""Standard output: tables for people, and what is done goes on where it is closed."""

import os
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import click


def print_table(table: Any) -> None:
    """Print a table, in colour on a terminal, as plain text elsewhere."""
    from rich.console import Console

    console = Console()
    if console.is_terminal:
        console.print(table)
    else:
        click.echo(str(table))


@contextmanager
def printing() -> Iterator[None]:
    """A block that prints.  Where that fails a warning says so, and it is left out."""
    try:
        yield
    except (OSError, ValueError) as error:  # ValueError: a file that is closed
        reason = getattr(error, "strerror", None) or error
        discard()
        text = f"minigan: standard output cannot be written ({reason}); going on"
        with suppress(OSError):
            warnings.warn(text, RuntimeWarning, stacklevel=3)


def discard() -> None:
    """Let whatever is printed from now on vanish.

    Python would complain once more when it ends, about what is still in the buffer.
    """
    with suppress(OSError, ValueError, AttributeError):  # of a stream in memory
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, sys.stdout.fileno())
        finally:
            os.close(nowhere)
