"""How often the recipe "parabola", or another on its points, ends well, over seeds.

    python benchmarks/parabola_health.py [--seeds 200] [--first 0] [--recipe parabola]
                                         [--steps 10000] [--processes 2] [--tiles]

Healthy is a generator whose points lie on the curve and cover it: mean |y - x^2| below
0.012 and energy distance to fresh real points below 0.005.  Thresholds and seeds were
fixed before the first run.  The energy distance is

    2 E|X - Y| - E|X - X'| - E|Y - Y'|

with the Euclidean norm over all pairs of 2,000 generated and 2,000 real points.
--tiles does every product by tiles, however small it is; without matrix units a seed
then takes most of a minute.
"""

import argparse
import multiprocessing
import os
import sys
import time
import warnings

import numpy as np
from rich.console import Console
from rich.table import Table

ON_THE_CURVE, COVERED = 0.012, 0.005  # the thresholds
POINTS = 2000
Z95 = 1.959963984540054  # the 97.5 % quantile of N(0, 1)


def mean_distance(a, b):
    """E|a - b| over all pairs.   a: (n, 2)   b: (m, 2)"""
    return np.hypot(a[:, :1] - b[:, 0], a[:, 1:] - b[:, 1]).mean()


def energy_distance(x, y):
    """0 for equal distributions, positive for others."""
    return 2 * mean_distance(x, y) - mean_distance(x, x) - mean_distance(y, y)


def wilson(hits, trials):
    """Wilson's 95 % interval for a share."""
    share, z2 = hits / trials, Z95**2
    centre = (share + z2 / (2 * trials)) / (1 + z2 / trials)
    spread = share * (1 - share) / trials + z2 / (4 * trials**2)
    half = Z95 * np.sqrt(spread) / (1 + z2 / trials)
    return max(0.0, centre - half), min(1.0, centre + half)


def train(job):
    """(seed, mean |y - x^2|, energy distance, standard deviation of x) of one run."""
    from minigan.errors import NonFiniteError
    from minigan.gan import recipes

    seed, steps, recipe, tiles = job
    if tiles:
        all_by_tiles()
    trainer = recipes.load(recipe, seed=seed)
    try:
        trainer.fit(steps, report_every=None)
    except NonFiniteError:
        return seed, np.inf, np.inf, np.nan
    return measured(trainer)


def measured(trainer):
    """A row of `train`, of a trainer that is done."""
    seed = trainer.seed
    fake = trainer.sample(POINTS).astype(np.float64)
    fresh = np.random.default_rng([seed, POINTS])  # not a stream of the run's
    x = fresh.random(POINTS) - 0.5
    real = np.stack([x, x * x], axis=1)
    off = np.abs(fake[:, 1] - fake[:, 0] ** 2).mean()
    return seed, off, energy_distance(fake, real), fake[:, 0].std()


def all_by_tiles():
    """Every product of this process by tiles, before the first one."""
    from minigan.gemm import choice

    os.environ["MINIGAN_PRODUCTS"] = "tiles"
    choice.DEEP = choice.LARGE = choice.WIDE = 1
    warnings.filterwarnings("ignore", message="minigan: products by tiles are emulated")


def run(seeds, steps, processes, recipe="parabola", tiles=False):
    """(seeds, 4): a row of `train` for each seed of a range, in order."""
    jobs = [(seed, steps, recipe, tiles) for seed in seeds]
    rows, started = [], time.time()
    if processes > 1:  # the cores are shared by seeds, not by threads
        for name in ("NUMBA_NUM_THREADS", "OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS"):
            os.environ.setdefault(name, "1")
        pool = multiprocessing.get_context("spawn").Pool(processes)
        results = pool.imap_unordered(train, jobs)
    else:
        pool, results = None, map(train, jobs)
    for row in results:
        rows.append(row)
        print(
            f"\r{len(rows)} of {len(seeds)} seeds, {time.time() - started:.0f} s",
            end="",
            file=sys.stderr,
            flush=True,
        )
    print(file=sys.stderr)
    if pool is not None:
        pool.close()
        pool.join()
    return np.array(sorted(rows))


def table(rows, steps, recipe="parabola", tiles=False):
    """The share of healthy seeds, and how the others failed."""
    seeds, off, energy, spread = rows.T
    healthy = (off < ON_THE_CURVE) & (energy < COVERED)
    low, high = wilson(healthy.sum(), len(seeds))
    how = ", by tiles" if tiles else ""
    span = f"{seeds[0]:.0f}-{seeds[-1]:.0f}"
    title = f"`{recipe}`, seeds {span}, {steps:,} steps{how}"
    result = Table(title=title)
    result.add_column("")
    result.add_column("seeds", justify="right")
    result.add_column("share", justify="right")

    def add(name, members, note=""):
        result.add_row(name, str(members.sum()), f"{members.mean():.1%}{note}")

    interval = f"  (95 %: {low:.1%} to {high:.1%})"
    add("healthy", healthy, interval)
    add(f"off the curve (mean |y - x^2| >= {ON_THE_CURVE})", off >= ON_THE_CURVE)
    add(f"not covering it (energy >= {COVERED})", energy >= COVERED)
    add("failed outright (either > 0.02)", (off > 0.02) | (energy > 0.02))
    result.add_section()
    for name, values in (
        ("mean |y - x^2|", off),
        ("energy distance", energy),
        ("standard deviation of x (real: 0.289)", spread),
    ):
        quartiles = np.percentile(values[np.isfinite(values)], [25, 50, 75])
        numbers = " / ".join(f"{q:.4f}" for q in quartiles)
        result.add_row(f"{name}, quartiles", "", numbers)
    if len(seeds) >= 40:
        parts = [str(part.sum()) for part in np.split(healthy[: len(seeds) // 20 * 20],
                                                      len(seeds) // 20)]  # fmt: skip
        result.add_row("healthy in each 20 seeds", "", " ".join(parts))
    return result


def steps_of(recipe):
    """How long a recipe trains."""
    from minigan.gan import recipes

    return recipes.RECIPES[recipe].steps


def positive(text):
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError(f"expected an integer >= 1, got {text}")
    return value


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=positive, default=200)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--steps", type=positive, help="in place of the recipe's")
    parser.add_argument("--recipe", default="parabola")
    parser.add_argument("--processes", type=positive, default=2)
    parser.add_argument("--tiles", action="store_true")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    of = options.recipe, options.tiles
    steps = options.steps or steps_of(options.recipe)
    rows = run(seeds, steps, options.processes, *of)
    Console(width=100).print(table(rows, steps, *of))


if __name__ == "__main__":
    main()
