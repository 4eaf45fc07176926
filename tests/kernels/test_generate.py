"""The player is what the table says."""

from pathlib import Path

import pytest

from minigan.kernels import generate
from minigan.kernels.layout import CONSTANTS, WIDTH, layout

from .operands import ALL


def test_the_player_is_in_step_with_the_table():
    """If not: `python -m minigan.kernels.generate`."""
    player = Path(generate.__file__).parent / "player.py"
    assert player.read_text() == generate.source()


@pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
def test_every_operand_and_size_has_a_column_of_its_own(entry):
    columns, constants = layout(entry)
    assert sorted(columns.values()) == list(range(1, len(columns) + 1))
    assert sorted(constants.values()) == list(range(len(constants)))
    assert len(columns) < WIDTH and len(constants) <= CONSTANTS
