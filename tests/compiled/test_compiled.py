"""The two forms of every primitive agree, driven by the table."""

import inspect

import numpy as np
import pytest

from minigan import Dense, primitives

from ..helpers import TOLERANCE, assert_same_bits, normal
from ..primitives.operands import ALL, SIZES, call, needs_type, operands

FLOATS = (np.float32, np.float64)
BACKENDS = ("numpy", "jit")
each_primitive = pytest.mark.parametrize("entry", ALL, ids=lambda e: e.name)
each_type = pytest.mark.parametrize("dtype", FLOATS, ids=["float32", "float64"])
each_backend = pytest.mark.parametrize("backend", BACKENDS)

# NaN in this operand leaves the results alone: comparisons choose, or it is overwritten
NAN_STOPS = {
    ("fill", "x"),
    ("assign", "x"),
    ("relu_backward", "y"),
    ("leaky_relu_backward", "y"),
    ("clipped_relu_backward", "x"),
    ("maximum_backward", "a"),
    ("maximum_backward", "b"),
    ("absolute_backward", "z"),
    ("absolute_backward", "t"),
    ("dense_leaky_relu_dx", "y"),
    ("dense_dW_first", "dW"),  # overwritten
    ("accumulate_first", "grad"),
    ("hinge_backward", "z"),
    ("linear_backward", "z"),
    ("bce_backward", "p"),
    ("accuracy", "z"),
    ("power_right", "u"),  # overwritten
    ("prelu_backward", "x"),
    ("prelu_dalpha", "x"),
}


def run(backend, entry, sizes, dtype):
    with primitives.use_backend(backend):
        arguments = operands(entry, sizes, dtype)
        return call(entry, entry, arguments, dtype)


@each_primitive
def test_equal_names_and_arguments(entry):
    twin = inspect.signature(getattr(entry.twin, "py_func", entry.twin))
    original = inspect.signature(entry.formula)
    assert list(twin.parameters) == list(original.parameters)


@each_type
@each_primitive
def test_equal_results(entry, dtype):
    for sizes in SIZES:
        results, changed, states = run("numpy", entry, sizes, dtype)
        twins, changed_twins, twin_states = run("jit", entry, sizes, dtype)
        assert states == twin_states
        for a, b in zip(results + changed, twins + changed_twins, strict=True):
            assert a.dtype == b.dtype and a.shape == b.shape
            np.testing.assert_allclose(b, a, **TOLERANCE[np.dtype(dtype)])


@each_type
@each_backend
@each_primitive
def test_results_have_the_type_of_the_table(entry, backend, dtype):
    results, _, _ = run(backend, entry, SIZES[1], dtype)
    kinds = {"T": np.dtype(dtype), "f": np.dtype("f8"), "i": np.dtype("i8")}
    assert [r.dtype for r in results] == [kinds[o.dtype] for o in entry.outputs]


@each_backend
@each_primitive
def test_inputs_stay_and_outputs_are_fresh(entry, backend):
    arguments = operands(entry, SIZES[1], np.float32)
    before = operands(entry, SIZES[1], np.float32)
    with primitives.use_backend(backend):
        results, _, _ = call(entry, entry, arguments, np.float32)
    for operand, argument, copy in zip(entry.inputs, arguments, before, strict=True):
        if operand.kind == "array":
            assert not any(np.shares_memory(argument, result) for result in results)
            assert operand.update or argument.tobytes() == copy.tobytes()


@each_type
@each_backend
@each_primitive
def test_nan_passes(entry, backend, dtype):
    for k, operand in enumerate(entry.inputs):
        if operand.kind != "array" or operand.dtype == "i":
            continue
        arguments = operands(entry, SIZES[1], dtype)
        arguments[k][...] = np.nan
        with primitives.use_backend(backend):
            results, changed, _ = call(entry, entry, arguments, dtype)
        survived = any(np.isnan(a).any() for a in results + changed if a.dtype != int)
        assert survived == ((entry.name, operand.name) not in NAN_STOPS), operand.name


def special_values(dtype):
    tiny = np.finfo(dtype).smallest_subnormal
    values = [np.nan, 0.0, -0.0, np.inf, -np.inf, tiny, -tiny, 1.5, -1.5]
    return np.array(values, dtype)


@each_type
@each_backend
def test_relu_of_special_values(backend, dtype):
    x = special_values(dtype)
    with primitives.use_backend(backend):
        y = primitives.relu_forward(x)
        dx = primitives.relu_backward(np.full_like(x, -2), y)
    tiny = x[5]
    expected = np.array([np.nan, 0, 0, np.inf, 0, tiny, 0, 1.5, 0], dtype)
    assert_same_bits(y, expected)
    assert_same_bits(dx, np.array([0, 0, 0, -2, 0, -2, 0, -2, 0], dtype))


@each_type
@each_backend
@pytest.mark.parametrize("slope", [0.0, 0.25, 1.0, 2.0])
def test_leaky_relu_of_special_values(backend, dtype, slope):
    x = special_values(dtype)
    with primitives.use_backend(backend), np.errstate(invalid="ignore"):
        y = primitives.leaky_relu_forward(x, slope)
        dx = primitives.leaky_relu_backward(np.ones_like(x), y, slope)
        a = dtype(slope)
        leak = a * x  # 0 * -inf is NaN, as it should be
    expected = np.array([np.nan, 0, leak[2], np.inf, *leak[4:5], x[5], leak[6]], dtype)
    assert_same_bits(y, np.append(expected, [dtype(1.5), leak[8]]))
    assert_same_bits(dx, np.array([a, a, a, 1, a, 1, a, 1, a], dtype))


@each_type
@each_backend
def test_sigmoid_saturates_without_a_warning(backend, dtype):
    x = np.array([-1000, -100, 0, 100, 1000, -np.inf, np.inf], dtype)
    with primitives.use_backend(backend), np.errstate(all="raise", under="ignore"):
        y = primitives.sigmoid_forward(x)
    assert_same_bits(y[[0, 2, 3, 4, 5, 6]], np.array([0, 0.5, 1, 1, 0, 1], dtype))
    assert 0 <= y[1] < 1e-37


@each_type
@each_backend
def test_tanh_saturates(backend, dtype):
    x = np.array([-0.0, 0.0, 50, -50, np.inf, -np.inf], dtype)
    with primitives.use_backend(backend):
        y = primitives.tanh_forward(x)
    assert_same_bits(y, np.array([-0.0, 0, 1, -1, 1, -1], dtype))


@each_type
@each_backend
@pytest.mark.parametrize("function", ["sigmoid_forward", "tanh_forward"])
def test_transcendental_functions_within_four_ulp(function, backend, dtype):
    mpmath = pytest.importorskip("mpmath")
    exact = {
        "sigmoid_forward": lambda v: 1 / (1 + mpmath.exp(-v)),
        "tanh_forward": mpmath.tanh,
    }[function]
    x = np.linspace(-9, 9, 181).astype(dtype)
    with primitives.use_backend(backend), mpmath.workdps(40):
        y = getattr(primitives, function)(x)
        for value, result in zip(x, y, strict=True):
            truth = exact(mpmath.mpf(float(value)))
            error = abs(mpmath.mpf(float(result)) - truth)
            assert error <= 4 * float(np.spacing(abs(dtype(float(truth))))), value


# ---- random draws ------------------------------------------------------------------


@each_type
@each_backend
def test_normal_draws_are_numpys(backend, dtype):
    ours, theirs = np.random.default_rng(5), np.random.default_rng(5)
    with primitives.use_backend(backend):
        z = primitives.standard_normal(ours, 33, 3, dtype=dtype)
    assert_same_bits(z, theirs.standard_normal((33, 3), dtype=dtype))
    assert ours.bit_generator.state == theirs.bit_generator.state


@each_type
def test_draws_at_the_edge_of_a_layer_and_in_the_tail_are_numpys(dtype):
    ours, theirs = np.random.default_rng(5), np.random.default_rng(5)
    with primitives.use_backend("jit"):
        z = primitives.standard_normal(ours, 1_400, 1_000, dtype=dtype)
    assert abs(z).max() > 4.5
    assert_same_bits(z, theirs.standard_normal((1_400, 1_000), dtype=dtype))
    assert ours.bit_generator.state == theirs.bit_generator.state


@each_type
@each_backend
def test_uniform_draws_are_numpys(backend, dtype):
    ours, theirs = np.random.default_rng(5), np.random.default_rng(5)
    with primitives.use_backend(backend):
        u = primitives.uniform(ours, 33, 3, dtype=dtype)
    assert_same_bits(u, theirs.random((33, 3), dtype=dtype))
    assert ours.bit_generator.state == theirs.bit_generator.state


@each_backend
@pytest.mark.parametrize("high", [1, 10, 60_000, 2**33])
def test_indices_are_uniform_draws_times_their_number(backend, high):
    ours, theirs = np.random.default_rng(5), np.random.default_rng(5)
    with primitives.use_backend(backend):
        index = primitives.integers(ours, high, 65)
    assert (index == np.floor(theirs.random(65) * high)).all()
    assert 0 <= index.min() and index.max() < high
    assert ours.bit_generator.state == theirs.bit_generator.state


@each_type
@each_backend
def test_dropout_draws_are_numpys(backend, dtype):
    ours, theirs = np.random.default_rng(5), np.random.default_rng(5)
    x = normal(9, 7, dtype=dtype)
    with primitives.use_backend(backend):
        y, mask = primitives.dropout_forward(x, ours, 0.3)
    kept = theirs.random(x.shape, dtype=dtype) >= dtype(0.3)
    assert_same_bits(mask, np.where(kept, dtype(1 / 0.7), dtype(0)))
    assert_same_bits(y, x * mask)
    assert ours.bit_generator.state == theirs.bit_generator.state


@each_type
@each_backend
def test_dropout_compares_in_the_type_of_the_data(backend, dtype):
    """u >= rate holds where both are equal once the rate has the type of u."""
    first = np.random.default_rng(5).random(1, dtype)[0]
    rate = float(first) * (1 + 1e-9 * (dtype is np.float32))
    assert dtype(rate) == first
    with primitives.use_backend(backend):
        _, mask = primitives.dropout_forward(
            np.ones(1, dtype), np.random.default_rng(5), rate
        )
    assert mask[0] > 0


# ---- sums --------------------------------------------------------------------------


@each_backend
def test_long_sums_are_taken_in_float64(backend):
    """The float32 sum of 20,000 times 0.1 in sequence would be 2000.2."""
    layer, dy = Dense(1, 1), np.full((20_000, 1), 0.1, np.float32)
    with primitives.use_backend(backend):
        layer.forward(dy)
        layer.backward(dy, need_dx=False)
    assert layer.b.grad[0] == np.float32(20_000 * float(np.float32(0.1)))


@each_backend
def test_statistics_survive_a_large_mean(backend):
    rng = np.random.default_rng(0)
    x = (1e4 + rng.standard_normal((64, 1))).astype(np.float32)
    one, zero = np.ones(1, np.float32), np.zeros(1, np.float32)
    with primitives.use_backend(backend):
        _, _, mean, var, _ = primitives.batchnorm_forward(x, one, zero, 1e-3)
    np.testing.assert_allclose(mean[0], x.mean(dtype=np.float64), rtol=1e-7)
    np.testing.assert_allclose(var[0], x.astype(np.float64).var(), rtol=1e-6)


def test_draws_alone_need_a_type():
    names = {entry.name for entry in ALL if needs_type(entry)}
    assert {"standard_normal", "uniform"} <= names
