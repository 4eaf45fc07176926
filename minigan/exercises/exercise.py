"""What an exercise is: a stub with its task, hints, and the parts that are judged."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Mapping
from typing import ClassVar, NamedTuple

from ..registry import Registry
from .answer import Answer

EXERCISES: Registry[type[Exercise]] = Registry("exercise")


class Part(NamedTuple):
    """One thing that is judged.

    name: what, in few words ("backward: dW").
    problem: () -> "" where it is right, else what is wrong, in words.
    """

    name: str
    problem: Callable[[], str]


class Exercise:
    """Base class of exercises.

    number: its place in the row.   title: in few words.
    files: name -> text of each file that `start` writes; its docstring is the task.
    hints: from a nudge to nearly all of it.
    wanted: the names that an answer has to define.
    independent: True where each part is judged, whatever the others are; by default
    the judge stops at the first that is wrong.
    """

    name: ClassVar[str] = ""
    number: ClassVar[int] = 0
    title: ClassVar[str] = ""
    files: ClassVar[Mapping[str, str]] = {}
    hints: ClassVar[tuple[str, ...]] = ()
    wanted: ClassVar[tuple[str, ...]] = ()
    independent: ClassVar[bool] = False

    def parts(self, answer: Answer) -> Iterable[Part]:
        """What is judged, in order."""
        raise NotImplementedError

    @classmethod
    def task(cls) -> str:
        """The text of the exercise: the docstrings of its files."""
        trees = [ast.parse(text) for text in cls.files.values()]
        return "\n\n".join(ast.get_docstring(tree) or "" for tree in trees)


def in_order() -> list[type[Exercise]]:
    """All exercises, the first one first."""
    return sorted(EXERCISES.values(), key=lambda exercise: exercise.number)
