"""Is this version as fast as another one?  Both take turns.

    python -m benchmarks.versions --before REVISION_OR_FOLDER [--only PATTERN ...]

Captured and eager steps, Python calls inside the package in one eager step, the time of
`import minigan`, and the first compilation: the first step ever of `minigan train`,
with an empty cache.  Both versions run in one environment, A B B A A B ..., in several
pairs of processes; the ratio is the median over the pairs, so that a slow moment of the
machine meets both.
"""

import argparse
import os
import sys
import tempfile
import time
from contextlib import ExitStack
from fnmatch import fnmatch

import numpy as np

from minigan.tables import Table

from . import trees
from .processes import Child, Failed
from .run import ROOT, Busy, refuse_under_load
from .timings import CALLS, STEPS

IMPORT, COMPILED, COMPILED_CPU = "import", "first compilation", "the same, processor"
_IMPORT = (
    "import time; started = time.perf_counter(); import minigan; "
    "print(time.perf_counter() - started)"
)
UNITS = {CALLS: "", IMPORT: "ms", COMPILED: "s", COMPILED_CPU: "s"}  # others: us
SCALES = {IMPORT: 1e3}


def child(folder):
    """A process that times steps of one version, as often as it is asked."""
    command = trees.python(trees.script("timings.py"), folder)
    return Child(command, trees.environment(folder), os.sep)


def in_turns(measures, rounds):
    """[(before, now)] of two functions, called A B B A A B ..."""
    pairs = []
    for k in range(rounds):
        order = (0, 1) if k % 2 == 0 else (1, 0)
        pair = {place: measures[place]() for place in order}
        pairs.append((pair[0], pair[1]))
    return pairs


def steps(folders, names, processes, rounds):
    """name -> pairs, of steps and of calls."""
    found = {name: [] for name in names}
    for _ in range(processes):
        with ExitStack() as stack:
            children = [stack.enter_context(child(folder)) for folder in folders]
            for name in names:
                asks = [lambda c=c, n=name: c.ask(n) for c in children]
                if name == CALLS:  # a count, the same in every round
                    found[name] += in_turns(asks, 1)
                else:
                    found[name] += in_turns(asks, 1 + rounds)[1:]
    return found


def imports(folders, rounds):
    """Pairs of seconds of `import minigan` in fresh processes."""

    def measure(folder):
        command = trees.python("-c", _IMPORT)
        return float(trees.output(command, trees.environment(folder)))

    asks = [lambda f=folder: measure(f) for folder in folders]
    return in_turns(asks, 1 + rounds)[1:]  # the first writes the bytecode


def compilation(folder):
    """(seconds, processor seconds) of the first step ever: nothing is compiled yet."""
    with tempfile.TemporaryDirectory() as empty:
        env = trees.environment(folder) | {"MINIGAN_CACHE_DIR": f"{empty}/cache"}
        command = trees.python("-m", "minigan", "train", "parabola", "--steps", 1)
        command += ["--quiet", "--out", f"{empty}/run"]
        before, started = os.times(), time.perf_counter()
        trees.output(command, env)
        spent, after = time.perf_counter() - started, os.times()
    user = after.children_user - before.children_user
    return spent, user + after.children_system - before.children_system


def measure(folders, names, processes=3, rounds=10, compilations=2, say=print):
    """name -> [(before, now)] for the chosen measurements."""
    stepping = [name for name in (*STEPS, CALLS) if name in names]
    found = steps(folders, stepping, processes, rounds) if stepping else {}
    if IMPORT in names:
        say("import minigan ...")
        found[IMPORT] = imports(folders, rounds)
    if COMPILED in names and compilations:
        say("first compilation ...")
        asks = [lambda f=folder: compilation(f) for folder in folders]
        pairs = in_turns(asks, compilations)
        for k, name in enumerate((COMPILED, COMPILED_CPU)):
            found[name] = [(before[k], now[k]) for before, now in pairs]
    return found


def table(found):
    """Medians of both versions, and the ratio by pairs with its middle half.

    The ratio of the fastest rounds is what remains on a machine that is never quiet.
    """
    rows = []
    for name, pairs in found.items():
        scale = SCALES.get(name, 1.0)
        before, now = scale * np.median(pairs, axis=0)
        fastest = np.divide(*np.min(pairs, axis=0)[::-1])
        low, ratio, high = np.percentile([b / a for a, b in pairs], [25, 50, 75])
        numbers = [f"{x:,.0f}" if name == CALLS else f"{x:,.2f}" for x in (before, now)]
        spread = f"{low:.3f}-{high:.3f}" if len(pairs) > 1 else ""
        unit = UNITS.get(name, "us")
        ratios = [f"{ratio:.3f}", spread, f"{fastest:.3f}"]
        rows.append([name, unit, *numbers, *ratios, str(len(pairs))])
    times = (">Before", ">Now", ">Ratio", ">Middle half", ">Fastest")
    columns = ("Measured", "Unit", *times, ">Pairs")
    return Table("Two versions in turns; below 1 is faster", columns, rows)


def main(arguments=None, measure=measure):
    """Print the table; the exit code."""
    known = [*STEPS, CALLS, IMPORT, COMPILED]
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.versions",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        epilog=f"measurements: {'; '.join(known)}",
    )
    parser.add_argument("--before", required=True, metavar="REV", help="or a folder")
    parser.add_argument("--only", nargs="+", default=["*"], metavar="PATTERN")
    parser.add_argument("--processes", type=int, default=3, help="pairs of processes")
    parser.add_argument("--rounds", type=int, default=10, help="in each of them")
    parser.add_argument("--compilations", type=int, default=2, help="0 for none")
    parser.add_argument("--force", action="store_true", help="on a busy machine too")
    options = parser.parse_args(arguments)
    names = [n for n in known if any(fnmatch(n, p) for p in options.only)]
    if not names:
        parser.error(f"--only: expected some of: {'; '.join(known)}")
    counts = options.processes, options.rounds, options.compilations
    try:
        load = refuse_under_load(options.force)
        with trees.tree(options.before) as folder:
            found = measure([folder, ROOT], names, *counts)
    except (Busy, Failed) as error:
        print(f"failed: {error}", file=sys.stderr)
        return 1
    print(table(found))
    print(f"load average at the start: {load:.2f}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
