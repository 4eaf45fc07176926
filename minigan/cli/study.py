"""`minigan study`: a recipe over many seeds and settings, and what came of it."""

import json
import shlex
import signal
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import rich_click as click
from click.exceptions import Exit

from ..errors import MiniganError
from ..gan import recipes
from ..gan.options import Real
from ..study import Outcome, Study, wilson
from ..study.plan import seeds_text, shown
from . import choices
from .choices import OneOf, Place
from .interrupts import NUMBERS
from .output import printing
from .overrides import OVERRIDES

NONE = ("none", "null")
SHARES = 10  # lines about the progress where there is no terminal


class Setting(click.ParamType):
    """NAME=VALUE,VALUE: (name, values), each of the type that the setting has."""

    name = "setting"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, list[Any]]:
        name, equals, text = value.partition("=")
        name = name.strip().replace("-", "_")
        if not equals or not name:
            self.fail(f"expected NAME=VALUE,VALUE, got {value!r}", param, ctx)
        parts = [part.strip() for part in text.split(",")]
        if "" in parts:
            self.fail(f"{name}: expected values, got {text!r}", param, ctx)
        known = {o.name: o for o in OVERRIDES if o.of != "session"}
        if name not in known:  # an argument of the optimizers, or none: the recipe says
            return name, [_plain(part) for part in parts]
        option = known[name]
        try:
            values = [_converted(option, part, param, ctx) for part in parts]
        except click.BadParameter as error:
            self.fail(f"{name}: {error.message}", param, ctx)
        return name, values


def _converted(option: Any, text: str, param: Any, ctx: Any) -> Any:
    if text.lower() in NONE:
        return None
    found = option.type.convert(text, param, ctx)
    return float(found) if isinstance(option.option.check, Real) else found


def _plain(text: str) -> Any:
    """A number, true, false or none where it reads like one; else the text."""
    if text.lower() in ("true", "false", *NONE):
        return {"true": True, "false": False}.get(text.lower())
    try:
        return json.loads(text)
    except ValueError:
        return text


@click.command(
    short_help="Run a RECIPE over many seeds, and say how often it ends well.",
    epilog="Examples:\n\n"
    "minigan study parabola --seeds 0-199\n\n"
    "minigan study parabola --seeds 0-99 --set beta_1=0,0.5 --set batch_size=64,128\n\n"
    "minigan study digits --seeds 0-19 --steps 5000 --workers 4\n\n"
    "minigan study parabola --seeds 0-9999 --scheduler tcp://host:8786\n\n",
)
@click.argument("recipe", metavar="RECIPE", type=OneOf(recipes.RECIPES))
@click.option(
    "--seeds",
    metavar="SEEDS",
    default="0-19",
    show_default=True,
    help="Numbers and ranges, with commas between: 0-199, or 0-9,20.",
)
@click.option(
    "--set",
    "settings",
    type=Setting(),
    multiple=True,
    metavar="NAME=VALUES",
    help="A setting of the recipe and its values, with commas between: beta_1=0,0.5. "
    "May be given several times; every combination is run.",
)
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    metavar="N",
    help="Steps of each run. [default: the recipe's]",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 1024),
    metavar="N",
    help="Processes, of one thread each. [default: one for each core]",
)
@click.option(
    "--scheduler",
    metavar="ADDRESS",
    help="Run on a Dask cluster, whose scheduler is there: tcp://host:8786.",
)
@click.option(
    "-o",
    "--out",
    type=Place(file_okay=False),
    metavar="DIR",
    help="Folder for the results; runs that are there are kept. [default: "
    "studies/RECIPE]",
)
@choices.backend("Compiled kernels, or the readable NumPy ones. [default: jit]")
@click.option("--again", is_flag=True, help="Run those that failed once more.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def study(
    recipe: str,
    seeds: str,
    settings: Sequence[tuple[str, list[Any]]],
    steps: int | None,
    workers: int | None,
    scheduler: str | None,
    out: Path | None,
    backend: str | None,
    again: bool,
    quiet: bool,
) -> None:
    """Train the networks of a RECIPE with many seeds, and say how often it ends well.

    The folder then holds summary.txt, configurations.csv and runs.csv, study.html with
    a small picture of each run, and in runs/ a file for each run. What is there already
    is not run again: the same command goes on after Ctrl-C, more seeds or values are
    added to what is there, and not a byte depends on who ran it where.
    """
    if workers and scheduler:
        raise click.UsageError("--workers: expected no --scheduler beside it, got both")
    names = [name for name, _ in settings]
    for name in names:
        if names.count(name) > 1:
            raise click.UsageError(f"--set {name}: expected once, got it twice")
    made = Study(
        recipe,
        seeds,
        dict(settings),
        steps=steps,
        folder=out or Path("studies") / recipe,
        workers=workers,
        scheduler=scheduler,
        backend=backend,
        again=again,
    )
    _run(made, quiet)


def _run(made: Study, quiet: bool) -> None:
    """From the first run that is missing to the tables."""
    display = display_for(made, quiet)
    kept, started = len(made.outcomes), time.monotonic()
    missing = len(made.missing)
    display.say(_beginning(made, kept, missing))
    signals = Signals()
    try:
        with signals, display:
            for outcome in made:
                display.add(outcome)
    except KeyboardInterrupt:
        made.save()
        display.say(_stopped(made))
        raise Exit(128 + signals.number) from None
    except MiniganError:
        with suppress(MiniganError):  # what ended it is said, not what follows from it
            made.save()
            display.say(_stopped(made))
        raise
    made.save()
    seconds = time.monotonic() - started
    results = made.results
    for table in (results.health(), results.verdicts()):
        display.show(table)
    failed = sum(run.failed for run in results.runs)
    if failed:
        display.say(f"{failed} runs failed: see the column error of runs.csv; --again")
    done = missing - results.missing
    display.say(f"{done:,} runs in {seconds:.1f} s, all in {made.folder}/study.html")
    if made.lost:
        display.say(
            f"{len(made.lost)} runs lost their workers, again and again; "
            f"to try them once more:\n  {command(made)}"
        )
        raise Exit(1)


class Signals:
    """Within this block SIGTERM and SIGHUP end a study as Ctrl-C does.

    number: of the signal that did.
    """

    def __init__(self) -> None:
        self.number = int(signal.SIGINT)
        self._previous: dict[int, Any] = {}

    def __enter__(self) -> "Signals":
        if threading.current_thread() is threading.main_thread():
            for name in NUMBERS:
                number = getattr(signal, name, None)
                if number is not None and signal.getsignal(number) is signal.SIG_DFL:
                    self._previous[number] = signal.signal(number, self._end)
        return self

    def __exit__(self, *error: Any) -> None:
        for number, handler in self._previous.items():
            signal.signal(number, handler)

    def _end(self, number: int, frame: Any) -> None:
        self.number = number
        raise KeyboardInterrupt


def _beginning(made: Study, kept: int, missing: int) -> str:
    where = f"on {made.scheduler}"
    if made.scheduler is None:
        many = f"{made.workers} processes" if made.workers > 1 else "this process"
        where = f"in {many}"
    steps = f", {made.steps:,} steps each" if made.steps else ""
    there = f" ({kept:,} are there)" if kept else ""
    return f"{made.name}: {missing:,} runs{there}{steps}, {where}, to {made.folder}"


def _stopped(made: Study) -> str:
    return (
        f"stopped: {len(made.outcomes):,} of {len(made.plan.tasks):,} runs are done, "
        f"and kept; to go on:\n  {command(made)}"
    )


def command(made: Study) -> str:
    """The command that goes on with a study."""
    words = ["minigan", "study", made.name, "--seeds", seeds_text(made.plan.seeds)]
    for name in made.plan.configurations[0]:
        values = dict.fromkeys(shown(c[name]) for c in made.plan.configurations)
        words += ["--set", f"{name}={','.join(values)}"]
    words += ["--steps", str(made.steps), "--backend", made.backend]
    if made.scheduler is not None:
        words += ["--scheduler", str(made.scheduler)]
    else:
        words += ["--workers", str(made.workers)]
    return shlex.join([*words, "--out", str(made.folder)])


# ---- what a person sees ------------------------------------------------------------


def display_for(made: Study, quiet: bool) -> "Quiet":
    """The display that suits the terminal, or the lack of one."""
    if quiet:
        return Quiet(made)
    from rich.console import Console

    console = Console()
    if console.is_terminal and not console.is_dumb_terminal:
        return Live(made, console)
    return Plain(made)


class Quiet:
    """Shows nothing.   made: the study, which is about to run what is missing."""

    def __init__(self, made: Study) -> None:
        self.total, self.done, self.healthy, self.failed = len(made.missing), 0, 0, 0

    def __enter__(self) -> "Quiet":
        return self

    def __exit__(self, *error: Any) -> None:
        pass

    def add(self, outcome: Outcome) -> None:
        """One more run is done."""
        self.done += 1
        self.healthy += outcome.healthy is True
        self.failed += outcome.failed

    def say(self, text: str) -> None:
        """Print a message."""

    def show(self, table: Any) -> None:
        """Print a table."""

    def so_far(self) -> str:
        """How many are healthy, in a few words."""
        low, high = wilson(self.healthy, self.done)
        text = f"healthy {self.healthy:,} ({low:.0%} to {high:.0%})"
        return f"{text}, failed {self.failed:,}" if self.failed else text


class Plain(Quiet):
    """A line for every tenth of the runs, for logs and pipes."""

    def add(self, outcome: Outcome) -> None:
        super().add(outcome)
        tenth = SHARES * self.done // self.total
        if tenth > SHARES * (self.done - 1) // self.total:
            self.say(f"{self.done:8,} of {self.total:,}  {self.so_far()}")

    def say(self, text: str) -> None:
        with printing():
            click.echo(text)

    def show(self, table: Any) -> None:
        self.say(f"\n{table}\n")


class Live(Quiet):
    """A bar with speed, remaining time and the share of healthy runs."""

    def __init__(self, made: Study, console: Any) -> None:
        super().__init__(made)
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.console = console
        self.progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("[cyan]{task.fields[healthy]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            expand=True,
            transient=True,
        )
        self.task = self.progress.add_task(made.name, total=self.total, healthy="")

    def __enter__(self) -> "Live":
        with printing():
            self.progress.start()
        return self

    def __exit__(self, *error: Any) -> None:
        with printing():
            self.progress.stop()

    def add(self, outcome: Outcome) -> None:
        super().add(outcome)
        with printing():
            self.progress.update(self.task, completed=self.done, healthy=self.so_far())

    def say(self, text: str) -> None:
        with printing():
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    def show(self, table: Any) -> None:
        with printing():
            self.console.print(table)
