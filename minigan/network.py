"""Sequential: layers one after the other, and one flat vector for all parameters."""

import copy

import numpy as np

from . import primitives, validate
from .errors import ShapeError, StateError
from .layers.base import Layer

ALIGNMENT = 64  # bytes: one cache line, one AVX-512 register


def aligned_zeros(size, dtype):
    """A vector of zeros whose first element lies on a cache line."""
    dtype = np.dtype(dtype)
    raw = np.zeros(size * dtype.itemsize + ALIGNMENT, np.uint8)
    skip = -raw.ctypes.data % ALIGNMENT
    return raw[skip : skip + size * dtype.itemsize].view(dtype)


def _lay_out(arrays, dtype):
    """Slices of one vector, one for each array, each starting on a cache line."""
    step = ALIGNMENT // np.dtype(dtype).itemsize
    places, end = [], 0
    for array in arrays:
        places.append(slice(end, end + array.size))
        end += -(-array.size // step) * step
    return places, end


class Sequential(Layer):
    """Layers applied in order; itself a layer, so networks can be nested.

    layers: a list of `Layer`s.  The network owns them: it moves their parameters into

        theta, dtheta    all values and all gradients, one vector each
        buffers          all running statistics

    of which every `parameter.value`, `.grad` and statistic is a view.  Each starts on
    a cache line; the gaps between them are zero and are not counted.  A layer has one
    owner.  Networks inside the list are referred to and keep their own vectors, so
    `Sequential([generator, discriminator])` shares everything with both.

    `net[:-1]` is a view on some of the layers, with the same parameters.

    Errors: ShapeError where a layer does not fit the one before it, StateError for a
    layer that has an owner, DTypeError for mixed types.
    """

    _whole = None  # of a view: the network whose vectors it shares

    def __init__(self, layers):
        layers = list(layers) if isinstance(layers, (list, tuple)) else [layers]
        if not layers:
            validate.complain(
                validate.ArgumentError, "Sequential", "layers", "at least one", "none"
            )
        for k, layer in enumerate(layers):
            if not isinstance(layer, Layer):
                validate.complain(
                    validate.DTypeError, "Sequential", f"layers[{k}]", "a Layer", layer
                )
            if not isinstance(layer, Sequential) and (
                layer._owner is not None or any(layer is other for other in layers[:k])
            ):
                raise StateError(
                    f"Sequential: argument 'layers[{k}]': expected a layer without an "
                    f"owner, got {layer!r}, which another place already holds"
                )
        self._set_layers(layers)
        self._adopt()

    def _set_layers(self, layers):
        self.layers = tuple(layers)
        types = {layer.dtype for layer in layers if layer.dtype is not None}
        if len(types) > 1:
            names = ", ".join(sorted(map(str, types)))
            validate.complain(
                validate.DTypeError, "Sequential", "layers", "one dtype", names
            )
        self.dtype = types.pop() if types else None
        self.input_shape, shape = None, None
        for k, layer in enumerate(layers):
            want = layer.input_shape
            if want is not None and shape is not None and tuple(want) != tuple(shape):
                raise ShapeError(
                    f"Sequential: argument 'layers[{k}]': expected a layer for "
                    f"examples of shape {validate.shape_text(shape)}, got {layer!r}"
                )
            if want is not None and shape is None:
                # layers that keep the shape may stand in front of the first sized one
                front = layers[:k]
                if all(type(f).output_shape is Layer.output_shape for f in front):
                    self.input_shape = tuple(want)
            shape = layer.output_shape(want if want is not None else shape)

    def _adopt(self):
        """Move the parameters of the layers into the flat vectors."""
        own = [layer for layer in self.layers if not isinstance(layer, Sequential)]
        self._own = own
        dtype = self.dtype or np.dtype(np.float32)
        parameters = [p for layer in own for p in layer.parameters]
        places, size = _lay_out([p.value for p in parameters], dtype)
        self._theta, self._dtheta = (
            aligned_zeros(size, dtype),
            aligned_zeros(size, dtype),
        )
        for parameter, place in zip(parameters, places, strict=True):
            shape = parameter.value.shape
            for vector, name in ((self._theta, "value"), (self._dtheta, "grad")):
                view = vector[place].reshape(shape)
                view[...] = getattr(parameter, name)
                setattr(parameter, name, view)
        statistics = [b for layer in own for b in layer.statistics]
        places, size = _lay_out([b.value for b in statistics], dtype)
        self._buffers = aligned_zeros(size, dtype)
        for statistic, place in zip(statistics, places, strict=True):
            view = self._buffers[place].reshape(statistic.value.shape)
            view[...] = statistic.value
            statistic.value = view
        for layer in own:
            layer._owner = self

    # ---- the two loops -------------------------------------------------------------

    def forward_pass(self, x, training):
        caches = []
        for layer in self.layers:
            x, cache = layer.forward_pass(x, training)
            caches.append(cache)
        return x, caches

    def backward_pass(self, dy, cache, need_dx):
        last_needed = 0 if need_dx else self._first_learner()
        for k in range(len(self.layers) - 1, last_needed - 1, -1):
            layer_needs_dx = need_dx or k > last_needed
            dy = self.layers[k].backward_pass(dy, cache[k], layer_needs_dx)
        return dy if need_dx else None

    def _first_learner(self):
        """Index of the lowest layer that computes parameter gradients."""
        for k, layer in enumerate(self.layers):
            if layer.parameters and not all(part.is_frozen for part in layer.walk()):
                return k
        return len(self.layers)

    # ---- parameters ----------------------------------------------------------------

    @property
    def theta(self):
        """All parameters of the layers that this network owns: one vector."""
        return self._home._theta

    @property
    def dtheta(self):
        """All gradients, in the order of `theta`."""
        return self._home._dtheta

    @property
    def buffers(self):
        """All running statistics: one vector."""
        return self._home._buffers

    @property
    def parameters(self):
        return [p for layer in self.layers for p in layer.parameters]

    @property
    def statistics(self):
        return [b for layer in self.layers for b in layer.statistics]

    @property
    def parameter_count(self):
        """(trainable, non-trainable): elements of parameters and of statistics."""
        return (
            sum(p.value.size for p in self.parameters),
            sum(b.value.size for b in self.statistics),
        )

    def owners(self):
        """The networks that hold the vectors: this one, and those inside it, once each.

        In the place of a view stands the network that it is a view of.
        """
        homes = [n._home for n in self.walk() if isinstance(n, Sequential)]
        return [n for n in dict.fromkeys(homes) if n._own]

    @property
    def holds_frozen(self):
        """True where a frozen() scope holds any layer of the vectors of `owners`."""
        owned = [layer for network in self.owners() for layer in network._own]
        return any(layer.is_frozen for layer in (*self.walk(), *owned))

    @property
    def _home(self):
        """The network whose vectors these are: itself, except for a view."""
        return self if self._whole is None else self._whole

    def zero_grad(self):
        """Set all gradients to zero.  Errors: StateError while frozen."""
        if self.holds_frozen:
            raise StateError("Sequential.zero_grad: the network is frozen")
        for network in self.owners():
            primitives.fill(network.dtheta, 0.0)

    # ---- structure -----------------------------------------------------------------

    def walk(self):
        yield self
        for layer in self.layers:
            yield from layer.walk()

    def output_shape(self, shape=None):
        if shape is None:
            shape = self.input_shape
        for layer in self.layers:
            shape = layer.output_shape(
                shape if layer.input_shape is None else layer.input_shape
            )
        return shape

    def __getitem__(self, index):
        """`net[2]` is a layer; `net[:-1]` a network over some of the same layers."""
        if not isinstance(index, slice):
            return self.layers[index]
        if not self.layers[index]:
            validate.complain(
                validate.ArgumentError,
                "Sequential",
                "index",
                "at least one layer",
                index,
            )
        view = object.__new__(Sequential)
        view._set_layers(self.layers[index])
        view._whole = self._home
        return view

    def __len__(self):
        return len(self.layers)

    def __deepcopy__(self, memo):
        twin = super().__deepcopy__(memo)
        if twin._whole is None:  # the copy of a view is a view of the copy
            twin._adopt()
        return twin

    def astype(self, dtype):
        """A copy of the network with parameters of another type, frozen nowhere."""
        dtype = validate.float_type("Sequential.astype", dtype)
        memo: dict = {}
        twin = copy.deepcopy(self, memo)
        copies = [part for part in memo.values() if isinstance(part, Layer)]
        for layer in copies:
            layer._convert(dtype)
        for network in copies:
            if isinstance(network, Sequential) and network._whole is None:
                network._adopt()
        return twin

    def config(self):
        return {"layers": list(self.layers)}

    def summary(self):
        """A table of the layers, shapes and parameter counts; see `minigan.summary`."""
        from .summary import Summary

        return Summary(self)

    def _repr_html_(self):
        return self.summary()._repr_html_()

    def __repr__(self):
        return f"Sequential([{', '.join(map(repr, self.layers))}])"

    def _checked_input(self, method, x):
        x = super()._checked_input(method, x)
        if self.input_shape is None:
            self._check_first_sized(f"Sequential.{method}", x.shape[1:])
        return validate.array(f"Sequential.{method}", "x", x, finite=True)

    def _check_first_sized(self, where, shape):
        """Follow the shape of an example up to the first layer that asks for one."""
        for k, layer in enumerate(self.layers):
            if layer.input_shape is not None:
                if tuple(shape) != tuple(layer.input_shape):
                    wanted = validate.shape_text(layer.input_shape)
                    given = validate.shape_text(shape)
                    expected = f"examples that reach layers[{k}] with shape {wanted}"
                    validate.complain(ShapeError, where, "x", expected, given)
                return
            shape = layer.output_shape(shape)
