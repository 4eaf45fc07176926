"""Functions of Python in the middle of a recorded step."""

import numpy as np
import pytest

from minigan import primitives
from minigan.capture.program import Recorder, capture
from minigan.jit.compiling import JIT_DISABLED


class Adds:
    """x += 1, then whatever `outside` does to x, then x += 1 again."""

    def __init__(self, outside):
        self.x, self.outside, self.calls = np.zeros(4), outside, 0

    def state(self):
        return {"x": self.x}

    def generators(self):
        return {}

    def between(self):
        self.calls += 1
        self.outside(self.x)

    def step(self):
        one = primitives.full(1, 4, 1.0, dtype=np.float64).reshape(4)
        primitives.assign(self.x, primitives.add_scaled(self.x, one, 1.0))
        primitives.between(self.between)
        primitives.assign(self.x, primitives.add_scaled(self.x, one, 1.0))


def double(x):
    x *= 2


def test_it_is_called_in_an_eager_step():
    adds = Adds(double)
    adds.step()
    assert adds.calls == 1 and (adds.x == 3).all()


@pytest.mark.skipif(JIT_DISABLED, reason="needs compiled kernels")
@pytest.mark.parametrize("fused", [False, True])
def test_it_is_called_in_every_replay_at_its_place(fused):
    adds = Adds(double)
    with primitives.use_backend("jit"):
        program = capture(adds.step, adds, fused=fused)
        assert (adds.x == 3).all()
        calls = adds.calls
        program.play(2)
    assert adds.calls == calls + 2
    assert (adds.x == 21).all()  # 2 (x + 1) + 1: 0 -> 3 -> 9 -> 21
    assert "a function of Python is called" in str(program.show())
    assert len(program.play_timed(1)) == len(program)


def test_a_dry_try_does_not_call_it():
    adds = Adds(double)
    with Recorder(adds.state(), {}, dry=True):
        adds.step()
    assert adds.calls == 0 and (adds.x == 2).all()
