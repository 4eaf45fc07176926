"""The summary of a network: layers, output shapes, parameter counts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ..layers.base import Layer
from ..tables import Table
from ..validate import shape_text
from .base import Network
from .graph import Graph

INDENT = "   "
COLUMNS = ("Layer", "Output shape", ">Parameters", "State")


class Summary:
    """A table of the layers of a network, as the network is now.

    Parameters counts values that training moves and running statistics alike, so a
    BatchNorm has 4 a feature.  Trainable are the parameters of layers that are not
    frozen; running statistics never are.  A shape that is not known prints as `?`.
    Of a `Graph` there is a row for each input and each call of a layer, and a column
    that says what it takes: an input by its name, a layer by its number; `2:2` is the
    second call of layer 2, `4[1]` the second result of layer 4.

    total, trainable, non_trainable: numbers of elements, each array counted once.
    `print(summary)` gives plain text; rich and notebooks show a table of their own.
    """

    def __init__(self, network: Network) -> None:
        self.rows: list[list[str]] = []
        graphs = any(isinstance(part, Graph) for part in network.walk())
        self.columns = (*COLUMNS, "Connected to") if graphs else COLUMNS
        self._add(network, network.input_shape, "")
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

    def _add(self, network: Network, shape: Any, indent: str) -> None:
        """Append a row for each layer of a network, those inside others indented."""
        if isinstance(network, Graph):
            self._add_calls(network, indent)
            return
        width = len(str(len(network.layers) - 1))
        for k, layer in enumerate(network.layers):
            before = shape if layer.input_shape is None else layer.input_shape
            shape = layer.output_shape(before)
            self._add_layer(f"{indent}{k:<{width}}", layer, [shape])
            if isinstance(layer, Network):
                self._add(layer, before, indent + INDENT)

    def _add_calls(self, graph: Graph, indent: str) -> None:
        """Append a row for each input of a graph and each call of a layer."""
        names = []  # of the values
        for k, entry in enumerate(graph.inputs):
            names.append(entry.name or (f"x[{k}]" if graph.joins else "x"))
            kind = "Input of labels" if entry.labels else "Input"
            shape = shape_text(("batch", *entry.shape))
            self._add_row(f"{indent}{names[k]}  {kind}", shape)
        calls: list[str] = []
        for step in graph.steps:
            before = sum(
                other.layer == step.layer for other in graph.steps[: len(calls)]
            )
            calls.append(f"{step.layer}:{before + 1}" if before else f"{step.layer}")
            results = range(step.end - step.first)
            ends = [f"[{k}]" for k in results] if len(results) > 1 else [""]
            names += [calls[-1] + end for end in ends]
        width = max(map(len, calls))
        for call, step in zip(calls, graph.steps, strict=True):
            layer, shapes = (
                graph.layers[step.layer],
                graph.shapes[step.first : step.end],
            )
            taken = ", ".join(names[v] for v in step.inputs)
            label = f"{indent}{call:<{width}}"
            if ":" in call:  # its arrays have been shown
                self._add_row(f"{label}  {type(layer).__name__}", _text(shapes), taken)
                continue
            self._add_layer(label, layer, shapes, taken)
            if isinstance(layer, Network):
                self._add(layer, graph.shapes[step.inputs[0]], indent + INDENT)

    def _add_layer(
        self, label: str, layer: Layer, shapes: Sequence[Any], taken: str = ""
    ) -> None:
        """Append the row of a layer.   shapes: of its results.   taken: its inputs."""
        size = sum(a.value.size for a in layer._arrays())
        name = f"{label}  {type(layer).__name__}"
        self._add_row(name, _text(shapes), taken, f"{size:,}", _state(layer))

    def _add_row(
        self, name: str, shape: str, taken: str = "", size: str = "", state: str = ""
    ) -> None:
        """Append a row, with as many cells as there are columns."""
        self.rows.append([name, shape, size, state, taken][: len(self.columns)])

    def table(self) -> Table:
        """The summary as a `Table`."""
        counts = {
            "Total params": self.total,
            "Trainable params": self.trainable,
            "Non-trainable params": self.non_trainable,
        }
        footer = [f"{name}: {count:,}" for name, count in counts.items()]
        return Table(self._title, self.columns, self.rows, footer)

    def __str__(self) -> str:
        return str(self.table())

    __repr__ = __str__

    def __rich__(self) -> Any:
        return self.table().__rich__()

    def _repr_html_(self) -> str:
        return self.table()._repr_html_()


def _text(shapes: Sequence[Any]) -> str:
    """The shapes of one result or several."""
    return ", ".join("?" if s is None else shape_text(("batch", *s)) for s in shapes)


def _state(layer: Layer) -> str:
    """Whether what the layer learns is frozen; "" for one that learns nothing."""
    if not layer.parameters:
        return ""
    parts = [part for part in layer.walk() if not isinstance(part, Network)]
    frozen = [part.is_frozen for part in parts if part.parameters]
    if all(frozen):
        return "frozen"
    return "partly frozen" if any(frozen) else "trainable"
