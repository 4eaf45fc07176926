"""Exercise 10: the gradient penalty."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np

from .answer import Answer
from .compare import Array, difference
from .exercise import EXERCISES, Exercise, Part
from .trial import numbers

STUB = '''"""Exercise 10: the gradient penalty.

WGAN-GP (Gulrajani et al. 2017) asks of a critic D that its gradient with respect to
each row has length 1:

    g[n] = dD(x[n]) / dx[n]            P = mean over n of (|g[n]| - 1)^2

and P is a loss of D's weights: the derivative of a derivative.  For a critic with one
hidden layer it can be done by hand:

    D(x) = lrelu(x W1 + b1) W2           x (N, d)   W1 (d, h)   b1 (h,)   W2 (h, 1)

1. g[n] is the backward pass with dy = 1.  Write it with m[n] (h,), the slopes of the
   LeakyReLU: 1 where x W1 + b1 > 0, else `slope`.
2. u[n] = dP/dg[n], (N, d).  Mind the mean, the square and the root in |g|.
3. dW1 and dW2.  m does not depend on the weights (almost everywhere), so g is linear in
   W1 and in W2, and both take one product each.  Why is db1 zero?

|g| = 0 happens: u is 0 there, not NaN.

Judge it:  minigan exercise check 10
in a notebook:  exercises.check(10, gradient_penalty)
"""

import numpy as np


def gradient_penalty(x, W1, b1, W2, slope=0.2):
    """(P, dW1, dW2) of the critic lrelu(x W1 + b1) W2."""
    raise NotImplementedError("return P, dP/dW1 and dP/dW2")
'''


class Found(NamedTuple):
    """What the formulas give, and what they were made of."""

    P: Array
    dW1: Array
    dW2: Array
    g: Array
    u: Array
    m: Array


def penalty(x: Array, W1: Array, b1: Array, W2: Array, slope: float) -> Found:
    """P and its gradients."""
    m = np.where(x @ W1 + b1 > 0, 1.0, slope)
    back = m * W2[:, 0]  # (N, h)
    g = back @ W1.T
    length = np.sqrt((g * g).sum(axis=1, keepdims=True))
    unit = g / np.where(length > 0, length, 1.0)
    u = 2 * (length - 1) * unit / len(x)
    return Found(np.mean((length - 1) ** 2), *_through(u, m, W1, W2), g, u, m)


def _through(u: Array, m: Array, W1: Array, W2: Array) -> tuple[Array, Array]:
    """dW1 and dW2, where dP/dg is u."""
    return u.T @ (m * W2[:, 0]), (m * (u @ W1)).sum(axis=0)[:, None]


@EXERCISES.register()
class GradientPenalty(Exercise):
    """The derivative of a derivative."""

    name, number = "penalty", 10
    title = "the gradient penalty"
    wanted = ("gradient_penalty",)
    files = {"penalty.py": STUB}
    hints = (
        "g = (m * W2[:, 0]) @ W1.T, a row for each row of x; its length is taken along "
        "axis 1.",
        "d|g|/dg = g / |g|, so u = 2 (|g| - 1) g / |g| / N. g[n, i] = sum over k of "
        "m[n, k] W2[k] W1[i, k]; differentiate that by W1[i, k] and by W2[k].",
        "dW1 = u.T @ (m * W2[:, 0]); dW2 = (m * (u @ W1)).sum(axis=0), as a column.",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        x, W1, b1 = numbers((6, 3), 14), numbers((3, 5), 15), numbers((5,), 16)
        W2, slope = numbers((5, 1), 17), 0.2
        function = answer["gradient_penalty"]
        r = penalty(x, W1, b1, W2, slope)
        length = np.sqrt((r.g * r.g).sum(axis=1))

        def given() -> tuple[Array, Array, Array]:
            found = function(x, W1, b1, W2, slope)
            if not isinstance(found, tuple) or len(found) != 3:
                raise TypeError("gradient_penalty has to return P, dW1, dW2")
            return found

        def value() -> str:
            suspects = {
                "the length is that of all rows at once; each row has its own": (
                    (np.sqrt((length**2).sum()) - 1) ** 2
                ),
                "it is the square of the mean; it has to be the mean of squares": (
                    (length.mean() - 1) ** 2
                ),
                "it is the sum over the rows": ((length - 1) ** 2).sum(),
                "the root is missing: |g| is the root of the sum of squares": (
                    np.mean((length**2 - 1) ** 2)
                ),
                "this is mean |g|^2, the penalty R1; here lengths shall be 1": (
                    np.mean(length**2)
                ),
                "the slopes of the LeakyReLU are missing": (
                    np.mean((np.linalg.norm(W1 @ W2) - 1) ** 2)
                ),
            }
            return difference("P", given()[0], r.P, suspects)

        def gradient(name: str) -> str:
            at = ("", "dW1", "dW2").index(name)

            def of(u: Array, m: Array = r.m) -> Array:
                return _through(u, m, W1, W2)[at - 1]

            apart = length[:, None]
            suspects = {
                "it is zero: P is a loss of the weights, too": 0 * of(r.u),
                "the mean is forgotten: divide by the number of rows": of(6 * r.u),
                "the 2 of the square is missing": of(r.u / 2),
                "d|g|/dg is g / |g|; here it is g": of(r.u * apart),
                "|g| - 1 is missing": of(r.u / (apart - 1)),
                "the slopes of the LeakyReLU are missing": of(r.u, np.ones_like(r.m)),
            }
            return difference(name, given()[at], getattr(r, name), suspects)

        def flat() -> str:
            dead = np.zeros_like(W2)
            with np.errstate(all="ignore"):
                found = function(x, W1, b1, dead, slope)
            if any(np.isnan(part).any() for part in found):
                return "NaN where |g| is 0: g / |g| has to be 0 there"
            return difference("P", found[0], 1.0)

        return (
            Part("P", value),
            Part("dW1", lambda: gradient("dW1")),
            Part("dW2", lambda: gradient("dW2")),
            Part("where the gradient is zero", flat),
        )
