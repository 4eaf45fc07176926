"""Solution of exercise 3: sigmoid and tanh."""

import numpy as np

from minigan import Layer


class Sigmoid(Layer):
    """y = 1 / (1 + exp(-x))."""

    def forward_pass(self, x, training):
        y = 0.5 + 0.5 * np.tanh(0.5 * x)
        return y, y

    def backward_pass(self, dy, cache, need_dx):
        y = cache
        return dy * y * (1 - y)


class Tanh(Layer):
    """y = tanh(x)."""

    def forward_pass(self, x, training):
        y = np.tanh(x)
        return y, y

    def backward_pass(self, dy, cache, need_dx):
        y = cache
        return dy * (1 - y * y)
