"""Solution of exercise 2: ReLU and LeakyReLU."""

import numpy as np

from minigan import Layer


class LeakyReLU(Layer):
    """y = x where x > 0, else slope x."""

    def __init__(self, slope=0.2):
        self.slope = slope

    def forward_pass(self, x, training):
        return np.where(x > 0, x, self.slope * x), x

    def backward_pass(self, dy, cache, need_dx):
        x = cache
        return np.where(x > 0, dy, self.slope * dy)


# With slope 0 it is ReLU: LeakyReLU(0.0).
