"""Sequential: layers one after the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np

from .. import validate
from ..errors import ArgumentError, ShapeError
from ..layers.base import Layer, Shape, no_pair
from .base import NETWORKS, Network, common_type


@NETWORKS.register()
class Sequential(Network):
    """Layers applied in order; itself a layer, so networks can be nested.

    layers: a list of `Layer`s; see `Network` for what the network does with them.
    `Sequential([generator, discriminator])` shares everything with both.

    `net[:-1]` is a view on some of the layers, with the same parameters.

    Errors: ShapeError where a layer does not fit the one before it, StateError for a
    layer that has an owner, DTypeError for mixed types.
    """

    def __init__(self, layers: Sequence[Layer] | Layer) -> None:
        chain: list[Any] = (
            list(layers) if isinstance(layers, (list, tuple)) else [layers]
        )
        if not chain:
            validate.complain(
                ArgumentError, "Sequential", "layers", "at least one", "none"
            )
        self._hold("Sequential", chain)
        self._fit_together()
        self._adopt()
        self._settle()

    def _fit_together(self) -> None:
        """Find the input shape.  Errors: ShapeError where layers do not fit."""
        shape: Any = None
        self.takes_labels = self.layers[0].takes_labels
        for k, layer in enumerate(self.layers):
            if layer.joins or (k > 0 and layer.takes_labels) or layer.splits:
                raise ArgumentError(
                    f"Sequential: argument 'layers[{k}]': expected a layer of one "
                    f"array, got {layer!r}, whose place is in a Graph"
                )
            want = layer.input_shape
            if want is not None and shape is not None and tuple(want) != tuple(shape):
                raise ShapeError(
                    f"Sequential: argument 'layers[{k}]': expected a layer for "
                    f"examples of shape {validate.shape_text(shape)}, got {layer!r}"
                )
            if want is not None and shape is None:
                # layers that keep the shape may stand in front of the first sized one
                front = self.layers[:k]
                if all(type(f).output_shape is Layer.output_shape for f in front):
                    self.input_shape = tuple(want)
            shape = layer.output_shape(want if want is not None else shape)

    # ---- the two loops -------------------------------------------------------------

    def forward_pass(self, x: Any, training: bool) -> tuple[Any, list[Any]]:
        caches = []
        for layer in self.layers:
            pair = layer.forward_pass(x, training)
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise no_pair(layer, pair)
            x, cache = pair
            caches.append(cache)
        return x, caches

    def backward_pass(self, dy: Any, cache: Any, need_dx: bool) -> Any:
        last_needed = 0 if need_dx else self._first_learner()
        for k in range(len(self.layers) - 1, last_needed - 1, -1):
            layer_needs_dx = need_dx or k > last_needed
            dy = self.layers[k].backward_pass(dy, cache[k], layer_needs_dx)
        return dy if need_dx else None

    # ---- slopes: once down, once up, and down again; see `layers.linearisation` -----

    def pull_pass(self, dy: Any, cache: Any) -> tuple[Any, Any]:
        kept = []
        for layer, own in zip(reversed(self.layers), reversed(cache), strict=True):
            dy, pulled = layer.pull_pass(dy, own)
            kept.append(pulled)
        return dy, kept[::-1]

    def push_pass(self, t: Any, cache: Any) -> tuple[Any, Any]:
        kept = []
        for layer, own in zip(self.layers, cache, strict=True):
            t, pushed = layer.push_pass(t, own)
            kept.append(pushed)
        return t, kept

    def bend_pass(
        self, dy: Any, pulled: Any, pushed: Any, cache: Any, need_dx: bool
    ) -> Any:
        none = [None] * len(self.layers)
        pulled, pushed = pulled or none, pushed or none
        last_needed = 0 if need_dx else self._first_learner()
        for k in range(len(self.layers) - 1, last_needed - 1, -1):
            need = need_dx or k > last_needed
            dy = self.layers[k].bend_pass(dy, pulled[k], pushed[k], cache[k], need)
        return dy if need_dx else None

    def _first_learner(self) -> int:
        """Index of the lowest layer that computes parameter gradients."""
        for k, leaves in enumerate(self._learners):
            for leaf in leaves:
                if leaf._frozen == 0:
                    return k
        return len(self.layers)

    # ---- structure -----------------------------------------------------------------

    def output_shape(self, shape: Shape | None = None) -> Shape | None:
        if shape is None:
            shape = self.input_shape
        for layer in self.layers:
            shape = layer.output_shape(
                shape if layer.input_shape is None else layer.input_shape
            )
        return shape

    @overload
    def __getitem__(self, index: int) -> Layer: ...
    @overload
    def __getitem__(self, index: slice) -> Sequential: ...
    def __getitem__(self, index: int | slice) -> Layer:
        """`net[2]` is a layer; `net[:-1]` a network over some of the same layers."""
        if not isinstance(index, slice):
            return self.layers[index]
        if not self.layers[index]:
            validate.complain(
                ArgumentError, "Sequential", "index", "at least one layer", index
            )
        view = object.__new__(Sequential)
        view.layers = self.layers[index]
        view.dtype = common_type("Sequential", view.layers)
        view._fit_together()
        view._home = self._home
        view._settle()
        return view

    def __len__(self) -> int:
        return len(self.layers)

    def __repr__(self) -> str:
        return f"Sequential([{', '.join(map(repr, self.layers))}])"

    def random_input(self, shape: Any, rng: np.random.Generator, dtype: Any) -> Any:
        return self.layers[0].random_input(shape, rng, dtype)

    def _results(self, where: str, shapes: Sequence[Any]) -> tuple[Any, ...]:
        if self.input_shape is None and shapes[0] is not None:
            self._check_first_sized(where, "inputs", shapes[0])
        return super()._results(where, shapes)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        if self.takes_labels:
            return self.layers[0]._checked_input(where, argument, x)
        x = super()._checked_input(where, argument, x)
        if self.input_shape is None:
            self._check_first_sized(where, argument, x.shape[1:])
        return validate.finite_numbers(where, argument, x)

    def _check_first_sized(self, where: str, argument: str, shape: Shape) -> None:
        """Follow the shape of an example up to the first layer that asks for one."""
        for k, layer in enumerate(self.layers):
            if layer.input_shape is not None:
                if tuple(shape) != tuple(layer.input_shape):
                    wanted = validate.shape_text(layer.input_shape)
                    given = validate.shape_text(shape)
                    expected = f"examples that reach layers[{k}] with shape {wanted}"
                    validate.complain(ShapeError, where, argument, expected, given)
                return
            shape = layer.output_shape(shape)
