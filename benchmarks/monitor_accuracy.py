"""How often the monitor is right: runs with a known truth, and its verdicts on them.

    python benchmarks/monitor_accuracy.py [--tuning] [--runs 50] [--processes 1]

The 50 held-out runs are those with a definite truth among seeds 100, 101, ..., family
by family; the thresholds were chosen on seeds 0-5 (--tuning shows those as well).
`monitor_runs.py` has the families and says what counts as truth.  Right means that the
first verdict is the truth; the "in between" runs are shown and not counted.
"""

import argparse
import multiprocessing
import os
import sys
from collections import Counter
from pathlib import Path

from rich.console import Console
from rich.table import Table

if __name__ == "__main__":  # so that it runs as a script and as a module
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks import monitor_runs as runs
from benchmarks.parabola_health import wilson
from minigan.gan import diagnosis, monitor

TUNING, HELD_OUT = range(6), range(100, 200)
NAMES = {  # truth -> the monitor's verdict
    runs.HEALTHY: diagnosis.HEALTHY,
    runs.STRONG: diagnosis.STRONG,
    runs.COLLAPSED: diagnosis.COLLAPSED,
    runs.VANISHING: diagnosis.VANISHING,
    runs.EXPLODING: diagnosis.EXPLODING,
    runs.UNSETTLED: diagnosis.UNSETTLED,
}


def verdicts(run):
    """The first verdict with samples, and that of the curves alone."""
    seen = monitor.diagnose(
        run.history, samples=run.samples, real=run.real, **run.options
    )
    blind = monitor.diagnose(run.history, **run.options)
    return seen.verdict, blind.verdict


def judged(job):
    """(family, seed, truth, verdict with samples, verdict without)"""
    run = runs.train(*job)
    return run.family, run.seed, run.truth, *verdicts(run)


def collect(seeds, most, processes):
    """Rows of `judged`, in order, until `most` of them have a definite truth."""
    jobs = [(family, seed) for seed in seeds for family in runs.FAMILIES]
    pool, found = None, []
    if processes > 1:
        for name in ("NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        pool = multiprocessing.get_context("spawn").Pool(processes)
    for row in pool.imap(judged, jobs) if pool else map(judged, jobs):
        found.append(row)
        definite = sum(r[2] != runs.IN_BETWEEN for r in found)
        print(f"\r{definite} runs", end="", file=sys.stderr, flush=True)
        if definite == most:
            break
    print(file=sys.stderr)
    if pool:
        pool.terminate()
        pool.join()
    return found


def accuracy(rows, column):
    """(right, all) of the rows with a definite truth; column: 3 or 4, see `judged`."""
    definite = [row for row in rows if row[2] in NAMES]
    return sum(row[column] == NAMES[row[2]] for row in definite), len(definite)


def report(rows, title):
    """The confusion table, the accuracy and the runs that were judged wrongly."""
    table = Table(title=title)
    table.add_column("truth \\ verdict")
    counts = Counter((row[2], row[3]) for row in rows)
    for name in NAMES:  # the verdicts by their short names, to fit 80 columns
        table.add_column(name.replace(" ", "\n"), justify="right")
    for truth in (*NAMES, runs.IN_BETWEEN):
        cells = [str(counts[truth, verdict] or "") for verdict in NAMES.values()]
        table.add_row(truth, *cells, end_section=truth == runs.UNSETTLED)
    yield table
    for column, what in ((3, "with samples"), (4, "curves alone")):
        right, of = accuracy(rows, column)
        low, high = wilson(right, of)
        share = f"{right / of:.1%} (95 %: {low:.1%} to {high:.1%})"
        yield f"right {what}: {right} of {of}, {share}"
    for family, seed, truth, verdict, _ in rows:
        if truth in NAMES and verdict != NAMES[truth]:
            yield f"  wrong: {family}, seed {seed}: {truth}, called {verdict}"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tuning", action="store_true", help="seeds 0-5 as well")
    parser.add_argument("--runs", type=int, default=50, help="held-out runs")
    parser.add_argument("--processes", type=int, default=1)
    options = parser.parse_args()
    console, rows = Console(highlight=False), []
    if options.tuning:
        found = collect(TUNING, -1, options.processes)
        rows.append((found, "runs on which the thresholds were chosen"))
    found = collect(HELD_OUT, options.runs, options.processes)
    rows.append((found, f"{options.runs} held-out runs"))
    for found, title in rows:
        for part in report(found, title):
            console.print(part)
    return accuracy(found, 3)


if __name__ == "__main__":
    main()
