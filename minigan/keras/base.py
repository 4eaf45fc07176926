"""What every layer and model of the front is: a name, a flag, weights, and a block."""

import numpy as np

from .. import validate
from ..errors import ArgumentError, DTypeError, ShapeError, StateError
from ..network import Network
from ..registry import arguments_of
from . import arguments, naming, session
from .blocks import convert, frozen, network
from .serial import Remembers, describe, is_ours, revive
from .tensors import Call, KerasTensor

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


class Result(np.ndarray):
    """What a layer or model makes of arrays: an array that also has `numpy()`."""

    def numpy(self):
        """The numbers as a plain array."""
        return np.asarray(self)


class Layer(Remembers):
    """Base class.  A layer is built when it first learns the shape of its input.

    name: a string; by default the class's name and a number.
    trainable: False keeps its weights still in models compiled from then on.
    input_shape, input_dim: shape or size of one example, for the first layer.
    dtype: None, or the float type in force (`keras.session.floatx()`).
    weights: a list of arrays to start with, as Keras 1 and 2 have it.

    `block` is the engine's network for this layer: every model that uses the layer
    refers to the same block, so that all share its weights.
    """

    _instead = (
        "layers of keras.layers, a Layer with a `call` that needs no weights, or an "
        "engine layer of your own"
    )
    ONLY: dict = {}  # arguments of Keras that may be given with these values only
    supported: tuple = ()  # names of the constructor's own arguments
    is_activation = False
    is_model = False
    joins = False  # takes a list of tensors
    takes_labels = False
    block: Network | None = None
    built = False
    _chain: list | tuple = ()  # the layers inside a model
    _holders = 0  # how many models contain this layer
    example_in: tuple | None = None  # shapes of one example, once built
    example_out: tuple | None = None

    def __init_subclass__(cls, **options):
        super().__init_subclass__(**options)
        if is_ours(cls) and not cls.is_model and "supported" not in vars(cls):
            foreign = {*arguments_of(Layer), *cls.ONLY}
            cls.supported = tuple(a for a in arguments_of(cls) if a not in foreign)

    def __init__(self, name=None, trainable=True, dtype=None, **rest):
        where = self._kind
        self.name = naming.unique(where) if name is None else name
        if not isinstance(self.name, str):
            validate.complain(
                ArgumentError, where, "name", "a string", validate.shown(name)
            )
        self._trainable = validate.flag(where, "trainable", trainable)
        self.dtype = np.dtype(
            arguments.only(where, "dtype", dtype, None, session.floatx())
            or session.floatx()
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
        self._starts_with = rest.pop("weights", None)  # arrays, which files hold anyway
        self._made_with[1].pop("weights", None)
        self._calls = []  # on symbolic tensors
        self._blocks = {}  # shape -> (engine's network or None, shape behind it)
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
        """New engine layers for examples of `shape`; what a subclass defines.

        shape: a tuple of shapes for a layer that joins several.
        """
        raise StateError(f"{self._kind}: this layer cannot be built")

    @classmethod
    def _would_call(cls, name):
        """A class of one's own may be a function of tensors, without weights."""
        plain = cls.engine_layers is Layer.engine_layers and not cls.is_model
        plain = plain and cls._formula is Layer._formula
        return name == "call" and plain

    def _formula(self):
        """(name, function) of a layer that is a function of tensors, else None."""
        return ("call", self.call) if hasattr(self, "call") else None

    def build(self, input_shape):
        """Make the weights; input_shape: (None, ...), the batch first."""
        self.build_for(tuple(input_shape)[1:])

    def build_for(self, shape):
        """Make the weights for examples of `shape`, or check that it fits them.

        A layer without weights is built anew for each shape.
        """
        shape = tuple(shape)
        if shape in self._blocks:
            return
        if self._formula() is not None:
            parts = shape if shape and isinstance(shape[0], tuple) else (shape,)
            self._on_tensors([KerasTensor(one) for one in parts])
            return
        if self.built and next(self.shown(), None) is not None:
            raise ShapeError(
                f"{self.name}: argument 'input_shape': expected examples of shape "
                f"{self.example_in}, got {shape}"
            )
        layers = self.engine_layers(shape)
        behind = shape
        for layer in layers:
            behind = tuple(layer.output_shape(behind))
        block = network(layers, shape, self.joins) if layers else None
        self._blocks[shape] = block, behind
        if not self.built:
            self.example_in, self.example_out = shape, behind
            self.block, self.built = block, True
            if self._starts_with is not None:
                self.set_weights(self._starts_with)

    def parts(self):
        """The engine's layers inside the block."""
        return () if self.block is None else self.block.layers

    def __call__(self, inputs, training=None, mask=None):
        """A symbolic tensor from one, or an array from an array.

        inputs: for a layer or model that takes several, a list of them.
        training: for arrays; True uses batch statistics and dropout.  A
        BatchNormalization that is not trainable keeps to its moving ones.
        """
        given = inputs if isinstance(inputs, (list, tuple)) else [inputs]
        if any(isinstance(x, KerasTensor) for x in given):
            return self._on_tensors(list(given))
        return self._on_arrays(inputs, bool(training))

    def _on_tensors(self, given):
        if not all(isinstance(x, KerasTensor) for x in given):
            expected = "tensors only, or arrays only"
            validate.complain(ArgumentError, self.name, "inputs", expected, "both")
        if self._formula() is not None:
            from .lambdas import by_formula

            return by_formula(self, given)
        if len(given) != 1 and not self.joins:
            expected, got = "one tensor", f"{len(given)}"
            validate.complain(ArgumentError, self.name, "inputs", expected, got)
        shapes = tuple(self._example(tensor) for tensor in given)
        shape = shapes if self.joins else shapes[0]
        self.build_for(shape)
        block, behind = self._blocks[shape]
        self._calls.append(Call(self, given, block, [behind]))
        return self._calls[-1].outputs[0]

    def _example(self, tensor):
        """The shape of one example of a tensor."""
        if tensor.example is None or tensor.flat:
            expected = "a tensor of examples, (None, ...)"
            given = "one number of the whole batch"
            if tensor.flat:
                given = "a batch in one row (K.batch_flatten keeps examples apart)"
            validate.complain(ShapeError, self.name, "inputs", expected, given)
        return tensor.example

    def _on_arrays(self, given, training):
        x = self._arrays(given)
        shape = tuple(p.shape[1:] for p in x) if self.joins else x.shape[1:]
        self.build_for(shape)
        block = self._blocks[shape][0]
        y = x if block is None else self._through(block, x, training)
        return y.view(Result)

    def _arrays(self, given):
        """What was given, in the layer's type."""
        if self.joins:
            given = given if isinstance(given, (list, tuple)) else [given]
            return tuple(convert(part, self.dtype) for part in given)
        return convert(given, np.int64 if self.takes_labels else self.dtype)

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
                if parameter.name not in getattr(part, "still", ()):
                    yield parameter, True
            for statistic in part.statistics:
                yield statistic, False

    @property
    def weights(self):
        """All weights, in Keras' order, as `Variable`s."""
        names = {"W": "kernel", "b": "bias", "moving_var": "moving_variance"}
        found: dict = {}  # by layer: one that stands in several places is shown once
        for leaf, moving in self.walk():
            found[leaf] = found.get(leaf, False) or moving
        return [
            Variable(
                f"{leaf.name}/{names.get(a.name, a.name)}", a.value, kind and moving
            )
            for leaf, moving in found.items()
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

    def get_config(self):
        """What the layer was made with, in lists, dicts, numbers and names."""
        return {"name": self.name, "trainable": self._trainable} | describe(
            self, f"{self.name}.get_config"
        )

    @classmethod
    def from_config(cls, config):
        """A new layer from what `get_config` returned."""
        layer = revive(config)
        layer.name, layer._trainable = config["name"], config["trainable"]
        return layer

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
        """The symbolic tensor that the layer was called on last, or a list of them."""
        return _one_or_list(self._last_call().inputs)

    @property
    def output(self):
        """The symbolic tensor that this call gave."""
        return _one_or_list(self._last_call().outputs)

    def get_input_at(self, node_index):
        """What the layer was called on, the first time at 0."""
        return _one_or_list(self._calls[node_index].inputs)

    def get_output_at(self, node_index):
        """What this call gave."""
        return _one_or_list(self._calls[node_index].outputs)

    def _last_call(self):
        if not self._calls:
            raise StateError(
                f"{self.name}: expected a layer that was called on a tensor, got one "
                "that is in no graph yet"
            )
        return self._calls[-1]

    @property
    def input_shape(self):
        """(None, ...), once built; a list of them for a layer that takes several."""
        return _batch(self.example_in)

    @property
    def output_shape(self):
        """(None, ...), once built; a list of them for a model with several outputs."""
        return _batch(self.example_out)

    @property
    def _kind(self):
        return type(self).__name__

    def __repr__(self):
        return f"<{self._kind} {self.name!r}, built={self.built}>"


def _one_or_list(values):
    return values[0] if len(values) == 1 else list(values)


def _batch(shape):
    """(3,) -> (None, 3), and so for each of several."""
    if shape and isinstance(shape[0], tuple):
        return [(None, *part) for part in shape]
    return None if shape is None else (None, *shape)
