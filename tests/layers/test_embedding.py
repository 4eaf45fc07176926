"""Embedding: vectors looked up by labels, gradients added up."""

import numpy as np
import pytest

from minigan import (
    SGD,
    Dense,
    Embedding,
    Flatten,
    Graph,
    Input,
    Sequential,
    gradcheck,
)
from minigan.errors import ArgumentError, DTypeError, ShapeError

from ..helpers import assert_same_bits, fingerprint, normal

LABEL = np.array([2, 0, 2, 2, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_it_looks_up_vectors_and_adds_up_gradients(dtype):
    layer = Embedding(4, 3, rng=0, dtype=dtype)
    W = layer.W.value.copy()
    assert W.std() < 0.1 and W.dtype == dtype
    y = layer.forward(LABEL)
    assert_same_bits(y, W[LABEL])
    dy = normal(5, 3, dtype=dtype)
    assert layer.backward(dy) is None
    expected = np.zeros_like(W)
    for label, row in zip(LABEL, dy, strict=True):
        expected[label] += row
    assert_same_bits(layer.W.grad, expected)
    assert not layer.W.grad[3].any()


def test_changes_to_the_labels_afterwards_do_not_matter():
    layer, label = Embedding(4, 3), LABEL.copy()
    layer.forward(label)
    label[...] = 3
    layer.backward(normal(5, 3))
    assert not layer.W.grad[3].any() and layer.W.grad[2].any()


def test_at_the_front_of_a_chain():
    network = Sequential([Embedding(4, 3, rng=0), Dense(3, 2, rng=1)])
    gradcheck(network).assert_ok()
    network.forward(LABEL)
    assert network.backward(normal(5, 2)) is None
    before = network.theta.copy()
    SGD(0.1).step(network)
    assert (network.theta != before).any()


def test_config_and_start():
    layer = Embedding(4, 3, "ones")
    assert (layer.W.value == 1).all()
    config = {"classes": 4, "units": 3, "embeddings_initializer": "ones"}
    config["length"] = None
    assert layer.config() == config


BAD = {
    "high": (LABEL + 2, ArgumentError, "expected labels in 0 ... 3, got 4"),
    "low": (LABEL - 1, ArgumentError, "expected labels in 0 ... 3, got -1"),
    "floats": (
        normal(5),
        DTypeError,
        r"an integer array of shape \(batch,\), got dtype",
    ),
    "bool": (LABEL > 1, DTypeError, "got dtype bool"),
    "list": ([0, 1], DTypeError, "got list"),
    "column": (LABEL[:, None], ShapeError, r"got shape \(5, 1\)"),
    "empty": (LABEL[:0], ShapeError, r"got shape \(0,\)"),
}


@pytest.mark.parametrize("x, error, message", BAD.values(), ids=BAD)
@pytest.mark.parametrize("method", ["forward", "predict"])
def test_bad_labels_are_refused_before_anything_changes(x, error, message, method):
    layer = Embedding(4, 3)
    before = fingerprint(layer)
    with pytest.raises(error, match=rf"^Embedding.{method}: argument 'x': .*{message}"):
        getattr(layer, method)(x)
    assert fingerprint(layer) == before


def test_a_dy_that_does_not_fit():
    layer = Embedding(4, 3)
    layer.forward(LABEL)
    with pytest.raises(
        ShapeError, match=r"^Embedding.backward: .*\(5, 3\), got \(4, 3\)"
    ):
        layer.backward(normal(4, 3))


def test_rows_of_labels():
    label = np.array([[2, 0], [2, 2], [1, 3]])
    layer = Embedding(4, 3, length=2, rng=0, dtype="float64")
    assert_same_bits(layer.forward(label), layer.W.value[label])
    dy = normal(3, 2, 3, dtype=np.float64)
    assert layer.backward(dy) is None
    assert_same_bits(layer.W.grad[1:2], dy[2:, 0])
    np.testing.assert_allclose(layer.W.grad[2], dy[0, 0] + dy[1, 0] + dy[1, 1])
    with pytest.raises(ShapeError, match=r"shape \(batch, 2\), got shape \(6,\)"):
        layer.predict(label.reshape(-1))


def test_rows_of_labels_in_a_graph():
    label = Input((2,), dtype=int)
    embedded = Flatten()(Embedding(4, 3, length=2, rng=0)(label))
    graph = Graph(label, Dense(6, 2, rng=1)(embedded))
    gradcheck(graph).assert_ok()
    rows = np.array([[0, 3], [1, 1]])
    assert graph.predict(rows).shape == (2, 2)
