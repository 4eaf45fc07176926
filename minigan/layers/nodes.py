"""Nodes: values of a graph that is being put together; see `network.graph`.

A layer that is called on nodes makes the node of its result; nothing is computed yet.
A node knows the layer and the nodes that it was made of, all of which were there before
it: so there are no cycles, and the order of the calls can be fixed once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from .. import validate
from ..errors import ArgumentError, DTypeError
from .base import Layer, Shape


@dataclass(frozen=True, eq=False)
class Node:
    """A value in a graph: an input, or a result of a layer.

    shape: of one example, or None where it is not known.   labels: True for integers.
    call: what makes it; None for an input.   place: which of the call's results.
    """

    shape: Shape | None
    call: Call | None = field(default=None, repr=False)
    place: int = 0
    labels: bool = False
    name: str = ""

    def __repr__(self) -> str:
        kind = "Input" if self.call is None else type(self.call.layer).__name__
        shape = (
            "?" if self.shape is None else validate.shape_text(("batch", *self.shape))
        )
        name = f" {self.name!r}" if self.name else ""
        return f"<{kind}{name} {shape}{' of labels' if self.labels else ''}>"


@dataclass(frozen=True, eq=False)
class Call:
    """A layer and the nodes that it is called on."""

    layer: Layer
    inputs: tuple[Node, ...]
    shapes: tuple[Shape | None, ...]  # of the results


def Input(shape: Sequence[int], dtype: Any = float, name: str = "") -> Node:
    """A node for values from outside.

    shape: of one example, without the batch: (784,); () for one label, (L,) for L.
    dtype: float for numbers, whose type the layers decide, or int for labels.
    name: for messages and the summary.
    Errors: ArgumentError, DTypeError for arguments out of range.
    """
    if not isinstance(shape, (tuple, list)):
        validate.complain(
            DTypeError, "Input", "shape", "a tuple of integers", validate.shown(shape)
        )
    sizes = tuple(validate.integer("Input", "shape", size) for size in shape)
    if dtype not in (int, float):
        expected = "int (labels) or float (numbers)"
        validate.complain(DTypeError, "Input", "dtype", expected, validate.shown(dtype))
    if len(sizes) > 1 if dtype is int else not sizes:
        expected = "() or (L,) for labels, of which each example has one or L"
        if dtype is float:
            expected = "at least one size"
        given = validate.shape_text(sizes)
        validate.complain(ArgumentError, "Input", "shape", expected, given)
    if not isinstance(name, str):
        validate.complain(DTypeError, "Input", "name", "a string", validate.shown(name))
    return Node(sizes, labels=dtype is int, name=name)


def connected(layer: Layer, inputs: Any) -> Any:
    """The node of what a layer makes of nodes; of several results a tuple of them.

    Errors: DTypeError, ArgumentError, ShapeError for nodes that do not fit.
    """
    where = type(layer).__name__
    nodes = tuple(inputs) if isinstance(inputs, (tuple, list)) else (inputs,)
    for k, node in enumerate(nodes):
        if not isinstance(node, Node):
            given = type(node).__name__
            expected = "a node: an Input, or what a layer makes of one"
            validate.complain(DTypeError, where, f"inputs[{k}]", expected, given)
    wanted = layer._label_inputs(where, len(nodes))
    for k, (node, label) in enumerate(zip(nodes, wanted, strict=True)):
        if node.labels != label:
            expected = "labels, an Input of dtype int" if label else "numbers"
            validate.complain(
                DTypeError, where, f"inputs[{k}]", expected, validate.shown(node)
            )
    shapes = layer._results(where, [node.shape for node in nodes])
    call = Call(layer, nodes, shapes)
    made = tuple(Node(shape, call, k) for k, shape in enumerate(shapes))
    return made if len(made) > 1 else made[0]
