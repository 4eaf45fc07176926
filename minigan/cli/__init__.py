"""The command line: `minigan train`, `sample`, `check`, `profile` and so on.

Exit codes: 0 done, 1 the work itself failed (disk full, wrong gradient), 2 something
to change in the command, 130 and 143 interrupted (Ctrl-C, SIGTERM).  Errors are one
line on standard error; data that are nowhere, a list of the ways to get them.
"""

import errno
import signal
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

import rich_click as click

from .. import starting
from ..errors import DatasetError, MiniganError, NonFiniteError, OutputError
from ..version import __version__
from .check import check
from .data import data
from .environment import look_at_environment
from .exercise import exercise
from .golden import golden
from .output import discard
from .profile import profile
from .record import record
from .sample import sample
from .study import study
from .train import train


class Program(click.RichGroup):
    """A group of commands whose errors are one line, whoever raised them."""

    def main(self, *args: Any, standalone_mode: bool = True, **extra: Any) -> Any:
        with warnings.catch_warnings():
            warnings.filterwarnings("default", message="minigan: ")
            warnings.showwarning = _show_warning
            try:
                starting.release()
                look_at_environment()
                run: Any = super().main  # takes arguments of many kinds
                code = run(*args, standalone_mode=False, **extra)
                if sys.stdout is not None:
                    sys.stdout.flush()
            except click.ClickException as error:
                code = complain(error.format_message(), 2)
            except (click.Abort, KeyboardInterrupt):
                code = complain("interrupted", 128 + signal.SIGINT)
            except (OutputError, NonFiniteError) as error:
                code = complain(error, 1)
            except DatasetError as error:
                code = complain(error, 2, lines=True)
            except MiniganError as error:
                code = complain(error, 2)
            except MemoryError:
                code = complain("not enough memory", 1)
            except OSError as error:
                if error.errno == errno.EPIPE:
                    raise
                code = complain(_named(error), 1)
        starting.guard()
        if not standalone_mode:
            return code
        raise SystemExit(code)

    def make_context(self, *args: Any, **extra: Any) -> click.Context:
        """Read the arguments."""
        with _aborted_by_ctrl_c():
            return super().make_context(*args, **extra)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        with _aborted_by_ctrl_c():
            return super().invoke(ctx)


@contextmanager
def _aborted_by_ctrl_c() -> Iterator[None]:
    """Of a KeyboardInterrupt click would print an empty line; it is an `Abort` here."""
    try:
        yield
    except KeyboardInterrupt as error:
        raise click.Abort from error


def _named(error: OSError) -> str:
    """What to say of an error of the system; without a file's name it is of a print."""
    if error.filename is not None:
        return str(error)
    discard()
    return f"standard output cannot be written ({error.strerror or error})"


def complain(message, code, lines=False):
    """Print an error, as one line unless its lines are wanted; return the exit code."""
    text = str(message).rstrip() if lines else " ".join(str(message).split())
    with suppress(OSError):
        click.echo(f"minigan: error: {text}", err=True)
    return code


def _show_warning(message, category, filename, lineno, file=None, line=None):
    text = " ".join(str(message).split()).removeprefix("minigan: ")
    with suppress(OSError):
        click.echo(f"minigan: warning: {text}", err=True)


@click.group(
    cls=Program,
    context_settings={"help_option_names": ["-h", "--help"]},
    no_args_is_help=True,
)
@click.version_option(__version__, "-V", "--version", message="minigan %(version)s")
def cli():
    """Train generative adversarial networks, and prove their gradients.

    \b
    minigan train parabola          the smallest GAN, with pictures
    minigan train digits            handwritten digits, in half a minute
    minigan train parabola --data F a GAN of F, a table of your own (CSV)
    minigan sample RUN -n 100       more from a trained generator
    minigan study parabola          many seeds, and how often it ends well
    minigan check                   every gradient, proven on this machine
    minigan data list               images to train on, and where they are
    minigan profile parabola        what a step does, and where its time goes
    minigan exercise list           write it yourself, with a judge
    minigan record parabola         one page to play the run and check every number
    minigan golden --list           reference vectors for other implementations
    """


cli.add_command(train)
cli.add_command(sample)
cli.add_command(study)
cli.add_command(check)
cli.add_command(data)
cli.add_command(profile)
cli.add_command(record)
cli.add_command(golden)
cli.add_command(exercise)


def main():
    """Entry point of the `minigan` command."""
    cli.main(prog_name="minigan")
