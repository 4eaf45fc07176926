"""Beside busy processes: in turn, bounded, and exempt from the refusal."""

import io
import json
import sys
from contextlib import contextmanager

import pytest

from benchmarks import busy, docs, machine, plot, processes, run
from benchmarks.registry import CONTESTANTS, WORKLOADS, pairs
from benchmarks.results import Results


class Answers:
    """In place of a process: what it is asked is written down."""

    asked: list = []

    def __init__(self, command, env, cwd):
        self.name, self.threads = command[-1], env.get("NUMBA_NUM_THREADS")

    def ask(self, seconds):
        if self.name == "torch":
            raise processes.Failed("boom")
        self.asked.append((self.name, seconds))
        return {"microseconds": [100.0 * len(self.asked)], "threads_at_work": 1.5}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.asked.append((self.name, "ended"))


class Quiet:
    """In place of a look at what else runs on this machine."""

    def others(self):
        return 0.0


@pytest.fixture
def content(monkeypatch):
    """A run of one recipe with two contestants and one that fails."""
    running = []

    @contextmanager
    def loops(count):
        running.append(count)
        yield

    monkeypatch.setattr(busy, "loops", loops)
    monkeypatch.setattr(busy, "Child", Answers)
    monkeypatch.setattr(busy, "PAUSE", 0)
    monkeypatch.setattr(Answers, "asked", [])
    monkeypatch.setattr(machine, "load", lambda: 9.0)
    monkeypatch.setattr(run, "Watch", Quiet)
    monkeypatch.setattr(run, "packages_of", lambda _: dict.fromkeys(("numba", "torch")))
    plan = run.Plan(seconds=0.5, repetitions=2)
    only = [f"parabola-beside-*:{name}" for name in ("minigan", "minigan-one", "torch")]
    kept = []
    found = run.run(only, plan, run.interpreters(), say=str, keep=kept.append)
    assert running == [0, 1, 2] and kept == [found]
    return found


def test_contestants_are_asked_in_turn_and_a_loaded_machine_is_welcome(content):
    assert not content["forced"]
    turns = [name for name, seconds in Answers.asked if seconds == 0.5]
    assert turns == ["minigan", "minigan-one"] * 6
    assert sum(seconds == "ended" for _, seconds in Answers.asked) == 3
    failed = [row for row in content["results"] if "error" in row]
    assert [row["error"] for row in failed] == ["boom"] * 3


def test_anything_else_is_refused_on_a_loaded_machine(content):
    with pytest.raises(run.Busy):
        run.run(["parabola*:minigan"], run.Plan(), run.interpreters(), say=print)


def test_table_page_and_picture(content, tmp_path):
    results = Results(content)
    table = results.busy_table()
    assert [row[1] for row in table.rows] == [
        "no busy processes",
        "1 busy process",
        "2 busy processes",
    ]
    first = [row for row in content["results"] if row["workload"].endswith("-0")]
    a, b, c, d = (row["microseconds"][0] for row in first if "error" not in row)
    ratio = f"{(b / a + d / c) / 2:.2f}"  # of the same rounds
    assert table.rows[0][2:] == ["400", "500", "failed", ratio, "", "1.5"]
    assert "## Beside busy processes" in docs.page(results)
    (drawn,) = plot.plot(results, tmp_path)
    assert drawn.name == "benchmark-busy.png" and drawn.stat().st_size > 5000


def test_every_recipe_meets_the_same_rivals():
    for workload, contestants in pairs(["busy"]).items():
        names = [contestant.name for contestant in contestants]
        assert names == ["minigan", "minigan-one", "torch", "jax-scan"], workload
    one = CONTESTANTS["minigan-one"]
    assert one.environment == {"NUMBA_NUM_THREADS": "1"}
    assert {w.beside for w in pairs(["busy"])} == {0, 1, 2}


def test_loops_never_rest_and_end():
    with busy.loops(2) as started:
        assert [process.poll() for process in started] == [None, None]
    assert all(process.poll() is not None for process in started)


class Slow:
    """Steps that take a given time on a clock of its own."""

    def __init__(self, seconds, steps_per_call=1):
        self.seconds, self.steps_per_call = seconds, steps_per_call
        self.now, self.runs = 0.0, []

    def run(self, steps):
        self.runs.append(steps)
        self.now += steps * self.seconds


@pytest.mark.parametrize("seconds, runs", [(1e-4, 30), (0.5, 2), (30.0, 1)])
def test_a_turn_is_bounded_however_slow_steps_become(seconds, runs):
    subject = Slow(seconds)
    found = busy.timed(subject, 1.0, clock=lambda: subject.now)
    assert found["microseconds"] == pytest.approx([1e6 * seconds])
    assert len(subject.runs) <= runs
    assert subject.now < 1.2 or subject.now == seconds


def test_many_steps_in_one_call_stay_together():
    subject = Slow(1e-2, steps_per_call=25)
    busy.timed(subject, 1.0, clock=lambda: subject.now)
    assert set(subject.runs) == {25}


def test_a_process_answers_after_its_check(capsys):
    busy.answer("parabola-beside-0", "minigan", io.StringIO("0\n0.01\n"))
    answers = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert len(answers) == 2
    assert all(answer["microseconds"][0] > 0 for answer in answers)
    assert WORKLOADS["parabola-beside-0"].arguments()[0].name == "parabola"


def test_a_process_that_ends_says_why():
    command = [
        sys.executable,
        "-c",
        "print(int(input()) + 1, flush=True); input(); 1/0",
    ]
    with processes.Child(command, None, None) as child:
        assert child.ask(1) == 2
        with pytest.raises(processes.Failed, match="ZeroDivisionError"):
            child.ask(1)
            child.ask(1)
