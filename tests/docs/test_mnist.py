"""The page on images: its examples run, and its options are there."""

import re
from pathlib import Path

import pytest

from minigan import use_backend
from minigan.cli import cli
from minigan.cli.rundir import FILES
from minigan.gan import recipes

PAGE = (Path(__file__).parents[2] / "docs" / "mnist.md").read_text()
BLOCKS = re.findall(r"^```python\n(.*?)^```$", PAGE, re.M | re.S)


@pytest.mark.parametrize("number", range(len(BLOCKS)))
def test_examples_run(number, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    names = {}
    with use_backend("numpy"):
        exec(compile(BLOCKS[number], "docs/mnist.md", "exec"), names)
    assert names.get("same", True)
    assert "images" not in names or names["images"].shape == (9, 8, 8, 1)


def test_options_that_the_page_names():
    known = {"--help"}
    for command in cli.commands.values():
        known |= {flag for option in command.params for flag in option.opts}
    named = set(re.findall(r"(--[a-z][a-z0-9-]+)", PAGE))
    assert len(named) > 9 and named <= known


def test_all_recipes_and_files_are_described():
    of_images = [name for name, recipe in recipes.RECIPES.items() if recipe.dataset]
    for name in (*of_images, *FILES):
        assert f"`{name}`" in PAGE, name
