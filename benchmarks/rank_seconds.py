"""What it costs to train one game on several ranks.

    python benchmarks/rank_seconds.py [--ranks 1,2] [--seconds 2]

Each line: a recipe with `shards=4`, on so many ranks under mpirun, of one thread each;
the least time of a step over several runs, beside that of a process without MPI, whose
bits are the same, and of one whose batches are not cut.
"""

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

if __name__ == "__main__":  # so that it runs as a script and as a module
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import numpy as np

from minigan.gan.recipes import load
from minigan.tables import Table

GAMES = ("parabola", "digits", "mnist-wide")
MOST = 20_000  # steps of a run


def step_seconds(game, shards, seconds, communicator=None):
    """Seconds of a step: the least of five runs, as long together as asked."""
    data = None
    if game.startswith("mnist"):  # for its time any rows will do
        data = np.random.default_rng(0).random((1000, 784), np.float32) * 2 - 1
    trainer = load(game, 0, data, shards=shards, communicator=communicator)
    trainer.fit(20, report_every=None)
    steps, least = 20, float("inf")
    for _ in range(6):
        began = time.perf_counter()
        trainer.fit(steps, report_every=None)
        each = (time.perf_counter() - began) / steps
        least = min(least, each)
        # all ranks must take as many steps
        each = float(shared(communicator, each))
        steps = max(1, min(MOST, int(seconds / 5 / each)))
    return least


def shared(communicator, number):
    """The number of rank 0."""
    return number if communicator is None else communicator.bcast(number)


def under_mpirun(game, ranks, seconds):
    """The same, measured in processes of their own."""
    environment = {
        **os.environ,
        "OMP_NUM_THREADS": "1",
        "OMPI_ALLOW_RUN_AS_ROOT": "1",
        "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
    }
    own = [sys.executable, "-m", "mpi4py", __file__]
    arguments = "--rank-of", game, "--seconds", str(seconds)
    started = ["mpirun", "--oversubscribe", "-n", str(ranks)]
    found = subprocess.run(
        [*started, *own, *arguments],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    return json.loads(found.stdout.splitlines()[-1])


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--ranks", default="1,2")
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--rank-of", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.rank_of:
        from mpi4py import MPI

        comm = MPI.COMM_WORLD
        seconds = step_seconds(options.rank_of, 4, options.seconds, comm)
        if comm.Get_rank() == 0:
            print(json.dumps(seconds))
        return
    counts = [int(count) for count in options.ranks.split(",")]
    rows = []
    for game in GAMES:
        whole, cut = (step_seconds(game, n, options.seconds) for n in (1, 4))
        found = [under_mpirun(game, count, options.seconds) for count in counts]
        cells = [f"{1e6 * s:.1f}" for s in (whole, cut, *found)]
        rows.append([game, *cells, f"{cut / found[-1]:.2f}"])
    titles = [f">{n} rank{'s' * (n > 1)}" for n in counts]
    columns = ("game", ">not cut", ">4 shards", *titles, f">gain by {counts[-1]}")
    print(Table("Microseconds of a step", columns, rows))
    print(f"load {os.getloadavg()[0]:.1f}, {os.cpu_count()} cores")


if __name__ == "__main__":
    main()
