"""docs/reliability.md: every promise names tests, and they are there."""

import re

import pytest

from tests.whole.reading import ROOT

TEXT = (ROOT / "docs" / "reliability.md").read_text(encoding="utf-8")
PROMISES = [
    line
    for line in TEXT.partition("## The last campaign")[0].splitlines()
    if line.startswith("| ") and "promise" not in line
]


@pytest.mark.parametrize("line", PROMISES, ids=range(len(PROMISES)))
def test_a_promise_has_its_test(line):
    named = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", line)
    assert named
    for file, name in named:
        assert f"\ndef {name}(" in (ROOT / file).read_text(encoding="utf-8")
