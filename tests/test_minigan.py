"""The public names: all of them, and no more."""

import subprocess
import sys

import pytest

import minigan
from minigan import initializers, layers, losses, optimizers


def test_dir_shows_the_public_names():
    assert dir(minigan) == sorted({*minigan.__all__, *minigan.LAZY})
    assert len(set(minigan.__all__)) == len(minigan.__all__)
    for name in dir(minigan):
        assert getattr(minigan, name) is not None
        assert not name.startswith("_") or name == "__version__"


@pytest.mark.parametrize("registry", ["LAYERS", "LOSSES", "OPTIMIZERS"])
def test_everything_of_ours_that_is_registered_is_public(registry):
    things = getattr(minigan, registry)
    ours = {k: v for k, v in things.items() if v.__module__.startswith("minigan.")}
    assert {name: getattr(minigan, name) for name in ours} == ours


@pytest.mark.parametrize("family", [initializers, layers, losses, optimizers])
def test_each_family_lists_its_own_names(family):
    for name in family.__all__:
        assert getattr(minigan, name) is getattr(family, name)


def test_a_name_that_there_is_not():
    with pytest.raises(AttributeError, match="'minigan' has no attribute 'nothing'"):
        minigan.nothing  # noqa: B018


CHILD = """
import sys
import minigan
heavy = {"numba", "matplotlib", "PIL", "minigan.keras", "minigan.data", "filelock"}
assert not heavy & set(sys.modules), heavy & set(sys.modules)
minigan.data.load, minigan.keras.layers
assert {"minigan.keras", "minigan.data"} < set(sys.modules)
import minigan.checkpoint, minigan.errors
"""


def test_what_is_heavy_waits_until_it_is_used():
    subprocess.run([sys.executable, "-c", CHILD], check=True)
