"""Exercise 6: Adam."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .answer import Answer
from .compare import Array, difference
from .exercise import EXERCISES, Exercise, Part
from .trial import numbers

STUB = '''"""Exercise 6: Adam.

From a gradient to a step (Kingma & Ba 2015, algorithm 1).  m and v are moving averages
of the gradient g and of its square; t = 1, 2, 3 ... counts the steps:

    m = beta_1 m + (1 - beta_1) g          mhat = m / (1 - beta_1^t)
    v = beta_2 v + (1 - beta_2) g^2        vhat = v / (1 - beta_2^t)
    theta = theta - learning_rate mhat / (sqrt(vhat) + epsilon)

Both begin at zero and are too small at first.  Show that the hats mend just that: where
all gradients are g, mhat = g and vhat = g^2 in every step.  How long is the first step,
then, whatever g is?

theta, m and v are changed in place (`m[...] = ...` or `m *= ...`), since others hold
the same arrays.  The gradient is not changed.

Judge it:  minigan exercise check 6          in a notebook:  exercises.check(6, adam)
"""

import numpy as np


def adam(
    theta, gradient, m, v, t,
    learning_rate=0.001, beta_1=0.9, beta_2=0.999, epsilon=1e-7,
):  # fmt: skip
    """One step of Adam: theta, m and v change in place."""
    raise NotImplementedError("change m, v and theta in place; return nothing")
'''

RATE, B1, B2, EPSILON = 0.01, 0.9, 0.99, 1e-7
STEPS = 5
Rule = Callable[[Array, Array, Array, Array, int], None]


def followed(rule: Rule, gradients: Array) -> tuple[Array, Array, Array]:
    """(theta, m, v) after a step for each gradient."""
    theta, m, v = (np.zeros(gradients.shape[1:]) for _ in range(3))
    theta += 1.0
    for t, g in enumerate(gradients, 1):
        rule(theta, g, m, v, t)
    return theta, m, v


def variant(
    correct: str = "mv",
    power: str = "mv",
    start: int = 0,
    root: bool = True,
    square: bool = True,
) -> Rule:
    """Adam, or one of its well-known errors.

    correct: which of m and v are.   power: whose correction has beta^t.
    """

    def rule(theta: Array, g: Array, m: Array, v: Array, t: int) -> None:
        m[...] = B1 * m + (1 - B1) * g
        v[...] = B2 * v + (1 - B2) * (g * g if square else g)
        powers = [t + start if name in power else 1 for name in "mv"]
        one = 1 - B1 ** powers[0] if "m" in correct else 1.0
        two = 1 - B2 ** powers[1] if "v" in correct else 1.0
        scale = np.sqrt(np.abs(v / two)) if root else v / two
        theta -= RATE * (m / one) / (scale + EPSILON)

    return rule


@EXERCISES.register()
class Adam(Exercise):
    """Two averages, two corrections and a step."""

    name, number = "adam", 6
    title = "Adam"
    wanted = ("adam",)
    files = {"adam.py": STUB}
    hints = (
        "Five lines, in the order of the formulas. `m *= beta_1` and "
        "`m += (1 - beta_1) * gradient` change m in place.",
        "The corrections have powers: beta_1**t, not beta_1. mhat and vhat are new "
        "arrays; m and v themselves stay uncorrected.",
        "theta -= learning_rate * mhat / (np.sqrt(vhat) + epsilon), with "
        "mhat = m / (1 - beta_1**t) and vhat = v / (1 - beta_2**t).",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        gradients = numbers((STEPS, 4), 10) + 0.5
        function = answer["adam"]

        def own(theta: Array, g: Array, m: Array, v: Array, t: int) -> None:
            kept = g.copy()
            function(theta, g, m, v, t, RATE, B1, B2, EPSILON)
            if not np.array_equal(kept, g):
                raise ValueError("the gradient was changed; it belongs to the network")

        def after(steps: int, which: int, rule: Rule = own) -> Any:
            return followed(rule, gradients[:steps])[which]

        def first() -> str:
            right = after(1, 0, variant())
            suspects = {
                "it did not move; change it in place: `theta -= ...`": np.ones(4),
                "it goes uphill: the step has to be subtracted": 2 - right,
                "m and v are not corrected: divide them by 1 - beta^t": (
                    after(1, 0, variant(correct=""))
                ),
                "m is not corrected": after(1, 0, variant(correct="v")),
                "v is not corrected": after(1, 0, variant(correct="m")),
                "v averages g; it has to be g^2": after(1, 0, variant(square=False)),
                "the square root of v is missing": after(1, 0, variant(root=False)),
                "the power is off by one: t is 1 in the first step": (
                    after(1, 0, variant(start=1))
                ),
            }
            return difference("theta", after(1, 0), right, suspects, 1e-5)

        def averages() -> str:
            one, two = after(STEPS, 1), after(STEPS, 2)
            m, v = after(STEPS, 1, variant()), after(STEPS, 2, variant())
            still = "it did not change; write into the array, `{0}[...] = ...`"
            last = gradients[-1]
            problem = difference(
                "m", one, m, {still.format("m"): 0 * m, "it forgets the past": last}
            )
            suspects = {
                still.format("v"): 0 * v,
                "it averages g; it has to be g^2": self._mean(gradients, B2),
                "it decays by beta_1; it has to be beta_2": (
                    self._mean(gradients**2, B1)
                ),
                "it is corrected in place: keep v, and make vhat a new array": (
                    v / (1 - B2**STEPS)
                ),
            }
            return problem or difference("v", two, v, suspects)

        def later() -> str:
            said = "the first step is right, the later ones are not: correcting"
            suspects = {
                f"{said} {whose} needs beta^t, not beta": (
                    after(STEPS, 0, variant(power=power))
                )
                for whose, power in (("m and v", ""), ("m", "v"), ("v", "m"))
            }
            right = after(STEPS, 0, variant())
            return difference("theta", after(STEPS, 0), right, suspects, 1e-5)

        def zero() -> str:
            still = np.zeros((3, 4))
            with np.errstate(all="ignore"):
                theta = followed(own, still)[0]
            if np.isnan(theta).any():
                return "theta is NaN at a gradient of 0: is epsilon below the line?"
            return difference("theta", theta, np.ones(4))

        return (
            Part("the first step", first),
            Part("m and v after five steps", averages),
            Part("theta after five steps", later),
            Part("a gradient of zeros", zero),
        )

    @staticmethod
    def _mean(numbers: Array, keep: float) -> Array:
        """The moving average of rows, from zero."""
        found = np.zeros(numbers.shape[1:])
        for row in numbers:
            found = keep * found + (1 - keep) * row
        return found
