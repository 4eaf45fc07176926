"""A layer near one x: vjp, jvp and what is learned from both."""

import numpy as np
import pytest

import minigan as mg
from minigan import Dense, Layer, LeakyReLU, Sequential, Tanh
from minigan.errors import ArgumentError, DTypeError, ShapeError, StateError
from minigan.layers import LAYERS

from ..helpers import assert_close, assert_same_bits, fingerprint, normal


def network(dtype=np.float64):
    rng = np.random.default_rng(0)
    return Sequential(
        [
            Dense(3, 4, rng=rng, dtype=dtype),
            Tanh(),
            mg.Dropout(0.3, rng=1),
            Dense(4, 2, rng=rng, dtype=dtype),
        ]
    )


def test_small_numbers_by_hand():
    """y = tanh(2 x): J = 2 (1 - y^2), and dy . J t bends by -8 y (1 - y^2) dy t."""
    net = Sequential([Dense(1, 1, dtype="float64"), Tanh()])
    net.theta[:] = 0
    net.layers[0].W.value[:] = 2
    x, t, dy = np.array([[0.3]]), np.array([[0.5]]), np.array([[3.0]])
    y = net.forward(x, training=True)
    line = net.linearise()
    slope = 2 * (1 - y * y)
    np.testing.assert_allclose(line.vjp(dy), dy * slope, rtol=1e-15)
    np.testing.assert_allclose(line.jvp(t), t * slope, rtol=1e-15)
    dx = line.backward(need_dx=True)
    np.testing.assert_allclose(dx, -4 * y * slope * dy * t, rtol=1e-14)
    # dy t W (1 - tanh(W x + b)^2) by W and by b
    bent = -2 * y * (1 - y * y) * 2 * dy * t
    np.testing.assert_allclose(net.layers[0].b.grad, bent[0], rtol=1e-14)
    dW = dy * t * (1 - y * y) + bent * x
    np.testing.assert_allclose(net.layers[0].W.grad, dW, rtol=1e-14)


def test_vjp_is_backward_that_teaches_nothing():
    net, x, dy = network(), normal(5, 3, dtype="f8"), normal(5, 2, dtype="f8", seed=1)
    state = net.layers[2].rng.bit_generator.state
    net.forward(x, training=True)
    before = fingerprint(net)
    dx = net.linearise().vjp(dy)
    assert fingerprint(net) == before and not net.is_frozen
    net.layers[2].rng.bit_generator.state = state
    net.forward(x, training=True)
    assert_same_bits(dx, net.backward(dy))


@pytest.mark.parametrize("need_dx", [False, True])
def test_without_slopes_backward_is_that_of_the_layer(need_dx):
    for bent in (False, True):
        net, x = network(), normal(5, 3, dtype="f8")
        other = network()
        dy = net.forward(x, training=True)
        other.forward(x, training=True)
        line = net.linearise()
        if bent:  # by slopes without a direction, or in no direction
            line.vjp(dy)
            line.jvp(np.zeros_like(x))
        dx = line.backward(dy, need_dx=need_dx)
        expected = other.backward(dy, need_dx=need_dx)
        assert (dx is None) == (not need_dx)
        if need_dx:
            assert_close(dx, expected, "f8")
        assert_close(net.dtheta, other.dtheta, "f8")


def test_loss_and_slopes_add_up():
    x, dy, t = normal(5, 3, dtype="f8"), normal(5, 2, dtype="f8"), normal(5, 3, seed=4)
    sums = []
    for loss, slopes in ((True, False), (False, True), (True, True)):
        net = network()
        net.forward(x, training=True)
        line = net.linearise()
        if slopes:
            line.vjp(2 * dy)
            line.jvp(t.astype("f8"))
        dx = line.backward(dy if loss else None, need_dx=True)
        sums.append(np.concatenate([net.dtheta, dx.ravel()]))
    np.testing.assert_allclose(sums[0] + sums[1], sums[2], rtol=1e-12, atol=1e-13)


def test_where_nothing_bends_dx_is_zero():
    net, x = Sequential([Dense(3, 2), LeakyReLU()]), normal(5, 3)
    y = net.forward(x)
    line = net.linearise()
    line.vjp(y)
    line.jvp(x)
    assert_same_bits(line.backward(need_dx=True), np.zeros_like(x))
    assert net.dtheta.any()


def test_frozen_learns_nothing():
    net, x = network(), normal(5, 3, dtype="f8")
    y = net.forward(x, training=True)
    line = net.linearise()
    line.vjp(np.ones_like(y))
    line.jvp(x)
    before = fingerprint(net)
    with net.frozen():
        assert np.abs(line.backward(need_dx=True)).max() > 0
    assert fingerprint(net) == before


def test_what_is_given_stays_and_what_is_returned_is_ones_own():
    net = Sequential([LeakyReLU(0.2), mg.Flatten(), mg.Reshape((3,))])
    x = normal(5, 3)
    net.forward(x)
    line = net.linearise()
    dy, t = normal(5, 3, seed=1), normal(5, 3, seed=2)
    dx, ty = line.vjp(dy), line.jvp(t)
    kept = dx.copy(), ty.copy()
    dy[:] = t[:] = x[:] = np.nan
    assert_same_bits(dx, kept[0])
    dx[:] = ty[:] = np.nan
    assert line.backward(np.ones((5, 3), "f4"), need_dx=True).shape == (5, 3)


def test_the_cache_is_consumed_once():
    net, x = network(), normal(5, 3, dtype="f8")
    with pytest.raises(StateError, match="Sequential.linearise: expected a forward"):
        net.linearise()
    y = net.forward(x)
    line = net.linearise()
    with pytest.raises(StateError, match="expected a forward before each backward"):
        net.backward(y)
    line.backward(y)
    for again in (lambda: line.backward(y), lambda: line.vjp(y), lambda: line.jvp(x)):
        with pytest.raises(StateError, match="the cache is consumed once"):
            again()


def test_what_does_not_fit_is_refused():
    net, x = network(), normal(5, 3, dtype="f8")
    net.forward(x)
    line = net.linearise()
    with pytest.raises(ShapeError, match=r"Linearisation.jvp: argument 't'.*\(5, 3\)"):
        line.jvp(x[:4])
    with pytest.raises(DTypeError, match="Linearisation.vjp: argument 'dy'"):
        line.vjp(np.ones((5, 2), "f4"))
    with pytest.raises(ShapeError, match="Linearisation.backward: argument 'dy'"):
        line.backward(x)


def test_labels_do_not_move():
    x, label = mg.Input((3,)), mg.Input((), dtype=int)
    vector = mg.Embedding(4, 3, dtype="float64")(label)
    net = mg.Graph([x, label], Dense(3, 1, dtype="float64")(mg.Multiply()([x, vector])))
    given = normal(5, 3, dtype="f8"), np.array([0, 1, 2, 3, 0])
    y = net.forward(given)
    line = net.linearise()
    dx, none = line.vjp(np.ones_like(y))
    assert dx.shape == (5, 3) and none is None
    with pytest.raises(DTypeError, match=r"'t\[1\]': expected None"):
        line.jvp((dx, given[1]))
    with pytest.raises(DTypeError, match="'t': expected a tuple of 2 arrays"):
        line.jvp(dx)
    assert line.jvp((dx, None)).shape == (5, 1)
    line.backward()
    assert np.abs(net.layers[0].W.grad).max() > 0  # an embedding bends the slopes


def test_what_stands_still_moves_nothing():
    """None in the place of an input; the other side of a graph is not even run."""
    a, b = mg.Input((3,)), mg.Input((3,))
    left, right = Dense(3, 2, rng=1), Dense(3, 2, rng=2)
    net = mg.Graph([a, b], mg.Concatenate()([Tanh()(left(a)), Tanh()(right(b))]))
    x = normal(4, 3), normal(4, 3, seed=1)
    y = net.forward(x)
    line = net.linearise()
    line.vjp(np.ones_like(y))
    ty = line.jvp((x[0], None))
    assert np.abs(ty[:, :2]).max() > 0 and not ty[:, 2:].any()
    line.backward()
    assert left.W.grad.any() and not right.W.grad.any()


def test_rows_that_depend_on_each_other_are_refused_by_name():
    net = Sequential([Dense(3, 4), mg.BatchNorm(4), Dense(4, 1)])
    net.forward(normal(5, 3), training=True)
    match = r"linearise: .*got BatchNorm, which mixes the rows of a batch: leave it out"
    with pytest.raises(ArgumentError, match=match):
        net.linearise()
    net.backward(np.ones((5, 1), "f4"))  # the cache is still there


class Half(Layer):
    def forward_pass(self, x, training):
        return x / 2, None

    def backward_pass(self, dy, cache, need_dx):
        return dy / 2 if need_dx else None


def test_a_layer_of_ones_own_without_a_tangent_is_refused_by_name():
    class HalfWay(Half):
        def tangent_pass(self, t, cache):
            return t / 2

    for kind, missing in ((Half, "tangent"), (HalfWay, "curvature")):
        net = Sequential([Dense(3, 1), kind()])
        net.forward(normal(5, 3))
        match = f"layers with a {missing}_pass, got {kind.__name__}, which defines none"
        with pytest.raises(ArgumentError, match=match):
            net.linearise()


def test_the_passes_of_the_base_say_what_is_missing():
    for run in (
        lambda: Half().tangent_pass(None, None),
        lambda: Half().curvature_pass(None, None, None, True),
    ):
        with pytest.raises(StateError, match="Half: this layer defines no .*_pass"):
            run()


def test_every_registered_layer_has_a_tangent_or_says_why_not():
    from minigan.layers.linearisation import no_tangent

    without = {name for name in LAYERS if no_tangent(LAYERS[name])}
    assert without == {name for name in LAYERS if LAYERS[name].couples_rows}


def test_a_layer_of_several_inputs_wants_a_tangent_for_each():
    layer, x = mg.Add(), (normal(3, 2), normal(3, 2, seed=1))
    layer.forward(x)
    line = layer.linearise()
    for bad in (x[0], x[:1], (*x, x[0]), None):
        with pytest.raises(DTypeError, match="'t': expected a tuple of 2 arrays"):
            line.jvp(bad)
    assert_same_bits(line.jvp([x[0], None]), x[0])
