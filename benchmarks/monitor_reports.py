"""What a run hears of the monitor on its way, by how it ends.

    python -m benchmarks.monitor_reports [--first 0] [--seeds 200] [--recipe parabola]
                                         [--report-every 2000] [--rows FILE]

Counts the runs that end healthy and heard a failing verdict at a report, the first
fifth of the run left out (its last step is not): an alarm that was false.  Of the runs
that fail outright it counts those that `diagnose` names when training is done: it then
waits no longer.  Healthy is
what the source says of 2,000 samples that the monitor never sees; a run on the parabola
fails outright with a mean |y - x^2| or an energy distance above 0.02, one on a mixture
where it is not healthy.  --rows keeps a line of JSON for each run in a file; those that
are there are not run again.
"""

import argparse
import json
import sys
import time
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

if __name__ == "__main__":  # so that it runs as a script and as a module
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.parabola_health import wilson
from minigan.errors import NonFiniteError
from minigan.gan import Monitor, diagnosis, recipes

FAILING = (
    diagnosis.STRONG,
    diagnosis.COLLAPSED,
    diagnosis.VANISHING,
    diagnosis.EXPLODING,
    diagnosis.UNSETTLED,
)
HEALTHY, FAILED, BETWEEN = "healthy", "failed", "in between"
SAMPLES = 2000
QUIET = 0.2  # share of the run in which nothing counts
OUTRIGHT = 0.02  # of either figure of a run on the parabola


class Heard(Monitor):
    """A monitor that keeps the verdict of every report."""

    def __init__(self) -> None:
        super().__init__(write=lambda text: None)
        self.verdicts: dict[int, str] = {}

    def on_report(self, trainer, report):
        super().on_report(trainer, report)
        self.verdicts[trainer.step_count] = self.changes[-1][1].verdict

    def said(self, steps: int) -> str:
        """What it said when, and whether that was an alarm, of a run of so many."""
        changes, last = [], None
        for step, verdict in self.verdicts.items():
            if verdict != last:
                changes.append(f"{verdict} ({step:,})")
            last = verdict
        alarm = "a failing" if false_alarm(self.verdicts, steps) else "no failing"
        said = ", ".join(changes) or "no report"
        return f"{said}; {alarm} verdict after the first fifth"


Row = tuple[int, str, dict[int, str], str]


def run(recipe: str, seed: int, every: int) -> Row:
    """(seed, how it ended, step -> verdict, the verdict on the run that is done)."""
    trainer, heard = recipes.load(recipe, seed), Heard()
    try:
        steps = recipes.RECIPES[recipe].steps
        trainer.fit(steps, report_every=every, callbacks=[heard])
    except NonFiniteError:
        return seed, FAILED, heard.verdicts, trainer.diagnose().verdict
    return seed, end_of(trainer), heard.verdicts, trainer.diagnose().verdict


def end_of(trainer) -> str:
    """How a run ended."""
    quality = trainer.data.quality(trainer.sample(SAMPLES), trainer.seed)
    if quality.healthy:
        return HEALTHY
    figures = quality.metrics
    outright = figures.get("residual", 1) > OUTRIGHT
    return FAILED if outright or figures["energy_distance"] > OUTRIGHT else BETWEEN


def report(found, steps: int):
    """The table of verdicts by report, and both shares."""
    for end in (HEALTHY, BETWEEN, FAILED):
        runs = [row[2] for row in found if row[1] == end]
        table = Table(title=f"{len(runs)} runs that end {end}", title_justify="left")
        table.add_column("step", justify="right")
        counts = Counter((step, v) for heard in runs for step, v in heard.items())
        names = [n for n in diagnosis.MEANING if any(v == n for _, v in counts)]
        for name in names:
            table.add_column(name, justify="right")
        for step in sorted({step for step, _ in counts}):
            cells = [str(counts[step, name] or "") for name in names]
            table.add_row(f"{step:,}", *cells)
        if runs:
            yield table
    healthy = [row for row in found if row[1] == HEALTHY]
    alarmed = [row[0] for row in healthy if false_alarm(row[2], steps)]
    what = "healthy runs that heard a failing verdict at a report"
    yield _share(what, len(alarmed), len(healthy))
    yield f"  seeds {', '.join(map(str, alarmed)) or 'none'}"
    failed = [row for row in found if row[1] == FAILED]
    for rows, what in ((healthy, "healthy"), (failed, "failed")):
        named = sum(row[3] in FAILING for row in rows)
        yield _share(f"{what} runs named failing when they are done", named, len(rows))


def false_alarm(verdicts: dict[int, str], steps: int) -> bool:
    """Did a run hear a failing verdict once its first fifth was over?"""
    return any(v in FAILING for s, v in verdicts.items() if s >= QUIET * steps)


def _share(what: str, hits: int, of: int) -> str:
    if not of:
        return f"{what}: no such run"
    low, high = wilson(hits, of)
    interval = f"(95 %: {low:.1%} to {high:.1%})"
    return f"{what}: {hits} of {of}, {hits / of:.1%} {interval}"


def _kept(path: Path | None) -> dict[int, Row]:
    """seed -> what `run` returned, from the lines of a file."""
    lines = path.read_text().splitlines() if path and path.exists() else []
    rows = map(json.loads, lines)
    return {
        seed: (seed, end, {int(k): v for k, v in heard.items()}, last)
        for seed, end, heard, last in rows
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--recipe", default="parabola", choices=recipes.RECIPES)
    parser.add_argument("--rows", type=Path, help="a file to keep the runs in")
    parser.add_argument("--report-every", type=int, help="in place of the recipe's")
    options = parser.parse_args()
    recipe, started, found = recipes.RECIPES[options.recipe], time.time(), []
    every = options.report_every or recipe.report_every
    kept = _kept(options.rows)
    for seed in range(options.first, options.first + options.seeds):
        if seed not in kept:
            kept[seed] = run(recipe.name, seed, every)
            if options.rows:
                with open(options.rows, "a") as file:
                    file.write(json.dumps(kept[seed]) + "\n")
        found.append(kept[seed])
        done = f"\r{len(found)} of {options.seeds} seeds, {time.time() - started:.0f} s"
        print(done, end="", file=sys.stderr)
    print(file=sys.stderr)
    console = Console(highlight=False, width=100)
    last = options.first + options.seeds - 1
    console.print(f"{recipe.name}, seeds {options.first}-{last}, every {every:,} steps")
    for part in report(found, recipe.steps):
        console.print(part)


if __name__ == "__main__":
    main()
