"""Every gradient that minigan computes is derived on some page; pages show Python."""

import ast
import re

import pytest

from minigan.primitives import PRIMITIVES

from .test_docs import PAGES, blocks, quotes

# How a primitive is named that computes a gradient, or moves parameters by one.
GRADIENT = re.compile(r"_(?:backward|dx|dW|db|dalpha|curvature|update)(?:_|$)")


def test_every_gradient_of_the_registry_is_derived_on_some_page():
    derived = {function for _, _, function, _ in quotes()}
    ours = {
        name
        for name, primitive in PRIMITIVES.items()
        if primitive.formula.__module__.startswith("minigan.")
    }
    needed = {name for name in ours if GRADIENT.search(name)}
    assert len(needed) > 30
    assert sorted(needed - derived) == []


@pytest.mark.parametrize("page", PAGES)
def test_what_a_page_calls_python_is_python(page):
    for block in blocks(PAGES[page], "python"):
        ast.parse(block)
