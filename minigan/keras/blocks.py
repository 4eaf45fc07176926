"""Engine layers where Keras asks for a little more than the engine's own classes.

None of them computes: each calls the engine's layer on another shape or in another
mode.
"""

import numpy as np

from .. import layers as engine


def _rows(x):
    """(N, a, b, C) -> (N a b, C): layers that work on the last axis."""
    return x.reshape(-1, x.shape[-1])


class Dense(engine.Dense):
    """The engine's Dense on the last axis of any shape.

    use_bias: False keeps b at zero: it is neither trained nor shown.
    """

    def __init__(self, *args, use_bias=True, shape, **kwargs):
        super().__init__(*args, **kwargs)
        self.use_bias = use_bias
        self.input_shape = tuple(shape)

    def forward_pass(self, x, training):
        y, cache = super().forward_pass(_rows(x), training)
        return y.reshape(*x.shape[:-1], -1), cache

    def backward_pass(self, dy, cache, need_dx):
        dx = super().backward_pass(_rows(dy), cache, need_dx)
        if not self.use_bias and not self.is_frozen:
            self.b.grad[...] = 0
        return dx.reshape(*dy.shape[:-1], -1) if need_dx else None

    def output_shape(self, shape):
        return (*shape[:-1], self.units)


class BatchNorm(engine.BatchNorm):
    """The engine's BatchNorm on the last axis, run as Keras runs a frozen one.

    Frozen means moving statistics here, whatever `training` says: Keras ties the two.
    """

    def __init__(self, *args, shape, **kwargs):
        super().__init__(*args, **kwargs)
        self.input_shape = tuple(shape)

    def forward_pass(self, x, training):
        batch = training and not self.is_frozen
        y, cache = super().forward_pass(_rows(x), batch)
        return y.reshape(x.shape), cache

    def backward_pass(self, dy, cache, need_dx):
        dx = super().backward_pass(_rows(dy), cache, need_dx)
        return dx.reshape(dy.shape) if need_dx else None


def convert(x, dtype):
    """A C-contiguous array of `dtype` from whatever numbers Keras would take."""
    return np.ascontiguousarray(x, dtype=dtype)
