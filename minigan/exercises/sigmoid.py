"""Exercise 3: sigmoid and tanh."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import numpy as np

from .answer import Answer
from .compare import Array, difference
from .exercise import EXERCISES, Exercise, Part
from .trial import Trial, numbers, proven

STUB = '''"""Exercise 3: sigmoid and tanh.

The sigmoid makes a probability of any number, tanh a number between -1 and 1:

    sigmoid(x) = 1 / (1 + exp(-x))        tanh(x) = 2 sigmoid(2 x) - 1

Derive their slopes, written with y alone: then y is all that backward has to know.

exp(1000) is infinite.  Write the sigmoid so that no x overflows: which of the two forms

    1 / (1 + exp(-x))        exp(x) / (1 + exp(x))

is safe for x > 0, which for x < 0?  (np.tanh is safe by itself, and may be used, also
for the sigmoid.)

Judge it:  minigan exercise check 3
in a notebook:  exercises.check(3, (Sigmoid, Tanh))
"""

import numpy as np

from minigan import Layer


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x))."""

    def forward_pass(self, x, training):
        raise NotImplementedError("compute y without an overflow; return y, cache")

    def backward_pass(self, dy, cache, need_dx):
        raise NotImplementedError("return dx, from dy and y")


class Tanh(Layer):
    """y = tanh(x)."""

    def forward_pass(self, x, training):
        raise NotImplementedError("compute y; return y, cache")

    def backward_pass(self, dy, cache, need_dx):
        raise NotImplementedError("return dx, from dy and y")
'''


def sigmoid(x: Array) -> Array:
    """1 / (1 + exp(-x)), without an overflow."""
    return 0.5 + 0.5 * np.tanh(0.5 * x)


def warned(x: Array, function: object) -> tuple[Array | None, str]:
    """(y, "") or (None, the first warning of NumPy's)."""
    with warnings.catch_warnings(), np.errstate(all="warn", under="ignore"):
        warnings.simplefilter("error")
        try:
            return function(x), ""  # type: ignore[operator]
        except RuntimeWarning as warning:
            return None, str(warning)


@EXERCISES.register()
class SigmoidAndTanh(Exercise):
    """Two curves whose slopes follow from their values."""

    name, number = "sigmoid", 3
    title = "sigmoid and tanh"
    wanted = ("Sigmoid", "Tanh")
    files = {"sigmoid.py": STUB}
    hints = (
        "Write y = 1 / (1 + e) with e = exp(-x), and derive e first: de/dx = -e. How "
        "can e / (1 + e)^2 be written with y = 1 / (1 + e) alone?",
        "sigmoid' = y (1 - y) and tanh' = 1 - y^2. Both take y, not x.",
        "sigmoid(x) = 0.5 + 0.5 tanh(x / 2) never overflows. Keep y as the cache; "
        "dx = dy * y * (1 - y), and dx = dy * (1 - y * y) for tanh.",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        x, dy = 2 * numbers((6, 5), 5), numbers((6, 5), 6)
        huge = np.array([[-1000.0, -800.0, 0.0, 800.0, 1000.0]])
        s, t = sigmoid(x), np.tanh(x)

        def value() -> str:
            suspects = {
                "the sign of the exponent is wrong: this is sigmoid(-x)": sigmoid(-x),
                "this is sigmoid(2 x)": sigmoid(2 * x),
                "this is tanh": t,
            }
            return difference("y", answer["Sigmoid"]().forward(x), s, suspects)

        def extreme() -> str:
            y, warning = warned(huge, answer["Sigmoid"]().forward)
            if warning:
                return (
                    f"at x = 1000 or -1000 NumPy says '{warning}'; choose the form by "
                    "the sign of x"
                )
            return difference("y", y, sigmoid(huge))

        def slope() -> str:
            trial = Trial(answer["Sigmoid"](), x, dy)
            suspects = {
                "dy is missing: by the chain rule the slope is multiplied by it": (
                    s * (1 - s)
                ),
                "it is made of x (1 - x); it has to be y (1 - y)": dy * x * (1 - x),
                "the sigmoid is applied twice: the cache holds y already": (
                    dy * sigmoid(s) * (1 - sigmoid(s))
                ),
                "this is the slope of tanh": dy * (1 - s * s),
            }
            problem = difference("dx", trial.dx, dy * s * (1 - s), suspects)
            return problem or trial.fault()

        def tanh_slope() -> str:
            trial = Trial(answer["Tanh"](), x, dy)
            suspects = {
                "it is 1 - y; the slope is 1 - y^2": dy * (1 - t),
                "it is made of 1 - x^2; it has to be 1 - y^2": dy * (1 - x * x),
                "this is the slope of the sigmoid": dy * t * (1 - t),
                "dy is missing": 1 - t * t,
            }
            problem = difference("dx", trial.dx, dy * (1 - t * t), suspects)
            return problem or trial.fault()

        return (
            Part("sigmoid: y", value),
            Part("sigmoid: x = 1000 and -1000", extreme),
            Part("sigmoid: dx", slope),
            Part("tanh: y", lambda: difference("y", answer["Tanh"]().forward(x), t)),
            Part("tanh: dx", tanh_slope),
            Part("gradcheck", lambda: self._proof(answer)),
        )

    def _proof(self, answer: Answer) -> str:
        found = [proven(answer[name](), shape=(5, 4)) for name in self.wanted]
        return next(filter(None, found), "")
