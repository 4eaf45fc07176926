"""Runs the measurements: one process each, contestants in turn, on a quiet machine."""

import datetime
import json
import sys
import tempfile
import time
from pathlib import Path

from . import busy, machine
from .processes import Failed, output
from .registry import pairs

ROOT = Path(__file__).parents[1]
MOST_LOAD = 0.3
TRIES = 3  # of a measurement that something else disturbed, for every contestant
FORMAT = 1
ROOFLINE, OURS = "mnist-mixed", "minigan"  # whose step is profiled as well


class Busy(RuntimeError):
    """The machine has other work; what is timed now would mean nothing."""


def refuse_under_load(force=False):
    """The load average.  Errors: Busy above `MOST_LOAD`, unless forced."""
    load = machine.load()
    if load > MOST_LOAD and not force:
        raise Busy(
            f"the load average of the last minute is {load:.2f}, above {MOST_LOAD}: "
            "wait, or give --force and have it said in the results"
        )
    return load


def run(patterns, plan, pythons, force=False, say=print, keep=lambda results: None):
    """Measure, and return the results as JSON holds them.

    patterns: see `registry.pairs`.  plan: `Plan`.  pythons: interpreters, for minigan
    and for its peers.  keep: is called with what there is after each measurement, so
    that a run that is ended early is not lost.
    """
    chosen = pairs(patterns)
    exempt = all(workload.beside is not None for workload in chosen)
    load = refuse_under_load(force or exempt)
    packages = {key: packages_of(exe) for key, exe in pythons.items()}
    absent = {}
    for contestants in chosen.values():
        for contestant in contestants:
            have = packages["peers" if contestant.peer else "minigan"]
            missing = [name for name in contestant.requires if name not in have]
            if missing:
                absent[contestant.name] = missing
    results = {
        "format": FORMAT,
        "date": datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        "forced": force and not exempt and load > MOST_LOAD,
        "load": round(load, 2),
        "machine": machine.describe(),
        "packages": packages,
        "plan": vars(plan),
        "absent": absent,
        "results": [],
    }
    for rows in _rows(chosen, absent, plan, pythons):
        results["results"] += rows
        for row in rows:
            say(_line(row))
        keep(results)
    if any(w.name == ROOFLINE and c.name == OURS for w in chosen for c in chosen[w]):
        results["roofline"] = _json_of(
            [pythons["minigan"], "-m", "benchmarks", "roofline"]
        )
    return results


def _rows(chosen, absent, plan, pythons):
    """Lists of results, as they come."""
    games = {}
    for workload, contestants in chosen.items():
        present = [c for c in contestants if c.name not in absent]
        if workload.beside is not None:
            games.setdefault(workload.game, {})[workload] = present
            continue
        for repetition in range(plan.repetitions_of(workload)):
            for contestant in present:
                if contestant.once and repetition:
                    continue
                python = pythons["peers" if contestant.peer else "minigan"]
                found = _measure(workload, contestant, plan, python)
                yield [
                    {
                        "workload": workload.name,
                        "contestant": contestant.name,
                        "repetition": repetition,
                        **found,
                    }
                ]
    for workloads in games.values():
        watch = Watch()
        rows = busy.measure(workloads, plan, pythons)
        others = {"other_cores": watch.others()}
        yield [{**row, **others} for row in rows]


def verify(patterns, pythons, say):
    """Compare each contestant's losses with minigan's; the exit code."""
    worst = 0
    for workload, contestants in pairs(patterns).items():
        for contestant in contestants:
            python = pythons["peers" if contestant.peer else "minigan"]
            names = [workload.name, contestant.name]
            if workload.kind != "gan" or workload.game or contestant.start_only:
                continue
            try:
                found = _json_of([python, "-m", "benchmarks", "compare", *names])
                text = f"losses within {found:.1g}"
            except Failed as failed:
                worst, text = 1, f"FAILED: {failed}"
            say(f"{workload.name:14} {contestant.name:20} {text}")
    return worst


class Plan:
    """How long and how often.

    quick: a few short runs, to see that all works.  seconds: of a block, of which a
    process runs three.  repetitions: processes for each pair, and rounds beside busy
    processes.  tries: how often a disturbed measurement is run.
    """

    def __init__(
        self,
        quick=False,
        seconds=None,
        repetitions=None,
        command_steps=None,
        tries=TRIES,
    ):
        self.quick = quick
        self.seconds = seconds or (0.1 if quick else 1.0)
        self.repetitions = repetitions or (1 if quick else 3)
        self.command_steps = command_steps or (100 if quick else 10_000)
        self.tries = tries

    def size_of(self, workload):
        """See `Workload.arguments`."""
        return self.command_steps if workload.kind == "command" else 0

    def repetitions_of(self, workload):
        """Whole commands and large steps take long, and are run once."""
        return 1 if workload.group in ("command", "growth") else self.repetitions


def packages_of(python):
    """name -> version of the packages that an interpreter has."""
    return _json_of([python, "-m", "benchmarks", "versions"])


def _json_of(command, extra=None):
    """What a command prints as its last line.  Errors: Failed, with its own words."""
    printed = output(command, machine.environment(extra), ROOT)
    return json.loads(printed.splitlines()[-1])


def _measure(workload, contestant, plan, python):
    """The least disturbed of a few results, or the first undisturbed one."""
    best = None
    for _ in range(1 if workload.kind == "command" else plan.tries):
        found = _measure_once(workload, contestant, plan, python)
        if "error" in found:
            return found
        if best is None or _others(found) < _others(best):
            best = found
        if _others(best) <= machine.DISTURBED:
            break
    return best


def _others(row):
    return row["other_cores"] or 0.0  # where it cannot be known


def _measure_once(workload, contestant, plan, python):
    """The child's result, or {"error": ...}; and what else ran meanwhile."""
    names = [workload.name, contestant.name]
    numbers = [plan.seconds, time.time(), plan.size_of(workload)]
    command = [python, "-m", "benchmarks", "child", *names, *map(str, numbers)]
    with tempfile.TemporaryDirectory() as empty:
        extra = {k: v.format(empty=empty) for k, v in contestant.environment.items()}
        watch = Watch()
        try:
            found = _json_of(command, extra)
        except Failed as failed:
            return {"error": str(failed)}
        return {**found, "other_cores": watch.others()}


class Watch:
    """How many cores were busy with something else since it was made."""

    def __init__(self):
        self.then = time.monotonic()
        self.busy, self.own = machine.busy_seconds(), machine.children_seconds()

    def others(self):
        """Cores, or None where it cannot be known."""
        if self.busy is None:
            return None
        elapsed = time.monotonic() - self.then
        own = machine.children_seconds() - self.own
        return round(max(0.0, machine.busy_seconds() - self.busy - own) / elapsed, 2)


def _line(row):
    head = f"{row['workload']:28} {row['contestant']:20}"
    if "error" in row:
        return f"{head} failed: {row['error']}"
    samples = sorted(row["microseconds"])
    return f"{head} {samples[len(samples) // 2]:>14,.1f} us"


def interpreters(peers=None):
    """Of minigan, and of its peers."""
    return {"minigan": sys.executable, "peers": peers or sys.executable}
