"""Every operand of every primitive has a place in the rows that the player reads."""

import pytest

from minigan.kernels.layout import CONSTANTS, FIRST, WIDTH, layout

from .operands import ALL


@pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
def test_every_operand_and_size_has_a_column_of_its_own(entry):
    columns, constants = layout(entry)
    assert sorted(columns.values()) == list(range(FIRST, FIRST + len(columns)))
    assert sorted(constants.values()) == list(range(len(constants)))
    assert FIRST + len(columns) <= WIDTH and len(constants) <= CONSTANTS
