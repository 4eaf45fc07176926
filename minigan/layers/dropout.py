"""Dropout."""

from .. import primitives, validate
from .base import Layer


class Dropout(Layer):
    """When training, set each input to 0 with probability `rate`.

        mask = [u >= rate] / (1 - rate), u ~ U[0, 1)      y = x mask      dx = dy mask

    The factor keeps the mean, so inference passes x on unchanged.
    rate: 0 <= rate < 1.  rng: numpy Generator or a seed.  Source: Srivastava 2014.
    """

    def __init__(self, rate, *, rng=0):
        self.rate = validate.number("Dropout", "rate", rate, least=0, below=1)
        self.rng = validate.random_generator("Dropout", rng)

    def forward_pass(self, x, training):
        if not training:
            return x, None
        y, mask = primitives.dropout_forward(x, self.rng, self.rate)
        return y, mask

    def backward_pass(self, dy, cache, need_dx):
        mask = cache
        if not need_dx:
            return None
        return dy if mask is None else primitives.dropout_backward(dy, mask)

    def config(self):
        return {"rate": self.rate}
