"""Exercise 2: ReLU and LeakyReLU."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from .answer import Answer
from .compare import difference
from .exercise import EXERCISES, Exercise, Part
from .trial import Trial, numbers, proven

STUB = '''"""Exercise 2: ReLU and LeakyReLU.

Without a bend between them, two dense layers are no more than one.  The cheapest bend:

    y = x          where x > 0
    y = slope x    elsewhere            slope = 0 makes it ReLU

Each y depends on one x alone, so dx is dy times the slope dy/dx at that x.  At x = 0
there is none; take that of the left side, as most libraries do.

Derive dx.  What does backward have to know of forward?  (There are two good answers.)

Judge it:  minigan exercise check 2     in a notebook:  exercises.check(2, LeakyReLU)
"""

import numpy as np

from minigan import Layer


class LeakyReLU(Layer):
    """y = x where x > 0, else slope x."""

    def __init__(self, slope=0.2):
        self.slope = slope

    def forward_pass(self, x, training):
        raise NotImplementedError("compute y, without a loop; return y, cache")

    def backward_pass(self, dy, cache, need_dx):
        raise NotImplementedError("return dx")


# With slope 0 it is ReLU: LeakyReLU(0.0).
'''


@EXERCISES.register()
class LeakyReLU(Exercise):
    """The bend, and what it lets through backwards."""

    name, number = "relu", 2
    title = "ReLU and LeakyReLU"
    wanted = ("LeakyReLU",)
    files = {"relu.py": STUB}
    hints = (
        "np.where(condition, a, b) picks from a or b, number by number.",
        "The slope is 1 or `slope`, and what decides is the x of the forward, not dy.",
        "Forward: y = np.where(x > 0, x, slope * x), cache x. Backward: "
        "dx = np.where(x > 0, dy, slope * dy).",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        x, dy = numbers((6, 5), 3), numbers((6, 5), 4)
        kind = answer["LeakyReLU"]

        def forward(slope: float) -> str:
            given = x.copy()
            y, right = kind(slope).forward(given), np.where(x > 0, x, slope * x)
            suspects = {
                "the slope is applied where x > 0; it belongs to the other side": (
                    np.where(x > 0, slope * x, x)
                ),
                "negative x give 0, as in ReLU; the slope is missing": np.maximum(x, 0),
                "negative x change their sign, as in |x|": np.where(
                    x > 0, x, -slope * x
                ),
            }
            return difference("y", y, right, suspects)

        def backward(slope: float) -> str:
            trial = Trial(kind(slope), x, dy)
            right = np.where(x > 0, dy, slope * dy)
            suspects = {
                "it is dy in all places: the bend is missing": dy,
                "the sign of dy decides; it has to be that of x": np.where(
                    dy > 0, dy, slope * dy
                ),
                "it is 0 where x < 0, as in ReLU; the slope is missing": (
                    np.where(x > 0, dy, 0)
                ),
                "it is the slope alone; by the chain rule it is multiplied by dy": (
                    np.where(x > 0, 1.0, slope)
                ),
                "it is multiplied by x; the derivative of x is 1": np.where(
                    x > 0, dy * x, slope * dy * x
                ),
                "the slope is applied where x > 0": np.where(x > 0, slope * dy, dy),
            }
            return difference("dx", trial.dx, right, suspects) or trial.fault()

        def at_zero() -> str:
            zero, one = np.zeros((2, 3)), np.ones((2, 3))
            trial = Trial(kind(0.2), zero, one)
            said = "at x = 0 the slope has to be that of the left side: is it x > 0?"
            return difference("dx", trial.dx, 0.2 * one, {said: one})

        return (
            Part("forward: slope 0.2", lambda: forward(0.2)),
            Part("forward: slope 0, ReLU", lambda: forward(0.0)),
            Part("backward: slope 0.2", lambda: backward(0.2)),
            Part("backward: slope 0, ReLU", lambda: backward(0.0)),
            Part("backward: x = 0", at_zero),
            Part("gradcheck", lambda: proven(kind(0.2), shape=(5, 4))),
        )
