"""How the house is built: who imports what, and that the tests mirror the package.

    minigan/gan/history.py      tests/gan/test_history.py
    minigan/losses.py           tests/test_losses.py and tests/test_losses_softmax.py
    minigan/golden/__init__.py  tests/golden/test_golden.py

Beside these stand tests that are not of one module, each kind in a folder of its own.
"""

import ast

import pytest

from .reading import ROOT, importers, statements

PACKAGE, TESTS = ROOT / "minigan", ROOT / "tests"
KINDS = {
    "benchmarks": "the scripts and tables of benchmarks/",
    "campaign": "files that lie and processes that die",
    "docs": "documents: test_x.py reads docs/x.md",
    "parity": "other libraries, beside ours",
    "whole": "the package as a whole, or many parts of it at once",
}
ALONE = {"test_extension.py"}  # what one file outside the package can add


def modules() -> set[str]:
    """gan/history for minigan/gan/history.py; gan/gan for minigan/gan/__init__.py."""
    found = set()
    for path in PACKAGE.rglob("*.py"):
        name = path.relative_to(PACKAGE).with_suffix("")
        if name.name == "__init__":
            name = name.parent / (name.parent.name or PACKAGE.name)
        if name.name != "__main__":
            found.add(name.as_posix())
    return found


def subjects() -> dict[str, str]:
    """Test file -> what its name says that it tests, without those of `KINDS`."""
    found = {}
    for path in TESTS.rglob("test_*.py"):
        place = path.relative_to(TESTS)
        if place.parts[0] not in KINDS and place.as_posix() not in ALONE:
            name = place.with_name(place.stem.removeprefix("test_"))
            found[place.as_posix()] = name.as_posix()
    return found


def shared() -> set[str]:
    """Modules that another package of minigan imports, or that stand in none."""
    known, used = modules(), set()
    for path in PACKAGE.rglob("*.py"):
        folder = path.relative_to(PACKAGE).parent
        for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.ImportFrom) or not node.level:
                continue
            base = list(folder.parts)[: len(folder.parts) - node.level + 1]
            base += node.module.split(".") if node.module else []
            names = {"/".join(base)} | {"/".join([*base, a.name]) for a in node.names}
            if base[:1] != list(folder.parts)[:1]:
                used |= names
    return (used | {name for name in known if "/" not in name}) & known


def test_every_test_stands_where_its_module_does():
    known, lost = modules(), []
    for file, name in subjects().items():
        own = {name[: k + 1] for k in range(len(name)) if name[k + 1 : k + 2] in "_"}
        if not own & known:  # no module of that name, with or without an aspect
            lost.append(file)
    assert lost == []


def test_every_module_is_tested_under_its_name():
    """A part that only its own package uses may be tested with the package."""
    named = set(subjects().values())
    fronts = {
        name for name in modules() if name.split("/")[-2:-1] == name.split("/")[-1:]
    }
    assert sorted(shared() - fronts - named) == []
    folders = {file.rpartition("/")[0] for file in subjects()}
    assert {name.rpartition("/")[0] for name in modules()} <= folders


def test_every_kind_has_its_folder():
    folders = {path.name for path in TESTS.iterdir() if any(path.glob("test_*.py"))}
    packages = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}
    assert folders == packages | set(KINDS)


@pytest.mark.parametrize(
    ("library", "others"), [("matplotlib", set()), ("PIL", {"minigan/data/folder.py"})]
)
def test_what_is_drawn_is_drawn_in_pictures(library, others):
    """Everything else asks `pictures`, so that training never waits for it.

    Images are read by `data`.
    """
    found = set(importers(PACKAGE)[library]) - others
    assert {path.rsplit("/", 1)[0] for path in found} == {"minigan/pictures"}
