"""What every layer is: a forward pass, a backward pass, and a cache consumed once.

A layer is written as a pair of functions,

    forward_pass(x, training)           -> y, cache
    backward_pass(dy, cache, need_dx)   -> dx

and everything else stands here: argument checks, the cache, freezing, copying.
To write a layer of your own, derive from `Layer`, register parameters with
`add_parameter`, and define the two functions, in plain NumPy if you like;
`minigan.gradcheck` proves them.
"""

import copy
from contextlib import contextmanager

import numpy as np

from .. import primitives, validate
from ..errors import StateError


class Parameter:
    """A trainable array and its gradient; both are updated in place.

    value, grad: arrays of one shape.  A network moves them into its flat vectors
    once, when it adopts the layer; after that they are never rebound.
    """

    def __init__(self, name, value):
        self.name = name
        self.value = value
        self.grad = np.zeros_like(value)

    def __repr__(self):
        return f"Parameter({self.name!r}, shape {self.value.shape})"


class Buffer:
    """A running statistic: kept with the network, changed by forward passes only."""

    def __init__(self, name, value):
        self.name = name
        self.value = value

    def __repr__(self):
        return f"Buffer({self.name!r}, shape {self.value.shape})"


class Layer:
    """Base class of all layers and of `Sequential`.

    Subclasses may set `input_shape`, the shape of one example (a tuple) where it is
    known from the start, and `dtype`; None means that any will do.
    """

    input_shape: tuple | None = None
    dtype: np.dtype | None = None
    _owner = None  # the network that holds this layer
    _cache = None
    _frozen = 0  # how many frozen() scopes are open

    # ---- what a subclass defines ---------------------------------------------------

    def forward_pass(self, x, training):
        """y, cache.   x: (N, ...), never written to."""
        raise StateError(f"{self._name}: this layer defines no forward_pass")

    def backward_pass(self, dy, cache, need_dx):
        """dx (None unless need_dx), after `grad += ...` where not `is_frozen`."""
        raise StateError(f"{self._name}: this layer defines no backward_pass")

    def output_shape(self, shape):
        """Shape of one example behind the layer, given the one before it."""
        return shape

    def config(self):
        """The constructor's arguments, as numbers and names (for checkpoints)."""
        return {}

    def add_parameter(self, name, value):
        """Register a trainable array under `name` and return its `Parameter`."""
        parameter = Parameter(name, np.ascontiguousarray(value))
        self.__dict__.setdefault("_parameters", []).append(parameter)
        return parameter

    def add_buffer(self, name, value):
        """Register a running statistic under `name` and return its `Buffer`."""
        buffer = Buffer(name, np.ascontiguousarray(value))
        self.__dict__.setdefault("_buffers", []).append(buffer)
        return buffer

    def add_table(self, name, places):
        """Register an array of int64 that no step changes and return it."""
        table = np.ascontiguousarray(places, np.int64)
        self.__dict__.setdefault("_tables", {})[name] = table
        return table

    # ---- what a user calls ---------------------------------------------------------

    def forward(self, x, training=False):
        """The layer's output; keeps what `backward` needs, also if not training.

        x: (batch, ...) float32 or float64, as the layer's parameters.  It is copied,
        so later changes to it do not reach the gradients.
        Errors: ShapeError, DTypeError for an x that does not fit.
        """
        x = self._checked_input("forward", x)
        training = validate.flag(f"{self._name}.forward", "training", training)
        y, cache = self.forward_pass(primitives.copy(x), training)
        self._cache = (y.shape, y.dtype, cache)
        return primitives.copy(y) if _shares_memory(cache, y) else y

    def predict(self, x):
        """The layer's output in inference mode; keeps nothing.  x as in `forward`."""
        x = self._checked_input("predict", x)
        y, _ = self.forward_pass(x, False)
        return primitives.copy(y) if np.may_share_memory(x, y) else y

    def backward(self, dy, need_dx=True):
        """Add dL/dparameter to each `grad` and return dx = dL/dx.

        dy: dL/dy, with the shape and type of the last forward's y.
        need_dx: False saves the work for a dx that nobody uses; None is returned.
        Errors: StateError without a forward before it, or for a second backward;
        ShapeError, DTypeError for a dy that does not fit.
        """
        where = f"{self._name}.backward"
        if self._cache is None:
            raise StateError(
                f"{where}: expected a forward before each backward, got none since "
                "the last backward (the cache is consumed once)"
            )
        shape, dtype, cache = self._cache
        dy = validate.array(where, "dy", dy, shape, dtype)
        need_dx = validate.flag(where, "need_dx", need_dx)
        self._cache = None
        dx = self.backward_pass(dy, cache, need_dx)
        if dx is not None and np.may_share_memory(dx, dy):
            return primitives.copy(dx)
        return dx

    @contextmanager
    def frozen(self):
        """A scope in which nothing of this layer changes, and gradients still flow.

        No parameter gradients are computed, running statistics stand still, and an
        optimizer that is handed the network raises.  Restored on every exit.
        """
        for layer in self.walk():
            layer._frozen += 1
        try:
            yield self
        finally:
            for layer in self.walk():
                layer._frozen -= 1

    @property
    def is_frozen(self):
        """True inside a `frozen()` scope."""
        return self._frozen > 0

    def walk(self):
        """This layer and all layers inside it."""
        yield self

    @property
    def parameters(self):
        """All parameters, in order."""
        return list(self.__dict__.get("_parameters", ()))

    @property
    def statistics(self):
        """All running statistics, in order."""
        return list(self.__dict__.get("_buffers", ()))

    @property
    def tables(self):
        """name -> array of integers, constant."""
        return dict(self.__dict__.get("_tables", {}))

    def zero_grad(self):
        """Set every gradient to zero.  Errors: StateError while frozen."""
        if self.is_frozen:
            raise StateError(f"{self._name}.zero_grad: the layer is frozen")
        for parameter in self.parameters:
            parameter.grad[...] = 0

    def astype(self, dtype):
        """A copy of this layer with parameters of another type; no cache, no owner."""
        dtype = validate.float_type(f"{self._name}.astype", dtype)
        twin = copy.deepcopy(self)
        for layer in twin.walk():
            layer._convert(dtype)
        return twin

    def _convert(self, dtype):
        if self.dtype is not None:
            self.dtype = dtype
        for array in (*self.parameters, *self.statistics):
            array.value = array.value.astype(dtype)
        for parameter in self.parameters:
            parameter.grad = parameter.grad.astype(dtype)

    def __deepcopy__(self, memo):
        twin = object.__new__(type(self))
        memo[id(self)] = twin
        for key, value in self.__dict__.items():
            if key not in ("_owner", "_cache", "_frozen"):
                twin.__dict__[key] = copy.deepcopy(value, memo)
        return twin

    # ---- helpers -------------------------------------------------------------------

    @property
    def _name(self):
        return type(self).__name__

    def _checked_input(self, method, x):
        where = f"{self._name}.{method}"
        shape = None if self.input_shape is None else ("batch", *self.input_shape)
        x = validate.array(where, "x", x, shape, self.dtype)
        if x.ndim < 2:
            got = validate.shape_text(x.shape)
            validate.complain(
                validate.ShapeError, where, "x", "shape (batch, features)", got
            )
        return x

    def __repr__(self):
        inner = ", ".join(f"{k}={v!r}" for k, v in self.config().items())
        return f"{self._name}({inner})"


def _shares_memory(cache, y):
    """True where the caller's y is also in the cache, so that it must be copied."""
    if isinstance(cache, np.ndarray):
        return np.may_share_memory(cache, y)
    return isinstance(cache, (tuple, list)) and any(
        _shares_memory(part, y) for part in cache
    )
