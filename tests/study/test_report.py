"""The tables: what they say, and that they depend on the outcomes alone."""

import csv
import io
import time

import numpy as np
import pytest

from minigan.study.outcome import Outcome
from minigan.study.plan import Task, plan
from minigan.study.report import Results

PLAN = plan("study.run", "0-9", {"beta_1": [0.0, 0.5]})


def made(order=1):
    """Of beta_1=0 half are healthy; of 0.5 all but one that failed and one missing."""
    outcomes = {}
    for task in PLAN.tasks[::order]:
        seed, zero = task.seed, task.settings["beta_1"] == 0
        if zero:
            healthy, verdict = seed < 5, "healthy" if seed < 5 else "not converging"
            outcome = Outcome(seed, task.settings, healthy, verdict, {"x": seed / 3})
        elif seed == 3:
            outcome = Outcome(seed, task.settings, False, "failed", error="E: ?,\n!")
        else:
            metrics = {"x": float(seed), "y": np.inf}
            outcome = Outcome(seed, task.settings, True, "healthy", metrics)
        if zero or seed != 9:
            outcomes[task.key] = outcome
    return Results(PLAN, outcomes, "a <study>", ["a note"])


def test_shares_with_intervals():
    text = str(made().health())
    assert "beta_1=0.0    10        5  50.0%  23.7% to 76.3%       0" in text
    assert "beta_1=0.5     9        8  88.9%  56.5% to 98.0%       1" in text
    assert "1 runs are missing" in text and "a note" in text


def test_verdicts_the_most_frequent_first():
    rows = made().verdicts().rows
    assert rows == [
        ["beta_1=0.0", "healthy", "5", "50.0%"],
        ["", "not converging", "5", "50.0%"],
        ["beta_1=0.5", "healthy", "8", "88.9%"],
        ["", "failed", "1", "11.1%"],
    ]


def test_distributions():
    rows = made().distributions().rows
    assert rows[0] == [
        "x",
        "beta_1=0.0",
        "0",
        "0.15",
        "0.75",
        "1.5",
        "2.25",
        "2.85",
        "3",
    ]
    assert [row[0] for row in rows] == ["x", "", "y"] and rows[2][-1] == "inf"


def test_csv_files():
    runs = list(csv.DictReader(io.StringIO(made().runs_csv().decode())))
    assert len(runs) == 19 and list(runs[0])[:4] == [
        "beta_1",
        "seed",
        "healthy",
        "verdict",
    ]
    assert runs[1]["x"] == "0.333333333" and runs[1]["y"] == ""
    assert runs[13]["error"] == "E: ?,\n!" and runs[13]["healthy"] == "0"
    rows = list(csv.DictReader(io.StringIO(made().configurations_csv().decode())))
    assert [row["share"] for row in rows] == ["0.5", "0.888888889"]
    assert rows[1]["failed"] == "1" and rows[0]["x median"] == "1.5"


def test_the_order_does_not_matter():
    one, other = made(), made(-1)
    assert str(one) == str(other)
    assert one.runs_csv() == other.runs_csv()
    assert one.configurations_csv() == other.configurations_csv()


def test_numbers_that_nobody_judged():
    outcomes = {Task(0).key: Outcome(0, {}, metrics={"x": 1.0})}
    results = Results(plan("study.run", "0", None), outcomes, "t")
    assert results.health().rows == [["as it is", "1", "-", "-", "-", "0"]]
    assert results.configurations_csv().splitlines()[1].startswith(b"1,,,,,0,")


def test_nothing_is_there_yet():
    results = Results(plan("study.run", "0", None), {}, "t")
    assert results.missing == 1 and "1 runs are missing" in str(results)
    assert results.runs_csv() and results.configurations_csv()


@pytest.mark.parametrize("value", [np.nan])
def test_what_is_not_a_number_is_left_out(value):
    outcomes = {Task(0).key: Outcome(0, {}, metrics={"x": value})}
    results = Results(plan("study.run", "0", None), outcomes, "t")
    assert results.distributions().rows == []


def test_ten_thousand_runs_take_no_time():
    """Nothing is counted anew for each run."""
    many = plan("study.run", "0-9999", None)
    outcomes = {
        task.key: Outcome(task.seed, {}, True, "healthy", {"x": 1.0, "y": 2.0})
        for task in many.tasks
    }
    results, began = Results(many, outcomes, "t"), time.process_time()
    assert results.runs_csv().count(b"\n") == 10_001 and str(results)
    assert time.process_time() - began < 5
