"""How long a study takes, and what of it is not steps of training.

    python benchmarks/study_seconds.py [--seeds 200] [--steps 10000] [--workers 2]

First the whole command, `minigan study parabola`, in a folder of its own: seconds of
the clock and of the processors.  Then the parts of a run, seed after seed in this
process, on one thread, in time of the processor: the least of each, and its share.
"""

import argparse
import os
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

if __name__ == "__main__":  # so that it runs as a script and as a module
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from minigan.gan.recipes import RECIPES
from minigan.study.outcome import Outcome
from minigan.study.plan import Task
from minigan.study.running import SAMPLES, Work
from minigan.study.thumbnail import thumbnail
from minigan.tables import Table


def command(seeds, steps, workers):
    """(seconds of the clock, of the processors) of the whole command."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        arguments = "--seeds", f"0-{seeds - 1}", "--steps", str(steps), "--quiet"
        where = "--workers", str(workers), "--out", os.path.join(folder, "study")
        minigan = [sys.executable, "-m", "minigan", "study", "parabola"]
        subprocess.run([*minigan, *arguments, *where], check=True)
    seconds = time.perf_counter() - began
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, spent


def parts(seeds, steps, backend="jit"):
    """Name of a part of a run -> seconds of the processor, seed by seed."""
    from minigan.jit.threads import set_threads
    from minigan.primitives import use_backend, use_products

    work = Work(RECIPES["parabola"], steps, backend)
    found = {}
    if backend == "jit":
        set_threads(1)
    with use_products("chain"), use_backend(backend):
        for seed in range(seeds):
            clock = Clock(found)
            trainer = work.made(Task(seed))
            clock("made")
            trainer.fit(1, report_every=None)
            clock("recorded, and the first step")
            trainer.fit(steps - 1, report_every=None)
            clock("all other steps")
            diagnosis = trainer.diagnose()
            clock("the monitor's diagnosis")
            samples = trainer.sample(SAMPLES)
            quality = trainer.data.quality(samples, seed)
            clock("samples judged by the source")
            picture = thumbnail(samples, trainer)
            metrics = {**quality.metrics, **diagnosis.measured}
            Outcome(seed, {}, True, "", metrics, picture=picture).as_bytes()
            clock("picture and file")
    return found


class Clock:
    """Adds the time since the last call to the list of a part."""

    def __init__(self, found):
        self.found, self.last = found, time.process_time()

    def __call__(self, name):
        now = time.process_time()
        self.found.setdefault(name, []).append(now - self.last)
        self.last = now


def table(found):
    """Milliseconds of each part, and its share; the first seed only warms up."""
    least = {name: min(seconds[1:]) for name, seconds in found.items()}
    total = sum(least.values())
    rows = [[k, f"{1e3 * v:.1f}", f"{v / total:.0%}"] for k, v in least.items()]
    rows.append(["together", f"{1e3 * total:.1f}", ""])
    return Table("A run, the least over seeds", ("part", ">ms", ">share"), rows)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, default=200)
    parser.add_argument("--steps", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    load = os.getloadavg()[0]
    found = options.seeds, options.steps, options.workers
    seconds, spent = command(*found)
    print("{:,} seeds, {:,} steps each, {} workers:".format(*found), end=" ")
    print(f"{seconds:.1f} s, {spent:.1f} s of the processors (load before {load:.1f})")
    print(table(parts(11, options.steps)))


if __name__ == "__main__":
    main()
