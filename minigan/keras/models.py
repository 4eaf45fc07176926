"""`keras.models`: Sequential, and the functional Model of any inputs and outputs."""

import json

from .. import validate
from ..errors import ArgumentError, ShapeError, StateError
from . import arguments, naming, saving, serial
from .base import Layer
from .layers import InputLayer
from .tensors import Input, KerasTensor, tensors
from .training import TrainableChain
from .wiring import Wiring, in_order, unique_names

__all__ = [
    "Input",
    "Model",
    "Sequential",
    "clone_model",
    "load_model",
    "model_from_json",
    "save_model",
]


class Model(TrainableChain):
    """A graph of layers between tensors: `Model(inputs, outputs, name=None)`.

    inputs: what `Input` returned, or tensors inside another model; one or a list.
    outputs: tensors that layers made from them; one or a list.
    A layer may be used several times; its weights are the same then.
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
        self.inputs = tensors("Model", "inputs", inputs)
        self.outputs = tensors("Model", "outputs", outputs)
        self.joins = len(self.inputs) > 1
        self._check_ends()
        self._starts = [InputLayer.of(tensor) for tensor in self.inputs]
        self._layers = in_order(self.inputs, self.outputs, self._starts)
        self._chain = [layer for layer in self._layers if layer not in self._starts]
        for layer in self._chain:
            layer._holders += 1
        self.built = True
        self._wired = Wiring(self.inputs, self.outputs)
        first = dict(zip(self.inputs, self._starts, strict=True))
        self._names = unique_names([first.get(t, t.layer) for t in self.outputs])
        if not validate.flag("Model", "trainable", trainable):
            self.trainable = False

    def _check_ends(self):
        """Errors: ArgumentError, ShapeError for tensors that are no ends of a model."""
        for k, tensor in enumerate(self.inputs):
            if any(tensor is other for other in self.inputs[:k]):
                expected, given = "each tensor once", f"{tensor!r} twice"
                validate.complain(ArgumentError, "Model", "inputs", expected, given)
        for tensor in (*self.inputs, *self.outputs):
            if tensor.example is None or tensor.flat:
                expected = "tensors of examples, (None, ...)"
                validate.complain(
                    ShapeError, "Model", "outputs", expected, f"{tensor!r}"
                )

    @property
    def input_names(self):
        """The names of the inputs."""
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self):
        """The names of the layers that make the outputs."""
        return self._names

    @property
    def layers(self):
        """The layers; a functional model's list holds an InputLayer for each input."""
        return list(self._layers)

    # ---- descriptions --------------------------------------------------------------

    def get_config(self):
        """Layers, names, flags and wiring, in lists, dicts, numbers and names."""
        return serial.structure(self, f"{self.name}.get_config")

    @classmethod
    def from_config(cls, config, custom_objects=None):
        """A new model, with new weights, from what `get_config` returned."""
        arguments.only("from_config", "custom_objects", custom_objects, None, {})
        return serial.rebuild(config, _KINDS, "from_config")

    def to_json(self, **options):
        """`get_config` as text.  options: of `json.dumps`."""
        return json.dumps(self.get_config(), **options)

    # ---- files ---------------------------------------------------------------------

    def save_weights(self, filepath, overwrite=True):
        """Write all weights: `x.weights.h5`, `x.safetensors`, or an npz archive."""
        saving.save_weights(self, filepath, overwrite)

    def load_weights(self, filepath):
        """Read what `save_weights` or Keras wrote for a model of the same shapes."""
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
        self.inputs, self.outputs = [], []
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
        tensor = layer if isinstance(layer, KerasTensor) else None
        if isinstance(layer, InputLayer):
            tensor = layer.input
        if tensor is None and not isinstance(layer, Layer):
            expected = "a layer or model of minigan.keras"
            validate.complain(
                ArgumentError, where, "layer", expected, validate.shown(layer)
            )
        start = tensor is not None
        inside = tensor is not None and tensor.call is not None
        if inside or (start and (self._chain or self.inputs)):
            expected = "an input in the first place only"
            validate.complain(
                ArgumentError, where, "layer", expected, validate.shown(layer)
            )
        if any(layer is other for other in self._chain):
            raise StateError(
                f"{where}: argument 'layer': expected each layer once in a Sequential, "
                f"got {layer!r} again (a functional Model may use it several times)"
            )
        if not start and not self._chain and not self.inputs:
            shape = layer.example_in or layer.first_shape
            tensor = None if shape is None else Input(shape=shape)
        if tensor is not None:
            self.inputs, self.outputs = [tensor], [tensor]
        if not start:
            self._connect(layer)
            self._chain.append(layer)
            layer._holders += 1
        self._changed()

    def pop(self):
        """Take the last layer away."""
        self._check_open(f"{self.name}.pop")
        if not self._chain:
            raise StateError(f"{self.name}.pop: expected layers, got none")
        layer = self._chain.pop()
        layer._holders -= 1
        if self.inputs:
            self.outputs = list(self.outputs[0].call.inputs)  # type: ignore[union-attr]
        self._changed()
        return layer

    def _connect(self, layer):
        """Call the layer on the tensor at the end, if the shape is known."""
        if self.inputs:
            self.outputs = tensors(self.name, "layer", layer(self.outputs[0]))

    def _changed(self):
        self.built = bool(self._chain and self.inputs)
        self._wired = self._network = self._plan = None

    def _check_open(self, where):
        if self._holders or self._calls:
            raise StateError(
                f"{where}: expected a model that stands alone, got one that is part of "
                "another model"
            )

    @property
    def input_names(self):
        """The name of the input."""
        return [tensor.name for tensor in self.inputs]

    @property
    def output_names(self):
        """The name of the last layer."""
        return [layer.name for layer in self._chain[-1:]]

    @property
    def layers(self):
        """The layers, without an input."""
        return list(self._chain)

    def build_for(self, shape):
        """Build the layers for examples of `shape`, or check that it fits."""
        if not self.inputs and self._chain:
            tensor = Input(shape=shape)
            self.inputs, self.outputs = [tensor], [tensor]
            for layer in self._chain:
                self._connect(layer)
            self.built = True
        super().build_for(shape)


def load_model(filepath, custom_objects=None, compile=True, **rest):
    """The model that `Model.save` wrote: layers, names, flags and weights.

    compile: whether to compile it as it was, with the optimizer's memory.
    Errors: CheckpointError for a file of another kind (Keras writes HDF5).
    """
    arguments.only("load_model", "custom_objects", custom_objects, None, {})
    arguments.no_more("load_model", rest, ("filepath", "compile"))
    validate.flag("load_model", "compile", compile)
    return saving.load_model(filepath, _KINDS, compile)


def save_model(model, filepath, overwrite=True, include_optimizer=True, **rest):
    """`model.save(filepath)`."""
    model.save(filepath, overwrite, include_optimizer, **rest)


def model_from_json(json_string, custom_objects=None):
    """A new model, with new weights, from what `to_json` returned."""
    try:
        return Model.from_config(json.loads(json_string), custom_objects)
    except (KeyError, TypeError, ValueError) as error:
        expected, given = "what a model's to_json returned", f"text ({error})"
        return validate.complain(
            ArgumentError, "model_from_json", "json_string", expected, given
        )


def clone_model(model, input_tensors=None, clone_function=None):
    """A new model of the same layers, with new weights."""
    arguments.only("clone_model", "input_tensors", input_tensors, None)
    arguments.only("clone_model", "clone_function", clone_function, None)
    return Model.from_config(model.get_config())


def _sequential(starts, layers, calls, ends, name):
    return Sequential([*starts, *layers], name=name)


def _functional(starts, layers, calls, ends, name):
    values = list(starts)
    for place, taken in calls:
        given = [values[v] for v in taken]
        made = layers[place](given if layers[place].joins else given[0])
        values += made if isinstance(made, list) else [made]
    return Model(starts, [values[v] for v in ends], name=name)


_KINDS = {"Sequential": _sequential, "Model": _functional}
