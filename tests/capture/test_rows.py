"""Every operand of every primitive has a place in the rows that the player reads."""

import pytest

from minigan.capture.rows import FIRST, columns

from ..primitives.operands import ALL


@pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
def test_every_operand_and_size_has_a_column_of_its_own(entry):
    places = columns(entry)
    assert sorted(places.values()) == list(range(FIRST, FIRST + len(places)))
    assert len(places) == len(entry.operands) + len(entry.sizes)
