"""Are parts of one's own as fast as built-in ones?

    python -m benchmarks.extension [--rounds N]

The networks of `parabola` with an activation and an optimizer of docs/extension.py,
with their compiled twins, beside the same networks with `Tanh` and `Adam`.  Both are
recorded and replayed in one process, in turns; printed are medians and their ratio.
"""

import argparse
import importlib
import statistics
import sys
import time
from pathlib import Path

import numpy as np

from minigan import Adam, Dense, Sequential, Tanh
from minigan.gan import Parabola, Trainer

DOCS = Path(__file__).parent.parent / "docs"
STEPS = 2000


def trainer(activation, optimizer):
    """The parabola's game with this activation and optimizer, recorded."""
    rng = np.random.default_rng(0)
    generator = Sequential([Dense(5, 15, rng=rng), activation(), Dense(15, 2, rng=rng)])
    discriminator = Sequential(
        [Dense(2, 25, rng=rng), activation(), Dense(25, 1, rng=rng)]
    )
    made = Trainer(
        generator,
        discriminator,
        Parabola(0),
        generator_optimizer=optimizer(),
        discriminator_optimizer=optimizer(),
    )
    made.fit(10, report_every=None)
    return made


def microseconds(trained):
    """One step, in a run of many."""
    started = time.perf_counter()
    trained.fit(STEPS, report_every=None)
    return (time.perf_counter() - started) / STEPS * 1e6


def main(arguments=None):
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rounds", type=int, default=15)
    rounds = parser.parse_args(arguments).rounds
    sys.path.insert(0, str(DOCS))
    own = importlib.import_module("extension")
    importlib.import_module("extension_twins")
    pairs = {
        "activation: GELU beside Tanh": ((own.TanhGELU, Adam), (Tanh, Adam)),
        "optimizer: AdamW beside Adam": ((Tanh, own.DecayingAdam), (Tanh, Adam)),
        "both": ((own.TanhGELU, own.DecayingAdam), (Tanh, Adam)),
    }
    print(f"{'us a step':32}{'own':>8}{'built in':>10}{'ratio':>8}")
    for label, (mine, built_in) in pairs.items():
        contestants = trainer(*mine), trainer(*built_in)
        times = [[microseconds(c) for c in contestants] for _ in range(rounds)]
        a, b = (statistics.median(column) for column in zip(*times, strict=True))
        ratio = statistics.median(one / other for one, other in times)
        print(f"{label:32}{a:8.1f}{b:10.1f}{ratio:8.2f}")


if __name__ == "__main__":
    main()
