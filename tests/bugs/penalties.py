"""Gradient penalties as public code has got them wrong, each as a subclass.

Where one was reported: a penalty whose gradient nobody takes (mlpack 2891, 3063); the
norm of the gradients of a whole batch (keras-contrib 232); one alpha for each number
(PyTorch-GAN 5); the norm along one axis of an image (Zeleni9/pytorch-wgan 40); another
term than the paper's (wiseodd/generative-models 31); the gradient of the probability
in the place of that of the score (tensorflow-generative-model-collections 14).
"""

import numpy as np

from minigan import Sequential, Sigmoid
from minigan.gan.penalties import R1, WassersteinGP

Right = WassersteinGP


class NoBackward(R1):
    """The number is right, and stands in the history; but D never hears of it."""

    def learn(self, critic, dscore, kinds, share):
        line = critic.linearise()
        g = line.vjp(np.ones_like(dscore))
        line.backward(dscore)
        return [self.of_gradient(g.reshape(len(g), -1))[0]]


class WholeBatch(WassersteinGP):
    """|g| of all rows at once: each is driven to 1 / sqrt(N)."""

    def of_gradient(self, g):
        P, u = super().of_gradient(g.reshape(1, -1))
        return P, u.reshape(g.shape)


class AlphaForEachNumber(WassersteinGP):
    """Not between the two rows any more, but anywhere in the box around them."""

    def learn_between(self, critic, real, fake, alpha, share, labels=None):
        each = np.random.default_rng(7).random(real.shape)
        rows = each * real + (1 - each) * fake
        return super().learn_between(critic, rows, rows, alpha, share)


class OneAxis(WassersteinGP):
    """|g| along the first axis of each row, an image of 2 x 2: two lengths a row."""

    def of_gradient(self, g):
        pieces = g.reshape(-1, 2)
        P, u = super().of_gradient(pieces)
        return P, u.reshape(g.shape)


class SquareOfTheMean(WassersteinGP):
    """(mean |g| - 1)^2 in the place of mean (|g| - 1)^2: rows may differ at will."""

    def of_gradient(self, g):
        length = np.sqrt((g * g).sum(axis=1, keepdims=True))
        off = length.mean() - 1
        return self.weight * off**2, 2 * self.weight * off * g / (length * len(g))


class OfTheProbability(WassersteinGP):
    """The gradient of sigmoid(s), which is as flat as D is sure of itself."""

    def learn_between(self, critic, real, fake, alpha, share, labels=None):
        return super().learn_between(
            Sequential([critic, Sigmoid()]), real, fake, alpha, share
        )


class NoDirection(WassersteinGP):
    """g / |g| where g is 0: NaN for all of D, once a unit dies (keras-io 910)."""

    def of_gradient(self, g):
        length = np.sqrt((g * g).sum(axis=1, keepdims=True))
        with np.errstate(all="ignore"):
            u = 2 * self.weight * (length - 1) * g / (length * len(g))
        return self.weight * np.mean((length - 1) ** 2), u
