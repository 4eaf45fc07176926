"""The summary of a network: layers, output shapes, parameter counts."""

from .network import Sequential
from .tables import Table
from .validate import shape_text

INDENT = "   "


class Summary:
    """A table of the layers of a network, as the network is now.

    Parameters counts values that training moves and running statistics alike, so a
    BatchNorm has 4 a feature.  Trainable are the parameters of layers that are not
    frozen; running statistics never are.  A shape that is not known prints as `?`.

    total, trainable, non_trainable: numbers of elements, each array counted once.
    `print(summary)` gives plain text; rich and notebooks show a table of their own.
    """

    def __init__(self, network):
        self.rows = []
        self._add_layers(network, network.input_shape, "")
        moving, still = {}, {}
        for layer in network.walk():
            if not isinstance(layer, Sequential):
                for p in layer.parameters:
                    (still if layer.is_frozen else moving)[id(p)] = p.value.size
                still.update({id(s): s.value.size for s in layer.statistics})
        self.trainable = sum(moving.values())
        self.non_trainable = sum(still.values())
        self.total = self.trainable + self.non_trainable
        self._title = type(network).__name__

    def _add_layers(self, network, shape, indent):
        width = len(str(len(network) - 1))
        for k, layer in enumerate(network.layers):
            before = shape if layer.input_shape is None else layer.input_shape
            shape = layer.output_shape(before)
            arrays = [*layer.parameters, *layer.statistics]
            self.rows.append(
                [
                    f"{indent}{k:<{width}}  {type(layer).__name__}",
                    "?" if shape is None else shape_text(("batch", *shape)),
                    f"{sum(a.value.size for a in arrays):,}",
                    _state(layer),
                ]
            )
            if isinstance(layer, Sequential):
                self._add_layers(layer, before, indent + INDENT)

    def table(self):
        """The summary as a `Table`."""
        counts = {
            "Total params": self.total,
            "Trainable params": self.trainable,
            "Non-trainable params": self.non_trainable,
        }
        return Table(
            self._title,
            ("Layer", "Output shape", ">Parameters", "State"),
            self.rows,
            [f"{name}: {count:,}" for name, count in counts.items()],
        )

    def __str__(self):
        return str(self.table())

    __repr__ = __str__

    def __rich__(self):
        return self.table().__rich__()

    def _repr_html_(self):
        return self.table()._repr_html_()


def _state(layer):
    if not layer.parameters:
        return ""
    parts = [part for part in layer.walk() if not isinstance(part, Sequential)]
    frozen = [part.is_frozen for part in parts if part.parameters]
    if all(frozen):
        return "frozen"
    return "partly frozen" if any(frozen) else "trainable"
