"""docs/site: formulas are typeset, all public names and pages are in it.

`.ci/run` builds the site and follows every link: `docs/site/build.py OUT --check`.
"""

import importlib
import importlib.util
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest

import minigan

ROOT = Path(__file__).parents[2]
SITE = ROOT / "docs" / "site"


def module(name):
    """A script of the site, as a module."""
    if name not in sys.modules:
        spec = importlib.util.spec_from_file_location(name, SITE / f"{name}.py")
        sys.modules[name] = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(sys.modules[name])
    return sys.modules[name]


@pytest.fixture(scope="module")
def formulas():
    return module("formulas")


@pytest.fixture(scope="module")
def build(formulas):
    path = list(sys.path)
    yield module("build")
    sys.path[:] = path


def test_a_sum_with_indices(formulas):
    found = formulas.row("dW[d, m] = sum over n of  x[n, d] dy[n, m]")
    assert "<munder><mo>∑</mo><mrow><mi>n</mi></mrow></munder>" in found
    assert found.count("<msub>") == 3


def test_powers_roots_hats_and_greek_letters(formulas):
    found = formulas.row("xhat = (x - mean) / sqrt(var + epsilon)^2")
    assert '<mover accent="true"><mi>x</mi><mo>^</mo></mover>' in found
    assert "<msqrt>" in found and "<mi>ε</mi>" in found and "<mo>−</mo>" in found
    assert "<msubsup>" in formulas.row("beta_1^t")


@pytest.mark.parametrize(
    "text",
    ["print(x)  # 3", "minigan train parabola", "a --> b", "  x  |  y", 'x = "a"'],
)
def test_code_and_drawings_stay_as_they_are(formulas, text):
    assert not formulas.is_formula(text)


def test_every_formula_of_the_pages_is_well_formed(formulas):
    count = 0
    for path in (ROOT / "docs").glob("*.md"):
        page = formulas.typeset(path.read_text(encoding="utf-8"))
        for found in re.findall(r"<math.*?</math>", page, re.S):
            ElementTree.fromstring(found)
            count += 1
    assert count > 30


def test_code_in_fences_is_not_touched(formulas):
    page = "text\n\n```text\n\n    x = y + 1\n```\n"
    assert formulas.typeset(page) == page


def test_every_public_name_is_in_the_reference(build):
    page = build.api()
    titles = set(re.findall(r"^### (\w+)$", page, re.M))
    lazy = {name for name in minigan.LAZY}
    modules = {
        n for n in dir(minigan) if type(getattr(minigan, n)).__name__ == "module"
    }
    assert set(dir(minigan)) - lazy - modules - {"__version__"} <= titles
    for place in build.MODULES:
        found = importlib.import_module(place)
        assert {name for name, _ in build.public(found)} <= titles, place


def test_every_page_has_its_place(build):
    index = build.index()
    for name in (*build.MADE, *(path.stem for path in (ROOT / "docs").glob("*.md"))):
        assert re.search(rf"^{name}$", index, re.M), name
    assert "](docs/" not in index


def test_each_picture_is_there_for_light_and_for_dark_screens(build):
    assert "images/parabola.gif){.only-light}" in build.twice(build.index())
    assert build.twice("a\n\n![b,\nc](images/d.png)\n") == (
        "a\n\n![b,\nc](images/d.png){.only-light}"
        "![b,\nc](images/d-dark.png){.only-dark}\n"
    )


def test_no_picture_is_left_over(build):
    shown = {path for _, path in build.PICTURE.findall(build.index())}
    for page in (ROOT / "docs").glob("*.md"):
        shown |= {p for _, p in build.PICTURE.findall(page.read_text(encoding="utf-8"))}
    shown |= {build.dark_path(Path(path)).as_posix() for path in shown}
    there = {f"images/{path.name}" for path in (ROOT / "docs" / "images").iterdir()}
    assert there <= shown


def test_links_to_nowhere_are_found(build, tmp_path):
    (tmp_path / "a.html").write_text(
        '<a href="b.html#there">x</a><a href="c.html">y</a><h1 id="here"></h1>'
        '<a href="#here">z</a><script src="https://elsewhere/x.js"></script>'
    )
    (tmp_path / "b.html").write_text("<p>nothing</p>")
    assert build.broken(tmp_path) == [
        "a.html: no #there in b.html",
        "a.html links to c.html",
        "a.html fetches https://elsewhere/x.js",
    ]
