"""CONTRIBUTING.md: the files and commands that it names are there."""

import configparser
import re
from importlib.util import find_spec

from tests.whole.reading import ROOT

PAGE = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
EXAMPLE = "tests/gan/test_history_csv.py"  # of how a test would be called


def test_what_it_names_is_there():
    named = set(re.findall(r"`((?:minigan|tests|docs|benchmarks)/[\w/.]*)`", PAGE))
    named |= set(re.findall(r"\]\(([^)#]+)\)", PAGE))
    assert len(named) > 10
    assert {name for name in named if not (ROOT / name).exists()} == {EXAMPLE}


def test_its_commands_are_there():
    (block,) = re.findall(r"```sh\n(.*?)```", PAGE, re.S)
    parser = configparser.ConfigParser()
    parser.read(ROOT / "setup.cfg", encoding="utf-8")
    extras = parser["options.extras_require"]
    installed = "".join(extras[e] for e in re.search(r"\[(.+?)\]", block)[1].split(","))
    tools = set(re.findall(r"^(?:\w+=\w+ )?([\w-]+)|&& ([\w-]+)", block, re.M))
    for tool in {name for pair in tools for name in pair if name} - {"pip"}:
        assert tool in re.findall(r"[\w-]+", installed), tool
    for module in re.findall(r"python -m ([\w.]+)", PAGE):
        assert find_spec(module), module


def test_the_hooks_are_what_it_says():
    hooks = (ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8")
    assert set(re.findall(r"id: (ruff[\w-]*)", hooks)) == {"ruff-check", "ruff-format"}
