"""Nodes: values of a graph that is being put together."""

from dataclasses import FrozenInstanceError

import numpy as np
import pytest

from minigan import (
    Add,
    Concatenate,
    Dense,
    Embedding,
    Flatten,
    Input,
    ReLU,
    Sequential,
)
from minigan.errors import (
    ArgumentError,
    DTypeError,
    ShapeError,
)

from ..helpers import normal
from ..network.small import small_graph

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
ROWS = 6


def test_a_node_cannot_be_changed_so_there_are_no_cycles():
    node = Dense(3, 3)(Input((3,)))
    with pytest.raises(FrozenInstanceError):
        node.call = None
    with pytest.raises(FrozenInstanceError):
        node.call.inputs = (node,)


@pytest.mark.parametrize(
    "make, error, message",
    [
        (lambda: Input(5), DTypeError, "^Input: argument 'shape': expected a tuple"),
        (lambda: Input((0,)), ArgumentError, "^Input: .*expected an integer >= 1"),
        (lambda: Input((5,), "f4"), DTypeError, "'dtype': expected int .labels. or"),
        (
            lambda: Input((5, 2), int),
            ArgumentError,
            r"'shape': expected \(\) or \(L,\) for labels",
        ),
        (lambda: Input(()), ArgumentError, "'shape': expected at least one size"),
        (lambda: Input((5,), name=3), DTypeError, "'name': expected a string, got 3"),
        (
            lambda: Dense(3, 4)(Input((5,), name="z")),
            ShapeError,
            r"^Dense: argument 'inputs': expected a node of shape \(batch, 3\), got "
            r"\(batch, 5\)$",
        ),
        (
            lambda: Dense(3, 4)(normal(2, 3)),
            DTypeError,
            r"^Dense: argument 'inputs\[0\]': expected a node: an Input, .*got ndarray",
        ),
        (
            lambda: Dense(3, 4)([Input((3,)), Input((3,))]),
            ArgumentError,
            "^Dense: argument 'inputs': expected one node, got 2$",
        ),
        (
            lambda: Add()(Input((3,))),
            ArgumentError,
            "^Add: argument 'inputs': expected two or more nodes, got 1$",
        ),
        (
            lambda: small_graph()(Input((5,))),
            ArgumentError,
            "^Graph: argument 'inputs': expected 2 nodes, got 1$",
        ),
        (
            lambda: small_graph()([Input((4,)), Input((), int)]),
            ShapeError,
            r"^Graph: argument 'inputs\[0\]': expected a node of shape \(batch, 5\)",
        ),
        (
            lambda: small_graph()([Input((), int), Input((5,))]),
            DTypeError,
            r"^Graph: argument 'inputs\[0\]': expected numbers, got <Input \(batch,\) "
            "of labels>$",
        ),
        (
            lambda: Add()([Input((3,)), Input((4,))]),
            ShapeError,
            r"^Add: argument 'inputs\[1\]': expected one that fits \(batch, 3\), got "
            r"\(batch, 4\)$",
        ),
        (
            lambda: Concatenate()([Input((3, 2)), Input((4, 2))]),
            ShapeError,
            r"^Concatenate: argument 'inputs\[1\]'",
        ),
        (
            lambda: Embedding(3, 2)(Input((3,), name="z")),
            DTypeError,
            r"^Embedding: .* expected labels, an Input of dtype int, got <Input 'z' ",
        ),
        (
            lambda: ReLU()(Input((), int)),
            DTypeError,
            r"^ReLU: argument 'inputs\[0\]': expected numbers, got <Input",
        ),
        (
            lambda: Sequential([Flatten(), Dense(4, 1)])(Input((2, 3))),
            ShapeError,
            r"^Sequential: argument 'inputs': expected examples that reach layers\[1\]",
        ),
        (
            lambda: Sequential([Dense(3, 4), Add()]),
            ArgumentError,
            r"^Sequential: argument 'layers\[1\]': .* Add\(\), whose place is in a Gr",
        ),
        (
            lambda: Sequential([ReLU(), Embedding(3, 2)]),
            ArgumentError,
            r"^Sequential: argument 'layers\[1\]': .* whose place is in a Graph",
        ),
        (
            lambda: Sequential([small_graph()]),
            ArgumentError,
            r"^Sequential: argument 'layers\[0\]': .* whose place is in a Graph",
        ),
    ],
)
def test_nodes_that_do_not_fit(make, error, message):
    with pytest.raises(error, match=message):
        make()
