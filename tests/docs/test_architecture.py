"""docs/architecture.md: the units are those of the code, changes touch what it says."""

import ast
import importlib.util
import re
from functools import cache
from pathlib import Path

import pytest

from minigan.data.catalog import DATASETS
from minigan.gan.objectives import OBJECTIVES
from minigan.gan.options import Options
from minigan.gan.recipes import RECIPES
from minigan.gan.rngs import NAMES as STREAMS
from minigan.initializers import INITIALIZERS
from minigan.layers import LAYERS
from minigan.losses import LOSSES
from minigan.optimizers import OPTIMIZERS
from minigan.primitives import PRIMITIVES

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "minigan"
REGISTRIES = {
    "layer": LAYERS,
    "loss": LOSSES,
    "optimizer": OPTIMIZERS,
    "initializer": INITIALIZERS,
    "objective": OBJECTIVES,
    "recipe": RECIPES,
    "data set": DATASETS,
}
# Folders whose purpose is to name things of the engine in a language of their own, or
# to have them written again.
TRANSLATORS = "keras", "golden", "exercises"


@pytest.fixture(scope="module")
def page():
    return (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def units():
    """docs/architecture.py as a module."""
    path = ROOT / "docs" / "architecture.py"
    spec = importlib.util.spec_from_file_location("architecture", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_no_unit_imports_one_above_it(units):
    assert max(units.levels(units.imports()).values()) > 5


def test_a_circle_would_be_named(units):
    with pytest.raises(ValueError, match="a -> b -> a"):
        units.levels({"a": {"b"}, "b": {"a"}})


def test_the_table_is_that_of_the_code(units, page):
    """If not: `python docs/architecture.py`."""
    assert units.TABLE.search(page)[0] == units.table()


def test_the_picture_is_there(page):
    (name,) = re.findall(r"!\[.*?\]\((\S+)\)", page)
    assert (ROOT / "docs" / name).exists()


def changes(page):
    """[(kind, files)] of the table of what to touch."""
    rows = re.findall(r"^\| (an? [^|]+?) \| ([^|]+) \|", page, re.M)
    return [(kind, re.findall(r"`(minigan/\S+?)`", cell)) for kind, cell in rows]


def test_each_kind_of_change_touches_one_or_two_files(page):
    found = changes(page)
    assert len(found) >= 13
    for kind, files in found:
        assert 1 <= len(files) <= 2, kind
        assert all((ROOT / file).exists() for file in files), files


@cache
def strings():
    """text -> the modules in which it stands as a whole string, not a docstring."""
    found = {}
    for path in PACKAGE.rglob("*.py"):
        place = path.relative_to(PACKAGE).as_posix()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                found.setdefault(node.value, set()).add(place)
    return found


def named(text):
    """The modules in which a text stands, without those of the translators."""
    places = strings().get(text, set())
    return {place for place in places if place.split("/")[0] not in TRANSLATORS}


def home(registry, name):
    """The module in which something registered is defined."""
    thing = registry[name]
    module = getattr(thing, "__module__", type(thing).__module__)
    return module.replace(".", "/").removeprefix("minigan/") + ".py"


@pytest.mark.parametrize("kind", ["layer", "loss", "optimizer"])
def test_nobody_else_asks_for_a_class_by_its_name(kind):
    """The name of a class is a string nowhere: not in a list, not in a switch."""
    for name in REGISTRIES[kind]:
        elsewhere = named(name) - {home(REGISTRIES[kind], name)}
        assert {f for f in elsewhere if not f.endswith("__init__.py")} == set(), name


def test_primitives_are_named_by_nobody_else():
    for name in PRIMITIVES:
        if "_" in name:  # others are words of their own, such as "copy"
            assert named(name) == set(), name


def test_an_option_is_a_field_and_what_uses_it():
    """No other file of the package lists the options."""
    listed = {}
    for name in Options.__dataclass_fields__.keys() - set(STREAMS):
        for place in strings().get(name, set()):
            listed.setdefault(place, set()).add(name)
    # recipes give them values; an objective has labels
    for place in listed.keys() - {"gan/recipes.py", "gan/options.py"}:
        assert len(listed[place]) <= 3, (place, listed[place])
