"""`keras.models`: Sequential and the functional Model; one input, one output each."""

from .. import validate
from ..errors import ArgumentError, StateError
from . import arguments, naming, saving
from .base import Layer
from .layers import InputLayer
from .tensors import Input, KerasTensor, one_tensor, path
from .training import TrainableChain

__all__ = ["Input", "Model", "Sequential", "load_model"]


class Model(TrainableChain):
    """A chain of layers between two tensors: `Model(inputs, outputs, name=None)`.

    inputs: what `Input` returned, or a tensor inside another model.
    outputs: a tensor that layers made from it.
    Branches, several inputs and several outputs are not supported, nor is a layer that
    comes twice on the way.
    """

    _instead = "train_on_batch in a loop of your own, or callbacks in fit"
    _kind_of_graph = "Model"

    def __init__(self, inputs=None, outputs=None, name=None, trainable=True, **rest):
        inputs, outputs = rest.pop("input", inputs), rest.pop("output", outputs)
        self._kind_name = "Functional" if type(self) is Model else self._kind
        Layer.__init__(self, name=name or naming.unique(self._kind), **rest)
        if inputs is None and outputs is None:
            expected = "Model(inputs, outputs); subclassing is not supported"
            validate.complain(ArgumentError, "Model", "inputs", expected, "None")
        inputs = one_tensor("Model", "inputs", inputs)
        outputs = one_tensor("Model", "outputs", outputs)
        self._graph = inputs, outputs
        self._start = InputLayer(inputs.example, name=inputs.name)
        self._start._ends = inputs, inputs
        self._chain = path(inputs, outputs)
        self._refuse_repeats(self._chain)
        for layer in self._chain:
            layer._holders += 1
        self.example_in, self.example_out = inputs.example, outputs.example
        self.built = True
        if not validate.flag("Model", "trainable", trainable):
            self.trainable = False

    @property
    def layers(self):
        """The layers; a functional model's list starts with its InputLayer."""
        return [self._start, *self._chain]

    # ---- files ---------------------------------------------------------------------

    def save_weights(self, filepath, overwrite=True):
        """Write all weights to a file, as an npz archive whatever its name says."""
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath):
        """Read what `save_weights` wrote for a model of the same shapes."""
        saving.load_weights(self, filepath)

    def save(self, filepath, overwrite=True, include_optimizer=True, **rest):
        """Write layers and weights to a file, as an npz archive whatever its name says.

        include_optimizer: with what compile() was given, and the optimizer's memory.
        """
        where = f"{self.name}.save"
        arguments.only(where, "save_format", rest.pop("save_format", None), None)
        names = "filepath", "overwrite", "include_optimizer"
        arguments.no_more(where, rest, names)
        saving.save_model(self, filepath, overwrite, include_optimizer)


class Sequential(Model):
    """Layers one after the other; a model may be one of them.

    layers: a list of layers, which may start with `Input(shape=...)`.
    Without the shape of an input it is built when it first sees data.
    """

    _kind_of_graph = "Sequential"

    def __init__(self, layers=None, name=None, trainable=True, **rest):
        self._chain: list = []
        Layer.__init__(self, name=name, trainable=True, **rest)
        if layers is not None and not isinstance(layers, (list, tuple)):
            expected = "a list of layers"
            validate.complain(
                ArgumentError, "Sequential", "layers", expected, validate.shown(layers)
            )
        for layer in layers or ():
            self.add(layer)
        if not validate.flag("Sequential", "trainable", trainable):
            self.trainable = False

    def add(self, layer):
        """Put a layer, a model, or at the start an `Input`, behind the others."""
        where = f"{self.name}.add"
        self._check_open(where)
        if isinstance(layer, KerasTensor) and layer.layer is None:
            layer = InputLayer(layer.example, name=layer.name)
        if not isinstance(layer, Layer):
            expected = "a layer or model of minigan.keras"
            validate.complain(
                ArgumentError, where, "layer", expected, validate.shown(layer)
            )
        start = isinstance(layer, InputLayer)
        if start and (self._chain or self.example_in):
            expected = "an input in the first place only"
            validate.complain(
                ArgumentError, where, "layer", expected, validate.shown(layer)
            )
        self._refuse_repeats([*self._chain, layer])
        shape = self.example_out
        if shape is None and not self._chain:
            shape = layer.example_in or layer.first_shape
        if shape is not None and self._graph is None:
            tensor = Input(shape=shape)
            self._graph = tensor, tensor
            self.example_in = self.example_out = tensor.example
        if not start:
            self._chain.append(layer)
            layer._holders += 1
            self._connect(layer)
        self._network = self._plan = None

    def pop(self):
        """Take the last layer away."""
        self._check_open(f"{self.name}.pop")
        if not self._chain:
            raise StateError(f"{self.name}.pop: expected layers, got none")
        layer = self._chain.pop()
        layer._holders -= 1
        if self._graph is not None:
            self._graph = self._graph[0], self._graph[1].parent
            self.example_out = self._graph[1].example
        self.built = bool(self._chain) and self._graph is not None
        self._network = self._plan = None
        return layer

    def _connect(self, layer):
        """Call the layer on the tensor at the end, if the shape is known."""
        if self._graph is not None:
            self._graph = self._graph[0], layer(self._graph[1])
            self.example_out = layer.example_out
            self.built = True

    def _check_open(self, where):
        if self._holders:
            raise StateError(
                f"{where}: expected a model that stands alone, got one that is part of "
                "another model"
            )

    @property
    def layers(self):
        """The layers, without an input."""
        return list(self._chain)

    def build_for(self, shape):
        """Build the layers for examples of `shape`, or check that it fits."""
        if not self.built and self._chain:
            tensor = Input(shape=shape)
            self._graph, self.example_in = (tensor, tensor), tensor.example
            for layer in self._chain:
                self._connect(layer)
        super().build_for(shape)

    def _own_graph(self):
        self.blocks()  # raises where the model is not built
        return self._graph


def load_model(filepath, custom_objects=None, compile=True, **rest):
    """The model that `Model.save` wrote: layers, names, flags and weights.

    compile: whether to compile it as it was, with the optimizer's memory.
    Errors: CheckpointError for a file of another kind (Keras writes HDF5).
    """
    arguments.only("load_model", "custom_objects", custom_objects, None, {})
    arguments.no_more("load_model", rest, ("filepath", "compile"))
    validate.flag("load_model", "compile", compile)
    return saving.load_model(filepath, _KINDS, compile)


def _sequential(shape, input_name, layers, name):
    start = [] if shape is None else [Input(shape=shape)]
    return Sequential(start + layers, name=name)


def _functional(shape, input_name, layers, name):
    start = end = Input(shape=shape, name=input_name)
    for layer in layers:
        end = layer(end)
    return Model(start, end, name=name)


_KINDS = {"Sequential": _sequential, "Model": _functional}
