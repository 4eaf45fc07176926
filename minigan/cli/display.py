"""What a person sees while a run trains: a live bar, plain lines, or nothing."""

import textwrap
import time
from contextlib import contextmanager, nullcontext
from math import isclose, isnan, log

import click

from ..gan.callbacks import Callback
from ..gan.equilibrium import of as equilibrium_of
from .output import printing

RECENT = 100  # steps that the shown losses are means of
WIDTH = 88  # columns of text that is wrapped
PATIENCE = 1.0  # seconds without a first step before the wait is explained
HEAD = (
    "          accuracy of D on      means of the last 100 steps\n"
    "    step  100 real  100 fake   D loss   G loss    D(x)  D(G(z))"
)


def display_for(trainer, steps, quiet):
    """The display that suits the terminal, or the lack of one."""
    if quiet:
        return Quiet()
    from rich.console import Console

    console = Console()
    if console.is_terminal and not console.is_dumb_terminal:
        return Live(console, trainer, steps)
    return Plain()


class Quiet(Callback):
    """Shows nothing."""

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass

    def say(self, text):
        """Print a message."""

    def wait(self, text):
        """A context in which something takes a second or two."""
        return nullcontext()

    def summarize(self, title, session):
        """Print what came of it."""


class Plain(Quiet):
    """One line a report, for logs and pipes."""

    headed = False

    def say(self, text):
        with printing():
            click.echo(text)

    def on_report(self, trainer, report):
        if not self.headed:
            self.headed = True
            self.say(HEAD)
        self.say(report_line(trainer, report))

    def summarize(self, title, session):
        self.say(f"done: {title}")
        for label, text in session.summary().items():
            self.say(f"  {label:8} {hanging(text, 11)}")


def report_line(trainer, report):
    """Accuracies on 100 real and 100 fake rows, and means over the last steps."""
    recent = means(trainer.history)
    return (
        f"{report.step:8,}{report.accuracy_real:10.0%}{report.accuracy_fake:10.0%}"
        f"{cell(recent['d_loss'], 9, 3)}{cell(recent['g_loss'], 9, 3)}"
        f"{cell(recent['d_real'], 8, 2)}{cell(recent['d_fake'], 9, 2)}"
    )


def cell(value, width, digits):
    """A number of so many digits after the point, or, where it would fill its column,
    of a few in all: a blank always stands before it."""
    for form in (f".{digits}f", ".2e", ".0e"):
        text = f"{value:{form}}"
        if len(text) < width:
            break
    return text.rjust(width)


def hanging(text, indent):
    """Text wrapped so that all its lines begin in one column; runs of blanks stay."""
    if "   " in text or len(text) + indent <= WIDTH:
        return text
    return textwrap.fill(text, WIDTH - indent).replace("\n", "\n" + " " * indent)


def wrapped(text):
    """Each line of a text wrapped, its continuation two columns further in."""
    return "\n".join(
        textwrap.fill(
            line, WIDTH, subsequent_indent=" " * (len(line) - len(line.lstrip()) + 2)
        )
        for line in text.splitlines()
    )


def means(history, window=RECENT):
    """name -> mean over the last steps."""
    rows = history.table[-window:]
    return dict(zip(history.columns, rows.mean(axis=0).tolist(), strict=True))


class Live(Plain):
    """A progress bar with speed, remaining time, losses and D's answers."""

    def __init__(self, console, trainer, steps):
        from rich.live import Live as RichLive
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        self.console, self.trainer = console, trainer
        self.waits_for_kernels = trainer.backend == "jit"
        self.levels = levels_text(equilibrium_of(trainer))
        self.recent = None
        self.started = time.monotonic()
        self.progress = Progress(
            TextColumn("[bold]{task.description}"),
            BarColumn(bar_width=None),
            TextColumn("{task.completed:,.0f}/{task.total:,.0f}"),
            TextColumn("[cyan]{task.fields[speed]}"),
            TimeRemainingColumn(compact=True),
            console=console,
            expand=True,
        )
        self.task = self.progress.add_task(
            trainer.name, total=steps, completed=trainer.step_count, speed=""
        )
        self.first = trainer.step_count
        self.live = RichLive(
            get_renderable=self.picture, console=console, transient=True
        )

    def __enter__(self):
        with printing():
            self.live.__enter__()
        return self

    def __exit__(self, *error):
        with printing():
            self.live.__exit__(*error)

    def say(self, text):
        with printing():
            self.console.print(text, markup=False, highlight=False, soft_wrap=True)

    @contextmanager
    def wait(self, text):
        status = self.console.status(text)
        with printing():
            status.start()
        try:
            yield
        finally:
            with printing():
                status.stop()

    def summarize(self, title, session):
        from rich.text import Text

        lines = session.summary()
        with printing():
            self.console.print(Text.assemble(("done ", "bold green"), title))
            for label, text in lines.items():
                line = Text.assemble((f"  {label:8} ", "dim"), hanging(text, 11))
                self.console.print(line, soft_wrap=True)

    def on_progress(self, trainer):
        if self.recent is None:  # the first step may have included compilation
            self.started, self.first = time.monotonic(), trainer.step_count
        self.recent = means(trainer.history)
        seconds = time.monotonic() - self.started
        done = trainer.step_count - self.first
        speed = f"{done / seconds:,.0f} steps/s" if done and seconds > 0.2 else ""
        with printing():
            self.progress.update(self.task, completed=trainer.step_count, speed=speed)

    def picture(self):
        """What stands below the printed lines, drawn anew ten times a second."""
        from rich.console import Group
        from rich.text import Text

        if self.recent is None:
            waited = time.monotonic() - self.started
            explain = self.waits_for_kernels and waited > PATIENCE
            text = "compiling kernels (first run only)" if explain else ""
            if self.trainer.execution.stopped:
                text += "; stopping after this step, Ctrl-C again aborts"
            below = Text(text.removeprefix("; "), style="yellow")
        else:
            values = self.recent
            below = Text.assemble(
                ("D loss ", "dim"),
                (f"{values['d_loss']:.3f}", "bold"),
                ("  G loss ", "dim"),
                (f"{values['g_loss']:.3f}", "bold"),
                (f"  ({self.levels})", "dim"),
                ("   D(x) ", "dim"),
                (f"{values['d_real']:.2f}", "bold red"),
                ("  D(G(z)) ", "dim"),
                (f"{values['d_fake']:.2f}", "bold blue"),
            )
        return Group(self.progress.get_renderable(), below)


def levels_text(balance):
    """The losses that a game in balance ends with, in few words."""
    if balance.d_loss == balance.g_loss:
        if isclose(balance.d_loss, log(2)):
            return "ln 2 = 0.693"
        return f"balance {balance.d_loss:.3f}"
    if isnan(balance.g_loss):
        return f"balance of D {balance.d_loss:.3f}"
    return f"balance {balance.d_loss:.3f} and {balance.g_loss:.3f}"
