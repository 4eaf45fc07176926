"""Engine layers where Keras asks for a little more than the engine's own classes.

None of them computes: each calls the engine's layer on another shape or in another
mode.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager, ExitStack, nullcontext
from math import prod
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import layers as engine
from .. import primitives
from ..network import Graph, Input, Network, Sequential

Array = NDArray[Any]
Shape = tuple[int, ...]


def _rows(x: Array) -> Array:
    """(N, a, b, C) -> (N a b, C): layers that work on the last axis."""
    return x.reshape(-1, x.shape[-1])


def _keep_still(layer: Any) -> None:
    """The parameters named in `layer.still` get no gradient and stay as they are."""
    for parameter in layer.parameters if layer.still and not layer.is_frozen else ():
        if parameter.name in layer.still:
            primitives.fill(parameter.grad, 0.0)


class Dense(engine.Dense):
    """The engine's Dense on the last axis of any shape.

    still: the names of parameters that are neither trained nor shown.
    """

    def __init__(
        self, *args: Any, shape: Shape, still: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.shape = self.input_shape = tuple(shape)
        self.still = tuple(still)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        y, cache = super().forward_pass(_rows(x), training)
        return y.reshape(*x.shape[:-1], -1), cache

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        dx = super().backward_pass(_rows(dy), cache, need_dx)
        _keep_still(self)
        return None if dx is None else dx.reshape(*dy.shape[:-1], -1)

    def output_shape(self, shape: Any) -> Shape:
        return (*shape[:-1], self.units)


class Conv2D(engine.Conv2D):
    """The engine's Conv2D.  still: as for `Dense`.

    apart: rows and columns from one pixel that the kernel sees to the next.
    """

    def __init__(
        self,
        *args: Any,
        still: Sequence[str] = (),
        apart: Shape = (1, 1),
        **kwargs: Any,
    ) -> None:
        self.apart = apart
        super().__init__(*args, **kwargs)
        self.still = tuple(still)

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        dx = super().backward_pass(dy, cache, need_dx)
        _keep_still(self)
        return dx


class Conv2DTranspose(engine.Conv2DTranspose):
    """The engine's Conv2DTranspose.  still: as for `Dense`."""

    def __init__(self, *args: Any, still: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.still = tuple(still)

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        dx = super().backward_pass(dy, cache, need_dx)
        _keep_still(self)
        return dx


class BatchNorm(engine.BatchNorm):
    """The engine's BatchNorm on the last axis, run as Keras runs a frozen one.

    Frozen means moving statistics here, whatever `training` says: Keras ties the two.
    still: as for `Dense`.
    """

    def __init__(
        self, *args: Any, shape: Shape, still: Sequence[str] = (), **kwargs: Any
    ) -> None:
        super().__init__(*args, positions=prod(shape[:-1]), **kwargs)
        self.shape = self.input_shape = tuple(shape)
        self.still = tuple(still)

    def forward_pass(self, x: Array, training: bool) -> tuple[Array, Any]:
        return super().forward_pass(x, training and not self.is_frozen)

    def backward_pass(self, dy: Array, cache: Any, need_dx: bool) -> Array | None:
        dx = super().backward_pass(dy, cache, need_dx)
        _keep_still(self)
        return dx


def network(layers: Sequence[engine.Layer], shape: Any, joins: bool) -> Network:
    """A block: layers one after the other, the first of which may join several.

    shape: of an example; a tuple of shapes where it does.
    """
    if not joins:
        return Sequential(list(layers))
    nodes = [Input(part) for part in shape]
    end = layers[0](nodes)
    for layer in layers[1:]:
        end = layer(end)
    return Graph(nodes, end)


def frozen(blocks: Sequence[Network]) -> AbstractContextManager[object]:
    """A scope in which these blocks are frozen."""
    if not blocks:
        return nullcontext()
    scopes = ExitStack()
    for block in blocks:
        scopes.enter_context(block.frozen())
    return scopes


def convert(x: Any, dtype: DTypeLike) -> Array:
    """A C-contiguous array of `dtype` from whatever numbers Keras would take."""
    return np.ascontiguousarray(x, dtype=dtype)
