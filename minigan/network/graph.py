"""Graph: a network with several inputs and outputs.

z, label = Input((100,)), Input((), dtype=int)
joint = Multiply()([z, Embedding(10, 100)(label)])
h = LeakyReLU(0.2)(Dense(100, 256)(joint))
generator = Graph([z, label], Tanh()(Dense(256, 784)(h)))
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple, Self

import numpy as np

from .. import primitives, validate
from ..errors import ArgumentError, DTypeError, ShapeError
from ..layers.arrays import Shape, _kind
from ..layers.base import Layer, no_pair
from ..layers.nodes import Call, Input, Node, connected
from .base import NETWORKS, Network, common_type
from .sequential import Sequential


def alone(layer: Layer, shape: Any) -> Network:
    """A network of one layer.

    shape: of its x, (N, ...); a tuple of shapes for a layer that joins several.
    """
    if not layer.joins:
        return Sequential([layer])
    inputs = [Input(size[1:]) for size in shape]
    return Graph(inputs, layer(inputs))


def _nodes(argument: str, given: Any) -> tuple[Node, ...]:
    """A node, or a tuple or list of them, as a tuple.  Errors: DTypeError."""
    nodes = tuple(given) if isinstance(given, (tuple, list)) else (given,)
    for k, node in enumerate(nodes):
        if not isinstance(node, Node):
            given = type(node).__name__
            validate.complain(DTypeError, "Graph", f"{argument}[{k}]", "a node", given)
    return nodes


def _in_order(outputs: Sequence[Node]) -> list[Call]:
    """All calls that the outputs are made by, each behind those that it needs."""
    order: dict[Call, None] = {}
    waiting = [node.call for node in reversed(outputs)]
    while waiting:
        call = waiting[-1]
        before = () if call is None else [node.call for node in reversed(call.inputs)]
        missing = [c for c in before if c is not None and c not in order]
        waiting += missing
        if not missing:
            waiting.pop()
            if call is not None:
                order[call] = None
    return list(order)


class Entry(NamedTuple):
    """An input of a graph: shape of one example, True for labels, and its name."""

    shape: Shape
    labels: bool
    name: str


class Step(NamedTuple):
    """A call in a graph.  Values are numbered as they are made, the inputs first.

    layer: index in `layers`.   inputs: the values it takes.   first, end: of its
    results.
    """

    layer: int
    inputs: tuple[int, ...]
    first: int
    end: int


@NETWORKS.register()
class Graph(Network):
    """Layers that are connected as the nodes say; itself a layer.

    inputs, outputs: a node or a tuple or list of them, see `Input`.  Every layer on the
    way from inputs to outputs belongs to the graph; see `Network` for what that means.

    forward takes an array for each input, in a tuple where there are several, and
    returns an array for each output; backward likewise:

        dW = the sum over all calls of the layer
        dv = the sum over all calls that use the value v

    so a layer may be called several times, and a value used by many.  A label has no
    gradient: None stands in its place.

    Errors: ArgumentError for nodes that do not hang together, StateError for a layer
    that has an owner, DTypeError for mixed types.
    """

    _not_copied = (*Network._not_copied, "_readers")

    def __init__(
        self, inputs: Node | Sequence[Node], outputs: Node | Sequence[Node]
    ) -> None:
        starts, ends = _nodes("inputs", inputs), _nodes("outputs", outputs)
        calls = _in_order(ends)
        _check_connections(starts, calls)
        self._hold("Graph", list(dict.fromkeys(call.layer for call in calls)))
        self._connect(starts, ends, calls)
        self._adopt()
        self._settle()

    def _connect(
        self, starts: Sequence[Node], ends: Sequence[Node], calls: Sequence[Call]
    ) -> None:
        """Number the values, inputs first, and note what each call takes and makes."""
        layers = self.layers
        numbers: dict[tuple[Any, int], int] = {(s, 0): k for k, s in enumerate(starts)}
        shapes = [node.shape for node in starts]
        steps = []
        for call in calls:
            first, end = len(shapes), len(shapes) + len(call.shapes)
            taken = tuple(numbers[_maker(node)] for node in call.inputs)
            steps.append(Step(layers.index(call.layer), taken, first, end))
            numbers.update({(call, k): first + k for k in range(len(call.shapes))})
            shapes += call.shapes
        self.inputs = tuple(Entry(n.shape or (), n.labels, n.name) for n in starts)
        self.steps = tuple(steps)
        self.outputs = tuple(numbers[_maker(node)] for node in ends)
        self.shapes = tuple(shapes)
        self.joins, self.splits = len(starts) > 1, len(ends) > 1
        self.input_shape = None if self.joins else self.inputs[0].shape
        self.takes_labels = not self.joins and self.inputs[0].labels

    def _settle(self) -> None:
        super()._settle()
        self._readers: list[list[Layer]] = [[] for _ in self.inputs]
        for step in self.steps:
            for k, value in enumerate(step.inputs):
                if value < len(self.inputs) and self.inputs[value].labels:
                    self._readers[value] += _readers(self.layers[step.layer], k)

    # ---- the two loops -------------------------------------------------------------

    def forward_pass(self, x: Any, training: bool) -> tuple[Any, list[Any]]:
        values = list(x) if self.joins else [x]
        caches = []
        for step in self.steps:
            layer = self.layers[step.layer]
            given = tuple(values[v] for v in step.inputs)
            pair = layer.forward_pass(given if layer.joins else given[0], training)
            if not isinstance(pair, tuple) or len(pair) != 2:
                raise no_pair(layer, pair)
            y, cache = pair
            values += y if layer.splits else [y]
            caches.append(cache)
        results = tuple(values[v] for v in self.outputs)
        return results if self.splits else results[0], caches

    def backward_pass(self, dy: Any, cache: Any, need_dx: bool) -> Any:
        gradients: list[Any] = [None] * len(self.shapes)
        _add(gradients, self.outputs, dy if self.splits else (dy,))
        needed = self._needed(need_dx)
        for step, kept in zip(reversed(self.steps), reversed(cache), strict=True):
            layer, own = self.layers[step.layer], gradients[step.first : step.end]
            if not needed[step.first] or _nothing(own):
                continue
            need = any(needed[v] for v in step.inputs)
            d = layer.backward_pass(tuple(own) if layer.splits else own[0], kept, need)
            if need:
                _add(gradients, step.inputs, d if layer.joins else (d,))
        if not need_dx:
            return None
        return tuple(gradients[: len(self.inputs)]) if self.joins else gradients[0]

    # ---- slopes: once in reverse, once in order, and in reverse again ----------------

    def pull_pass(self, dy: Any, cache: Any) -> tuple[Any, Any]:
        gradients: list[Any] = [None] * len(self.shapes)
        _add(gradients, self.outputs, dy if self.splits else (dy,))
        needed, kept = self._needed(True), []
        for step, own in zip(reversed(self.steps), reversed(cache), strict=True):
            layer, found = self.layers[step.layer], gradients[step.first : step.end]
            pulled = None
            if needed[step.first] and not _nothing(found):
                d = tuple(found) if layer.splits else found[0]
                d, pulled = layer.pull_pass(d, own)
                _add(gradients, step.inputs, d if layer.joins else (d,))
            kept.append(pulled)
        dx = tuple(gradients[: len(self.inputs)])
        return dx if self.joins else dx[0], kept[::-1]

    def push_pass(self, t: Any, cache: Any) -> tuple[Any, Any]:
        tangents, kept = list(t) if self.joins else [t], []
        for step, own in zip(self.steps, cache, strict=True):
            layer = self.layers[step.layer]
            given = tuple(tangents[v] for v in step.inputs)
            made, pushed = [None] * (step.end - step.first), None
            if not _nothing(given):
                ty, pushed = layer.push_pass(given if layer.joins else given[0], own)
                made = ty if layer.splits else [ty]
            tangents += made
            kept.append(pushed)
        results = tuple(tangents[v] for v in self.outputs)
        return results if self.splits else results[0], kept

    def bend_pass(
        self, dy: Any, pulled: Any, pushed: Any, cache: Any, need_dx: bool
    ) -> Any:
        none = [None] * len(self.steps)
        pulled, pushed = pulled or none, pushed or none
        gradients: list[Any] = [None] * len(self.shapes)
        if dy is not None:
            _add(gradients, self.outputs, dy if self.splits else (dy,))
        needed = self._needed(need_dx)
        for k in range(len(self.steps) - 1, -1, -1):
            step = self.steps[k]
            layer, found = self.layers[step.layer], gradients[step.first : step.end]
            straight = pulled[k] is None or pushed[k] is None
            if not needed[step.first] or (straight and _nothing(found)):
                continue
            need = any(needed[v] for v in step.inputs)
            d = tuple(found) if layer.splits else found[0]
            d = None if _nothing(found) else d
            d = layer.bend_pass(d, pulled[k], pushed[k], cache[k], need)
            if need and d is not None:
                _add(gradients, step.inputs, d if layer.joins else (d,))
        dx = tuple(gradients[: len(self.inputs)])
        return (dx if self.joins else dx[0]) if need_dx else None

    def _needed(self, need_dx: bool) -> list[bool]:
        """Of each value, whether its gradient serves one that is asked for."""
        needed = [need_dx and not entry.labels for entry in self.inputs]
        for step in self.steps:
            learns = any(leaf._frozen == 0 for leaf in self._learners[step.layer])
            below = any(needed[v] for v in step.inputs)
            needed += [learns or below] * (step.end - step.first)
        return needed

    # ---- structure -----------------------------------------------------------------

    def output_shape(self, shape: Any = None) -> Any:
        """Shape of one example behind the graph; of several outputs a tuple of them."""
        shapes = tuple(self.shapes[v] for v in self.outputs)
        return shapes if self.splits else shapes[0]

    def config(self) -> dict[str, Any]:
        """The layers, and how they are connected in plain numbers; see `from_config`.

        inputs: (shape, labels, name) of each.   calls: (index of the layer, values it
        takes).   outputs: values.   Values are numbered as they are made, inputs first.
        """
        return {
            "layers": list(self.layers),
            "inputs": [tuple(entry) for entry in self.inputs],
            "calls": [(step.layer, step.inputs) for step in self.steps],
            "outputs": self.outputs,
        }

    @classmethod
    def from_config(
        cls,
        layers: Sequence[Layer],
        inputs: Sequence[tuple[Sequence[int], bool, str]],
        calls: Sequence[tuple[int, Sequence[int]]],
        outputs: Sequence[int],
    ) -> Self:
        """The graph with this `config`, of layers without an owner."""
        starts, values = _nodes_of(layers, inputs, calls)
        return cls(starts, [values[v] for v in outputs])

    def readers(self, k: int) -> tuple[Layer, ...]:
        """The layers that look up the labels that are input k."""
        return tuple(self._readers[k])

    def maker(self, output: int = 0) -> Layer | None:
        """The layer that makes an output; None for an input that is one."""
        value = self.outputs[output]
        made = (step for step in self.steps if step.first <= value < step.end)
        return next((self.layers[step.layer] for step in made), None)

    def before(self, output: int = 0) -> Graph:
        """A view, with the same parameters: in place of an output what it is made of.

        Errors: ArgumentError where it is made of several values, or of inputs alone.
        """
        config, value = self.config(), self.outputs[output]
        made = [step for step in self.steps if step.first <= value < step.end]
        if not made or len(made[0].inputs) != 1 or made[0].inputs[0] < len(self.inputs):
            expected = "an output that is made of one value between"
            validate.complain(ArgumentError, "Graph.before", "output", expected, output)
        starts, values = _nodes_of(self.layers, config["inputs"], config["calls"])
        ends = [values[v] for v in self.outputs]
        ends[output] = values[made[0].inputs[0]]
        calls = _in_order(ends)
        view = object.__new__(Graph)
        view.layers = tuple(dict.fromkeys(call.layer for call in calls))
        view.dtype = common_type("Graph", view.layers)
        view._connect(starts, ends, calls)
        view._home = self._home
        view._settle()
        return view

    def random_input(self, shape: Any, rng: np.random.Generator, dtype: Any) -> Any:
        shapes = shape if self.joins else (shape,)
        drawn = tuple(
            self._readers[k][0].random_input(shape, rng, dtype)
            if entry.labels
            else rng.standard_normal(shape).astype(dtype)
            for k, (entry, shape) in enumerate(zip(self.inputs, shapes, strict=True))
        )
        return drawn if self.joins else drawn[0]

    def batch_shape(self, rows: int) -> Any:
        shapes = tuple((rows, *entry.shape) for entry in self.inputs)
        return shapes if self.joins else shapes[0]

    def _label_inputs(self, where: str, count: int) -> tuple[bool, ...]:
        if count != len(self.inputs):
            expected = f"{len(self.inputs)} node{'s' if self.joins else ''}"
            validate.complain(ArgumentError, where, "inputs", expected, f"{count}")
        return tuple(entry.labels for entry in self.inputs)

    def _results(self, where: str, shapes: Sequence[Any]) -> tuple[Any, ...]:
        for k, (entry, given) in enumerate(zip(self.inputs, shapes, strict=True)):
            if given is not None and tuple(given) != entry.shape:
                expected = validate.shape_text(("batch", *entry.shape))
                got = validate.shape_text(("batch", *given))
                argument = f"inputs[{k}]"
                expected = f"a node of shape {expected}"
                validate.complain(ShapeError, where, argument, expected, got)
        return tuple(self.shapes[v] for v in self.outputs)

    def _checked_input(self, where: str, argument: str, x: Any) -> Any:
        if not self.joins:
            return self._checked_part(where, argument, x, 0, "batch", self.dtype)
        if not isinstance(x, (tuple, list)) or len(x) != len(self.inputs):
            expected = f"a tuple of {len(self.inputs)} arrays"
            validate.complain(DTypeError, where, argument, expected, _kind(x))
        checked: list[Any] = []
        rows: int | str = "batch"
        dtype = self.dtype
        for k, part in enumerate(x):
            name = f"{argument}[{k}]"
            checked.append(self._checked_part(where, name, part, k, rows, dtype))
            rows = len(checked[0])
            if not self.inputs[k].labels:
                dtype = checked[k].dtype
        return tuple(checked)

    def _checked_part(
        self, where: str, name: str, x: Any, k: int, rows: int | str, dtype: Any
    ) -> Any:
        """The array for input k, as it is wanted.   rows: how many, where known."""
        entry = self.inputs[k]
        if not entry.labels:
            shape = (rows, *entry.shape)
            return validate.array(where, name, x, shape, dtype, finite=True)
        for layer in self._readers[k]:
            x = layer._checked_input(where, name, x)
        if rows not in ("batch", len(x)):
            expected, given = f"shape ({rows},)", f"({len(x)},)"
            validate.complain(ShapeError, where, name, expected, given)
        return x

    def __repr__(self) -> str:
        ends = f"{len(self.inputs)} -> {len(self.outputs)}"
        return f"Graph({ends}, [{', '.join(map(repr, self.layers))}])"


def _nothing(values: Sequence[Any]) -> bool:
    """Whether all of them are None, which stands for zeros."""
    return all(value is None for value in values)


def _add(gradients: list[Any], values: Sequence[int], more: Sequence[Any]) -> None:
    """Add gradients to those of some values; None adds nothing."""
    for v, d in zip(values, more, strict=True):
        if d is not None:
            known = gradients[v]
            gradients[v] = d if known is None else primitives.add(known, d)


def _nodes_of(
    layers: Sequence[Layer],
    inputs: Sequence[tuple[Sequence[int], bool, str]],
    calls: Sequence[tuple[int, Sequence[int]]],
) -> tuple[list[Node], list[Node]]:
    """The inputs, and all values, of a graph with this `config`."""
    starts = [
        Input(tuple(shape), int if labels else float, name)
        for shape, labels, name in inputs
    ]
    values = list(starts)
    for layer, taken in calls:
        made = connected(layers[layer], [values[v] for v in taken])
        values += made if isinstance(made, tuple) else [made]
    return starts, values


def _maker(node: Node) -> tuple[Any, int]:
    """What a node is a result of, and which one: the same for equal values."""
    return (node if node.call is None else node.call), node.place


def _readers(layer: Layer, k: int) -> list[Layer]:
    """The layers that look up the labels that are input k of a layer."""
    if isinstance(layer, Graph):
        return layer._readers[k]
    return _readers(layer.layers[0], 0) if isinstance(layer, Network) else [layer]


def _check_connections(starts: Sequence[Node], calls: Sequence[Call]) -> None:
    """Errors: ArgumentError where inputs and calls do not hang together."""
    if not calls:
        expected = "what layers make of the inputs"
        validate.complain(ArgumentError, "Graph", "outputs", expected, "inputs alone")
    used = dict.fromkeys(n for call in calls for n in call.inputs if n.call is None)
    for k, node in enumerate(starts):
        if node.call is not None:
            expected = "an Input"
        elif node in starts[:k]:
            expected = "each Input once"
        elif node not in used:
            expected = "an Input that the outputs are made of"
        else:
            continue
        validate.complain(
            ArgumentError, "Graph", f"inputs[{k}]", expected, validate.shown(node)
        )
    for node in used:
        if node not in starts:
            expected = "every Input that the outputs are made of"
            given = f"all but {node!r}"
            validate.complain(ArgumentError, "Graph", "inputs", expected, given)
