"""From tensors to the engine: the blocks between them, as a chain or as a graph."""

from collections.abc import Sequence
from typing import Any, NamedTuple

from .. import layers as engine
from .. import validate
from ..errors import ArgumentError, StateError
from ..network import Graph, Input, Network, Sequential
from .tensors import Call, KerasTensor


class Step(NamedTuple):
    """A block, and the values that it takes; it makes one."""

    block: Any
    inputs: tuple[int, ...]


class Wiring:
    """The engine's blocks between tensors; models on the way are taken apart.

    Values are numbered: the inputs, then what each step makes.
    outputs: the values of the outputs.   labels: the inputs that are looked up.

    Errors: ArgumentError for an output that is not made from the inputs.
    """

    def __init__(
        self, inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]
    ) -> None:
        self.examples = [tensor.example or () for tensor in inputs]
        self.steps: list[Step] = []
        known = {tensor: k for k, tensor in enumerate(inputs)}
        self.outputs = [self._value(tensor, known) for tensor in outputs]
        self.labels = {
            v
            for block, values in self.steps
            for v in values
            if v < len(inputs) and block.takes_labels
        }

    def _value(self, tensor: KerasTensor, known: dict[KerasTensor, int]) -> int:
        if tensor not in known:
            call = tensor.call
            if call is None:
                expected = "tensors made from 'inputs'"
                given = f"one made from {tensor!r}"
                validate.complain(ArgumentError, "Model", "outputs", expected, given)
            made = self._made(call, [self._value(t, known) for t in call.inputs])
            known.update(zip(call.outputs, made, strict=True))
        return known[tensor]

    def _made(self, call: Call, values: list[int]) -> list[int]:
        """The values that a call makes."""
        if call.layer.is_model:
            known = dict(zip(call.layer.inputs, values, strict=True))
            return [self._value(tensor, known) for tensor in call.layer.outputs]
        if call.block is None:
            return values
        if call.block.takes_labels and values[0] >= len(self.examples):
            expected = "labels from an Input"
            given = f"{call.inputs[0]!r}, which a layer made"
            where = call.layer.name
            validate.complain(ArgumentError, where, "inputs", expected, given)
        self.steps.append(Step(call.block, tuple(values)))
        return [len(self.examples) + len(self.steps) - 1]

    def used(self) -> list[int]:
        """The inputs that the outputs are made of."""
        needed = set(self.outputs)
        for k in range(len(self.steps) - 1, -1, -1):
            if len(self.examples) + k in needed:
                needed.update(self.steps[k].inputs)
        return [k for k in range(len(self.examples)) if k in needed]

    def last(self, output: int) -> engine.Layer | None:
        """The engine's layer that makes an output; None for an input."""
        place = self.outputs[output] - len(self.examples)
        return None if place < 0 else self.steps[place].block.layers[-1]

    def network(self, cut: Sequence[int] = (), keep: Sequence[int] = ()) -> Network:
        """The engine's network between inputs and outputs.

        cut: outputs that are taken before the engine's layer that makes them.
        keep: the outputs that it has, all if empty.
        Errors: StateError where nothing is computed.
        """
        start, steps = len(self.examples), [*self.steps]
        place, before, done = list(range(start)), {}, []
        split = {steps[self.outputs[k] - start].block for k in cut}
        for block, inputs in steps:
            values = tuple(place[v] for v in inputs)
            if block in split:
                if len(block.layers) > 1:
                    done.append(Step(block[:-1], values))
                    values = (start + len(done) - 1,)
                before[len(place)] = values[0]
                block = block[-1:]
            done.append(Step(block, values))
            place.append(start + len(done) - 1)
        ends = [
            before[v] if k in cut else place[v]
            for k, v in enumerate(self.outputs)
            if k in keep or not keep
        ]
        return self._joined(done, ends)

    def _joined(self, steps: list[Step], ends: list[int]) -> Network:
        """A chain where it is one, else a graph, of the steps that the ends need."""
        start, needed = len(self.examples), set(ends)
        for k in range(len(steps) - 1, -1, -1):
            if start + k in needed:
                needed.update(steps[k].inputs)
        kept = [k for k in range(len(steps)) if start + k in needed]
        if not kept:
            raise StateError("Model: expected layers that compute, got none")
        values = [0, *(start + k for k in kept)]
        row = [steps[k].inputs for k in kept] == [(v,) for v in values[:-1]]
        if start == 1 and row and ends == values[-1:]:
            return Sequential([steps[k].block for k in kept])
        nodes: dict[int, Any] = {
            v: Input(example, int) if v in self.labels else Input(example or (1,))
            for v, example in enumerate(self.examples)
        }
        for k in kept:
            block, inputs = steps[k]
            taken = [nodes[v] for v in inputs]
            nodes[start + k] = block(taken if block.joins else taken[0])
        return Graph([nodes[v] for v in range(start)], [nodes[v] for v in ends])


def in_order(
    inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor], starts: list[Any]
) -> list[Any]:
    """The layers between tensors as Keras lists them: the farthest from the end first.

    starts: the layers that stand for the inputs.
    """
    first = dict(zip(inputs, starts, strict=True))
    nodes, seen = _nodes(inputs, outputs)
    layers = {node: first[node] if node in first else node.layer for node in nodes}
    seen = {layers[node]: number for node, number in reversed(seen.items())}
    deep: dict[Any, int] = {}  # of nodes and of layers
    for node in reversed(nodes):
        layer = layers[node]
        deep[node] = deep[layer] = max(deep.get(node, 0), deep.get(layer, 0))
        for tensor in () if node in first else node.inputs:
            below = tensor if tensor in first else tensor.call
            deep[below] = max(deep[node] + 1, deep.get(below, 0))
    for layer in starts:
        seen.setdefault(layer, -1)
        deep.setdefault(layer, 0)
    return sorted(seen, key=lambda layer: (-deep[layer], seen[layer]))


def calls_between(
    inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]
) -> list[Call]:
    """The calls that make the outputs, each behind those that it needs."""
    return [node for node in _nodes(inputs, outputs)[0] if isinstance(node, Call)]


def _nodes(
    inputs: Sequence[KerasTensor], outputs: Sequence[KerasTensor]
) -> tuple[list[Any], dict[Any, int]]:
    """Inputs and calls, each behind those that it needs; when each was first met."""
    starts = set(inputs)
    done: dict[Any, bool] = {}
    met: dict[Any, int] = {}

    def visit(tensor: KerasTensor) -> None:
        node = tensor if tensor in starts else tensor.call
        if node is None or node in done:
            return
        met.setdefault(node, len(met))
        for before in node.inputs if isinstance(node, Call) else ():
            visit(before)
        done[node] = True

    for tensor in outputs:
        visit(tensor)
    return list(done), met


def unique_names(layers: Sequence[Any]) -> list[str]:
    """The names of layers, those that come again with a number: dense, dense_1."""
    names: list[str] = []
    for layer in layers:
        name, count = layer.name, 0
        while name in names:
            count += 1
            name = f"{layer.name}_{count}"
        names.append(name)
    return names
