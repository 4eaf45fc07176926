"""docs/execution.md shows the program that runs, and explains all of it."""

import importlib.util
import re
from pathlib import Path

import pytest

from minigan.gan import recipes
from minigan.jit.compiling import JIT_DISABLED
from minigan.primitives import PRIMITIVES

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="nothing can be captured")
FOLDER = Path(__file__).parents[2] / "docs"


@pytest.fixture(scope="module")
def listing():
    """docs/listing.py as a module."""
    spec = importlib.util.spec_from_file_location("listing", FOLDER / "listing.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(scope="module")
def page():
    return (FOLDER / "execution.md").read_text()


@pytest.fixture(scope="module")
def program():
    return recipes.load("parabola").program()


def test_the_listing_is_the_one_that_the_program_prints(listing, page):
    """If not: `python docs/listing.py`."""
    assert listing.updated(page) == page


def test_the_page_shows_all_of_it_once_and_in_order(listing, page, program):
    shown = [block[2] for block in listing.BLOCK.finditer(page)]
    assert shown == list(listing.parts(str(program.show())))
    lines = [
        line for block in listing.BLOCK.finditer(page) for line in block[3].split("\n")
    ]
    numbers = [int(n) for line in lines for n in re.findall(r"^ *(\d+)  ", line)]
    assert numbers == list(range(len(program)))


def test_every_primitive_in_it_is_explained(listing, page, program):
    prose = listing.BLOCK.sub("", page)
    explained = set(re.findall(r"`(\w+)`", prose))
    assert {i.primitive.name for i in program.instructions} <= explained


def test_every_primitive_that_is_named_exists(page):
    """Words in code style that look like primitives: `dense_...` and the like."""
    families = {name.split("_")[0] for name in PRIMITIVES if "_" in name}
    named = {
        word
        for word in re.findall(r"`([a-z]+(?:_\w+)+)`", page)
        if word.split("_")[0] in families
    }
    assert named and named <= set(PRIMITIVES)
