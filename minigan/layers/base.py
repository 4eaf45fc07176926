"""What every layer is: a forward pass, a backward pass, and a cache consumed once.

A layer is written as a pair of functions,

    forward_pass(x, training)           -> y, cache
    backward_pass(dy, cache, need_dx)   -> dx

and everything else stands here: argument checks, the cache, freezing, copying.
To write a layer of your own, derive from `Layer`, register parameters with
`add_parameter`, and define the two functions, in plain NumPy if you like;
`minigan.gradcheck` proves them.  Two more are asked of a layer in a discriminator with
a gradient penalty, see `linearisation`; J are the slopes dy/dx of the forward:

    tangent_pass(t, cache)                  -> J t, how y moves along t
    curvature_pass(dy, t, cache, need_dx)   -> dx of dy . J t

The constructor's arguments are kept as attributes of the same names, and
`LAYERS.register` makes the layer known, so that it can be saved and is proven by
`minigan check`:

    @LAYERS.register(Example({"rate": 0.5}, shape=(5, 6)))
    class Shrink(Layer): ...
"""

from __future__ import annotations

import copy
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from .. import validate
from ..errors import ArgumentError, DTypeError, ShapeError, StateError
from ..registry import Registry, config_of
from ..state import Arrays, Generators, whole_copy
from .arrays import (
    Buffer,
    Parameter,
    Shape,
    _added,
    _apart,
    _checked_like,
    _copied,
    _joined,
    _kind,
)

if TYPE_CHECKING:
    from ..network import Network
    from .linearisation import Linearisation
    from .nodes import Node

LAYERS: Registry[type[Layer]] = Registry("layer")


class Layer:
    """Base class of all layers and networks.

    Subclasses may set `input_shape`, the shape of one example (a tuple) where it is
    known from the start, and `dtype`; None means that any will do.

    joins: True for a layer that takes a tuple of several arrays in the place of x, and
    returns a tuple for dx.   splits: True for one whose y, and dy, is such a tuple.
    takes_labels: True for one that takes integers, (N,) or (N, L).
    couples_rows: True for one whose y of one row depends on the other rows.
    bounds: between which all numbers of y lie; None for those of x.
    pytorch_names, keras_names: what its arrays are called there, where not as here.
    pytorch_axes: the order of an array's axes in PyTorch, where not as here.
    """

    input_shape: Shape | None = None
    dtype: np.dtype[Any] | None = None
    joins = False
    splits = False
    takes_labels = False
    couples_rows = False
    bounds: tuple[float, float] | None = (-math.inf, math.inf)
    pytorch_names: Mapping[str, str] = {"W": "weight", "b": "bias"}
    pytorch_axes: Mapping[str, tuple[int, ...]] = {}
    keras_names: Mapping[str, str] = {"W": "kernel", "b": "bias"}
    _owner: Network | None = None  # the network that holds this layer
    _cache: tuple[Any, Any, Any] | None = None  # x and y, and what backward needs
    _frozen = 0  # how many frozen() scopes are open
    _not_copied: tuple[str, ...] = ("_owner", "_cache", "_frozen")

    # ---- what a subclass defines ---------------------------------------------------

    def forward_pass(self, x: Any, training: bool) -> tuple[Any, Any]:
        """y, cache.   x: (N, ...), never written to."""
        raise StateError(f"{self._name}: this layer defines no forward_pass")

    def backward_pass(self, dy: Any, cache: Any, need_dx: bool) -> Any:
        """dx (None unless need_dx), after `grad += ...` where not `is_frozen`."""
        raise StateError(f"{self._name}: this layer defines no backward_pass")

    def tangent_pass(self, t: Any, cache: Any) -> Any:
        """J t: how y moves where x moves along t, with the slopes J of the forward.

        t: as x, never written to; of a layer that joins several a tuple, in which None
        stands for zeros.
        """
        raise StateError(f"{self._name}: this layer defines no tangent_pass")

    def curvature_pass(self, dy: Any, t: Any, cache: Any, need_dx: bool) -> Any:
        """The gradient of dy . J t, which a curved or bilinear layer has.

        Returns that of x, or None where it is zero (or not needed), after `grad += ...`
        with those of the parameters where not `is_frozen`.
        """
        raise StateError(f"{self._name}: this layer defines no curvature_pass")

    def output_shape(self, shape: Any) -> Any:
        """Shape of one example behind the layer, given the one before it."""
        return shape

    def hold(self) -> None:
        """For proofs: an estimate that y depends on stands still from here on."""

    def add_parameter(self, name: str, value: ArrayLike) -> Parameter:
        """Register a trainable array under `name` and return its `Parameter`.

        Errors: ArgumentError for a name that the layer has already.
        """
        self._check_new("add_parameter", name)
        parameter = Parameter(name, np.ascontiguousarray(value))
        self.__dict__.setdefault("_parameters", []).append(parameter)
        return parameter

    def add_buffer(self, name: str, value: ArrayLike) -> Buffer:
        """Register a running statistic under `name` and return its `Buffer`.

        Errors: ArgumentError for a name that the layer has already.
        """
        self._check_new("add_buffer", name)
        buffer = Buffer(name, np.ascontiguousarray(value))
        self.__dict__.setdefault("_buffers", []).append(buffer)
        return buffer

    def add_table(self, name: str, places: ArrayLike) -> NDArray[np.int64]:
        """Register an array of int64 that no step changes and return it.

        Errors: ArgumentError for a name that the layer has already.
        """
        self._check_new("add_table", name)
        table = np.ascontiguousarray(places, np.int64)
        self.__dict__.setdefault("_tables", {})[name] = table
        return table

    def _check_new(self, method: str, name: str) -> None:
        """Refuse a name for a second array of the layer."""
        known = [array.name for array in self._arrays()]
        if name in (*known, *self.__dict__.get("_tables", ())):
            where = f"{self._name}.{method}"
            validate.complain(
                ArgumentError, where, "name", "a new name", validate.shown(name)
            )

    # ---- what a user calls ---------------------------------------------------------

    def forward(self, x: Any, training: bool = False) -> Any:
        """The layer's output; keeps what `backward` needs, also if not training.

        x: (batch, ...) float32 or float64, as the layer's parameters.  It is copied,
        so later changes to it do not reach the gradients.
        Errors: ShapeError, DTypeError for an x that does not fit.
        """
        x = self._checked_input(f"{self._name}.forward", "x", x)
        training = validate.flag(f"{self._name}.forward", "training", training)
        x = _copied(x)
        y, cache = self._checked_output(self.forward_pass(x, training))
        self._cache = x, y, cache
        return _apart(y, cache)

    def predict(self, x: Any) -> Any:
        """The layer's output in inference mode; keeps nothing.  x as in `forward`."""
        x = self._checked_input(f"{self._name}.predict", "x", x)
        y, _ = self._checked_output(self.forward_pass(x, False))
        return _apart(y, x)

    def backward(self, dy: Any, need_dx: bool = True) -> Any:
        """Add dL/dparameter to each `grad` and return dx = dL/dx.

        dy: dL/dy, with the shape and type of the last forward's y.
        need_dx: False saves the work for a dx that nobody uses; None is returned.
        Errors: StateError without a forward before it, or for a second backward;
        ShapeError, DTypeError for a dy that does not fit.
        """
        where = f"{self._name}.backward"
        _, y, cache = self._kept(where)
        dy = _checked_like(where, "dy", dy, y)
        need_dx = validate.flag(where, "need_dx", need_dx)
        self._cache = None
        return _apart(self.backward_pass(dy, cache, need_dx), dy)

    def linearise(self) -> Linearisation:
        """The layer near the x of the last forward: its slopes, from both sides.

        Takes the cache in the place of a backward.
        Errors: StateError without a forward before it, and for a layer without a
        tangent.
        """
        from .linearisation import Linearisation, check_tangents

        where = f"{self._name}.linearise"
        check_tangents(where, "self", self)
        kept = self._kept(where)
        self._cache = None
        return Linearisation(self, *kept)

    def _kept(self, where: str) -> tuple[Any, Any, Any]:
        """What the last forward kept.  Errors: StateError where it is used up."""
        if self._cache is None:
            act = where.rpartition(".")[2]
            raise StateError(
                f"{where}: expected a forward before each {act}, got none since "
                "the last backward (the cache is consumed once)"
            )
        return self._cache

    def __call__(self, inputs: Node | Sequence[Node]) -> Any:
        """The layer as a part of a `Graph`: the node of its result.

        inputs: a node, an `Input` or the result of another layer; a tuple or list of
        nodes for a layer that joins several.
        Errors: DTypeError, ArgumentError, ShapeError for nodes that do not fit.
        """
        from .nodes import connected

        return connected(self, inputs)

    @contextmanager
    def frozen(self) -> Iterator[Self]:
        """A scope in which nothing of this layer changes, and gradients still flow.

        No parameter gradients are computed, running statistics stand still, and an
        optimizer that is handed the network raises.  Restored on every exit.
        """
        parts = tuple(self.walk())
        for part in parts:  # counted by each part, and by the owner for all of its own
            part._frozen += 1
            if part._owner is not None:
                part._owner._held += 1
        try:
            yield self
        finally:
            for part in parts:
                part._frozen -= 1
                if part._owner is not None:
                    part._owner._held -= 1

    @property
    def is_frozen(self) -> bool:
        """True inside a `frozen()` scope."""
        return self._frozen > 0

    def walk(self) -> Iterator[Layer]:
        """This layer and all layers inside it."""
        yield self

    @property
    def parameters(self) -> list[Parameter]:
        """All parameters, in order."""
        return list(self.__dict__.get("_parameters", ()))

    @property
    def statistics(self) -> list[Buffer]:
        """All running statistics, in order."""
        return list(self.__dict__.get("_buffers", ()))

    def zero_grad(self) -> None:
        """Set every gradient to zero.  Errors: StateError while frozen."""
        if self.is_frozen:
            raise StateError(f"{self._name}.zero_grad: the layer is frozen")
        for parameter in self.parameters:
            parameter.grad[...] = 0

    def astype(self, dtype: DTypeLike) -> Self:
        """A copy of this layer with parameters of another type; no cache, no owner."""
        dtype = validate.float_type(f"{self._name}.astype", dtype)
        twin = copy.deepcopy(self)
        for layer in twin.walk():
            layer._convert(dtype)
        return twin

    def _convert(self, dtype: np.dtype[Any]) -> None:
        """Give the layer's own arrays another type."""
        if self.dtype is not None:
            self.dtype = dtype
        for array in self._arrays():
            array.value = array.value.astype(dtype)
        for parameter in self.parameters:
            parameter.grad = parameter.grad.astype(dtype)

    def __getstate__(self) -> dict[str, Any]:
        """What copies and pickles hold: all but owner, cache and open scopes."""
        return {k: v for k, v in vars(self).items() if k not in self._not_copied}

    __copy__ = whole_copy

    # ---- slopes: what `linearise` runs; a network does so layer by layer ------------

    def pull_pass(self, dy: Any, cache: Any) -> tuple[Any, Any]:
        """(J^T dy, what `bend_pass` needs of it), in a frozen() scope."""
        return self.backward_pass(dy, cache, True), dy

    def push_pass(self, t: Any, cache: Any) -> tuple[Any, Any]:
        """(J t, what `bend_pass` needs of it)."""
        return self.tangent_pass(t, cache), t

    def bend_pass(
        self, dy: Any, pulled: Any, pushed: Any, cache: Any, need_dx: bool
    ) -> Any:
        """dx of dy . y + pulled . J pushed, after `grad += ...` where not `is_frozen`.

        Each of the three may be None for zero, and so may dx.
        """
        dx = None if dy is None else self.backward_pass(dy, cache, need_dx)
        if pulled is None or pushed is None:
            return dx
        return _added(dx, self.curvature_pass(pulled, pushed, cache, need_dx))

    # ---- by name -------------------------------------------------------------------

    def config(self) -> dict[str, Any]:
        """name -> value of the constructor's arguments, without `rng` and `dtype`."""
        return config_of(self)

    def named_layers(self) -> dict[str, Layer]:
        """name -> layer that holds arrays of its own: "" alone, "1.0" in networks."""
        return {"": self}

    def tensors(self) -> Arrays:
        """name -> array, all parameters and running statistics: "W", "0.W" in networks.

        Like the others below, an array or generator that occurs twice is named once.
        """
        return {
            _joined(place, array.name): array.value
            for place, layer in self.named_layers().items()
            for array in layer._arrays()
        }

    def gradients(self) -> Arrays:
        """name -> gradient of each parameter: "dW", "0.dW" in networks."""
        return {
            _joined(place, f"d{parameter.name}"): parameter.grad
            for place, layer in self.named_layers().items()
            for parameter in layer.parameters
        }

    def tables(self) -> Arrays:
        """name -> array of integers that no step changes: "2.patches"."""
        return {
            _joined(place, name): table
            for place, layer in self.named_layers().items()
            for name, table in layer.__dict__.get("_tables", {}).items()
        }

    def state(self) -> Arrays:
        """name -> array that training changes in place; see `minigan.state`."""
        return self.tensors()

    def generators(self) -> Generators:
        """name -> random generator that a layer draws from: "rng", "3.rng"."""
        found: dict[int, tuple[str, np.random.Generator]] = {}
        for place, part in self._named_parts():
            for name, value in part.__dict__.items():
                if isinstance(value, np.random.Generator):
                    found.setdefault(id(value), (_joined(place, name), value))
        return dict(found.values())

    # ---- helpers -------------------------------------------------------------------

    def _named_parts(self) -> list[tuple[str, Layer]]:
        """(name, layer) of all layers inside, networks excepted; "" for this one."""
        return [(f"part{k}" if k else "", part) for k, part in enumerate(self.walk())]

    def _arrays(self) -> list[Parameter | Buffer]:
        """All parameters and running statistics, in order."""
        return [*self.parameters, *self.statistics]

    @property
    def _name(self) -> str:
        return type(self).__name__

    def random_input(self, shape: Any, rng: np.random.Generator, dtype: Any) -> Any:
        """Something that the layer takes, for checks.

        shape: of x, (N, ...); a tuple of shapes for a layer that joins several.
        """
        return rng.standard_normal(shape).astype(dtype)

    def batch_shape(self, rows: int) -> Any:
        """Shape of an x of so many rows; None where the layer does not know it.

        A tuple of shapes for a layer that joins several.
        """
        return None if self.input_shape is None else (rows, *self.input_shape)

    def _label_inputs(self, where: str, count: int) -> tuple[bool, ...]:
        """Of each input, whether it is labels.

        Errors: ArgumentError for another number of inputs than the layer takes.
        """
        if count != 1:
            validate.complain(ArgumentError, where, "inputs", "one node", f"{count}")
        return (self.takes_labels,)

    def _results(self, where: str, shapes: Sequence[Any]) -> tuple[Any, ...]:
        """Shapes of one example behind the layer, given those of its inputs.

        Errors: ShapeError for inputs that the layer does not take.
        """
        (shape,), want = shapes, self.input_shape
        if want is not None and shape is not None and tuple(want) != tuple(shape):
            expected = f"a node of shape {validate.shape_text(('batch', *want))}"
            given = validate.shape_text(("batch", *shape))
            validate.complain(ShapeError, where, "inputs", expected, given)
        return (self.output_shape(shape),)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        """x as an array that fits the layer, (batch, ...)."""
        shape: tuple[int | str, ...] | None = None
        if self.input_shape is not None:
            shape = ("batch", *self.input_shape)
        x = validate.array(where, argument, x, shape, self.dtype)
        if x.ndim < 2:
            got = validate.shape_text(x.shape)
            expected = "shape (batch, features)"
            validate.complain(ShapeError, where, argument, expected, got)
        return x

    def _checked_output(self, pair: Any) -> tuple[Any, Any]:
        """The pair that `forward_pass` returned, or DTypeError for anything else."""
        if isinstance(pair, tuple) and len(pair) == 2:
            return pair
        raise no_pair(self, pair)

    def __repr__(self) -> str:
        inner = ", ".join(f"{k}={v!r}" for k, v in self.config().items())
        return f"{self._name}({inner})"


def no_pair(layer: Layer, given: object) -> DTypeError:
    """The error for a forward_pass that returned anything but y and its cache."""
    kind = _kind(given)
    if isinstance(given, np.ndarray):
        kind = f"an array of shape {validate.shape_text(given.shape)}"
    return DTypeError(
        f"{type(layer).__name__}.forward_pass: expected a pair (y, cache) to be "
        f"returned, got {kind}"
    )
