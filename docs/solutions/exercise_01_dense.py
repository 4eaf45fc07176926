"""Solution of exercise 1: the dense layer."""

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
        return x @ W + b, x

    def backward_pass(self, dy, cache, need_dx):
        W, x = self.W.value, cache
        if not self.is_frozen:
            self.W.grad += x.T @ dy
            self.b.grad += dy.sum(axis=0)
        return dy @ W.T
