"""Which change buys what: the yardsticks, configuration by configuration, over seeds.

    python -m benchmarks.yardsticks parabola [--first 0] [--seeds 100] [--only TEXT]
    python -m benchmarks.yardsticks parabola --only robust --first 1400 --seeds 200
    python -m benchmarks.yardsticks ring grid --seeds 20 --rows DIR

What a run is worth, its source says on 2,500 samples (`Parabola.quality`,
`Mixture.quality`).  It covers the data where the energy distance is below 0.005, or no
mode is without a sample.  A false alarm is a failing verdict of the monitor at one of
the recipe's reports, the first fifth of the run left out.  --rows keeps one line of
JSON for each run in DIR; those that are there are not run again.  Seeds 0-99 are for
choosing a recipe; seeds from 1000 on judge it, once.
"""

import argparse
import json
import sys
import time
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

if __name__ == "__main__":  # so that it runs as a script and as a module
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.monitor_reports import FAILING, Heard, false_alarm
from benchmarks.parabola_health import wilson
from minigan import ReLU
from minigan.errors import NonFiniteError
from minigan.gan import Parabola, Trainer, networks, recipes

SAMPLES = 2500  # as in the papers

SHARP: dict[str, Any] = {"instance_noise": 0.0, "instance_noise_steps": None}

FORMS = {"high_quality": ".0%", "modes": ".1f", "precision": ".2f", "recall": ".2f"}


@dataclass(frozen=True)
class Configuration:
    """A recipe and what is changed in it.

    changes: overrides of `recipes.load`.  recipe_changes: fields of the recipe.
    steps: None for the recipe's.
    """

    name: str
    recipe: str
    changes: dict[str, Any] = field(default_factory=dict)
    recipe_changes: dict[str, Any] = field(default_factory=dict)
    steps: int | None = None

    def trainer(self, seed: int) -> tuple[Trainer, int]:
        """A trainer, and for how many steps it is to be trained."""
        known = recipes.RECIPES[self.recipe]
        steps = self.steps or known.steps
        if not self.recipe_changes:
            return recipes.load(self.recipe, seed, **self.changes), steps
        other = replace(known, name="yardstick", **self.recipe_changes)
        recipes.RECIPES.register()(other)
        try:
            return recipes.load("yardstick", seed, **self.changes), steps
        finally:
            recipes.RECIPES.unregister("yardstick")


def _parabola() -> list[Configuration]:
    """From the tutorial's recipe to the robust one, one change more in each."""
    steps = recipes.RECIPES["parabola-robust"].steps
    mixed = {"batches": "mixed", "batch_size": 64}
    calm = mixed | {"beta_1": 0.0, "beta_2": 0.99}
    falling = calm | {"schedule": "linear", "schedule_steps": steps}
    paired = falling | {"objective": "relativistic"}
    penalised = paired | {"penalty": "r1+r2", "penalty_weight": 1e-3}
    changes = {
        "the tutorial's recipe": {},
        "mixed batches of 64": mixed,
        "betas (0, 0.99)": calm,
        "rate falls to 0": falling,
        "relativistic": paired,
        "R1 + R2": penalised,
    }
    more = [
        Configuration(name, "parabola", c, steps=steps) for name, c in changes.items()
    ]
    earlier = partial(networks.robust_generator, activation=ReLU)
    few = {"discriminator": networks.parabola_discriminator}
    kind = "parabola-robust"
    return [
        *more,
        Configuration("z of one number", kind, SHARP, {"generator": earlier, **few}),
        Configuration("tanh in G", kind, SHARP, few),
        Configuration("64 units in D", kind, SHARP),
        Configuration("robust: noise that fades", kind),
    ]


def _mixture(name: str) -> list[Configuration]:
    """A mixture by its plain recipe, by the robust one, and by that less one thing."""
    kind = f"{name}-robust"
    robust = recipes.RECIPES[kind].options
    less: dict[str, dict[str, Any]] = {
        "without R1 + R2": {"penalty": None, "penalty_weight": None},
        "non-saturating": {"objective": "non-saturating"},
        "constant rate": {"schedule": "constant", "schedule_steps": None},
        "betas (0.9, 0.999)": {"beta_1": 0.9, "beta_2": 0.999},
    }
    tenth = robust["penalty_weight"] / 10
    less["a tenth of the penalty"] = {"penalty_weight": tenth}
    if robust.get("pack", 1) > 1:
        less["one row at a time"] = {"pack": 1}
    if robust.get("instance_noise"):
        less["without noise"] = SHARP
    generator = partial(recipes.RECIPES[kind].generator, activation=ReLU)
    return [
        Configuration("the plain recipe", name),
        Configuration("the robust recipe", kind),
        *(Configuration(f"robust, {text}", kind, c) for text, c in less.items()),
        Configuration("robust, ReLU in G", kind, {}, {"generator": generator}),
    ]


CONFIGURATIONS = {
    "parabola": _parabola(),
    "ring": _mixture("ring"),
    "grid": _mixture("grid"),
}


# ---- one run -----------------------------------------------------------------------


def run(configuration: Configuration, seed: int) -> dict[str, Any]:
    """What came out of one run, by name; `finite` alone where it blew up."""
    trainer, steps = configuration.trainer(seed)
    heard, every = Heard(), recipes.RECIPES[configuration.recipe].report_every
    found: dict[str, Any] = {"configuration": configuration.name, "seed": seed}
    try:
        trainer.fit(steps, report_every=every, callbacks=[heard])
    except NonFiniteError:
        return {**found, "finite": False, "healthy": False, "covers": False}
    quality = trainer.data.quality(trainer.sample(SAMPLES), seed)
    assert quality is not None
    figures, modes = quality.metrics, trainer.data.modes
    if modes is None:
        covers = figures["energy_distance"] < Parabola.COVERED
    else:
        covers = figures["modes"] == len(modes)
    return {
        **found,
        "finite": True,
        "healthy": quality.healthy,
        "covers": covers,
        "alarm": false_alarm(heard.verdicts, steps),
        "named": trainer.diagnose().verdict in FAILING,
        **figures,
    }


# ---- many runs ---------------------------------------------------------------------


def collect(
    configuration: Configuration, seeds: range, folder: Path | None
) -> list[dict[str, Any]]:
    """A row of `run` for each seed; those kept in the folder are read."""
    kept: dict[int, dict[str, Any]] = {}
    path = folder and folder / f"{configuration.name.replace(' ', '-')}.jsonl"
    if path and path.exists():
        lines = map(json.loads, path.read_text().splitlines())
        kept = {row["seed"]: row for row in lines}
    started, rows = time.time(), []
    for seed in seeds:
        if seed not in kept:
            kept[seed] = run(configuration, seed)
            if path:
                with open(path, "a") as file:
                    file.write(json.dumps(kept[seed]) + "\n")
        rows.append(kept[seed])
        done = f"\r{configuration.name}: {len(rows)} of {len(seeds)} seeds, "
        print(f"{done}{time.time() - started:.0f} s", end="", file=sys.stderr)
    print(file=sys.stderr)
    return rows


def share(rows: list[dict[str, Any]], name: str) -> str:
    """How many of the runs are so, and Wilson's 95 % interval."""
    if not rows:
        return "no run"
    hits = sum(bool(row.get(name)) for row in rows)
    low, high = wilson(hits, len(rows))
    return f"{hits} of {len(rows)} ({low:.0%} to {high:.0%})"


def column(rows: list[dict[str, Any]], name: str) -> NDArray:
    return np.array([row[name] for row in rows if row["finite"]], float)


def table(yardstick: str, found: dict[str, list[dict[str, Any]]], title: str) -> Table:
    """One line for each configuration."""
    result = Table(title=title)
    names = ["configuration", "healthy", "covers"]
    if yardstick == "parabola":
        figures = {
            "residual": "mean |y - x^2|",
            "energy_distance": "energy distance",
        }
    else:
        figures = {"modes": "modes", "high_quality": "within 3 sd", "kl": "KL"}
        figures |= {"precision": "precision", "recall": "recall"}
    for name in (*names, *figures.values()):
        result.add_column(name, justify="left" if name == names[0] else "right")
    for name, rows in found.items():
        cells = [share(rows, "healthy"), share(rows, "covers")]
        for figure in figures:
            values = column(rows, figure)
            middle = values.mean() if figure == "modes" else np.median(values)
            form = FORMS.get(figure, ".4f")
            cells.append(f"{middle:{form}}")
        result.add_row(name, *cells)
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("yardsticks", nargs="+", choices=CONFIGURATIONS)
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    parser.add_argument("--seeds", type=int, default=100)
    parser.add_argument("--only", default="", help="configurations with this text")
    parser.add_argument("--rows", type=Path, help="a folder to keep the runs in")
    options = parser.parse_args()
    seeds = range(options.first, options.first + options.seeds)
    for yardstick in options.yardsticks:
        folder = options.rows and options.rows / yardstick
        if folder:
            folder.mkdir(parents=True, exist_ok=True)
        wanted = [c for c in CONFIGURATIONS[yardstick] if options.only in c.name]
        found = {c.name: collect(c, seeds, folder) for c in wanted}
        title = f"{yardstick}, seeds {seeds[0]}-{seeds[-1]}"
        console = Console(width=120, highlight=False)
        console.print(table(yardstick, found, title))
        finite = [row for rows in found.values() for row in rows if row["finite"]]
        healthy = [row for row in finite if row["healthy"]]
        failed = [row for row in finite if not row["healthy"]]
        console.print(f"healthy, and heard a false alarm: {share(healthy, 'alarm')}")
        console.print(
            f"healthy, and named failing when done: {share(healthy, 'named')}"
        )
        console.print(f"not healthy, and named so when done: {share(failed, 'named')}")


if __name__ == "__main__":
    main()
