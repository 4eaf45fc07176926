"""Exercise 1: the dense layer."""

from __future__ import annotations

from collections.abc import Iterable

from .answer import Answer
from .compare import difference
from .exercise import EXERCISES, Exercise, Part
from .trial import Trial, numbers, overwritten, proven

STUB = '''"""Exercise 1: the dense layer.

Every output is a weighted sum of all inputs:

    y = x W + b           y[n, j] = sum over i of x[n, i] W[i, j], plus b[j]

    x: (N, inputs), a batch of N rows      W: (inputs, units)
    y: (N, units)                          b: (units,)

The layer above hands down dy = dL/dy, of the shape of y: how the loss L changes with
each number of y.  Derive on paper, from the sum with its indices:

    dW = dL/dW (inputs, units)    db = dL/db (units,)    dx = dL/dx (N, inputs)

Each is one product or one sum.  Three rules, which all layers of minigan keep:

    gradients are added, `self.W.grad += ...`: a step may see two batches
    a frozen layer (`self.is_frozen`) leaves its gradients alone; dx still flows
    forward returns y and what backward will need, the cache

Judge it:  minigan exercise check 1        in a notebook:  exercises.check(1, Dense)
"""

import numpy as np

from minigan import Layer


class Dense(Layer):
    """y = x W + b."""

    def __init__(self, inputs, units, seed=0):
        rng = np.random.default_rng(seed)
        self.inputs, self.units, self.seed = inputs, units, seed
        self.W = self.add_parameter("W", rng.standard_normal((inputs, units)))
        self.b = self.add_parameter("b", rng.standard_normal(units))

    def forward_pass(self, x, training):
        W, b = self.W.value, self.b.value
        raise NotImplementedError("compute y from x, W and b; return y, cache")

    def backward_pass(self, dy, cache, need_dx):
        W = self.W.value
        raise NotImplementedError(
            "add to self.W.grad and self.b.grad unless frozen; return dx"
        )
'''


@EXERCISES.register()
class Dense(Exercise):
    """y = x W + b, and its three gradients."""

    name, number = "dense", 1
    title = "the dense layer"
    wanted = ("Dense",)
    files = {"dense.py": STUB}
    hints = (
        "Look at one number: how does L change with W[i, j]? Only column j of y has "
        "W[i, j] in it, once in each row n, with the factor x[n, i].",
        "dL/dW[i, j] = sum over n of x[n, i] dy[n, j]. A sum over the index that two "
        "matrices share is a product; which of the two has to be transposed?",
        "dW = x.T @ dy, db = dy.sum(axis=0), dx = dy @ W.T, the first two behind `+=` "
        "and behind `if not self.is_frozen:`.",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        x, dy = numbers((5, 4), 1), numbers((5, 3), 2)
        kind = answer["Dense"]

        def forward() -> str:
            layer = kind(4, 3)
            W, b = layer.W.value, layer.b.value
            y = layer.forward(x)
            suspects = {
                "b is missing": x @ W,
                "b is subtracted, where it has to be added": x @ W - b,
            }
            return difference("y", y, x @ W + b, suspects)

        def dx() -> str:
            layer = kind(4, 3)
            trial = Trial(layer, x, dy)
            return difference("dx", trial.dx, dy @ layer.W.value.T) or (
                "" if not trial.faults or "grad" in trial.fault() else trial.fault()
            )

        def dW() -> str:
            trial, right = Trial(kind(4, 3), x, dy), x.T @ dy
            suspects = {
                "it is overwritten; add with `+=`, since a step may see two batches": (
                    overwritten(right)
                ),
                "it is divided by the number of rows; the mean is taken once, in the "
                "loss, and a layer only sums": right / 5,
                "it is never written": 0 * right,
                "its sign is wrong; the optimizer is who goes downhill": -right,
            }
            problem = difference("dW", trial.added["W"], right, suspects)
            return problem or trial.fault(beside="b")

        def db() -> str:
            trial, right = Trial(kind(4, 3), x, dy), dy.sum(axis=0)
            suspects = {
                "it is overwritten; add with `+=`": overwritten(right),
                "it is the mean over the rows, and has to be the sum": right / 5,
                "it is never written": 0 * right,
                "it is the sum over everything; b[j] is in column j alone": (
                    0 * right + dy.sum()
                ),
            }
            problem = difference("db", trial.added["b"], right, suspects)
            return problem or trial.fault(beside="W")

        def frozen() -> str:
            layer = kind(4, 3)
            trial = Trial(layer, x, dy, frozen=True)
            return trial.moved_while_frozen() or difference(
                "dx, frozen", trial.dx, dy @ layer.W.value.T
            )

        return (
            Part("forward: y = x W + b", forward),
            Part("backward: dx", dx),
            Part("backward: dW", dW),
            Part("backward: db", db),
            Part("frozen: dx alone", frozen),
            Part("gradcheck", lambda: proven(kind(4, 3), shape=(5, 4))),
        )
