"""The live display, on terminals of several widths."""

import io

import pytest
from rich.console import Console

from minigan.cli import display
from minigan.cli import session as session_module
from minigan.cli.display import HEAD, cell, report_line
from minigan.cli.interrupts import Interrupts
from minigan.cli.rundir import RunDir
from minigan.gan import recipes
from minigan.gan.equilibrium import equilibrium

from .helpers import BACKEND, train


def live(trainer, width, steps=10_000):
    """A live display on a terminal of that width, and what it writes to."""
    written = io.StringIO()
    console = Console(file=written, force_terminal=True, width=width, color_system=None)
    return display.Live(console, trainer, steps), written


def drawn(shown, written):
    """The lines that stand below the reports."""
    written.truncate(0)
    written.seek(0)
    shown.console.print(shown.picture())
    return written.getvalue().splitlines()


@pytest.mark.parametrize("width", [80, 120])
def test_the_live_display_has_two_lines(width):
    trainer = recipes.load("parabola", backend=BACKEND)
    trainer.fit(3)
    shown, written = live(trainer, width)
    shown.on_progress(trainer)
    bar, values = drawn(shown, written)
    assert "3/10,000" in bar and len(bar) <= width and len(values) <= width
    for words in ("D loss 0.", "G loss 0.", "ln 2 = 0.693", "D(x) 0.", "D(G(z)) 0."):
        assert words in values


def test_the_live_display_explains_the_wait(monkeypatch):
    trainer = recipes.load("parabola", backend="jit")
    shown, written = live(trainer, 120)
    assert drawn(shown, written)[1] == ""
    monkeypatch.setattr(display, "PATIENCE", -1)
    assert drawn(shown, written)[1] == "compiling kernels (first run only)"
    trainer.stop()
    assert "Ctrl-C again aborts" in drawn(shown, written)[1]


def test_the_live_display_from_start_to_summary(tmp_path, no_pictures):
    trainer = recipes.load("parabola", backend=BACKEND)
    shown, written = live(trainer, 80, steps=4)
    shown.console.legacy_windows = False
    folder = RunDir(tmp_path)
    session = session_module.Session(folder, trainer, 4, shown)
    assert session.train(Interrupts(folder)) is None
    shown.on_report(trainer, trainer.report())
    with shown.wait("drawing"):
        session.save_results()
    shown.summarize("4 steps", session)
    text = written.getvalue()
    for words in ("accuracy of D", "done 4 steps", "mean |y - x^2|", "training.gif"):
        assert words in text


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({}, "ln 2 = 0.693"),
        ({"real_label": 0.9}, "balance 0.688 and 0.799"),
        ({"objective": "minimax"}, "balance 0.693 and -0.693"),
        ({"real_label": 0.8, "fake_label": 0.2}, "ln 2 = 0.693"),
        ({"objective": "least-squares"}, "balance 0.125"),
        ({"objective": "hinge"}, "balance of D 1.000"),
        ({"objective": "wasserstein"}, "balance of D 0.000"),
    ],
)
def test_the_levels_of_a_game_in_balance(options, text):
    assert display.levels_text(equilibrium(**options)) == text


def test_long_texts_hang_and_columns_stay():
    text = "word " * 30
    lines = display.hanging(text, 11).splitlines()
    assert all(line.startswith(" " * 11) for line in lines[1:]) and len(lines) == 2
    assert display.hanging("a   b " * 30, 11) == "a   b " * 30
    verdict = "healthy\n  " + text
    head, *rest = display.wrapped(verdict).splitlines()
    assert head == "healthy" and [line[:5] for line in rest] == ["  wor", "    w"]
    assert max(map(len, rest)) <= display.WIDTH


def test_the_monitor_speaks_at_a_report_and_in_the_summary(
    tmp_path, no_pictures, frequent_reports
):
    result = train(tmp_path / "run", steps=120)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    first = next(k for k, line in enumerate(lines) if line.startswith("step 20: "))
    assert "too early to say (steps 1 to 20)" in lines[first]
    assert "remedy: train on" in lines[first + 2]
    changed = [line for line in lines if line.startswith("step 1")]
    assert changed and "too early" not in changed[0]
    assert "still learning" in changed[-1]
    verdict = next(line for line in lines if line.startswith("  verdict"))
    assert verdict.split(None, 1)[1] == "not converging"  # of a run that is over


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.6931, "    0.693"),
        (9999.5, " 9999.500"),
        (10_000.0, " 1.00e+04"),
        (-12345.6, "   -1e+04"),
        (1.5e300, "   2e+300"),
        (float("nan"), "      nan"),
        (float("-inf"), "     -inf"),
    ],
)
def test_numbers_never_fill_their_columns(value, text):
    assert cell(value, 9, 3) == text and text.startswith(" ")


def test_lines_of_large_losses_stay_apart(tmp_path):
    trainer = recipes.load("parabola", backend=BACKEND)
    trainer.fit(1, report_every=None)
    trainer.history.table[:] = 123456.789
    line = report_line(trainer, trainer.report())
    assert len(line.split()) == 7 and len(line) == len(HEAD.splitlines()[1])
