"""SoftmaxCrossEntropy: hand values, far logits, refused labels, learning."""

import numpy as np
import pytest

from minigan import Adam, BCEWithLogits, Dense, Sequential, SoftmaxCrossEntropy
from minigan.errors import (
    ArgumentError,
    DTypeError,
    NonFiniteError,
    ShapeError,
    StateError,
)

from .helpers import assert_close, assert_same_bits, normal

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def labels(n, classes, seed=0):
    return np.random.default_rng(seed).integers(0, classes, n)


@pytest.mark.parametrize(
    "z, label, expected",
    [
        ([0, 0], 0, np.log(2)),
        ([0, 0, 0, 0], 3, np.log(4)),
        ([np.log(3), 0], 0, np.log(4 / 3)),
        ([np.log(3), 0], 1, np.log(4)),
        ([1000, 0], 0, 0),
        ([1000, 0], 1, 1000),
        ([-1000, -1001], 0, np.log1p(np.exp(-1))),
        ([7], 0, 0),
    ],
)
def test_known_values(z, label, expected):
    with np.errstate(all="raise", under="ignore"):
        loss = SoftmaxCrossEntropy().forward(np.array([z], float), np.array([label]))
    np.testing.assert_allclose(loss, expected, rtol=1e-14, atol=1e-15)


@each_type
def test_by_the_formula(dtype):
    z, label = normal(7, 4, dtype=dtype), labels(7, 4)
    p = np.exp(z.astype(np.float64))
    p /= p.sum(axis=1, keepdims=True)
    loss = SoftmaxCrossEntropy()
    assert_close(loss.forward(z, label), -np.log(p[np.arange(7), label]).mean(), dtype)
    p[np.arange(7), label] -= 1
    dz = loss.backward()
    assert dz.dtype == dtype and dz.shape == z.shape
    assert_close(dz, p / 7, dtype)


@each_type
def test_the_gradient_of_a_row_sums_to_zero(dtype):
    loss = SoftmaxCrossEntropy()
    loss.forward(normal(20, 6, dtype=dtype), labels(20, 6))
    assert np.abs(loss.backward().sum(axis=1)).max() < 4 * np.finfo(dtype).eps


def test_two_classes_are_the_binary_cross_entropy():
    z, label = normal(9, 2, dtype=np.float64), labels(9, 2)
    ours, binary = SoftmaxCrossEntropy(), BCEWithLogits()
    logit = np.ascontiguousarray(z[:, 1:] - z[:, :1])
    target = label[:, None].astype(np.float64)
    expected = float(binary.forward(logit, target))
    assert float(ours.forward(z, label)) == pytest.approx(expected, rel=1e-13)
    np.testing.assert_allclose(ours.backward()[:, 1:], binary.backward(), rtol=1e-12)


def test_a_constant_on_all_logits_changes_nothing():
    z, label = normal(5, 3, dtype=np.float64), labels(5, 3)
    a, b = SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    np.testing.assert_allclose(a.forward(z, label), b.forward(z + 64, label), 1e-13)
    np.testing.assert_allclose(a.backward(), b.backward(), rtol=1e-12)


@pytest.mark.parametrize("kind", [np.uint8, np.int32, np.int64, ">i8"])
def test_labels_of_any_integer_type(kind):
    z, label = normal(6, 3), labels(6, 3)
    expected = SoftmaxCrossEntropy().forward(z, label)
    assert_same_bits(SoftmaxCrossEntropy().forward(z, label.astype(kind)), expected)


def test_the_cache_is_owned_and_consumed():
    untouched, touched = SoftmaxCrossEntropy(), SoftmaxCrossEntropy()
    z, label = normal(5, 3), labels(5, 3)
    untouched.forward(z, label)
    touched.forward(z, label)
    z[...], label[...] = 0, 0
    assert_same_bits(touched.backward(), untouched.backward())
    with pytest.raises(StateError, match="none since the last backward"):
        touched.backward()


GOOD, LABEL = np.zeros((4, 3), np.float32), np.array([0, 1, 2, 0])
BAD = {
    "column": (GOOD, LABEL[:, None], ShapeError, r"'target': .*\(4,\), got .*\(4, 1\)"),
    "rows": (GOOD, LABEL[:3], ShapeError, r"'target': .*\(4,\), got shape \(3,\)"),
    "vector": (GOOD[:, 0], LABEL, ShapeError, r"'pred': expected shape \(n, classes\)"),
    "floats": (GOOD, LABEL * 1.0, DTypeError, "'target': .*integer.*got dtype float64"),
    "bools": (GOOD, LABEL > 0, DTypeError, "'target': .*got dtype bool"),
    "list": (GOOD, [0, 1, 2, 0], DTypeError, "'target': .*got list"),
    "class 3": (GOOD, LABEL + 1, ArgumentError, r"'target': .*0 \.\.\. 2, got 3"),
    "class -1": (GOOD, LABEL - 1, ArgumentError, r"'target': .*0 \.\.\. 2, got -1"),
    "ints": (GOOD.astype(int), LABEL, DTypeError, "'pred': .*cast with"),
    "NaN": (GOOD * np.nan, LABEL, NonFiniteError, "'pred': .*12 of 12 not finite"),
}


@pytest.mark.parametrize("pred, target, error, message", BAD.values(), ids=BAD)
def test_bad_arguments(pred, target, error, message):
    with pytest.raises(
        error, match=rf"^SoftmaxCrossEntropy\.forward: argument {message}"
    ):
        SoftmaxCrossEntropy().forward(pred, target)


def test_a_network_learns_three_clusters():
    rng = np.random.default_rng(0)
    label = rng.integers(0, 3, 300)
    centre = np.array([[0, 2], [2, -1], [-2, -1]], np.float32)
    x = centre[label] + 0.3 * rng.standard_normal((300, 2), np.float32)
    net = Sequential([Dense(2, 3, rng=rng)])
    loss, adam = SoftmaxCrossEntropy(), Adam(0.05)
    for _ in range(60):
        net.zero_grad()
        loss.forward(net.forward(x, training=True), label)
        net.backward(loss.backward(), need_dx=False)
        adam.step(net)
    assert (net.predict(x).argmax(axis=1) == label).mean() > 0.99
