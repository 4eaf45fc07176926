"""One measurement in a process of its own; the last line it prints is its result."""

import json
import resource
import time

from . import machine
from .checks import check, errors
from .contestants.products import operands
from .registry import CONTESTANTS, WORKLOADS

BLOCKS = 3  # a sample is the median of so many
WARM = 0.25  # share of a block's time that is spent before the first


def measure(workload, contestant, seconds, started=None, size=None):
    """A dict of times, memory, threads and versions.

    seconds: about how long each block runs.  started: clock (`time.time`) when the
    process was asked for.  size: rows of data or steps of a command, where it should
    be smaller than usual.
    """
    started = started or time.time()
    clock = time.perf_counter
    kind = contestant.load(workload.kind)
    begin = clock()
    arguments = workload.arguments(size)
    prepared = clock()
    subject = kind(*arguments)
    if workload.kind in ("command", "import"):
        return _command(subject, *arguments)
    del arguments  # memory that nobody needs twice
    built = clock()
    per_call = getattr(subject, "steps_per_call", 1)
    subject.run(per_call)
    first = clock()
    result = {
        "build_seconds": built - prepared,
        "first_run_seconds": first - built,
        "seconds_to_first_step": time.time() - started - (prepared - begin),
    }
    samples = _blocks(subject, seconds)
    result["microseconds"] = [1e6 * s for s in samples]
    result["peak_rss_mb"] = machine.peak_rss_mb()
    result["threads"] = machine.threads()
    result["versions"] = machine.versions()
    if workload.kind == "gan":
        check(subject)
        result["checked"] = True
        result["losses"] = [float(value) for value in subject.losses()]
    if workload.kind == "accuracy":
        ((_, given),) = operands(workload.products())
        result["errors"] = errors(subject.first_result(), *given[:-1])
    return result


def _command(subject, steps):
    """One run of a whole command."""
    seconds = _seconds(subject, 1)
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
    return {
        "microseconds": [1e6 * seconds],
        "steps": steps,
        "peak_rss_mb": peak,
        "versions": machine.versions(),
    }


def _blocks(subject, seconds):
    """Seconds a run, one for each block."""
    calls = steps_of_about(subject, seconds)
    return [_seconds(subject, calls) / calls for _ in range(BLOCKS)]


def steps_of_about(subject, seconds):
    """How many steps take about so long; of a contestant that runs many at once, a
    multiple of those."""
    count = per_call = getattr(subject, "steps_per_call", 1)
    spent = _seconds(subject, count)
    while spent < WARM * seconds:  # until a run is long enough to tell its length
        count *= 2
        spent = _seconds(subject, count)
    return max(1, round(seconds * count / spent / per_call)) * per_call


def _seconds(subject, count):
    started = time.perf_counter()
    subject.run(count)
    return time.perf_counter() - started


def main(workload, contestant, seconds, started, size):
    """What `python -m benchmarks child` does."""
    workload, contestant = WORKLOADS[workload], CONTESTANTS[contestant]
    print(json.dumps(measure(workload, contestant, seconds, started, size)))
