"""What every layer and model of the front is: a name, a flag, weights, and a block."""

import numpy as np

from .. import validate
from ..errors import ArgumentError, DTypeError, ShapeError, StateError
from ..network import Sequential as Network
from . import arguments, backend, naming
from .blocks import convert, frozen
from .serial import Remembers
from .tensors import KerasTensor

# Arguments of layers with weights that Keras knows and this front does not: None only.
UNUSED = dict.fromkeys(
    (
        "kernel_regularizer",
        "bias_regularizer",
        "activity_regularizer",
        "kernel_constraint",
        "bias_constraint",
    )
)


class Variable:
    """One array of weights, by its name; `numpy()` copies it."""

    def __init__(self, name, array, trainable):
        self.name, self.array, self.trainable = name, array, trainable
        self.shape, self.dtype = array.shape, array.dtype

    def numpy(self):
        """A copy of the numbers."""
        return self.array.copy()

    def __array__(self, dtype=None, copy=None):
        return np.array(self.array, dtype=dtype)

    def __repr__(self):
        return f"<Variable {self.name}, shape {self.shape}>"


class Layer(Remembers):
    """Base class.  A layer is built when it first learns the shape of its input.

    name: a string; by default the class's name and a number.
    trainable: False keeps its weights still in models compiled from then on.
    input_shape, input_dim: shape or size of one example, for the first layer.
    dtype: None, or the float type in force (`keras.backend.floatx()`).

    `block` is the engine's network for this layer: every model that uses the layer
    refers to the same block, so that all share its weights.
    """

    _instead = "layers of keras.layers, or an engine layer of your own"
    ONLY: dict = {}  # arguments of Keras that may be given with these values only
    supported: tuple = ()  # names of a subclass's own arguments
    is_activation = False
    block: Network | None = None
    built = False
    _ends: tuple | None = None  # the symbolic tensors before and behind it
    _chain: list | tuple = ()  # the layers inside a model
    _holders = 0  # how many models contain this layer
    example_in: tuple | None = None  # shapes of one example, once built
    example_out: tuple | None = None

    def __init__(self, name=None, trainable=True, dtype=None, **rest):
        where = self._kind
        self.name = naming.unique(where) if name is None else name
        if not isinstance(self.name, str):
            validate.complain(
                ArgumentError, where, "name", "a string", validate.shown(name)
            )
        self._trainable = validate.flag(where, "trainable", trainable)
        self.dtype = np.dtype(
            arguments.only(where, "dtype", dtype, None, backend.floatx())
            or backend.floatx()
        )
        for argument, value in self.ONLY.items():
            if argument in rest:
                arguments.only(where, argument, rest.pop(argument), value)
        dim, shape = rest.pop("input_dim", None), rest.pop("input_shape", None)
        if dim is not None and shape is not None:
            expected = "'input_shape' or 'input_dim', not both"
            validate.complain(ArgumentError, where, "input_dim", expected, dim)
        if dim is not None:
            shape = (validate.integer(where, "input_dim", dim),)
        if shape is not None:
            shape = arguments.example_shape(where, "input_shape", shape)
        self.first_shape = shape
        common = ("name", "trainable", "input_shape", "input_dim")
        arguments.no_more(where, rest, (*self.supported, *common))

    def __setattr__(self, name, value):
        """Arguments of the constructor stay: weights and files were made with them."""
        if name in self.ONLY or (name in self.supported and hasattr(self, name)):
            expected = "an argument of the constructor, not set afterwards"
            validate.complain(
                ArgumentError, self.name, name, expected, validate.shown(value)
            )
        super().__setattr__(name, value)

    # ---- building ------------------------------------------------------------------

    def engine_layers(self, shape):
        """New engine layers for examples of `shape`; what a subclass defines."""
        raise StateError(f"{self._kind}: this layer cannot be built")

    def build(self, input_shape):
        """Make the weights; input_shape: (None, ...), the batch first."""
        self.build_for(tuple(input_shape)[1:])

    def build_for(self, shape):
        """Make the weights for examples of `shape`, or check that it fits them."""
        if self.built:
            if tuple(shape) != self.example_in:
                raise ShapeError(
                    f"{self.name}: argument 'input_shape': expected examples of shape "
                    f"{self.example_in}, got {tuple(shape)}"
                )
            return
        layers = self.engine_layers(tuple(shape))
        behind = tuple(shape)
        for layer in layers:
            behind = tuple(layer.output_shape(behind))
        self.example_in, self.example_out = tuple(shape), behind
        self.block = Network(layers) if layers else None
        self.built = True

    def parts(self):
        """The engine's layers inside the block."""
        return () if self.block is None else self.block.layers

    def __call__(self, inputs, training=None):
        """A symbolic tensor from one, or an array from an array.

        training: for arrays; True uses batch statistics and dropout.  A
        BatchNormalization that is not trainable keeps to its moving ones.
        """
        if isinstance(inputs, KerasTensor):
            self.build_for(inputs.example)
            self._ends = inputs, KerasTensor(self.example_out or (), self, inputs)
            return self._ends[1]
        if isinstance(inputs, (list, tuple)):
            expected = "one tensor or array (layers with several are not supported)"
            got = f"a {type(inputs).__name__}"
            validate.complain(ArgumentError, self.name, "inputs", expected, got)
        x = convert(inputs, self.dtype)
        self.build_for(x.shape[1:])
        return self._run(x, bool(training))

    def _run(self, x, training):
        return x if self.block is None else self._through(self.block, x, training)

    def _through(self, network, x, training):
        """The network's answer, where layers that are not trainable stand still."""
        if not training:
            return network.predict(x)
        still = [leaf.block for leaf, flag in self.walk() if leaf.block and not flag]
        with frozen(still):
            return network.forward(x, training=True)

    # ---- weights -------------------------------------------------------------------

    @property
    def trainable(self):
        """Whether models compiled from now on train this; sets all layers inside."""
        return self._trainable

    @trainable.setter
    def trainable(self, value):
        self._trainable = validate.flag(self.name, "trainable", value)
        for layer in self._chain:
            layer.trainable = value

    def walk(self):
        """Triples (layer, its flag and those of all models around it) to the leaves."""
        yield self, self._trainable

    def shown(self):
        """The engine's (array, trainable) pairs that are weights in Keras' eyes."""
        for part in self.parts():
            for parameter in part.parameters:
                if parameter.name != "b" or getattr(part, "use_bias", True):
                    yield parameter, True
            for statistic in part.statistics:
                yield statistic, False

    @property
    def weights(self):
        """All weights, in Keras' order, as `Variable`s."""
        names = {"W": "kernel", "b": "bias", "moving_var": "moving_variance"}
        return [
            Variable(
                f"{leaf.name}/{names.get(a.name, a.name)}", a.value, kind and moving
            )
            for leaf, moving in self.walk()
            for a, kind in leaf.shown()
        ]

    variables = weights

    @property
    def trainable_weights(self):
        """Those that training would move, by the flags as they are now."""
        return [v for v in self.weights if v.trainable]

    @property
    def non_trainable_weights(self):
        """The others: of frozen layers, and moving statistics."""
        return [v for v in self.weights if not v.trainable]

    trainable_variables = trainable_weights
    non_trainable_variables = non_trainable_weights

    def get_weights(self):
        """Copies of all weights, in Keras' order: a list of arrays."""
        return [v.array.copy() for v in self.weights]

    def set_weights(self, weights):
        """Copy a list of arrays, in the order of `get_weights`, into the weights.

        Errors: ArgumentError, ShapeError; nothing has changed then.
        """
        where = f"{self.name}.set_weights"
        if not hasattr(weights, "__iter__"):
            expected = "a list of arrays"
            validate.complain(
                DTypeError, where, "weights", expected, validate.shown(weights)
            )
        own, given = self.weights, [np.asarray(w) for w in weights]
        if len(own) != len(given):
            expected = f"{len(own)} arrays"
            validate.complain(ArgumentError, where, "weights", expected, len(given))
        for variable, array in zip(own, given, strict=True):
            if array.shape != variable.shape:
                expected = f"shape {variable.shape} for {variable.name}"
                validate.complain(ShapeError, where, "weights", expected, array.shape)
        for variable, array in zip(own, given, strict=True):
            variable.array[...] = array

    def count_params(self):
        """The number of elements of all weights."""
        if not self.built:
            raise StateError(
                f"{self.name}.count_params: expected a layer that knows the shape of "
                "its input, got one that was not built yet"
            )
        return sum(v.array.size for v in self.weights)

    @property
    def input(self):
        """The symbolic tensor that the layer was called on last."""
        return self._tensors()[0]

    @property
    def output(self):
        """The symbolic tensor that this call gave."""
        return self._tensors()[1]

    def _tensors(self):
        if self._ends is None:
            raise StateError(
                f"{self.name}: expected a layer that was called on a tensor, got one "
                "that is in no graph yet"
            )
        return self._ends

    @property
    def input_shape(self):
        """(None, ...), once built."""
        return None if self.example_in is None else (None, *self.example_in)

    @property
    def output_shape(self):
        """(None, ...), once built."""
        return None if self.example_out is None else (None, *self.example_out)

    @property
    def _kind(self):
        return type(self).__name__

    def __repr__(self):
        return f"<{self._kind} {self.name!r}, built={self.built}>"
