"""Sequential: flat vectors, nesting, views, copies, and work that is not done."""

import copy
import pickle
import sys

import numpy as np
import pytest

from minigan import (
    SGD,
    Adam,
    BatchNorm,
    Dense,
    Dropout,
    Flatten,
    LeakyReLU,
    ReLU,
    Reshape,
    Sequential,
    Sigmoid,
    Tanh,
    UpSampling2D,
    primitives,
)
from minigan.errors import (
    ArgumentError,
    DTypeError,
    NonFiniteError,
    ShapeError,
    StateError,
)
from minigan.network import ALIGNMENT, aligned_zeros

from ..helpers import (
    assert_close,
    assert_same_bits,
    fill_gradients,
    fingerprint,
    normal,
    small_network,
)

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def dense_pair():
    """Two networks that fit together, and their composite."""
    rng = np.random.default_rng(0)
    front = Sequential([Dense(3, 4, rng=rng), Tanh(), Dense(4, 2, rng=rng)])
    back = Sequential([Dense(2, 5, rng=rng), LeakyReLU(0.2), Dense(5, 1, rng=rng)])
    return front, back, Sequential([front, back])


def one_pass(network, x=None, **keywords):
    x = normal(6, 3) if x is None else x
    y = network.forward(x, training=True)
    return y, network.backward(normal(*y.shape, seed=1), **keywords)


# ---- the two loops -----------------------------------------------------------------


def test_forward_and_backward_are_the_layers_in_turn():
    network, twin = small_network(), small_network()
    y, dx = one_pass(network)
    x = normal(6, 3)
    for layer in twin.layers:
        x = layer.forward(x, training=True)
    assert_same_bits(y, x)
    dy = normal(*y.shape, seed=1)
    for layer in reversed(twin.layers):
        dy = layer.backward(dy)
    assert_same_bits(dx, dy)
    assert_same_bits(network.dtheta, twin.dtheta)


def test_a_single_layer_needs_no_list():
    assert len(Sequential(Dense(2, 1))) == 1


def test_a_layer_of_a_network_still_works_alone():
    network = small_network()
    y = network.forward(normal(6, 3))
    network[0].forward(normal(2, 3))
    network[0].backward(normal(2, 5))
    assert network.backward(y).shape == (6, 3)


# ---- flat vectors ------------------------------------------------------------------


@each_type
def test_parameters_are_views_of_the_vectors(dtype):
    network = small_network(dtype)
    for parameter in network.parameters:
        assert np.shares_memory(parameter.value, network.theta)
        assert np.shares_memory(parameter.grad, network.dtheta)
    for statistic in network.statistics:
        assert np.shares_memory(statistic.value, network.buffers)
    assert network.theta.dtype == network.dtheta.dtype == network.buffers.dtype == dtype


@each_type
def test_each_parameter_starts_on_a_cache_line(dtype):
    network = small_network(dtype)
    arrays = [p.value for p in network.parameters]
    arrays += [p.grad for p in network.parameters]
    arrays += [s.value for s in network.statistics]
    assert all(a.ctypes.data % ALIGNMENT == 0 for a in arrays)
    assert all(a.flags.c_contiguous for a in arrays)


@each_type
@pytest.mark.parametrize("size", [1, 15, 16, 17, 1000])
def test_aligned_zeros(size, dtype):
    vector = aligned_zeros(size, dtype)
    assert vector.ctypes.data % ALIGNMENT == 0
    assert vector.size == size and vector.dtype == dtype and not vector.any()


def test_adoption_keeps_values_gradients_and_statistics():
    layer = BatchNorm(3)
    layer.gamma.value[...], layer.gamma.grad[...] = 5, 6
    layer.moving_mean.value[...] = 7
    before = fingerprint(layer)
    assert fingerprint(Sequential([layer])) == before


def test_gaps_stay_zero_and_are_not_counted():
    network = small_network()
    inside = np.zeros(network.theta.size, bool)
    for parameter in network.parameters:
        start = (parameter.value.ctypes.data - network.theta.ctypes.data) // 4
        inside[start : start + parameter.value.size] = True
    adam = Adam()
    for _ in range(5):
        one_pass(network)
        adam.step(network)
    assert inside.sum() == network.parameter_count[0] == 3 * 5 + 5 + 10 + 5 * 2 + 2
    assert (~inside).any()
    for vector in (network.theta, network.dtheta, *adam.vectors(network).values()):
        assert not vector[~inside].any() and vector[inside].any()


def test_views_stay_views():
    network = small_network()
    views = [p.value for p in network.parameters] + [p.grad for p in network.parameters]
    one_pass(network)
    Adam().step(network)
    network.zero_grad()
    after = [p.value for p in network.parameters] + [p.grad for p in network.parameters]
    assert all(a is b for a, b in zip(views, after, strict=True))


def test_a_network_without_parameters():
    network = Sequential([ReLU(), Flatten()])
    assert network.theta.size == network.buffers.size == 0
    assert network.parameter_count == (0, 0)
    assert_same_bits(network.forward(np.ones((2, 3))), np.ones((2, 3)))


# ---- owners ------------------------------------------------------------------------


def test_a_layer_has_one_owner():
    layer = Dense(3, 3)
    Sequential([layer])
    with pytest.raises(
        StateError, match=r"argument 'layers\[1\]': .* without an owner"
    ):
        Sequential([ReLU(), layer])


def test_a_layer_occurs_once():
    layer = ReLU()
    with pytest.raises(StateError, match=r"layers\[1\].* another place already holds"):
        Sequential([layer, layer])


def test_a_refused_network_owns_nothing():
    layer = Dense(3, 3)
    with pytest.raises(ShapeError):
        Sequential([layer, Dense(2, 2)])
    assert Sequential([layer]).theta.size


def test_a_composite_shares_and_moves_nothing():
    front, back, _ = dense_pair()
    before = [p.value for p in front.parameters + back.parameters]
    composite = Sequential([front, back])
    after = [p.value for p in composite.parameters]
    assert all(a is b for a, b in zip(before, after, strict=True))
    assert composite.theta.size == 0
    assert composite.owners() == [front, back]
    assert front.layers[0]._owner is front


def test_a_composite_computes_what_its_parts_compute():
    front, back, composite = dense_pair()
    y, dx = one_pass(composite)
    gradients = front.dtheta.copy(), back.dtheta.copy()
    front.zero_grad()
    back.zero_grad()
    assert_same_bits(back.forward(front.forward(normal(6, 3))), y)
    assert_same_bits(front.backward(back.backward(normal(*y.shape, seed=1))), dx)
    assert_same_bits(front.dtheta, gradients[0])
    assert_same_bits(back.dtheta, gradients[1])


def test_layers_and_networks_side_by_side():
    front, back, _ = dense_pair()
    mixed = Sequential([front, Dense(2, 2), back])
    assert mixed.owners() == [mixed, front, back]
    assert mixed.parameter_count[0] == 26 + 6 + 21
    fill_gradients(mixed)
    mixed.zero_grad()
    assert not any(network.dtheta.any() for network in mixed.owners())


def test_a_network_used_twice_is_owned_once():
    square = Sequential([Dense(3, 3)])
    composite = Sequential([square, square])
    assert composite.owners() == [square]
    with composite.frozen():
        assert square.is_frozen
    assert not square.is_frozen


def test_freezing_one_part_of_a_composite():
    front, back, composite = dense_pair()
    with back.frozen():
        one_pass(composite, need_dx=False)
    assert front.dtheta.any() and not back.dtheta.any()


# ---- views -------------------------------------------------------------------------


def test_a_view_shares_layers_and_vectors():
    network = small_network()
    view = network[:-1]
    assert view.layers == network.layers[:-1]
    assert view.theta is network.theta and view.dtheta is network.dtheta
    assert view.buffers is network.buffers
    assert view[1:].theta is network.theta
    assert network[0] is network.layers[0] and network[-1] is network.layers[-1]


def test_a_view_computes_a_part():
    network = small_network()
    x = normal(6, 3)
    assert_same_bits(network[2:].predict(network[:2].predict(x)), network.predict(x))


def test_a_view_shares_the_optimizer_state():
    network, adam = small_network(), Adam()
    fill_gradients(network)
    adam.step(network[:-1])
    assert adam.vectors(network)["m"].any() and len(adam.networks) == 1


def test_a_composite_with_a_view_steps_the_whole_once():
    front, back, _ = dense_pair()
    twin = copy.deepcopy(back)
    composite = Sequential([front, back[:1], back[1:]])
    assert composite.owners() == [front, back]
    for network in (back, twin):
        fill_gradients(network)
    SGD(0.1).step(composite)
    SGD(0.1).step(twin)
    assert_same_bits(back.theta, twin.theta)


def test_what_is_frozen_outside_a_view_stands_still():
    """The view's vectors are the network's: a step would move the frozen layer too."""
    network = small_network()
    fill_gradients(network)
    before = fingerprint(network)
    with network[3].frozen():
        with pytest.raises(StateError, match="frozen"):
            SGD(0.1).step(network[:2])
        with pytest.raises(StateError, match="frozen"):
            network[:2].zero_grad()
    assert fingerprint(network) == before


def test_the_copy_of_a_view_is_a_view_of_a_copy():
    network = small_network()
    view = copy.deepcopy(network[:2])
    before = network.theta.copy(), view.layers[0].W.value.copy()
    y = view.forward(normal(6, 3))
    view.backward(y)
    SGD(0.1).step(view)
    assert (view.layers[0].W.value != before[1]).any()
    assert_same_bits(network.theta, before[0])


def test_a_copied_pair_of_network_and_view_stays_a_pair():
    network = small_network()
    for pair in ((network, network[:2]), (network[:2], network)):
        a, b = copy.deepcopy(pair)
        assert a.theta is b.theta
        assert np.shares_memory(a[0].W.value, b.theta)


def test_an_empty_view_is_refused():
    with pytest.raises(ArgumentError, match="'index': expected at least one layer"):
        small_network()[4:]


# ---- frozen parts, without a walk --------------------------------------------------


def held(network):
    return [owner._held for owner in network.owners()]


def test_the_owner_counts_the_open_scopes():
    front, back, composite = dense_pair()
    with front[0].frozen(), composite.frozen(), back[:1].frozen():
        assert held(composite) == [4, 4] and composite.holds_frozen
        assert front.holds_frozen and front[1:].holds_frozen
        assert composite.is_frozen and front.is_frozen
        assert not front[1:].is_frozen
        assert not copy.deepcopy(composite).holds_frozen
    assert held(composite) == [0, 0] and not composite.holds_frozen


def test_a_layer_that_joins_a_network_inside_a_scope():
    layer = Dense(2, 2)
    with layer.frozen():
        network = Sequential([ReLU(), layer])
        assert network.holds_frozen
        with network.frozen():
            pass
        assert network.holds_frozen
    assert not network.holds_frozen and held(network) == [0]


def test_a_frozen_part_of_a_part_is_seen():
    front, back, composite = dense_pair()
    whole = Sequential([composite, Tanh()])
    with back[2].frozen():
        assert whole.holds_frozen and composite.holds_frozen and back.holds_frozen
        assert not front.holds_frozen
        with pytest.raises(StateError, match="zero_grad: the network is frozen"):
            whole.zero_grad()


def test_a_step_calls_little():
    """What is fixed when a network is built is not looked for at each step."""
    network, x = small_network(), normal(6, 3)
    counts = []

    def profile(frame, event, argument):
        module = frame.f_globals.get("__name__", "")
        if event == "call" and module.startswith(("minigan.layers", "minigan.network")):
            counts.append(frame.f_code.co_qualname)

    one_pass(network)
    sys.setprofile(profile)
    try:
        with network.frozen():
            y = network.forward(x, training=True)
            network.backward(y)
        network.zero_grad()
    finally:
        sys.setprofile(None)
    assert len(counts) <= 35, counts


# ---- by name -----------------------------------------------------------------------


def test_names_of_what_a_network_holds():
    network = small_network()
    assert list(network.state()) == ["theta", "buffers"]
    assert network.state()["theta"] is network.theta
    assert list(network.tensors()) == [
        *("0.W", "0.b"),
        *("1.gamma", "1.beta", "1.moving_mean", "1.moving_var"),
        *("3.W", "3.b"),
    ]
    assert network.tensors()["1.moving_var"] is network[1].moving_var.value
    assert network.gradients()["3.dW"] is network[3].W.grad
    assert list(network[1:].gradients()) == ["0.dgamma", "0.dbeta", "2.dW", "2.db"]


def test_names_inside_networks_of_networks():
    square = Sequential([Dense(3, 3), Tanh()])
    whole = Sequential([Sequential([square, square[:1]]), Dropout(0.5), Dense(3, 2)])
    assert list(whole.gradients()) == [
        *("0.0.0.dW", "0.0.0.db"),  # each once
        *("2.dW", "2.db"),
    ]
    assert list(whole.state()) == [
        f"{k}/{name}" for k in range(2) for name in ("theta", "buffers")
    ]
    assert whole.generators() == {"1.rng": whole[1].rng}


def test_generators_are_named_once():
    rng = np.random.default_rng(0)
    network = Sequential([ReLU(), Dropout(0.5, rng=rng), Dropout(0.1, rng=rng)])
    assert network.generators() == {"1.rng": rng}


def test_tables_by_name():
    network = Sequential([Tanh(), UpSampling2D((1, 2, 1))])
    assert list(network.tables()) == ["1.pixels"]


# ---- copies ------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [None, np.float32, np.float64])
def test_copies_are_independent(dtype):
    front, back, composite = dense_pair()
    one_pass(composite)
    twin = copy.deepcopy(composite) if dtype is None else composite.astype(dtype)
    before = fingerprint(composite)
    fill_gradients(twin)
    SGD(1.0).step(twin)
    assert fingerprint(composite) == before
    assert not any(
        np.shares_memory(a, b)
        for a in (front.theta, back.theta, front.dtheta, back.dtheta)
        for network in twin.owners()
        for b in (network.theta, network.dtheta)
    )


def test_a_pickled_network_learns():
    front, back, composite = dense_pair()
    for network in (small_network(), small_network()[:2], composite):
        twin = pickle.loads(pickle.dumps(network))
        assert fingerprint(twin) == fingerprint(network)
        fill_gradients(twin)
        before = [p.value.copy() for p in twin.parameters]
        SGD(0.1).step(twin)
        for parameter, then in zip(twin.parameters, before, strict=True):
            assert (parameter.value != then).all()


@pytest.mark.parametrize("part", [slice(None), slice(2), slice(1, None)])
def test_a_converted_network_or_view_still_learns(part):
    network = small_network()[part].astype(np.float64)
    assert network.theta.dtype == network.buffers.dtype == network.dtype == np.float64
    width = network.layers[0].input_shape[0]
    one = network.forward(normal(6, width, dtype=np.float64), training=True)
    network.backward(one)
    before = network.layers[0].parameters[0].value.copy()
    SGD(0.1).step(network)
    assert (network.layers[0].parameters[0].value != before).any()


def test_a_conversion_rounds_once():
    network = small_network(np.float64)
    assert_same_bits(
        network.astype(np.float32).theta[:15], network.theta[:15].astype(np.float32)
    )


def test_a_copied_dropout_has_a_generator_of_its_own():
    network = Sequential([Dropout(0.5, rng=0)])
    twin = copy.deepcopy(network)
    x = normal(20, 3)
    y = network.forward(x, training=True)
    assert_same_bits(twin.forward(x, training=True), y)


# ---- counts ------------------------------------------------------------------------


def hidden(sizes, momentum=None):
    layers = []
    for inputs, units in zip(sizes, sizes[1:], strict=False):
        layers += [Dense(inputs, units, "zeros"), LeakyReLU(0.2)]
        layers += [BatchNorm(units, momentum)] if momentum else []
    return layers


def image(inputs):
    return [Dense(inputs, 784, "zeros"), Tanh(), Reshape((28, 28, 1))]


COUNTS = {
    "parabola G": ([Dense(5, 15), ReLU(), Dense(15, 2)], 122, 0),
    "parabola D": ([Dense(2, 25), ReLU(), Dense(25, 1), Sigmoid()], 101, 0),
    "mnist-smooth G": (
        [*hidden([100, 128, 256, 512], 0.8), Dense(512, 784, "zeros"), Tanh()],
        581_520,
        1_792,
    ),
    "mnist-smooth D": (
        [*hidden([784, 512, 256, 128]), Dense(128, 1), Sigmoid()],
        566_273,
        0,
    ),
    "mnist-mixed G": (
        [*hidden([128, 256, 512, 1024]), BatchNorm(1024, 0.8), *image(1024)],
        1_495_568,
        2_048,
    ),
    "mnist-mixed D": (
        [Flatten(), *hidden([784, 512, 256]), Dense(256, 1), Sigmoid()],
        533_505,
        0,
    ),
    "mnist-wide G": (
        [*hidden([100, 256, 512, 1024], 0.99), *image(1024)],
        1_489_936,
        3_584,
    ),
}


@pytest.mark.parametrize("layers, trainable, rest", COUNTS.values(), ids=COUNTS)
def test_parameter_counts_of_the_recipes(layers, trainable, rest):
    assert Sequential(copy.deepcopy(layers)).parameter_count == (trainable, rest)


# ---- work that is not done ---------------------------------------------------------


class Recorder:
    """Is told of every primitive that runs."""

    def __init__(self):
        self.names = []

    def note(self, primitive, operands, sizes, dtype):
        self.names.append(primitive.name)

    def products(self):
        """The matrix products of the backward pass, in order."""
        return [name for name in self.names if name in ("dense_dW", "dense_dx")]


@pytest.fixture
def calls():
    recorder = Recorder()
    token = primitives.recorder.set(recorder)
    yield recorder
    primitives.recorder.reset(token)


def test_a_frozen_network_computes_no_parameter_gradients(calls):
    network = small_network()
    with network.frozen():
        one_pass(network)
    assert calls.products() == ["dense_dx", "dense_dx"]


def test_the_lowest_layer_computes_no_dx_that_nobody_needs(calls):
    one_pass(small_network(), need_dx=False)
    assert calls.products() == ["dense_dW", "dense_dx", "dense_dW"]


def test_below_the_lowest_learner_nothing_runs(calls):
    network = small_network()
    with network[0].frozen(), network[1].frozen():
        one_pass(network, need_dx=False)
    assert calls.products() == ["dense_dW"]


def test_a_frozen_network_without_dx_does_nothing(calls):
    network = small_network()
    with network.frozen():
        y = network.forward(normal(6, 3))
        before = len(calls.names)
        assert network.backward(y, need_dx=False) is None
    assert len(calls.names) == before


def test_in_a_composite_the_front_decides(calls):
    front, back, composite = dense_pair()
    with back.frozen():
        one_pass(composite, need_dx=False)
    # two through the frozen back, one inside the front, none below it
    assert calls.products().count("dense_dx") == 3
    assert calls.products().count("dense_dW") == 2


# ---- shapes ------------------------------------------------------------------------


def test_the_input_shape_is_that_of_the_first_sized_layer():
    assert small_network().input_shape == (3,)
    assert Sequential([LeakyReLU(), Dense(4, 2)]).input_shape == (4,)
    assert Sequential([Flatten(), Dense(4, 2)]).input_shape is None
    assert Sequential([Tanh()]).input_shape is None


def test_the_output_shape():
    assert small_network().output_shape() == (2,)
    assert Sequential([Dense(2, 6), Reshape((2, 3))]).output_shape() == (2, 3)
    assert Sequential([Flatten()]).output_shape((2, 3)) == (6,)
    assert Sequential([Flatten(), Dense(6, 2)]).output_shape((2, 3)) == (2,)


def test_images_in_and_out():
    network = Sequential([Flatten(), Dense(6, 6, rng=0), Reshape((3, 2, 1))])
    y = network.forward(normal(4, 3, 2, 1))
    assert y.shape == (4, 3, 2, 1)
    assert network.backward(y).shape == (4, 3, 2, 1)


@pytest.mark.parametrize("method", ["forward", "predict"])
def test_a_shape_that_fits_only_the_front(method):
    network = Sequential([LeakyReLU(), Flatten(), BatchNorm(6), Dense(6, 1)])
    before = fingerprint(network)
    message = (
        rf"^Sequential.{method}: argument 'x': expected examples that reach "
        r"layers\[2\] with shape \(6,\), got \(8,\)$"
    )
    with pytest.raises(ShapeError, match=message):
        getattr(network, method)(normal(4, 2, 4))
    assert fingerprint(network) == before


@pytest.mark.parametrize(
    "layers",
    [
        lambda: [Dense(2, 3), Dense(4, 1)],
        lambda: [Dense(2, 3), LeakyReLU(), BatchNorm(4)],
        lambda: [Dense(2, 6), Reshape((2, 3)), Dense(6, 1)],
        lambda: [Dense(2, 6), Reshape((2, 3)), Flatten(), Dense(5, 1)],
        lambda: [Sequential([Dense(2, 3)]), Sequential([Dense(2, 1)])],
    ],
)
def test_layers_that_do_not_fit_together(layers):
    with pytest.raises(
        ShapeError, match=r"Sequential: .*'layers\[\d\]': expected a la"
    ):
        Sequential(layers())


def test_a_reshape_that_does_not_fit():
    with pytest.raises(ShapeError, match="expected 4 elements an example"):
        Sequential([Dense(2, 6), Reshape((2, 2))])


def test_one_type_throughout():
    layers = [Dense(2, 3), Dense(3, 1, dtype=np.float64)]
    with pytest.raises(DTypeError, match="expected one dtype, got float32, float64"):
        Sequential(layers)


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("method", ["forward", "predict"])
def test_inputs_must_be_finite(method, bad):
    network = small_network()
    x = normal(6, 3)
    x[2, 1] = bad
    before = fingerprint(network)
    message = rf"^Sequential.{method}: .*1 of 18 not finite, the first at \(2, 1\)$"
    with pytest.raises(NonFiniteError, match=message):
        getattr(network, method)(x)
    assert fingerprint(network) == before


def test_repr_shows_the_layers():
    assert (
        repr(Sequential([Tanh(), Dropout(0.5)]))
        == "Sequential([Tanh(), Dropout(rate=0.5)])"
    )
    assert [type(layer) for layer in small_network().config()["layers"]][0] is Dense


def test_gradients_agree_with_float64():
    wide = small_network(np.float64)
    narrow = wide.astype(np.float32)
    x, dy = normal(6, 3), normal(6, 2, seed=1)
    narrow.forward(x)
    wide.forward(x.astype(np.float64))
    assert_close(narrow.backward(dy), wide.backward(dy.astype(np.float64)), np.float32)


def test_where_each_parameter_stands_in_theta():
    inner = Sequential([Dense(4, 5, rng=0), ReLU(), Dense(5, 3, rng=1)])
    network = Sequential([Dense(2, 4, rng=2), inner])
    for part, owned in ((inner, inner), (network, network), (inner[:1], inner)):
        slices = part.slices()
        own = [
            p for layer in owned.layers if layer is not inner for p in layer.parameters
        ]
        assert list(slices) == own
        for parameter, place in slices.items():
            assert np.shares_memory(part.theta[place], parameter.value)
            assert_same_bits(part.theta[place], parameter.value.ravel())
    assert list(copy.deepcopy(inner).slices().values()) == list(inner.slices().values())
