"""`tangentcheck`: proves every tangent, and finds what is wrong with one."""

import numpy as np
import pytest

import minigan as mg
from minigan import Dense, Sequential
from minigan.errors import ArgumentError, DTypeError
from minigan.gradcheck import tangentcheck
from minigan.gradcheck.registered import proofs_of
from minigan.layers import LAYERS
from minigan.layers.activations import Activation
from minigan.layers.linearisation import no_tangent

WORST = 1e-11


def conditional():
    """A graph with labels, a layer that is called twice, and a graph inside."""
    rng = np.random.default_rng(0)
    x, label = mg.Input((6,)), mg.Input((), dtype=int)
    vector = mg.Embedding(4, 6, mg.RandomNormal(0, 1), rng=rng)(label)
    shared = Dense(6, 6, rng=rng)
    first = mg.Tanh()(shared(mg.Multiply()([x, vector])))
    second = mg.Sigmoid()(shared(mg.Add()([first, vector, x])))
    joint = mg.Concatenate()([first, second, vector])
    inside = mg.Input((18,))
    classes = mg.Softmax()(Dense(18, 3, rng=rng)(inside))
    inner = mg.Graph(inside, [Dense(18, 2, rng=rng)(inside), classes])
    one, two = inner(joint)
    return mg.Graph([x, label], [Dense(2, 1, rng=rng)(one), two])


def nested():
    rng = np.random.default_rng(0)
    inner = Sequential([Dense(5, 4, rng=rng), mg.Sigmoid(), mg.Dropout(0.3, rng=rng)])
    outer = [Dense(6, 5, rng=rng), mg.Tanh(), inner, Dense(4, 2, rng=rng)]
    return Sequential(outer)


def of_images():
    rng = np.random.default_rng(0)
    padded = mg.ZeroPadding2D((3, 2, 1))
    conv = mg.Conv2D(padded.output_image, 2, 3, (2, 1), rng=rng)
    back = [mg.LeakyReLU(0.2), mg.Reshape(conv.output_image), mg.Flatten()]
    up = mg.UpSampling2D(conv.output_image)
    layers = [padded, conv, *back, up, Dense(up.output_shape(None)[0], 3, rng=rng)]
    return Sequential([*layers, mg.Softmax()])


NETWORKS = {
    "conditional": conditional,
    "nested": nested,
    "a slice": lambda: nested()[:-1],
    "images": of_images,
}


@pytest.mark.parametrize("training", [False, True])
@pytest.mark.parametrize("make", NETWORKS.values(), ids=NETWORKS)
def test_networks_of_all_kinds(make, training):
    report = tangentcheck(make(), training=training, method="complex").assert_ok()
    assert report.worst <= WORST
    assert [row.tensor for row in report.rows[:1]] == ["J t"]


def test_every_registered_layer_is_proven():
    for name, kind in LAYERS.items():
        labels = [proof.label for proof in proofs_of("layer", name)]
        tangents = [label for label in labels if label.endswith(": tangent")]
        if no_tangent(kind) or kind.takes_labels:
            assert tangents == []
        else:
            assert len(tangents) == len(labels) / 2


def test_a_frozen_layer():
    report = tangentcheck(Dense(3, 2), frozen=True).assert_ok()
    assert [row.tensor for row in report.rows] == ["J t", "x", "t"]


def test_names_of_the_tensors():
    report = tangentcheck(mg.Multiply(), shape=((5, 2), (5, 2)))
    names = ["J t", "x[0]", "x[1]", "t[0]", "t[1]"]
    assert [row.tensor for row in report.rows] == names
    report = tangentcheck(Dense(3, 2))
    assert [row.tensor for row in report.rows] == ["J t", "x", "t", "W", "b"]
    assert "Dense, tangent, training: ok" in str(report)


class Square(Activation):
    """y = x^2, J = 2 x, J' = 2: right."""

    def forward_pass(self, x, training):
        return x * x, x

    def backward_pass(self, dy, cache, need_dx):
        return 2 * dy * cache if need_dx else None

    def curvature_pass(self, dy, t, cache, need_dx):
        return 2 * dy * t if need_dx else None


class Straight(Square):
    def curvature_pass(self, dy, t, cache, need_dx):
        return None


class WrongTangent(Square):
    def tangent_pass(self, t, cache):
        return t * cache


class NoBias(Dense):
    """Forgets that b moves nothing."""

    def tangent_pass(self, t, cache):
        return super().tangent_pass(t, cache) + self.b.value


class Forgetful(Dense):
    def curvature_pass(self, dy, t, cache, need_dx):
        return None


def test_wrong_tangents_are_found():
    tangentcheck(Square(), shape=(4, 3)).assert_ok()
    report = tangentcheck(Straight(), shape=(4, 3))
    assert report["J t"].ok and report["t"].ok and not report["x"].ok
    report = tangentcheck(WrongTangent(), shape=(4, 3))
    assert not report["J t"].ok
    assert not tangentcheck(NoBias(3, 2))["J t"].ok
    report = tangentcheck(Forgetful(3, 2))
    assert report["J t"].ok and not report["W"].ok


def test_differences_where_the_complex_step_cannot_be_used():
    class Real(Square):
        def forward_pass(self, x, training):
            top = (x + np.abs(x)) / 2
            return top**2, top

        def curvature_pass(self, dy, t, cache, need_dx):
            return 2 * dy * t * (cache > 0) if need_dx else None

        def backward_pass(self, dy, cache, need_dx):
            return 2 * dy * np.where(cache > 0, cache, 0) if need_dx else None

    report = tangentcheck(Real(), shape=(4, 3)).assert_ok()
    assert report["J t"].method == "central"
    assert tangentcheck(Square(), shape=(4, 3), method="central").ok


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="tangentcheck: argument 'target': .*Batch"):
        tangentcheck(mg.BatchNorm(3))
    with pytest.raises(DTypeError, match="'target': expected a layer"):
        tangentcheck(3)
    with pytest.raises(ArgumentError, match="'seed'"):
        tangentcheck(mg.Tanh(), shape=(2, 2), seed=-1)
