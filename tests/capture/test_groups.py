"""Parts of one instruction side by side: all are run, and the row in front counts."""

import numpy as np
import pytest

from minigan.capture import instructions
from minigan.gan import recipes
from minigan.jit.compiling import JIT_DISABLED

from ..helpers import threads

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="nothing can be captured")


def test_a_row_in_front_says_how_many_parts_there_are():
    from minigan.capture import groups, rows

    entry, following, width, parts = groups.front(5)
    assert (following, width, parts) == (6, 0, 5) and entry == groups.front(2)[0]
    code = rows.matrix([groups.front(2), [1, 1, 0, 7, 8, 9], [1, 1, 0, 7, 8, 9]])
    assert code.shape == (3, 6) and (code[:, rows.WIDTH] == 6).all()
    assert code[0, groups.COUNT] == 2


@pytest.mark.parametrize("n", [1, 3])
def test_a_step_cut_into_parts_has_the_same_bytes(n, monkeypatch):
    def trained():
        trainer = recipes.load("parabola", backend="jit")
        trainer.fit(5)
        return trainer.generator.theta.tobytes(), len(trainer.program()._code)

    whole, rows = trained()
    monkeypatch.setattr(instructions, "PART", 64)
    with threads(n):
        cut, more = trained()
    assert more > rows and cut == whole


def test_an_instruction_is_timed_as_one(monkeypatch):
    monkeypatch.setattr(instructions, "PART", 64)
    with threads(2):
        program = recipes.load("parabola", backend="jit").program()
        ticks = program.play_timed(3)
    assert len(ticks) == len(program) and (np.asarray(ticks) >= 0).all()
