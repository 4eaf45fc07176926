"""Exercise 5: batch normalisation."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from .answer import Answer
from .compare import difference
from .exercise import EXERCISES, Exercise, Part
from .trial import Trial, numbers, overwritten, proven

STUB = '''"""Exercise 5: batch normalisation.

Training: each feature gets mean 0 and variance 1 over the batch, then is scaled and
shifted.  All means are over the N rows, and the variance divides by N:

    mean = mean(x)        var = mean((x - mean)^2)        rstd = 1 / sqrt(var + epsilon)
    xhat = (x - mean) rstd                                y = gamma xhat + beta

Inference (`training` is False): the same with moving_mean and moving_var.

Derive dgamma, dbeta and, the famous one, dx.  Each x[n] moves its own xhat[n], but also
mean and rstd, and with them all rows.  Write dxhat = dy gamma and show that

    dx = rstd (dxhat - a - xhat c)        a, c: means over the batch; of what?

A check that needs no computer: y does not change where all x grow by the same number,
so the sum of dx over the rows is 0.

In inference mean and variance are constants.  What is dx then?

Judge it:  minigan exercise check 5     in a notebook:  exercises.check(5, BatchNorm)
"""

import numpy as np

from minigan import Layer


class BatchNorm(Layer):
    """y = gamma xhat + beta, with the statistics of the batch while training."""

    def __init__(self, features, epsilon=1e-3, momentum=0.9):
        self.features, self.epsilon, self.momentum = features, epsilon, momentum
        self.gamma = self.add_parameter("gamma", np.ones(features))
        self.beta = self.add_parameter("beta", np.zeros(features))
        self.moving_mean = self.add_buffer("moving_mean", np.zeros(features))
        self.moving_var = self.add_buffer("moving_var", np.ones(features))

    def forward_pass(self, x, training):
        gamma, beta = self.gamma.value, self.beta.value
        if training:
            raise NotImplementedError("compute mean and var of the batch")
            self.follow(mean, var)  # the moving statistics
        else:
            mean, var = self.moving_mean.value, self.moving_var.value
        raise NotImplementedError("compute y; return y, cache")

    def backward_pass(self, dy, cache, need_dx):
        gamma = self.gamma.value
        raise NotImplementedError(
            "add to self.gamma.grad and self.beta.grad unless frozen; return dx"
        )

    def follow(self, mean, var):
        """Move the moving statistics a little towards those of the batch."""
        if not self.is_frozen:
            keep = self.momentum
            self.moving_mean.value[...] *= keep
            self.moving_mean.value[...] += (1 - keep) * mean
            self.moving_var.value[...] *= keep
            self.moving_var.value[...] += (1 - keep) * var
'''


@EXERCISES.register()
class BatchNorm(Exercise):
    """The backward pass in which every row hears of every other."""

    name, number = "batchnorm", 5
    title = "batch normalisation"
    wanted = ("BatchNorm",)
    files = {"batchnorm.py": STUB}
    hints = (
        "dgamma and dbeta are those of y = gamma xhat + beta: sums over the rows. For "
        "dx first write down dL/dvar and dL/dmean.",
        "d xhat[m] / d x[n] = rstd (delta[m, n] - 1/N - xhat[m] xhat[n] / N): the mean "
        "makes the second term, the variance the third.",
        "dx = rstd (dxhat - mean(dxhat) - xhat mean(dxhat xhat)); with moving "
        "statistics dx = dy gamma rstd. The cache holds xhat, rstd and which "
        "of the two it was.",
    )

    def parts(self, answer: Answer) -> Iterable[Part]:
        x = 2 * numbers((6, 3), 8) + np.array([1.0, -2.0, 0.5])
        dy = numbers((6, 3), 9)
        mean, var = x.mean(axis=0), x.var(axis=0)
        gamma, beta = np.array([1.5, 0.5, -0.7]), np.array([0.3, -0.2, 0.9])
        moved, spread = np.array([0.5, -0.5, 1.0]), np.array([2.0, 0.7, 1.3])

        def layer() -> Any:
            made = answer["BatchNorm"](3)
            made.gamma.value[...], made.beta.value[...] = gamma, beta
            made.moving_mean.value[...] = moved
            made.moving_var.value[...] = spread
            return made

        rstd = 1 / np.sqrt(var + 1e-3)
        xhat, dxhat = (x - mean) * rstd, dy * gamma
        own = 1 / np.sqrt(spread + 1e-3)

        def forward() -> str:
            y, unbiased = layer().forward(x, training=True), x.var(axis=0, ddof=1)
            suspects = {
                "the variance divides by N - 1; it has to be N": (
                    gamma * (x - mean) / np.sqrt(unbiased + 1e-3) + beta
                ),
                "epsilon is added to the standard deviation; it belongs below the "
                "root": gamma * (x - mean) / (np.sqrt(var) + 1e-3) + beta,
                "gamma and beta are missing": xhat,
                "it is divided by the variance; it has to be its root": (
                    gamma * (x - mean) / (var + 1e-3) + beta
                ),
                "mean and variance are of all numbers; each feature has its own": (
                    gamma * (x - x.mean()) / np.sqrt(x.var() + 1e-3) + beta
                ),
                "these are the moving statistics; in training the batch counts": (
                    gamma * (x - moved) * own + beta
                ),
            }
            return difference("y", y, gamma * xhat + beta, suspects)

        def inference() -> str:
            y = layer().forward(x, training=False)
            suspects = {
                "these are the statistics of the batch; in inference the moving ones "
                "count": gamma * xhat + beta,
            }
            return difference("y", y, gamma * (x - moved) * own + beta, suspects)

        def dgamma() -> str:
            trial, right = Trial(layer(), x, dy), (dy * xhat).sum(axis=0)
            suspects = {
                "it is overwritten; add with `+=`": overwritten(right),
                "it is the mean over the rows, and has to be the sum": right / 6,
                "x stands in the place of xhat": (dy * x).sum(axis=0),
                "it is that of beta": dy.sum(axis=0),
            }
            problem = difference("dgamma", trial.added["gamma"], right, suspects)
            return problem or trial.fault()

        def dbeta() -> str:
            trial, right = Trial(layer(), x, dy), dy.sum(axis=0)
            suspects = {
                "it is overwritten; add with `+=`": overwritten(right),
                "it is the mean over the rows, and has to be the sum": right / 6,
            }
            return difference("dbeta", trial.added["beta"], right, suspects)

        def dx() -> str:
            a, c = dxhat.mean(axis=0), (dxhat * xhat).mean(axis=0)
            suspects = {
                "mean and variance are taken for constants; they depend on x, too": (
                    rstd * dxhat
                ),
                "the path through the mean is missing": rstd * (dxhat - xhat * c),
                "the path through the variance is missing": rstd * (dxhat - a),
                "gamma is missing: dxhat = dy gamma": (
                    rstd * (dy - dy.mean(axis=0) - xhat * (dy * xhat).mean(axis=0))
                ),
                "sums stand in the place of the two means": (
                    rstd * (dxhat - 6 * a - 6 * xhat * c)
                ),
                "rstd is missing": dxhat - a - xhat * c,
            }
            trial = Trial(layer(), x, dy)
            right = rstd * (dxhat - a - xhat * c)
            problem = difference("dx", trial.dx, right, suspects)
            if problem and np.shape(trial.dx) == x.shape:
                worst = np.abs(np.sum(trial.dx, axis=0)).max()
                if worst > 1e-9:
                    problem += f"; and its sum over the rows is not 0 but {worst:.3g}"
            return problem or trial.fault()

        def constants() -> str:
            trial = Trial(layer(), x, dy, training=False)
            hat = (x - moved) * own
            means = dxhat.mean(axis=0), (dxhat * hat).mean(axis=0)
            suspects = {
                "this is the formula of training; moving statistics are constants, so "
                "nothing flows through them": own * (dxhat - means[0] - hat * means[1]),
            }
            return difference("dx", trial.dx, dxhat * own, suspects)

        def frozen() -> str:
            return Trial(layer(), x, dy, frozen=True).moved_while_frozen()

        return (
            Part("forward, training", forward),
            Part("forward, inference", inference),
            Part("backward: dgamma", dgamma),
            Part("backward: dbeta", dbeta),
            Part("backward: dx, training", dx),
            Part("backward: dx, inference", constants),
            Part("frozen: dx alone", frozen),
            Part("gradcheck", lambda: proven(layer(), shape=(6, 3))),
        )
