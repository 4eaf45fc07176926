"""The summary of a network: layers, output shapes, parameter counts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .layers.base import Layer
from .network import Network
from .tables import Table
from .validate import shape_text

if TYPE_CHECKING:
    from .layers.base import Shape

INDENT = "   "


class Summary:
    """A table of the layers of a network, as the network is now.

    Parameters counts values that training moves and running statistics alike, so a
    BatchNorm has 4 a feature.  Trainable are the parameters of layers that are not
    frozen; running statistics never are.  A shape that is not known prints as `?`.

    total, trainable, non_trainable: numbers of elements, each array counted once.
    `print(summary)` gives plain text; rich and notebooks show a table of their own.
    """

    def __init__(self, network: Network) -> None:
        self.rows: list[list[str]] = []
        self._add_layers(network, network.input_shape, "")
        moving: dict[int, int] = {}
        still: dict[int, int] = {}
        for layer in network.named_layers().values():
            for p in layer.parameters:
                (still if layer.is_frozen else moving)[id(p)] = p.value.size
            still.update({id(s): s.value.size for s in layer.statistics})
        self.trainable = sum(moving.values())
        self.non_trainable = sum(still.values())
        self.total = self.trainable + self.non_trainable
        self._title = type(network).__name__

    def _add_layers(self, network: Network, shape: Shape | None, indent: str) -> None:
        """Append a row for each layer of the network, those inside others indented."""
        width = len(str(len(network.layers) - 1))
        for k, layer in enumerate(network.layers):
            before = shape if layer.input_shape is None else layer.input_shape
            shape = layer.output_shape(before)
            size = sum(a.value.size for a in layer._arrays())
            self.rows.append(
                [
                    f"{indent}{k:<{width}}  {type(layer).__name__}",
                    "?" if shape is None else shape_text(("batch", *shape)),
                    f"{size:,}",
                    _state(layer),
                ]
            )
            if isinstance(layer, Network):
                self._add_layers(layer, before, indent + INDENT)

    def table(self) -> Table:
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

    def __str__(self) -> str:
        return str(self.table())

    __repr__ = __str__

    def __rich__(self) -> Any:
        return self.table().__rich__()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _state(layer: Layer) -> str:
    """Whether what the layer learns is frozen; "" for one that learns nothing."""
    if not layer.parameters:
        return ""
    parts = [part for part in layer.walk() if not isinstance(part, Network)]
    frozen = [part.is_frozen for part in parts if part.parameters]
    if all(frozen):
        return "frozen"
    return "partly frozen" if any(frozen) else "trainable"
