"""No flag that lets a compiler change roundings: equal bits and `isnan` need it."""

import re
from pathlib import Path

import pytest

import minigan

SOURCES = sorted(Path(minigan.__file__).parent.rglob("*.py"))
FLAGS = r"""fastmath\s*=|['"](contract|reassoc|nnan|ninf|nsz|afn|arcp)['"]"""


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: f"{p.parent.name}/{p.name}")
def test_no_fastmath_flag(path):
    assert not re.search(FLAGS, path.read_text())


def test_the_search_finds_what_it_looks_for():
    assert re.search(FLAGS, "@njit(fastmath=True)")
    assert re.search(FLAGS, "@njit(flags={'contract', 'nsz'})")
