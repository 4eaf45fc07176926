"""What all layers share: the cache, freezing, ownership of arrays, copies, errors."""

import copy
import json
import pickle

import numpy as np
import pytest

from minigan import (
    BatchNorm,
    Dense,
    Dropout,
    Layer,
    MinibatchDiscrimination,
    Noise,
    Parameter,
    ReLU,
    Reshape,
    Sequential,
    SpectralNorm,
    gradcheck,
)
from minigan.errors import ArgumentError, DTypeError, ShapeError, StateError
from minigan.layers import LAYERS
from minigan.registry import create

from ..helpers import (
    assert_close,
    assert_same_bits,
    fill_gradients,
    fingerprint,
    normal,
)


def maker(name, example):
    """dtype -> the registered layer of an example."""
    arguments = LAYERS[name], example.arguments
    return lambda dtype: create(*arguments, rng=3, dtype=dtype).astype(dtype)


# What is registered and takes one array of numbers, by its examples, and a network.
EXAMPLES = {
    f"{name} {example.note}".strip(): (name, example)
    for name in LAYERS
    for example in LAYERS.examples(name)
    if not (example.options or LAYERS[name].joins or LAYERS[name].takes_labels)
}
MAKERS = {label: maker(*pair) for label, pair in EXAMPLES.items()} | {
    "Sequential": lambda dtype: Sequential(
        [
            Dense(6, 4, rng=3, dtype=dtype),
            BatchNorm(4, dtype=dtype),
            ReLU(),
            Dropout(0.2),
            Reshape((2, 2)),
        ]
    ),
}
each_layer = pytest.mark.parametrize("make", MAKERS.values(), ids=MAKERS)
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
each_mode = pytest.mark.parametrize("training", [False, True])


def rows(layer, n=8, dtype=np.float32, seed=0):
    """A batch of n examples that the layer takes."""
    shape = layer.input_shape
    if shape is None:
        config = layer.config()
        fits = (
            example
            for example in LAYERS.examples(type(layer).__name__)
            if example.arguments.items() <= config.items()
        )
        shape = max(fits, key=lambda example: len(example.arguments)).shape[1:]
    return normal(n, *shape, dtype=dtype, seed=seed)


def gradients(layer):
    return [p.grad.copy() for p in layer.parameters]


def pass_through(layer, training=True, dtype=np.float32):
    """One forward and backward pass: (y, dx)."""
    y = layer.forward(rows(layer, dtype=dtype), training=training)
    dy = normal(*y.shape, dtype=dtype, seed=1)
    return y, layer.backward(dy)


# ---- types and arrays --------------------------------------------------------------


@each_mode
@each_type
@each_layer
def test_the_type_is_kept(make, dtype, training):
    layer = make(dtype)
    y, dx = pass_through(layer, training, dtype)
    assert y.dtype == dx.dtype == dtype and dx.shape == rows(layer).shape
    assert all(p.grad.dtype == dtype for p in layer.parameters)


@each_layer
def test_inputs_are_never_written_to(make):
    layer = make(np.float32)
    x = rows(layer)
    x.flags.writeable = False
    y = layer.forward(x, training=True)
    dy = normal(*y.shape, seed=1)
    dy.flags.writeable = False
    layer.backward(dy)
    layer.predict(x)
    assert_same_bits(x, rows(layer))
    assert_same_bits(dy, normal(*y.shape, seed=1))


@each_mode
@each_layer
def test_the_cache_is_owned(make, training):
    """What the caller does to x and y after forward does not reach the gradients."""
    untouched, touched = make(np.float32), make(np.float32)
    _, expected = pass_through(untouched, training)
    x = rows(touched)
    y = touched.forward(x, training=training)
    dy = normal(*y.shape, seed=1)
    x[...], y[...] = 7, -7
    assert_same_bits(touched.backward(dy), expected)
    for a, b in zip(gradients(touched), gradients(untouched), strict=True):
        assert_same_bits(a, b)


@each_layer
def test_outputs_do_not_alias_inputs(make):
    layer = make(np.float32)
    x = rows(layer)
    y = layer.forward(x)
    dy = normal(*y.shape)
    dx = layer.backward(dy)
    assert not np.shares_memory(x, y)
    assert not np.shares_memory(dx, dy)
    assert not np.shares_memory(layer.predict(x), x)


LAYOUTS = {
    "read-only": lambda x: np.broadcast_to(x, x.shape),
    "strided": lambda x: np.repeat(x, 2, axis=1)[:, ::2],
    "column-major": np.asfortranarray,
    "reversed": lambda x: x[::-1].copy()[::-1],
    "byte-swapped": lambda x: x.astype(x.dtype.newbyteorder()),
    "subclass": lambda x: x.view(np.recarray),
}


@pytest.mark.parametrize("layout", LAYOUTS.values(), ids=LAYOUTS)
@each_layer
def test_any_layout_gives_the_same_bits(make, layout):
    plain, other = make(np.float32), make(np.float32)
    y, dx = pass_through(plain)
    y_other = other.forward(layout(rows(other)), training=True)
    assert type(y_other) is np.ndarray
    assert_same_bits(y_other, y)
    dy = normal(*y.shape, seed=1)
    assert_same_bits(other.backward(layout(dy)), dx)


# ---- the cache ---------------------------------------------------------------------


@each_layer
def test_backward_needs_a_forward(make):
    layer = make(np.float32)
    with pytest.raises(StateError, match=r"\.backward: expected a forward before"):
        layer.backward(rows(layer))


@each_layer
def test_the_cache_is_consumed_once(make):
    layer = make(np.float32)
    y, _ = pass_through(layer)
    before = fingerprint(layer)
    with pytest.raises(StateError, match="consumed once"):
        layer.backward(normal(*y.shape))
    assert fingerprint(layer) == before


@each_layer
def test_predict_keeps_nothing(make):
    layer = make(np.float32)
    y = layer.predict(rows(layer))
    with pytest.raises(StateError):
        layer.backward(y)


@each_layer
def test_predict_is_the_forward_of_inference(make):
    layer, twin = make(np.float32), make(np.float32)
    x = rows(layer)
    assert_same_bits(layer.predict(x), twin.forward(x, training=False))


@each_layer
def test_predict_leaves_a_waiting_cache_alone(make):
    layer, twin = make(np.float32), make(np.float32)
    y = layer.forward(rows(layer))
    layer.predict(rows(layer, 3, seed=5))
    twin.forward(rows(twin))
    assert_same_bits(layer.backward(y), twin.backward(y))


@each_layer
def test_a_new_forward_replaces_the_cache(make):
    layer = make(np.float32)
    layer.forward(rows(layer, 5, seed=9))
    y, dx = pass_through(layer, training=False)
    twin = make(np.float32)
    assert_same_bits(pass_through(twin, training=False)[1], dx)


@each_layer
def test_a_refused_dy_leaves_the_cache(make):
    layer, twin = make(np.float32), make(np.float32)
    y = layer.forward(rows(layer))
    with pytest.raises(ShapeError):
        layer.backward(y[:-1])
    with pytest.raises(DTypeError):
        layer.backward(y.astype(np.float64))
    twin.forward(rows(twin))
    assert_same_bits(layer.backward(y), twin.backward(y))


# ---- gradients ---------------------------------------------------------------------


@each_layer
def test_two_backward_passes_add_up(make):
    once, twice = make(np.float64), make(np.float64)
    pass_through(once, False, np.float64)
    pass_through(twice, False, np.float64)
    pass_through(twice, False, np.float64)
    for a, b in zip(gradients(once), gradients(twice), strict=True):
        assert_close(b, 2 * a, np.float64)


@each_layer
def test_without_dx_the_parameter_gradients_are_the_same(make):
    with_dx, without = make(np.float32), make(np.float32)
    y, _ = pass_through(with_dx)
    without.forward(rows(without), training=True)
    assert without.backward(normal(*y.shape, seed=1), need_dx=False) is None
    assert fingerprint(with_dx) == fingerprint(without)


@each_layer
def test_zero_grad(make):
    layer = make(np.float32)
    pass_through(layer)
    layer.zero_grad()
    assert not any(g.any() for g in gradients(layer))


@each_layer
def test_a_longer_batch_of_the_same_rows_keeps_the_mean_gradient(make):
    """Layers sum, the loss divides: doubling the batch doubles the sums."""
    layer, doubled = make(np.float64), make(np.float64)
    if isinstance(layer, MinibatchDiscrimination):
        pytest.skip("each row knows of all others")
    x = rows(layer, dtype=np.float64)
    y = layer.forward(x)
    dy = normal(*y.shape, dtype=np.float64, seed=1)
    layer.backward(dy)
    doubled.forward(np.concatenate([x, x]))
    doubled.backward(np.concatenate([dy, dy]))
    for a, b in zip(gradients(layer), gradients(doubled), strict=True):
        assert_close(b, 2 * a, np.float64)


# ---- freezing ----------------------------------------------------------------------


@each_mode
@each_layer
def test_frozen_nothing_changes_and_dx_flows(make, training):
    free, frozen = make(np.float32), make(np.float32)
    before = fingerprint(frozen)
    y_free, dx_free = pass_through(free, training)
    with frozen.frozen():
        y, dx = pass_through(frozen, training)
    assert fingerprint(frozen) == before
    assert_same_bits(y, y_free)  # freezing does not choose the statistics
    assert_same_bits(dx, dx_free)


@each_layer
def test_frozen_is_a_scope(make):
    layer = make(np.float32)
    assert not layer.is_frozen
    with layer.frozen() as same:
        assert same is layer and layer.is_frozen
        with layer.frozen():
            pass
        assert layer.is_frozen
    assert not any(part.is_frozen for part in layer.walk())


@each_layer
def test_frozen_ends_with_an_exception(make):
    layer = make(np.float32)
    with pytest.raises(KeyboardInterrupt), layer.frozen():
        raise KeyboardInterrupt
    assert not any(part.is_frozen for part in layer.walk())


@each_layer
def test_frozen_gradients_cannot_be_cleared(make):
    layer = make(np.float32)
    pass_through(layer)
    before = fingerprint(layer)
    with layer.frozen(), pytest.raises(StateError, match=r"zero_grad: .* frozen"):
        layer.zero_grad()
    assert fingerprint(layer) == before


@each_layer
def test_a_cache_filled_before_freezing_serves_inside(make):
    layer = make(np.float32)
    y = layer.forward(rows(layer))
    before = fingerprint(layer)
    with layer.frozen():
        assert layer.backward(y) is not None
    assert fingerprint(layer) == before


# ---- copies ------------------------------------------------------------------------


@each_layer
def test_a_deep_copy_is_independent(make):
    layer = make(np.float32)
    pass_through(layer)
    twin = copy.deepcopy(layer)
    before = fingerprint(layer)
    assert fingerprint(twin) == before
    pass_through(twin)
    for parameter in twin.parameters:
        parameter.value[...] = 0
    assert fingerprint(layer) == before


@each_layer
def test_a_copy_has_no_cache_and_is_not_frozen(make):
    layer = make(np.float32)
    with layer.frozen():
        y = layer.forward(rows(layer))
        twin = copy.deepcopy(layer)
    assert not any(part.is_frozen for part in twin.walk())
    with pytest.raises(StateError):
        twin.backward(y)


@each_layer
def test_astype(make):
    layer = make(np.float32)
    if isinstance(layer, Noise):
        pytest.skip("its numbers of each type are drawn in another way")
    wide = layer.astype(np.float64)
    x = rows(layer)
    y, y_wide = layer.predict(x), wide.predict(x.astype(np.float64))
    assert y_wide.dtype == np.float64
    assert_close(y, y_wide, np.float32)
    assert all(p.value.dtype == p.grad.dtype == np.float64 for p in wide.parameters)


@each_layer
def test_repr_names_the_class_and_its_arguments(make):
    layer = make(np.float32)
    assert repr(layer).startswith(type(layer).__name__ + "(")


@each_layer
def test_a_shallow_copy_shares_nothing_either(make):
    layer = make(np.float32)
    before = fingerprint(layer)
    fill_gradients(copy.copy(layer))
    assert fingerprint(layer) == before


@each_layer
def test_a_pickled_layer_comes_back_and_learns(make):
    layer = make(np.float32)
    y, dx = pass_through(layer)
    twin = pickle.loads(pickle.dumps(make(np.float32)))
    y_twin, dx_twin = pass_through(twin)
    assert_same_bits(y_twin, y)
    assert_same_bits(dx_twin, dx)
    assert fingerprint(twin) == fingerprint(layer)


# ---- by name -----------------------------------------------------------------------


@each_layer
@each_type
def test_the_config_makes_the_layer_again(make, dtype):
    layer = make(dtype)
    if isinstance(layer, (Sequential, SpectralNorm)):
        return  # layers that hold layers, see test_saving
    config = json.loads(json.dumps(layer.config()))  # tuples have become lists
    twin = create(type(layer), config, rng=3, dtype=dtype)
    assert repr(twin) == repr(layer)
    x = rows(layer, dtype=dtype)
    assert_same_bits(twin.forward(x, training=True), layer.forward(x, training=True))
    assert fingerprint(twin) == fingerprint(layer)


@each_layer
def test_arrays_by_name(make):
    layer = make(np.float32)
    pass_through(layer)
    arrays = [*layer.parameters, *layer.statistics]
    tensors, gradients = layer.tensors(), layer.gradients()
    assert [name.rpartition(".")[2] for name in tensors] == [
        a.name for a in arrays
    ] or (isinstance(layer, Sequential))
    assert {id(a) for a in tensors.values()} == {id(a.value) for a in arrays}
    assert [id(g) for g in gradients.values()] == [id(p.grad) for p in layer.parameters]


def test_names_of_a_single_layer():
    norm = BatchNorm(6)
    assert list(norm.tensors()) == ["gamma", "beta", "moving_mean", "moving_var"]
    assert list(norm.gradients()) == ["dgamma", "dbeta"]
    assert norm.state().keys() == norm.tensors().keys()
    dropout = Dropout(0.5, rng=0)
    assert dropout.generators() == {"rng": dropout.rng}
    padding = LAYERS["ZeroPadding2D"]((2, 2, 1))
    assert list(padding.tables()) == ["pixels"] and not padding.state()


@pytest.mark.parametrize("method", ["add_parameter", "add_buffer", "add_table"])
def test_a_name_is_given_once(method):
    with pytest.raises(
        ArgumentError, match=rf"^Dense.{method}: .* a new name, got 'W'$"
    ):
        getattr(Dense(2, 2), method)("W", np.zeros(2))


# ---- bad input ---------------------------------------------------------------------

BAD_X = {
    "list": (lambda x: x.tolist(), DTypeError, "expected a numpy array, got list"),
    "ragged": (
        lambda x: [[1.0], [1.0, 2.0]],
        DTypeError,
        "expected a numpy array, got list",
    ),
    "None": (lambda x: None, DTypeError, "expected a numpy array, got NoneType"),
    "int": (lambda x: x.astype(int), DTypeError, r"cast with .astype\('float32'\)"),
    "bool": (lambda x: x.astype(bool), DTypeError, "got dtype bool"),
    "half": (lambda x: x.astype("f2"), DTypeError, "got dtype float16"),
    "object": (lambda x: x.astype(object), DTypeError, "got dtype object"),
    "str": (lambda x: x.astype("U1"), DTypeError, "got dtype <U1"),
    "vector": (
        lambda x: x.ravel(),
        ShapeError,
        r"expected shape \(batch.*got \(\d+,\)",
    ),
    "scalar": (lambda x: x[0, 0] * np.ones(()), (ShapeError, DTypeError), "expected"),
    "empty": (lambda x: x[:0], ShapeError, r"got (shape )?\(0, \d"),
}


@each_layer
@pytest.mark.parametrize("spoil, error, message", BAD_X.values(), ids=BAD_X)
@pytest.mark.parametrize("method", ["forward", "predict"])
def test_bad_x_is_refused_before_anything_changes(make, spoil, error, message, method):
    layer = make(np.float32)
    before = fingerprint(layer)
    where = rf"^{type(layer).__name__}\.{method}: argument 'x': "
    with pytest.raises(error, match=where + f".*{message}"):
        getattr(layer, method)(spoil(rows(layer)))
    assert fingerprint(layer) == before


BAD_DY = {
    "rows": (lambda y: y[:-1], ShapeError, r"expected shape \(8, .*got \(7"),
    "rank": (lambda y: y[0], ShapeError, "expected shape"),
    "type": (lambda y: y.astype("f8"), DTypeError, "dtype float32.*got dtype float64"),
    "list": (lambda y: y.tolist(), DTypeError, "expected a numpy array, got list"),
    "complex": (lambda y: y.astype("c16"), DTypeError, "got dtype complex128"),
}


@each_layer
@pytest.mark.parametrize("spoil, error, message", BAD_DY.values(), ids=BAD_DY)
def test_bad_dy_is_refused_before_anything_changes(make, spoil, error, message):
    layer = make(np.float32)
    y = layer.forward(rows(layer))
    before = fingerprint(layer)
    where = rf"^{type(layer).__name__}\.backward: argument 'dy': "
    with pytest.raises(error, match=where + f".*{message}"):
        layer.backward(spoil(y))
    assert fingerprint(layer) == before


@each_layer
@pytest.mark.parametrize("value", [1, None, "yes"])
def test_flags_are_true_or_false(make, value):
    layer = make(np.float32)
    with pytest.raises(DTypeError, match="'training': expected True or False, got"):
        layer.forward(rows(layer), training=value)
    y = layer.forward(rows(layer))
    with pytest.raises(DTypeError, match="'need_dx': expected True or False, got"):
        layer.backward(y, need_dx=value)


# ---- layers of one's own -----------------------------------------------------------


class Scale(Layer):
    """y = a x, as a student writes it."""

    def __init__(self):
        self.a = self.add_parameter("a", np.full(1, 3.0, np.float32))

    def forward_pass(self, x, training):
        return self.a.value * x, x

    def backward_pass(self, dy, cache, need_dx):
        if not self.is_frozen:
            self.a.grad += (dy * cache).sum()
        return self.a.value * dy if need_dx else None


def test_a_layer_of_ones_own():
    layer, x = Scale(), normal(4, 2)
    assert_same_bits(layer.forward(x), 3 * x)
    assert_same_bits(layer.backward(np.ones_like(x)), np.full_like(x, 3))
    assert_close(layer.a.grad, [x.sum()], np.float32)


class Passing(Layer):
    """Returns its very arguments, as the laziest layer might."""

    def forward_pass(self, x, training):
        return x, [x]

    def backward_pass(self, dy, cache, need_dx):
        return dy


def test_arrays_that_a_layer_hands_through_are_copied():
    layer, x = Passing(), normal(4, 2)
    y = layer.forward(x)
    assert not np.shares_memory(x, y) and not np.shares_memory(layer.backward(y), y)


@pytest.mark.parametrize("method", ["forward_pass", "backward_pass"])
def test_a_layer_must_define_its_passes(method):
    arguments = {"forward_pass": (0, False), "backward_pass": (0, None, True)}[method]
    with pytest.raises(StateError, match=f"^Layer: this layer defines no {method}$"):
        getattr(Layer(), method)(*arguments)


class Forgetful(Layer):
    """Does not return its cache."""

    def __init__(self, result):
        self.result = result

    def forward_pass(self, x, training):
        return self.result(x)


NO_PAIR = {
    "array": (lambda x: 2 * x, r"an array of shape \(2, 3\)"),
    "None": (lambda x: None, "a NoneType"),
    "triple": (lambda x: (x, x, x), "a tuple of 3"),
}


@pytest.mark.parametrize("result, given", NO_PAIR.values(), ids=NO_PAIR)
def test_a_forward_pass_returns_a_pair(result, given):
    message = rf"^Forgetful.forward_pass: expected a pair \(y, cache\) .* got {given}$"
    x = normal(2, 3)
    for call in (
        Forgetful(result).forward,
        Forgetful(result).predict,
        Sequential([Forgetful(result), Dense(3, 3)]).forward,
    ):
        with pytest.raises(DTypeError, match=message):
            call(x)
    with pytest.raises(DTypeError, match=message):
        gradcheck(Forgetful(result), shape=(2, 3))


def test_parameters_and_statistics_describe_themselves():
    assert repr(Parameter("W", np.zeros((2, 3)))) == "Parameter('W', shape (2, 3))"
    assert repr(BatchNorm(4).moving_var) == "Buffer('moving_var', shape (4,))"


class Pair(Layer):
    """A layer that is made of others, as a user may write one."""

    def __init__(self):
        self.first, self.second = Dense(3, 3, rng=0), Dropout(0.5, rng=1)

    def walk(self):
        yield from (self, self.first, self.second)

    @property
    def parameters(self):
        return self.first.parameters

    def forward_pass(self, x, training):
        h, one = self.first.forward_pass(x, training)
        y, two = self.second.forward_pass(h, training)
        return y, (one, two)

    def backward_pass(self, dy, cache, need_dx):
        dy = self.second.backward_pass(dy, cache[1], True)
        return self.first.backward_pass(dy, cache[0], need_dx)


def test_a_layer_made_of_layers():
    network = Sequential([Dense(3, 3, rng=2), Pair()])
    pair = network[1]
    assert network.generators() == {"1.part2.rng": pair.second.rng}
    assert pair.generators() == {"part2.rng": pair.second.rng}
    assert list(network.gradients()) == ["0.dW", "0.db", "1.dW", "1.db"]
    with pair.first.frozen():  # one of its parts is enough
        assert network.holds_frozen
    assert not network.holds_frozen
    with network.frozen():
        assert pair.first.is_frozen
    gradcheck(network).assert_ok()


class Twice(Layer):
    """x, and x again doubled."""

    splits = True

    def forward_pass(self, x, training):
        return (x.copy(), 2 * x), None

    def backward_pass(self, dy, cache, need_dx):
        return dy[0] + 2 * dy[1]


def test_a_layer_of_several_results_wants_a_gradient_for_each():
    layer, x = Twice(), normal(3, 2)
    for bad in (x, (x,), (x, x, x), [x], None):
        layer.forward(x)
        with pytest.raises(DTypeError, match="'dy': expected a tuple of 2 arrays"):
            layer.backward(bad)
    with pytest.raises(ShapeError, match=r"argument 'dy\[1\]': expected shape"):
        layer.backward((x, x[:2]))
    assert_same_bits(layer.backward([x, x]), 3 * x)
