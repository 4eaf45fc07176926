"""How long one step of the recipe "parabola" takes, in microseconds.

    python benchmarks/parabola_step.py [--rounds 15]

All contestants take turns in one process, so that a slow moment of the machine meets
each of them; only ratios within one run mean anything.  A step is one discriminator
step (two updates) and one generator step at batch 128, random draws included.
"""

import argparse
import os
import platform
import time

import numpy as np
from rich.console import Console
from rich.table import Table

from minigan.gan import recipes

# name -> (arguments of `recipes.load`, steps a round)
CONTESTANTS = {
    "numpy, eager": ({"backend": "numpy", "capture": False}, 100),
    "jit, eager": ({"backend": "jit", "capture": False}, 100),
    "jit, captured": ({"backend": "jit"}, 2000),
}


def measure(rounds):
    """name -> microseconds a step in each round."""
    trainers = {
        name: recipes.load("parabola", **options)
        for name, (options, _) in CONTESTANTS.items()
    }
    for trainer in trainers.values():  # compile, record, warm up
        trainer.fit(20, report_every=None)
    times = {name: [] for name in trainers}
    for _ in range(rounds):
        for name, trainer in trainers.items():
            steps = CONTESTANTS[name][1]
            start = time.perf_counter()
            trainer.fit(steps, report_every=None)
            times[name].append((time.perf_counter() - start) / steps * 1e6)
    return times


def table(times):
    """Median, middle half and fastest round of each contestant."""
    result = Table(title="One step of `parabola`, microseconds")
    columns = ("", "median", "middle half", "fastest", "ratio")
    for k, column in enumerate(columns):
        result.add_column(column, justify="right" if k else "left")
    slowest = np.median(times["numpy, eager"])
    for name, values in times.items():
        low, median, high = np.percentile(values, [25, 50, 75])
        result.add_row(
            name,
            f"{median:.1f}",
            f"{low:.1f} - {high:.1f}",
            f"{min(values):.1f}",
            f"{slowest / median:.1f} x",
        )
    return result


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args().rounds
    load = os.getloadavg()[0] if hasattr(os, "getloadavg") else float("nan")
    console = Console(width=80)
    console.print(table(measure(rounds)))
    console.print(
        f"{rounds} rounds; Python {platform.python_version()}, NumPy "
        f"{np.__version__}, {os.cpu_count()} CPUs, load {load:.2f} at the start",
        highlight=False,
    )


if __name__ == "__main__":
    main()
