"""A few changes of the code; `python -m tests.campaign.mutants` makes hundreds."""

import os
import subprocess
import sys

import pytest

from minigan.jit.compiling import JIT_DISABLED

from ..helpers import ROOT
from .changes import changes, functions
from .equivalent import EQUIVALENT
from .mutants import chosen, modules

ONCE = pytest.mark.skipif(
    JIT_DISABLED or os.environ.get("MINIGAN_BACKEND") == "numpy",
    reason="it sets these by itself",
)


@pytest.mark.campaign
@ONCE
@pytest.mark.skipif(os.name != "posix", reason="forks")
def test_changes_of_activations_are_noticed():
    sample = ("--count", "16", "--only", "primitives.activations")
    done = subprocess.run(
        [sys.executable, "-m", "tests.campaign.mutants", *sample]
        + ["--tests", "layers/test_activations"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "16 changes" in done.stderr and "score" in done.stdout


def test_there_are_enough_changes_and_each_is_where_it_says():
    found = chosen("", 0, 0)
    assert len(found) > 1000
    places = {name: {f.__qualname__ for f in functions(of(name))} for name in modules()}
    for change in found:
        where = places[change.module]
        assert change.function in where | {f.split(".")[0] for f in where}, change


def of(name):
    """A module by its dotted name."""
    return sys.modules[name]


def test_what_is_said_to_be_equal_is_a_change_that_there_is():
    known = {str(change) for name in modules() for change in changes(name)}
    assert set(EQUIVALENT) <= known
