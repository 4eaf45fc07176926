"""Spectral normalisation: a layer whose weights stretch no vector."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np

from .. import initializers, primitives, validate
from ..errors import DTypeError
from ..registry import Example
from .arrays import Array, Buffer, Parameter, Shape
from .base import LAYERS, Layer
from .convolution import Conv2D
from .dense import Dense


class Estimate(NamedTuple):
    """What a forward normalised with: Wbar = W / sigma, sigma = v^T W u.

    Wbar: (D, M)   u: (M,)   v: (D,)   sigma: a memory cell
    """

    Wbar: Array
    u: Array
    v: Array
    sigma: Array


class StandIn(NamedTuple):
    """What a layer reads in the place of its parameter W."""

    value: Array
    grad: Array | None


@LAYERS.register(
    Example({"layer": Dense(6, 4)}, shape=(5, 6), note="dense"),
    Example({"layer": Conv2D((3, 3, 2), 3, 2)}, shape=(5, 18), note="convolution"),
    Example({"layer": Dense(6, 4)}, (5, 6), {"training": False}, note="inference"),
)
class SpectralNorm(Layer):
    """A layer with W / sigma in the place of W; sigma is the largest singular value.

    So |W x| <= |x|, nearly, and a discriminator of such layers is a Lipschitz function.
    W is taken as a matrix (D, M), the outputs last.  Each forward in training takes one
    step of the power iteration, with the W of that moment,

        v = W u / |W u|        u = W^T v / |W^T v|        sigma = v^T W u

    and keeps u for the next, unless it is frozen.  In inference sigma = |W u|.  With u
    and v held fixed, and dWbar the gradient at Wbar = W / sigma,

        dW = (dWbar - <dWbar, Wbar> v u^T) / sigma

    layer: one that has a parameter W, a `Dense` or `Conv2D`; it is copied.
    rng: of the first u, numpy Generator or a seed.
    Shapes: those of the layer.
    Source: Miyato et al. 2018, algorithm 1.  Unlike Keras' wrapper, it leaves W alone.
    Errors: DTypeError for what is no layer with a W.

    >>> SpectralNorm(Dense(5, 15)).forward(np.ones((2, 5), "float32")).shape
    (2, 15)
    """

    def __init__(self, layer: Layer, *, rng: validate.RandomLike = 0) -> None:
        where = "SpectralNorm"
        if not isinstance(layer, Layer) or not isinstance(
            getattr(layer, "W", None), Parameter
        ):
            expected = "a layer with a parameter W"
            validate.complain(
                DTypeError, where, "layer", expected, validate.shown(layer)
            )
        rng = validate.random_generator(where, rng)
        twin: Any = copy.deepcopy(layer)
        self.layer, self.dtype = twin, twin.dtype
        shape = (twin.W.value.shape[-1],)
        normal = initializers.RandomNormal(0.0, 1.0)
        u = initializers.initialize(where, "rng", normal, shape, rng, twin.dtype)
        self.u = self.add_buffer("u", u / max(np.linalg.norm(u), 1e-12))
        self.__dict__["_tables"] = self.layer.__dict__.get("_tables", {})
        self.input_shape, self.bounds = layer.input_shape, layer.bounds
        self.takes_labels, self.couples_rows = layer.takes_labels, layer.couples_rows
        self._still = False

    # ---- passes: those of the layer, with W / sigma for W --------------------------

    def forward_pass(self, x: Any, training: bool) -> tuple[Any, Any]:
        W, u = self._matrix(self.layer.W.value), self.u.value
        v, sigma = primitives.power_left(W, u)
        if training and not self._still:
            u = primitives.copy(u) if self.is_frozen else u
            sigma = primitives.power_right(W, v, u)
        Wbar = primitives.divide(W, sigma)
        estimate = Estimate(Wbar, primitives.copy(u), v, sigma)
        with self._normalised(estimate, learns=False):
            y, cache = self.layer.forward_pass(x, training)
        return y, (cache, estimate)

    def backward_pass(self, dy: Any, cache: Any, need_dx: bool) -> Any:
        cache, estimate = cache
        with self._normalised(estimate, learns=not self.is_frozen):
            return self.layer.backward_pass(dy, cache, need_dx)

    def tangent_pass(self, t: Any, cache: Any) -> Any:
        cache, estimate = cache
        with self._normalised(estimate, learns=False):
            return self.layer.tangent_pass(t, cache)

    def curvature_pass(self, dy: Any, t: Any, cache: Any, need_dx: bool) -> Any:
        cache, estimate = cache
        with self._normalised(estimate, learns=not self.is_frozen):
            return self.layer.curvature_pass(dy, t, cache, need_dx)

    @contextmanager
    def _normalised(self, estimate: Estimate, learns: bool) -> Iterator[None]:
        """A block in which the layer has Wbar for W; what it learns, W learns."""
        W, (Wbar, u, v, sigma) = self.layer.W, estimate
        shape, dWbar, grad = W.value.shape, None, None
        if learns:
            dWbar = primitives.full(*Wbar.shape, 0.0, dtype=Wbar.dtype)
            grad = dWbar.reshape(shape)
        self.layer.W = StandIn(Wbar.reshape(shape), grad)
        try:
            yield
        finally:
            self.layer.W = W
        if learns:
            primitives.spectral_dW(dWbar, Wbar, u, v, sigma, self._matrix(W.grad))

    def _matrix(self, W: Array) -> Array:
        """(..., M) -> (D, M)"""
        return W.reshape(-1, W.shape[-1])

    # ---- the rest is the layer's ---------------------------------------------------

    def hold(self) -> None:
        self._still = True

    @property
    def output_image(self) -> Shape:
        """That of the layer, for the next one."""
        return self.layer.output_image

    @property
    def parameters(self) -> list[Parameter]:
        return self.layer.parameters

    @property
    def statistics(self) -> list[Buffer]:
        return [*super().statistics, *self.layer.statistics]

    def walk(self) -> Iterator[Layer]:
        yield self
        yield from self.layer.walk()

    def output_shape(self, shape: Any) -> Any:
        return self.layer.output_shape(shape)

    def random_input(self, shape: Any, rng: np.random.Generator, dtype: Any) -> Any:
        return self.layer.random_input(shape, rng, dtype)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        return self.layer._checked_input(where, argument, x)
