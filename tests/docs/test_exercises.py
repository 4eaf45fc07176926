"""docs/exercises.md: its code runs and prints what it says."""

import contextlib
import io
import re
from pathlib import Path

from minigan import use_backend
from minigan.exercises.exercise import in_order

PAGE = (Path(__file__).parents[2] / "docs" / "exercises.md").read_text(encoding="utf-8")


def test_the_code_runs_and_prints_what_it_says():
    first, second = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)
    (said,) = re.findall(r"^```text\n(.*?)^```$", PAGE, re.M | re.S)
    with use_backend("numpy"), contextlib.redirect_stdout(io.StringIO()) as printed:
        exec(first, {})
        before = len(printed.getvalue())
        exec(second, {"__name__": "page"})
    assert printed.getvalue()[before:] == said


def test_the_tables_are_of_all_exercises_and_the_points_add_up():
    table, rubric = (
        [line for line in part.splitlines() if re.match(r"\| \d", line)]
        for part in PAGE.split("## For lecturers")
    )
    numbers = [str(exercise.number) for exercise in in_order()]
    assert [line.split("|")[1].strip() for line in table] == numbers
    assert [line.split("|")[1].strip() for line in rubric] == numbers
    points = 0
    for line in rubric:
        for cell in line.split("|")[2:4]:
            points += int(re.findall(r"\b\d+\b", cell)[-1 if "each" in cell else 0])
    assert f"That makes {points} points" in PAGE
