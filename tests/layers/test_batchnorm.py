"""BatchNorm: statistics, both backward formulas, freezing."""

import numpy as np
import pytest

from minigan import BatchNorm, Sequential, primitives, use_backend
from minigan.errors import NonFiniteError, ShapeError

from ..helpers import assert_close, assert_same_bits, fingerprint, normal

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def layer_with_values(features, dtype=np.float64, **arguments):
    """gamma, beta and moving statistics away from their initial values."""
    layer = BatchNorm(features, dtype=dtype, **arguments)
    layer.gamma.value[...] = normal(features, seed=1)
    layer.beta.value[...] = normal(features, seed=2)
    layer.moving_mean.value[...] = normal(features, seed=3)
    layer.moving_var.value[...] = 0.5 + normal(features, seed=4) ** 2
    return layer


@each_type
@pytest.mark.parametrize("n, d", [(2, 1), (7, 5), (64, 3)])
def test_training_by_the_formula(n, d, dtype):
    layer = layer_with_values(d, dtype)
    x, dy = normal(n, d, dtype=dtype), normal(n, d, dtype=dtype, seed=5)
    wide = x.astype(np.float64)
    gamma, beta = layer.gamma.value, layer.beta.value
    rstd = 1 / np.sqrt(wide.var(axis=0) + 1e-3)
    xhat = (wide - wide.mean(axis=0)) * rstd
    assert_close(layer.forward(x, training=True), gamma * xhat + beta, dtype)

    g = dy * gamma
    dx = rstd / n * (n * g - g.sum(0) - xhat * (g * xhat).sum(0))
    np.testing.assert_allclose(
        layer.backward(dy), dx, rtol=0, atol=100 * np.finfo(dtype).eps * abs(g).max()
    )
    assert_close(layer.gamma.grad, (dy * xhat).sum(0), dtype)
    assert_close(layer.beta.grad, dy.sum(0, dtype=np.float64), dtype)


@each_type
@pytest.mark.parametrize("n, d", [(1, 1), (7, 5)])
def test_inference_by_the_formula(n, d, dtype):
    layer = layer_with_values(d, dtype)
    x, dy = normal(n, d, dtype=dtype), normal(n, d, dtype=dtype, seed=5)
    gamma, beta = layer.gamma.value, layer.beta.value
    rstd = 1 / np.sqrt(layer.moving_var.value.astype(np.float64) + 1e-3)
    xhat = (x - layer.moving_mean.value) * rstd
    before = [s.value.copy() for s in layer.statistics]
    assert_close(layer.forward(x), gamma * xhat + beta, dtype)
    assert_close(layer.backward(dy), dy * gamma * rstd, dtype)
    assert_close(layer.gamma.grad, (dy * xhat).sum(0), dtype)
    for statistic, old in zip(layer.statistics, before, strict=True):
        assert_same_bits(statistic.value, old)


@pytest.mark.parametrize("first, second", [(True, False), (False, True)])
def test_backward_belongs_to_the_forward_that_filled_the_cache(first, second):
    """The moving statistics are those of the batch here: dx differs all the same."""
    x, dy = normal(8, 2, dtype=np.float64), normal(8, 2, dtype=np.float64, seed=1)
    layer = BatchNorm(2, dtype=np.float64)
    layer.moving_mean.value[...], layer.moving_var.value[...] = x.mean(0), x.var(0)
    gradients = {}
    for training in (first, second):
        with layer.frozen():
            layer.forward(x, training=training)
            gradients[training] = layer.backward(dy)
    rstd = 1 / np.sqrt(x.var(0) + 1e-3)
    assert_close(gradients[False], dy * rstd, np.float64)
    assert_close(gradients[True].sum(axis=0), np.zeros(2), np.float64)


# ---- values ------------------------------------------------------------------------


def test_the_variance_is_the_biased_one():
    """[1, 2, 3, 4]: 5/4, not 5/3, to normalise and in the moving statistic."""
    layer = BatchNorm(1, momentum=0.0, dtype=np.float64)
    layer.forward(np.arange(1.0, 5).reshape(4, 1), training=True)
    assert layer.moving_mean.value == 2.5 and layer.moving_var.value == 1.25


def test_momentum_weighs_the_old_statistic():
    layer = BatchNorm(1, momentum=0.8, dtype=np.float64)
    layer.forward(np.arange(1.0, 5).reshape(4, 1), training=True)
    np.testing.assert_allclose(layer.moving_mean.value, 0.8 * 0 + 0.2 * 2.5)
    np.testing.assert_allclose(layer.moving_var.value, 0.8 * 1 + 0.2 * 1.25)


def test_defaults_are_keras():
    layer = BatchNorm(3)
    config = {"features": 3, "momentum": 0.99, "epsilon": 1e-3, "positions": 1}
    assert layer.config() == config
    values = [array.value.tolist() for array in (*layer.parameters, *layer.statistics)]
    assert values == [[1] * 3, [0] * 3, [0] * 3, [1] * 3]


def test_a_large_mean_does_not_cost_the_variance():
    """E[x^2] - E[x]^2 in float32 gives 0 or 16 here."""
    x = (1e4 + np.random.default_rng(7).standard_normal((64, 1))).astype(np.float32)
    layer = BatchNorm(1, momentum=0.0)
    y = layer.forward(x, training=True)
    true = x.astype(np.float64)
    np.testing.assert_allclose(layer.moving_var.value, true.var(), rtol=1e-6)
    exact = (true - true.mean()) / np.sqrt(true.var() + 1e-3)
    np.testing.assert_allclose(y, exact, atol=1e-6)


@each_type
@pytest.mark.parametrize("value", [0.1, -3.7, 1e4])
def test_a_constant_column(dtype, value):
    """The variance is 0 and dx = gamma rstd (dy - mean dy), which is large."""
    layer = BatchNorm(1, momentum=0.0, dtype=dtype)
    y = layer.forward(np.full((8, 1), value, dtype), training=True)
    assert np.abs(y).max() < 1e-3
    assert 0 <= layer.moving_var.value[0] < 1e-20
    dy = normal(8, 1, dtype=dtype)
    expected = (dy - dy.mean(dtype=np.float64)) / np.sqrt(1e-3)
    assert_close(layer.backward(dy), expected, dtype)


@each_type
def test_the_gradient_of_a_batch_sums_to_zero(dtype):
    """Shifting all rows changes nothing, so dx has no part along that direction."""
    layer = layer_with_values(5, dtype)
    layer.forward(10 * normal(32, 5, dtype=dtype) + 3, training=True)
    dx = layer.backward(normal(32, 5, dtype=dtype, seed=1))
    assert np.abs(dx.sum(axis=0)).max() < 64 * np.finfo(dtype).eps * np.abs(dx).max()


def test_the_output_has_mean_beta_and_deviation_gamma():
    layer = layer_with_values(4)
    y = layer.forward(5 + 3 * normal(500, 4, dtype=np.float64), training=True)
    np.testing.assert_allclose(y.mean(0), layer.beta.value, atol=1e-12)
    np.testing.assert_allclose(y.std(0), np.abs(layer.gamma.value), rtol=1e-3)


# ---- one row -----------------------------------------------------------------------


def test_one_row_is_refused_when_training():
    layer = layer_with_values(3)
    before = fingerprint(layer)
    message = r"^BatchNorm.forward: argument 'x': .*at least 2 rows.*, got 1$"
    with pytest.raises(ShapeError, match=message):
        layer.forward(normal(1, 3, dtype=np.float64), training=True)
    assert fingerprint(layer) == before


def test_one_row_is_refused_inside_a_network():
    network = Sequential([BatchNorm(3), BatchNorm(3)])
    before = network.buffers.tobytes()
    with pytest.raises(ShapeError, match="at least 2 rows"):
        network.forward(normal(1, 3), training=True)
    assert network.buffers.tobytes() == before


def test_one_row_is_welcome_in_inference():
    assert BatchNorm(3).forward(normal(1, 3)).shape == (1, 3)


# ---- freezing ----------------------------------------------------------------------


def test_frozen_training_uses_the_batch_and_moves_nothing():
    free, frozen = layer_with_values(3), layer_with_values(3)
    x = normal(8, 3, dtype=np.float64, seed=9)
    y = free.forward(x, training=True)
    before = fingerprint(frozen)
    with frozen.frozen():
        assert_same_bits(frozen.forward(x, training=True), y)
    assert fingerprint(frozen) == before != fingerprint(free)


def test_statistics_move_again_after_the_scope():
    layer = BatchNorm(3)
    with layer.frozen():
        pass
    layer.forward(normal(8, 3), training=True)
    assert layer.moving_mean.value.any()


@pytest.mark.parametrize("backend", ["jit", "numpy"])
@pytest.mark.parametrize("size, dtype", [(1e25, np.float32), (1e200, np.float64)])
def test_a_variance_that_leaves_the_type_is_named(size, dtype, backend):
    """It was infinite, so that all rows became beta, and nobody was told."""
    layer = layer_with_values(3, dtype)
    before = fingerprint(layer)
    x = normal(8, 3, dtype=dtype)
    x[:, 1] *= size
    with use_backend(backend), np.errstate(over="ignore", invalid="ignore"):
        with pytest.raises(NonFiniteError) as caught:
            layer.forward(x, training=True)
    start = "BatchNorm.forward: argument 'x': expected numbers whose variance fits "
    assert str(caught.value).startswith(f"{start}{x.dtype}")
    assert fingerprint(layer) == before
    with use_backend(backend):
        assert np.isfinite(layer.forward(x / dtype(size) * 1e10, training=True)).all()


@pytest.mark.parametrize("backend", ["jit", "numpy"])
def test_rstd_is_nan_beside_a_variance_that_is_none(backend):
    """In a recorded step the primitive alone can tell: NaN reaches the losses."""
    x = np.array([[1e25, 1.0], [-1e25, 3.0]], np.float32)
    one, zero = np.ones(2, np.float32), np.zeros(2, np.float32)
    with use_backend(backend), np.errstate(over="ignore", invalid="ignore"):
        y, _, _, _, rstd = primitives.batchnorm_forward(x, one, zero, 1e-3)
    assert np.isnan(rstd[0]) and np.isnan(y[:, 0]).all()
    assert np.isfinite(rstd[1]) and np.isfinite(y[:, 1]).all()
