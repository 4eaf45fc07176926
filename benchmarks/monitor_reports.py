"""What a run hears of the monitor on its way, by how it ends.

    python -m benchmarks.monitor_reports [--first 0] [--seeds 200] [--recipe parabola]
                                         [--report-every 2000] [--steps N] [--rows FILE]
                                         [--set OPTION=JSON ...]

Counts the runs that end healthy and heard a failing verdict at a report, the first
fifth of the run left out (its last step is not): an alarm that was false.  Of the runs
that fail outright it counts those that `diagnose` names when training is done: it then
waits no longer.  Healthy is
what the source says of 2,000 samples that the monitor never sees; a run on the parabola
fails outright with a mean |y - x^2| or an energy distance above 0.02, one on a mixture
where it is not healthy.  Of images minigan's own classifier says it: samples of
all classes, of which it is surer than 0.8 on average, or of which it puts 90 % or more
into the class asked for.  --set gives the recipe other options.  --rows keeps a line of
JSON for each run in a file; those that are there are not run again.
"""

import argparse
import json
import sys
import time
from collections import Counter
from functools import cache
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

if __name__ == "__main__":  # so that it runs as a script and as a module
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.parabola_health import wilson
from minigan import data
from minigan.errors import NonFiniteError
from minigan.gan import Classifier, Monitor, diagnosis, recipes
from minigan.gan.classifier import class_histogram, missing_classes

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
CONFIDENT, ASKED = 0.8, 0.9  # of images: how sure a classifier is, how often right
EPOCHS = {"digits": 40, "mnist": 4}  # of that classifier


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


def run(recipe: str, seed: int, every: int, steps: int, **overrides) -> Row:
    """(seed, how it ended, step -> verdict, the verdict on the run that is done)."""
    trainer, heard = recipes.load(recipe, seed, **overrides), Heard()
    try:
        trainer.fit(steps, report_every=every, callbacks=[heard])
    except NonFiniteError:
        return seed, FAILED, heard.verdicts, trainer.diagnose().verdict
    return seed, end_of(trainer, recipe), heard.verdicts, trainer.diagnose().verdict


@cache
def classifier_of(dataset: str) -> Classifier:
    """Trained on the real images of a data set."""
    return Classifier.train(*data.labelled(dataset), epochs=EPOCHS.get(dataset, 4))


def end_of_images(trainer, dataset: str) -> str:
    """How a run on images ended; see the module."""
    classifier, classes = classifier_of(dataset), trainer.classes
    labels = None if classes is None else np.arange(SAMPLES) % classes
    averaged = trainer.average is not None
    samples = trainer.sample(SAMPLES, labels=labels, ema=averaged)
    rows = samples.reshape(SAMPLES, -1)
    if labels is None:
        sure = classifier.confidence(rows).mean() >= CONFIDENT
    else:
        sure = (classifier.predict(rows) == labels).mean() >= ASKED
    missing = missing_classes(class_histogram(classifier, rows))
    return HEALTHY if sure and not len(missing) else FAILED


def end_of(trainer, recipe: str) -> str:
    """How a run ended."""
    dataset = recipes.RECIPES[recipe].dataset
    if dataset is not None:
        return end_of_images(trainer, dataset)
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
    parser.add_argument("--steps", type=int, help="in place of the recipe's")
    parser.add_argument("--set", action="append", default=[], metavar="OPTION=JSON")
    options = parser.parse_args()
    given = dict(text.split("=", 1) for text in options.set)
    overrides = {option: json.loads(value) for option, value in given.items()}
    recipe, started, found = recipes.RECIPES[options.recipe], time.time(), []
    every = options.report_every or recipe.report_every
    steps = options.steps or recipe.steps
    kept = _kept(options.rows)
    for seed in range(options.first, options.first + options.seeds):
        if seed not in kept:
            kept[seed] = run(recipe.name, seed, every, steps, **overrides)
            if options.rows:
                with open(options.rows, "a") as file:
                    file.write(json.dumps(kept[seed]) + "\n")
        found.append(kept[seed])
        done = f"\r{len(found)} of {options.seeds} seeds, {time.time() - started:.0f} s"
        print(done, end="", file=sys.stderr)
    print(file=sys.stderr)
    console = Console(highlight=False, width=100)
    last = options.first + options.seeds - 1
    often = f"every {every:,} of {steps:,} steps"
    console.print(f"{recipe.name}, seeds {options.first}-{last}, {often}")
    for part in report(found, steps):
        console.print(part)


if __name__ == "__main__":
    main()
