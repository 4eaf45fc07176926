"""What all optimizers do alike, and what they refuse."""

import copy

import numpy as np
import pytest

from minigan import (
    SGD,
    Adam,
    Dense,
    ReLU,
    RMSprop,
    Sequential,
    primitives,
)
from minigan.errors import ArgumentError, DTypeError, NonFiniteError, StateError
from minigan.optimizers import Optimizer

from ..helpers import (
    assert_close,
    assert_same_bits,
    fill_gradients,
    fingerprint,
    optimizer_fingerprint,
    small_network,
)
from .small import each_optimizer, two_weights


@each_optimizer
def test_steps_are_taken_in_place(make):
    network, optimizer = small_network(), make()
    theta, values = network.theta, [p.value for p in network.parameters]
    fill_gradients(network)
    before = theta.copy(), network.dtheta.copy(), network.buffers.copy()
    optimizer.step(network)
    assert network.theta is theta and (theta != before[0]).any()
    assert all(a is p.value for a, p in zip(values, network.parameters, strict=True))
    assert_same_bits(network.dtheta, before[1])
    assert_same_bits(network.buffers, before[2])


@each_optimizer
def test_the_state_belongs_to_a_network(make):
    optimizer, a, b = make(), small_network(), small_network(seed=1)
    fill_gradients(a)
    optimizer.step(a)
    kept = {name: vector.copy() for name, vector in optimizer.vectors(a).items()}
    fill_gradients(b, seed=2)
    optimizer.step(b)
    for name, vector in optimizer.vectors(a).items():
        assert_same_bits(vector, kept[name])
        assert optimizer.vectors(a)[name] is vector and vector.any()


@each_optimizer
def test_a_composite_counts_one_step(make):
    """t grows once, so both halves take the step that they would take alone."""
    a, b = small_network(), Sequential([Dense(2, 3, rng=5)])
    twins = copy.deepcopy(a), copy.deepcopy(b)
    together, alone = make(), [make(), make()]
    for seed in range(3):
        for network in (a, b, *twins):
            fill_gradients(network, seed=seed)
        together.step(Sequential([a, b]))
        for optimizer, network in zip(alone, twins, strict=True):
            optimizer.step(network)
    assert together.t == 3
    assert_same_bits(a.theta, twins[0].theta)
    assert_same_bits(b.theta, twins[1].theta)


@each_optimizer
def test_the_learning_rate_is_a_cell(make):
    steps = []
    for rate in (0.5, 0.125):
        optimizer, network = make(), two_weights()
        cell = optimizer._rate
        optimizer.learning_rate = rate
        assert optimizer._rate is cell and cell == optimizer.learning_rate == rate
        network[0].W.grad[...] = 1
        optimizer.step(network)
        steps.append(1 - network[0].W.value[0, 0])
    np.testing.assert_allclose(steps[0], 4 * steps[1], rtol=1e-12)


@each_optimizer
@pytest.mark.parametrize("value", [0, -1, np.nan, np.inf, 1e308, "0.1", None, True])
def test_a_bad_learning_rate_leaves_the_old_one(make, value):
    optimizer = make()
    before = optimizer.learning_rate
    with pytest.raises((ArgumentError, DTypeError), match="'learning_rate': expected"):
        optimizer.learning_rate = value
    assert optimizer.learning_rate == before


@each_optimizer
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite(make, bad):
    network, optimizer = small_network(), make()
    fill_gradients(network)
    optimizer.step(network)
    network[3].b.grad[1] = bad
    before = fingerprint(network), optimizer_fingerprint(optimizer, network)
    message = r"\.step: .* finite gradients, got .* gradient of layer 3 \(Dense\) b$"
    with pytest.raises(NonFiniteError, match=message):
        optimizer.step(network)
    assert (fingerprint(network), optimizer_fingerprint(optimizer, network)) == before


@each_optimizer
def test_all_parts_of_a_composite_are_checked_first(make):
    a, b, optimizer = small_network(), Sequential([Dense(2, 3), ReLU()]), make()
    fill_gradients(a)
    b[0].W.grad[0, 0] = np.nan
    before = fingerprint(a), fingerprint(b)
    with pytest.raises(NonFiniteError):
        optimizer.step(Sequential([Sequential([a]), b[:1]]))
    assert (fingerprint(a), fingerprint(b)) == before and optimizer.t == 0


def test_a_memory_that_is_not_finite():
    network, adam = two_weights(), Adam()
    adam.vectors(network)["m"][0] = np.inf
    before = fingerprint(network), optimizer_fingerprint(adam, network)
    with pytest.raises(NonFiniteError, match="Adam.step: .* expected a finite m, got"):
        adam.step(network)
    assert (fingerprint(network), optimizer_fingerprint(adam, network)) == before


@each_optimizer
def test_several_networks_make_one_step(make):
    parts = [small_network(seed=k) for k in (1, 2)]
    twins = copy.deepcopy(parts)
    together, apart = make(), [make(), make()]
    for round_ in range(3):
        for part, twin in zip(parts, twins, strict=True):
            fill_gradients(part, seed=round_)
            fill_gradients(twin, seed=round_)
        together.step(*parts, parts[0])  # named twice, moved once
        for optimizer, twin in zip(apart, twins, strict=True):
            optimizer.step(twin)
    assert together.t == 3
    for part, twin in zip(parts, twins, strict=True):
        assert_same_bits(part.theta, twin.theta)
    with parts[1].frozen(), pytest.raises(StateError, match="frozen"):
        together.step(*parts)
    assert together.t == 3


@each_optimizer
def test_a_frozen_network_is_refused(make):
    network, optimizer = small_network(), make()
    fill_gradients(network)
    before = fingerprint(network)
    for part in (network, network[0]):
        with part.frozen(), pytest.raises(StateError, match=r"frozen\(\) scope$"):
            optimizer.step(network)
    assert fingerprint(network) == before and optimizer.t == 0
    optimizer.step(network)


@each_optimizer
@pytest.mark.parametrize("network", [Dense(2, 1), None, "G", np.zeros(3)])
def test_only_networks_are_stepped(make, network):
    with pytest.raises(DTypeError, match=r"step: argument 'network': expected a net"):
        make().step(network)


@each_optimizer
def test_a_network_without_parameters_is_refused(make):
    with pytest.raises(ArgumentError, match="'network': expected parameters, got none"):
        make().step(Sequential([ReLU()]))


def test_the_base_class_is_abstract():
    optimizer, network = Optimizer(0.1), two_weights()
    with pytest.raises(StateError, match="defines no update"):
        optimizer.step(network)
    assert optimizer.t == 0


# ---- overflow ----------------------------------------------------------------------


@pytest.mark.parametrize("backend", primitives.BACKENDS)
@each_optimizer
def test_an_overflow_is_taken_back(make, backend):
    """On every backend, without a warning, and the next good step is as if alone."""
    network, optimizer = two_weights(np.float32), make()
    twin, other = copy.deepcopy((network, optimizer))
    optimizer.learning_rate = other.learning_rate = 1e3
    for one in (network, twin):
        one[0].W.grad[:, 0] = 0.5, -2
    with primitives.use_backend(backend):
        optimizer.step(network)
        other.step(twin)
        network[0].W.grad[0, 0] = 3e38
        before = fingerprint(network), optimizer_fingerprint(optimizer, network)
        with pytest.raises(NonFiniteError, match=r"layer 0 \(Dense\) W$"):
            optimizer.step(network)
        after = fingerprint(network), optimizer_fingerprint(optimizer, network)
        assert after == before and optimizer.overflow == 0
        network[0].W.grad[0, 0] = 0.5
        optimizer.step(network)
        other.step(twin)
    assert_same_bits(network.theta, twin.theta)


@each_optimizer
def test_applied_without_checks(make):
    """What a trainer calls, who goes back by itself: the cell says what happened."""
    network, optimizer = two_weights(np.float32), make()
    network[0].W.grad[0, 0] = np.inf
    optimizer.apply(network)
    assert optimizer.overflow == 1 and optimizer.t == 1
    assert not np.isfinite(network.theta).all()


@each_optimizer
def test_a_parameter_that_is_not_finite(make):
    network, optimizer = small_network(), make()
    fill_gradients(network)
    network[3].W.value[1, 1] = np.nan
    before = fingerprint(network)
    message = r"a finite theta, got NaN or infinity at layer 3 \(Dense\) W$"
    with pytest.raises(NonFiniteError, match=message):
        optimizer.step(network)
    assert fingerprint(network) == before and optimizer.t == 0


def test_parameters_that_overflow():
    """The step fits, but not what it is added to."""
    network, sgd = two_weights(np.float32), SGD(1.0)
    network[0].W.value[0, 0], network[0].W.grad[0, 0] = 3e38, -3e38
    before = fingerprint(network)
    with pytest.raises(NonFiniteError, match="a step that fits float32, got a gradien"):
        sgd.step(network)
    assert fingerprint(network) == before


# ---- one of your own ---------------------------------------------------------------


class Noisy(Optimizer):
    """Langevin steps in plain NumPy, which never look at overflow."""

    vector_names = ("sum",)

    def __init__(self, learning_rate=0.1, scale=0.01):
        super().__init__(learning_rate)
        self.scale = scale
        self.rng = np.random.default_rng(0)

    def update(self, theta, dtheta, total, schedule):
        noise = self.rng.standard_normal(theta.size)
        total += dtheta
        theta -= schedule * dtheta + self.scale * noise
        if self.t == 3:
            raise RuntimeError("half a step")


def test_a_rule_of_ones_own_in_a_few_lines():
    network, optimizer = small_network(), Noisy()
    fill_gradients(network)
    before = network.theta.copy()
    optimizer.step(network)
    assert (network.theta != before).any() and optimizer.t == 1
    assert_same_bits(optimizer.vectors(network)["sum"], network.dtheta)
    assert optimizer.config() == {"learning_rate": 0.1, "scale": 0.01}
    assert optimizer.generators() == {"rng": optimizer.rng}


@pytest.mark.parametrize("fault", ["NaN", "exception"])
def test_its_step_is_taken_back_too(fault):
    network, optimizer = small_network(), Noisy()
    fill_gradients(network)
    for _ in range(2):
        optimizer.step(network)
    if fault == "NaN":
        optimizer.t[...] = 5
        network[0].b.grad[0] = np.nan
    before = fingerprint(network), optimizer_fingerprint(optimizer, network)
    random = optimizer.rng.bit_generator.state
    error = NonFiniteError if fault == "NaN" else RuntimeError
    with pytest.raises(error, match=r"layer 0 \(Dense\) b$|half a step"):
        optimizer.step(network)
    assert (fingerprint(network), optimizer_fingerprint(optimizer, network)) == before
    assert optimizer.rng.bit_generator.state == random


# ---- state -------------------------------------------------------------------------


@each_optimizer
def test_the_state_is_all_there_is(make):
    """Another optimizer with a copy of it goes on to the same bits."""
    network, optimizer = small_network(), make()
    cells = list(optimizer.cells())
    assert cells[:3] == ["t", "learning_rate", "overflow"]
    assert list(optimizer.state()) == cells and optimizer.generators() == {}
    for seed in range(3):
        fill_gradients(network, seed=seed)
        optimizer.step(network)
    names = [*cells, *optimizer.vector_names]
    assert list(optimizer.state()) == names and optimizer.networks == (network,)
    twin, other = copy.deepcopy(network), make()
    other.vectors(twin)
    for name, array in other.state().items():
        array[...] = optimizer.state()[name]
    for one, of in ((network, optimizer), (twin, other)):
        fill_gradients(one, seed=9)
        of.step(one)
    assert_same_bits(twin.theta, network.theta)
    for name, array in other.state().items():
        assert_same_bits(array, optimizer.state()[name])


def test_the_state_of_several_networks():
    adam, a, b = Adam(), small_network(), two_weights()
    for network in (a, b):
        fill_gradients(network)
        adam.step(network)
    state = adam.state()
    assert list(state)[3:] == ["0/m", "0/v", "1/m", "1/v"]
    assert state["0/m"] is adam.vectors(a)["m"] and state["1/v"].size == b.theta.size


def test_saved_cells_that_no_run_has_written_are_refused():
    good = {name: cell.copy() for name, cell in Adam().cells().items()}
    Adam().check(good)
    for name, value in (("t", -1), ("overflow", 2), ("overflow", -1)):
        with pytest.raises(ArgumentError, match=f"^Adam: argument '{name}'"):
            Adam().check({**good, name: np.full_like(good[name], value)})
    for rate in (0.0, np.nan, 1e7):
        with pytest.raises(ArgumentError, match="^Adam: argument 'learning_rate'"):
            Adam().check({**good, "learning_rate": np.array(rate)})


def test_a_flag_that_was_left_behind_does_not_stop_a_step():
    """`apply` takes a step that is not finite, and says so; `step` begins anew."""
    network, optimizer = Sequential([Dense(2, 1)]), SGD(0.1)
    network.dtheta[...] = 1
    before = network.theta.copy()
    optimizer.overflow[...] = 1
    optimizer.step(network)
    assert int(optimizer.overflow) == 0 and (network.theta != before).any()


# ---- clips and weight decay --------------------------------------------------------


def clipped(gradients, **options):
    """How two networks move, from gradients of W and b of each, and their gradients."""
    networks = [two_weights(), two_weights()]
    for network, (W, b) in zip(networks, gradients, strict=True):
        network[0].W.grad[...] = np.reshape(W, (2, 1))
        network[0].b.grad[...] = b
    before = [network.theta.copy() for network in networks]
    SGD(1.0, **options).step(*networks)
    pairs = zip(before, networks, strict=True)
    steps = [old - network.theta for old, network in pairs]
    for network, (W, _) in zip(networks, gradients, strict=True):
        assert network[0].W.grad.ravel().tolist() == list(W)  # only read
    return [[*step[:2], step[8]] for step in steps]


GRADIENTS = [((3.0, -4.0), 0.5), ((0.0, 0.1), 12.0)]


def test_clips():
    assert_close(
        clipped(GRADIENTS, clipvalue=2.0), [[2, -2, 0.5], [0, 0.1, 2]], np.float64
    )
    want = [[1.2, -1.6, 0.5], [0, 0.1, 2]]  # of length 5 made 2
    assert_close(clipped(GRADIENTS, clipnorm=2.0), want, np.float64)
    length = np.sqrt(25 + 0.25 + 0.01 + 144)
    want = np.array([[3, -4, 0.5], [0, 0.1, 12]]) * 2 / length
    assert_close(clipped(GRADIENTS, global_clipnorm=2.0), want, np.float64)
    whole = [[3, -4, 0.5], [0, 0.1, 12]]
    assert_close(clipped(GRADIENTS, global_clipnorm=20.0), whole, np.float64)


@pytest.mark.parametrize("clip", ["clipvalue", "clipnorm", "global_clipnorm"])
@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_clip_hides_a_gradient_that_is_not_finite(clip, bad):
    network = two_weights()
    network[0].b.grad[...] = bad
    before = network.theta.copy()
    with pytest.raises(NonFiniteError, match="finite gradients"):
        SGD(**{clip: 1.0}).step(network)
    assert_same_bits(network.theta, before)


def test_weight_decay():
    moved = clipped([((0.0, 0.0), 0.0)] * 2, weight_decay=0.25)
    assert moved == [[0.25, -0.5, 0]] * 2


def test_clips_stand_in_the_configuration_where_there_are_any():
    assert "clipnorm" not in Adam().config()
    assert Adam(clipnorm=2).config()["clipnorm"] == 2.0
    for bad in ({"clipnorm": 0}, {"clipvalue": -1}, {"weight_decay": np.inf}):
        with pytest.raises(ArgumentError, match=f"^RMSprop: argument '{[*bad][0]}'"):
            RMSprop(**bad)
    with pytest.raises(ArgumentError, match="one of clipvalue, clipnorm, global_clip"):
        SGD(clipvalue=1, clipnorm=1)
