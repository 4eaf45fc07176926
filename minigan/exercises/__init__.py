"""Exercises: write the heart of a GAN yourself, with a judge that says what is wrong.

    from minigan import exercises

    exercises.overview()       what there is to do
    exercises.start(1)         writes the file of the first exercise, and shows its task
    exercises.check(1)         judges the file; in a notebook: exercises.check(1, Dense)
    exercises.hint(1)          where the task alone does not do

The command is `minigan exercise list | start N | check N | hint N`.
"""

# Each registers its exercise.
from . import (  # noqa: F401
    adam,
    batchnorm,
    bce,
    bugs,
    dense,
    discriminator,
    generator,
    penalty,
    relu,
    sigmoid,
)
from .answer import Answer
from .exercise import EXERCISES, Exercise, Part
from .verdict import Finding, Verdict
from .work import Task, check, hint, overview, start

__all__ = [
    "EXERCISES",
    "Answer",
    "Exercise",
    "Finding",
    "Part",
    "Task",
    "Verdict",
    "check",
    "hint",
    "overview",
    "start",
]
