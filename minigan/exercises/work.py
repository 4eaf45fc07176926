"""To work on an exercise: see what there is, start, check, ask for a hint."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from .. import validate
from ..errors import OutputError
from ..files import as_path, write_atomically
from ..primitives import use_backend
from ..tables import Table
from .answer import Answer
from .exercise import EXERCISES, Exercise, Part, in_order
from .verdict import Finding, Verdict


@dataclass(frozen=True)
class Task:
    """An exercise that was started: its text, and the files to be edited."""

    title: str
    text: str
    files: tuple[Path, ...]

    def __str__(self) -> str:
        names = ", ".join(map(str, self.files))
        return f"{self.text}\n\nTo be edited: {names}"

    __repr__ = __str__

    def _repr_html_(self) -> str:
        return f"<pre>{escape(str(self))}</pre>"


def overview() -> Table:
    """All exercises: number, title, and the names that an answer defines."""
    rows = [
        [str(number), exercise.title, written(exercise.wanted)]
        for number, exercise in enumerate(in_order(), 1)
    ]
    advice = ["start one with `minigan exercise start 1` or exercises.start(1)"]
    return Table("Exercises", (">", "Exercise", "You write"), rows, advice)


def written(names: tuple[str, ...]) -> str:
    """The names, or of many their number."""
    return ", ".join(names) if len(names) < 3 else f"{len(names)} classes, functions"


def start(number: int, folder: str | Path = ".", force: bool = False) -> Task:
    """Write the files of an exercise into a folder and return its `Task`.

    force: True overwrites files that exist.
    Errors: ArgumentError for a number that is none, OutputError for files that exist
    or cannot be written.
    """
    where = "exercises.start"
    exercise = numbered(where, number)
    files = files_of(where, number, folder)
    for path in files:
        if path.exists() and not force:
            raise OutputError(
                f"{where}: '{path}' exists; your work stays as it is (force=True "
                "begins anew)"
            )
    for path, text in zip(files, exercise.files.values(), strict=True):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(
                f"{where}: '{path.parent}' cannot be made: {error}"
            ) from error
        write_atomically(path, text.encode())
    return Task(title_of(number), exercise.task(), tuple(files))


def check(number: int, answer: Any = None, folder: str | Path = ".") -> Verdict:
    """Judge an answer.

    answer: None for the files that `start` wrote into `folder`; a file, a class or
    function, a tuple of them, or `globals()`, as in a notebook.
    Errors: ArgumentError for a number that is none, or files that are not there.
    """
    exercise = numbered("exercises.check", number)
    with use_backend("numpy"):  # nobody waits for kernels to be compiled
        return verdict_on(exercise, answer, folder)


def verdict_on(exercise: type[Exercise], answer: Any, folder: str | Path) -> Verdict:
    """What `check` returns."""
    where, number = "exercises.check", exercise.number
    title = title_of(number)
    if answer is None or isinstance(answer, (str, Path)):
        files = files_of(where, number, folder)
        if answer is not None:
            given = as_path(where, answer)
            names = [path.name for path in files]
            files = [given / n for n in names] if given.is_dir() else [given]
        for path in files:
            if not path.is_file():
                expected = f"the file of exercise {number}; exercises.start({number})"
                validate.complain(
                    *(validate.ArgumentError, where, "answer", f"{expected} writes it"),
                    f"no '{path}'",
                )
        try:
            handed_in = Answer.read(files)
        except (Exception, SystemExit) as error:
            problem = Answer({}, files).failure(error)
            return Verdict(title, (Finding("the file", False, problem),))
    else:
        handed_in = Answer.of(answer)
    missing = handed_in.missing(exercise.wanted)
    if missing:
        problem = f"there is no {' and no '.join(missing)} in it"
        return Verdict(title, (Finding("the names", False, problem),))
    parts = exercise().parts(handed_in)
    findings = tuple(judged(parts, handed_in, exercise.independent))
    if all(finding.ok for finding in findings):
        last = number == len(EXERCISES)
        after = "That was the last." if last else f"Next: exercise {number + 1}."
        return Verdict(title, findings, f"All of it is right. {after}")
    advice = f"A hint: `minigan exercise hint {number}` or exercises.hint({number})"
    return Verdict(title, findings, advice)


def hint(number: int, which: int = 1) -> str:
    """A hint for an exercise; the first is a nudge, the last says nearly all.

    Errors: ArgumentError for a number that is none.
    """
    where = "exercises.hint"
    hints = numbered(where, number).hints
    which = validate.integer(where, "which", which, most=len(hints))
    more = "" if which == len(hints) else f"; the next: hint {number} {which + 1}"
    return f"{hints[which - 1]}\n(hint {which} of {len(hints)}{more})"


def numbered(where: str, number: int) -> type[Exercise]:
    """The exercise of that number.  Errors: ArgumentError."""
    number = validate.integer(where, "number", number, most=len(EXERCISES))
    return in_order()[number - 1]


def title_of(number: int) -> str:
    """Exercise 1: the dense layer."""
    return f"Exercise {number}: {in_order()[number - 1].title}"


def files_of(where: str, number: int, folder: str | Path) -> list[Path]:
    """Where the files of an exercise lie; several have a folder of their own."""
    exercise = numbered(where, number)
    place = as_path(where, folder)
    if len(exercise.files) > 1:
        place = place / f"exercise_{number:02}_{exercise.name}"
        return [place / name for name in exercise.files]
    return [place / f"exercise_{number:02}_{name}" for name in exercise.files]


def judged(parts: Iterable[Part], answer: Answer, independent: bool) -> list[Finding]:
    """Each part's finding; the rest is not judged after one that is wrong."""
    findings: list[Finding] = []
    for name, problem in parts:
        if not independent and any(finding.ok is False for finding in findings):
            findings.append(Finding(name, None))
            continue
        try:
            text = problem()
        except Exception as error:
            text = answer.failure(error)
        findings.append(Finding(name, not text, text))
    return findings
