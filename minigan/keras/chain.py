"""Layers between tensors: what a model is made of, and what can be asked of it."""

from .. import validate
from ..errors import ArgumentError, ShapeError, StateError
from . import arguments, batches
from .absent import AbsentError
from .base import Layer, Result, _batch, _one_or_list
from .keras_names import METHODS
from .summary import print_summary
from .tensors import Call, KerasTensor
from .wiring import Wiring


class Chain(Layer):
    """A layer that is made of layers, between tensors.

    The tensors and layers are known from the constructor on, or grow by `add`.
    """

    is_model = True
    first_shape = None
    inputs: list[KerasTensor]  # none before the shape of an input is known
    outputs: list[KerasTensor]
    _wired: Wiring | None = None
    _network = None

    # ---- structure -----------------------------------------------------------------

    @property
    def layers(self):
        """The layers, in order."""
        return list(self._chain)

    @property
    def input(self):
        """The symbolic tensor at the start, or a list of them."""
        return _one_or_list(self._known().inputs)

    @property
    def output(self):
        """The symbolic tensor at the end, or a list of them."""
        return _one_or_list(self._known().outputs)

    @property
    def example_in(self):  # type: ignore[override]
        """Shape of one example; of several inputs a tuple of shapes."""
        return batches.one([t.example for t in self.inputs]) if self.inputs else None

    @property
    def example_out(self):  # type: ignore[override]
        """Shape of one example behind the model; of several outputs a tuple of them."""
        return batches.one([t.example for t in self.outputs]) if self.inputs else None

    def _known(self):
        if not self.built:
            raise StateError(
                f"{self.name}: expected a model that knows the shape of its input, got "
                "one that was not built: give the first layer input_shape, or call it"
            )
        return self

    @property
    def wiring(self):
        """The engine's blocks between the tensors.  Errors: StateError."""
        if self._wired is None:
            self._wired = Wiring(self._known().inputs, self.outputs)
        return self._wired

    @property
    def labels(self):
        """The inputs that are integers, which an `Embedding` looks up."""
        return self.wiring.labels

    @property
    def network(self):
        """The engine's network of all blocks."""
        if self._network is None:
            self._network = self.wiring.network()
        return self._network

    def get_layer(self, name=None, index=None):
        """The layer of this name, or at this place."""
        where, count = f"{self.name}.get_layer", len(self.layers)
        if index is not None:
            bounds = {"least": -count, "most": count - 1}
            return self.layers[validate.integer(where, "index", index, **bounds)]
        for layer in self.layers:
            if layer.name == name:
                return layer
        names = ", ".join(repr(layer.name) for layer in self.layers)
        return validate.complain(
            ArgumentError, where, "name", f"one of {names}", validate.shown(name)
        )

    def walk(self):
        for layer in self._chain:
            for leaf, flag in layer.walk():
                yield leaf, flag and self._trainable

    # ---- calls ---------------------------------------------------------------------

    def _on_tensors(self, given):
        if self.inputs and len(given) != len(self.inputs):
            expected = f"{len(self.inputs)} tensors"
            validate.complain(ArgumentError, self.name, "inputs", expected, len(given))
        for k, tensor in enumerate(given):
            if k or self.inputs or not isinstance(tensor, KerasTensor):
                self._check_shape(k, getattr(tensor, "example", tensor))
            else:
                self.build_for(tensor.example)
        shapes = [tensor.example for tensor in self.outputs]
        self._calls.append(Call(self, given, None, shapes))
        return _one_or_list(self._calls[-1].outputs)

    def _check_shape(self, k, shape):
        own = self.inputs[k].example
        if shape != own:
            expected = f"a tensor of shape {_batch(own)}"
            given = shape if shape is None else _batch(shape)
            validate.complain(ShapeError, self.name, "inputs", expected, given)

    def _on_arrays(self, given, training):
        x = batches.one(batches.inputs(self.name, given, self))
        y = batches.several(self._through(self.network, x, training))
        return _one_or_list([part.view(Result) for part in y])

    def build_for(self, shape):
        """Check that a shape fits the model."""
        if not self.inputs:
            raise StateError(f"{self.name}: expected layers, got none")
        self._check_shape(0, tuple(shape))

    def summary(
        self,
        line_length=None,
        positions=None,
        print_fn=None,
        expand_nested=False,
        show_trainable=False,
        layer_range=None,
    ):
        """Print the layers, shapes and counts, in Keras' form.

        expand_nested: whether the layers of inner models follow them, indented.
        positions, show_trainable, layer_range: only as they are by default.
        """
        where = f"{self.name}.summary"
        arguments.only(where, "positions", positions, None)
        arguments.only(where, "show_trainable", show_trainable, False)
        arguments.only(where, "layer_range", layer_range, None)
        expand_nested = validate.flag(where, "expand_nested", expand_nested)
        print_summary(self, line_length, print_fn, expand_nested)

    def __getattr__(self, name):
        if name in METHODS:
            raise AbsentError(
                f"{self.name}.{name}: not supported; supported are compile, fit, "
                "train_on_batch, evaluate, predict, save and their like"
            )
        kind = type(self).__name__
        raise AttributeError(f"{kind!r} object has no attribute {name!r}")
