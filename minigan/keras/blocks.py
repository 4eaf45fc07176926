"""Engine layers where Keras asks for a little more than the engine's own classes.

None of them computes: each calls the engine's layer on another shape or in another
mode.
"""

from contextlib import ExitStack, nullcontext
from math import prod

import numpy as np

from .. import layers as engine
from .. import primitives


def _rows(x):
    """(N, a, b, C) -> (N a b, C): layers that work on the last axis."""
    return x.reshape(-1, x.shape[-1])


class _OptionalBias:
    """use_bias: False keeps b at zero: it is neither trained nor shown."""

    use_bias = True

    def backward_pass(self, dy, cache, need_dx):
        dx = super().backward_pass(dy, cache, need_dx)
        if not self.use_bias and not self.is_frozen:
            primitives.fill(self.b.grad, 0.0)
        return dx


class Dense(_OptionalBias, engine.Dense):
    """The engine's Dense on the last axis of any shape."""

    def __init__(self, *args, shape, **kwargs):
        super().__init__(*args, **kwargs)
        self.shape = self.input_shape = tuple(shape)

    def forward_pass(self, x, training):
        y, cache = super().forward_pass(_rows(x), training)
        return y.reshape(*x.shape[:-1], -1), cache

    def backward_pass(self, dy, cache, need_dx):
        dx = super().backward_pass(_rows(dy), cache, need_dx)
        return dx.reshape(*dy.shape[:-1], -1) if need_dx else None

    def output_shape(self, shape):
        return (*shape[:-1], self.units)


class _OnImages:
    """A layer of the engine for images, on (N, H, W, C) instead of (N, H W C)."""

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        self.input_shape = self.image

    def forward_pass(self, x, training):
        y, cache = super().forward_pass(x.reshape(len(x), -1), training)
        return y.reshape(len(x), *self.output_image), cache

    def backward_pass(self, dy, cache, need_dx):
        dx = super().backward_pass(dy.reshape(len(dy), -1), cache, need_dx)
        return dx.reshape(len(dy), *self.image) if need_dx else None

    def output_shape(self, shape):
        return self.output_image


class Conv2D(_OnImages, _OptionalBias, engine.Conv2D):
    """The engine's Conv2D."""


class UpSampling2D(_OnImages, engine.UpSampling2D):
    """The engine's UpSampling2D."""


class ZeroPadding2D(_OnImages, engine.ZeroPadding2D):
    """The engine's ZeroPadding2D."""


class BatchNorm(engine.BatchNorm):
    """The engine's BatchNorm on the last axis, run as Keras runs a frozen one.

    Frozen means moving statistics here, whatever `training` says: Keras ties the two.
    """

    def __init__(self, *args, shape, **kwargs):
        super().__init__(*args, positions=prod(shape[:-1]), **kwargs)
        self.shape = self.input_shape = tuple(shape)

    def forward_pass(self, x, training):
        return super().forward_pass(x, training and not self.is_frozen)


def frozen(blocks):
    """A scope in which these blocks are frozen."""
    if not blocks:
        return nullcontext()
    scopes = ExitStack()
    for block in blocks:
        scopes.enter_context(block.frozen())
    return scopes


def convert(x, dtype):
    """A C-contiguous array of `dtype` from whatever numbers Keras would take."""
    return np.ascontiguousarray(x, dtype=dtype)
