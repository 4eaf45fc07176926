"""Layers one after the other: what a model is made of, and what can be asked of it."""

from .. import validate
from ..errors import ArgumentError, StateError
from ..network import Sequential as Network
from . import arguments
from .absent import AbsentError
from .base import Layer
from .keras_names import METHODS
from .summary import print_summary


class Chain(Layer):
    """A layer that is made of layers, between two tensors.

    The tensors and layers are known from the constructor on, or grow by `add`.
    """

    _network: Network | None = None
    _graph: tuple | None = None  # the tensors at both ends
    first_shape = None

    def _refuse_repeats(self, chain):
        """Refuse a layer that would come twice."""
        leaves = [leaf for layer in chain for leaf, _ in layer.walk()]
        for k, leaf in enumerate(leaves):
            if any(leaf is other for other in leaves[:k]):
                raise StateError(
                    f"{self.name}: argument 'layers': expected each layer once in a "
                    f"model, got {leaf!r} twice (shared layers are not supported)"
                )

    # ---- structure -----------------------------------------------------------------

    @property
    def layers(self):
        """The layers, in order."""
        return list(self._chain)

    @property
    def input(self):
        """The symbolic tensor at the start."""
        return self._own_graph()[0]

    @property
    def output(self):
        """The symbolic tensor at the end."""
        return self._own_graph()[1]

    inputs = property(lambda self: [self.input])
    outputs = property(lambda self: [self.output])

    def _own_graph(self):
        return self._graph

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

    @property
    def network(self):
        """The engine's network of all blocks, in order."""
        if self._network is None:
            self._network = Network(self.blocks())
        return self._network

    def blocks(self):
        """The engine's blocks of all layers, in order.  Errors: StateError."""
        if not self.built:
            raise StateError(
                f"{self.name}: expected a model that knows the shape of its input, got "
                "one that was not built: give the first layer input_shape, or call it"
            )
        blocks = [leaf.block for leaf, _ in self.walk() if leaf.block is not None]
        if not blocks:
            raise StateError(f"{self.name}: expected layers that compute, got none")
        return blocks

    def _run(self, x, training):
        return self._through(self.network, x, training)

    def build_for(self, shape):
        if self.built:
            super().build_for(shape)
        else:
            raise StateError(f"{self.name}: expected layers, got none")

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
