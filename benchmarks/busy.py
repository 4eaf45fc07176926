"""Training on a machine that others use too: steps beside processes that never rest.

Every contestant has a process that waits to be asked.  They are asked in turn, round
after round, with 0, 1 and 2 loops of pure Python beside them, so that a ratio compares
the same minutes.
"""

import json
import subprocess
import sys
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path

from . import machine
from .checks import check
from .processes import Child, Failed
from .registry import CONTESTANTS, WORKLOADS

ROOT = Path(__file__).parents[1]
LOOP = "while True: pass"
CHUNK = 0.2  # about so many seconds of steps between two looks at the clock
PAUSE = 0.3  # seconds after a turn: OpenMP's threads look for work for 0.2 of them


@contextmanager
def loops(count):
    """So many processes that never rest."""
    command = [sys.executable, "-c", LOOP]
    started = [subprocess.Popen(command) for _ in range(count)]
    try:
        yield started
    finally:
        for process in started:
            process.kill()
            process.wait()


def measure(workloads, plan, pythons):
    """Results of one game, a row for each round.

    workloads: workload -> its contestants; they differ in `beside` alone.
    """
    rows, children = [], {}
    present = {c.name: c for found in workloads.values() for c in found}
    with ExitStack() as stack:
        for contestant in present.values():
            command = [pythons["peers" if contestant.peer else "minigan"]]
            command += ["-m", "benchmarks", "answer"]
            command += [next(iter(workloads)).name, contestant.name]
            env = machine.environment(contestant.environment)
            child = stack.enter_context(Child(command, env, ROOT))
            children[contestant.name] = child
            try:
                child.ask(0)  # it starts, compiles and is checked before the next does
            except Failed as failed:
                del children[contestant.name]
                rows += [_row(w, contestant, 0, error=str(failed)) for w in workloads]
        for workload, contestants in workloads.items():
            with loops(workload.beside):
                for repetition in range(plan.repetitions):
                    for contestant in contestants:
                        child = children.get(contestant.name)
                        if child is not None:
                            found = child.ask(plan.seconds)
                            rows.append(_row(workload, contestant, repetition, **found))
                            time.sleep(PAUSE)
    return rows


def _row(workload, contestant, repetition, **found):
    names = {"workload": workload.name, "contestant": contestant.name}
    return {**names, "repetition": repetition, **found}


# ---- in the process that is asked --------------------------------------------------


def answer(workload, contestant, lines=sys.stdin, size=None):
    """Print a measurement for every line: about how many seconds it may take."""
    workload, contestant = WORKLOADS[workload], CONTESTANTS[contestant]
    subject = contestant.load(workload.kind)(*workload.arguments(size))
    check(subject)
    for line in lines:
        print(json.dumps(timed(subject, float(line))), flush=True)


def timed(subject, seconds, clock=time.perf_counter):
    """Microseconds a step, and how many threads were at work on average.

    The clock is read after a step, then ever more rarely while steps are quick: some
    become a thousand times slower.  The threads are None where the contestant does not
    count them, or had nothing to share.
    """
    steps = least = getattr(subject, "steps_per_call", 1)
    count = 0
    before, started = machine.threads_at_work(), clock()
    spent = 0.0
    while not count or spent < seconds:
        subject.run(steps)
        count += steps
        spent, took = clock() - started, clock() - started - spent
        if took < CHUNK / 2:
            steps *= 2
        elif took > 2 * CHUNK:
            steps = max(least, steps // 2)
    shared = machine.threads_at_work(before)
    threads = round(shared.threads, 2) if shared.pieces else None
    return {"microseconds": [1e6 * spent / count], "threads_at_work": threads}
