"""Exercise 4: binary cross-entropy from logits."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import numpy as np

from .answer import Answer
from .compare import Array, difference
from .exercise import EXERCISES, Exercise, Part
from .sigmoid import sigmoid, warned
from .trial import numbers

STUB = '''"""Exercise 4: binary cross-entropy from logits.

The discriminator gives each row a score s, its logit; p = sigmoid(s) is the probability
that the row is real.  With the label t (1 real, 0 fake) the loss is

    L = mean over the N rows of  -t log p - (1 - t) log(1 - p)

Two things to derive:

1. dL/ds.  Use the slope p (1 - p) of the sigmoid; nearly everything cancels.
2. A form of the loss in s alone that neither overflows nor takes log(0): at s = -1000
   and t = 1 the loss is 1000, not infinite.  Begin with -log p = log(1 + exp(-s)), and
   take the larger of 0 and -s out of it.

score, label: (N, 1).   Return the loss, a number, and dscore (N, 1).

Judge it:  minigan exercise check 4     in a notebook:  exercises.check(4, bce_logits)
"""

import numpy as np


def bce_logits(score, label):
    """(loss, dscore) of the binary cross-entropy, from logits."""
    raise NotImplementedError("return the loss and its gradient with respect to score")
'''


def loss_of(s: Array, t: Array) -> Array:
    """The loss of each row."""
    return np.maximum(s, 0) - t * s + np.log1p(np.exp(-np.abs(s)))


@EXERCISES.register()
class BinaryCrossEntropy(Exercise):
    """The loss of a discriminator, and why it is taken from logits."""

    name, number = "bce", 4
    title = "binary cross-entropy from logits"
    wanted = ("bce_logits",)
    files = {"bce.py": STUB}
    hints = (
        "By the chain rule dL/ds = dL/dp p (1 - p). Write dL/dp over one denominator "
        "first: it is p (1 - p), too.",
        "For one row ds = p - t. The mean over N rows divides it by N.",
        "loss = mean(max(s, 0) - t s + log1p(exp(-|s|))), ds = (sigmoid(s) - t) / N.",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        s, t = 2 * numbers((6, 1), 7), np.array([[1.0, 0, 1, 1, 0, 0]]).T
        huge = np.array([[1000.0, -1000.0, 1000.0, -1000.0]]).T
        hard = np.array([[1.0, 1.0, 0.0, 0.0]]).T
        function: Callable[..., Any] = answer["bce_logits"]
        p, n = sigmoid(s), len(s)

        def pair(score: Array, label: Array) -> tuple[Any, Any]:
            found = function(score.copy(), label.copy())
            if not isinstance(found, tuple) or len(found) != 2:
                raise TypeError("bce_logits has to return a pair: loss, dscore")
            return found

        def loss() -> str:
            rows = loss_of(s, t)
            suspects = {
                "it is the sum over the rows, and has to be their mean": rows.sum(),
                "the labels are the wrong way round": loss_of(s, 1 - t).mean(),
                "its sign is wrong": -rows.mean(),
                "the sigmoid is applied twice": loss_of(p, t).mean(),
                "fakes are left out: the term (1 - t) log(1 - p) is missing": (
                    -(t * np.log(p)).mean()
                ),
            }
            return difference("loss", pair(s, t)[0], rows.mean(), suspects)

        def gradient() -> str:
            right = (p - t) / n
            suspects = {
                "it is n times too long: the loss is a mean, so divide by the number "
                "of rows": p - t,
                "its sign is wrong: it points uphill, as p - t does": -right,
                "there is a factor p (1 - p) too many: that is the gradient of a "
                "squared error": right * p * (1 - p),
                "it is dL/dp; go on through the sigmoid, whose slope is p (1 - p)": (
                    right / (p * (1 - p))
                ),
                "the labels are missing": p / n,
            }
            return difference("dscore", pair(s, t)[1], right, suspects)

        def extreme() -> str:
            found, warning = warned(huge, lambda score: pair(score, hard))
            if warning:
                return (
                    f"at scores of 1000 and -1000 NumPy says '{warning}'; a "
                    "probability of 0 or 1 has no logarithm, so work with s alone"
                )
            value, ds = found  # type: ignore[misc]
            clipped = "a probability is clipped, which bends the loss and its gradient"
            right = loss_of(huge, hard).mean()
            problem = difference("loss", value, right)
            if problem and np.isfinite(value) and value < right:
                problem = f"loss: {clipped}: it has to be {right:g}, but is {value:.4g}"
            want = (sigmoid(huge) - hard) / len(huge)
            return problem or difference("dscore", ds, want)

        return (
            Part("loss", loss),
            Part("dscore", gradient),
            Part("scores of 1000 and -1000", extreme),
        )
