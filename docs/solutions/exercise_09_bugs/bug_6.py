"""Solution of exercise 9, file 6: each y depends on all x of its row."""

import numpy as np

from minigan import Layer


class Softmax(Layer):
    """y = exp(x) / sum of exp(x) over a row."""

    def forward_pass(self, x, training):
        e = np.exp(x - x.max(axis=1, keepdims=True))
        y = e / e.sum(axis=1, keepdims=True)
        return y, y

    def backward_pass(self, dy, cache, need_dx):
        y = cache
        return y * (dy - (dy * y).sum(axis=1, keepdims=True))
