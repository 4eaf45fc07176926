"""Losses by hand, each with its gradient; N counts all elements."""

import math

import numpy as np
import pytest

from minigan import primitives

pytestmark = pytest.mark.usefixtures("formulas")
Z = np.array([[0.5, -1.0], [2.0, 0.25], [-0.5, 3.0]])
T = np.array([[1.0, 0.0], [0.25, 1.0], [0.0, 0.75]])
P = np.array([[0.5, 0.25], [0.125, 0.75], [0.9, 0.6]])


def close(got, expected):
    np.testing.assert_allclose(np.asarray(got), expected, rtol=1e-12)


def mean(f, *arrays):
    """The mean of f over the elements, number by number."""
    return sum(f(*x) for x in zip(*(a.flat for a in arrays), strict=True)) / 6


def each(f, *arrays):
    """f of each element over their number, as an array."""
    values = [f(*x) / 6 for x in zip(*(a.flat for a in arrays), strict=True)]
    return np.reshape(values, (3, 2))


def sigmoid(z):
    return 1 / (1 + math.exp(-z))


def test_cross_entropy_of_probabilities():
    def entropy(p, t):
        return -t * math.log(p) - (1 - t) * math.log(1 - p)

    close(primitives.bce_forward(P, T, 1e-3), mean(entropy, P, T))
    slope = each(lambda p, t: -t / p + (1 - t) / (1 - p), P, T)
    close(primitives.bce_backward(P, T, 1e-3), slope)


def test_cross_entropy_is_clipped_outside_its_bounds_and_not_on_them():
    p = np.array([[0.1, 0.25], [0.5, 0.75], [0.9, 0.25]])
    t = np.full((3, 2), 0.5)
    q = np.clip(p, 0.25, 0.75)
    expected = mean(lambda x: -0.5 * math.log(x) - 0.5 * math.log(1 - x), q)
    close(primitives.bce_forward(p, t, 0.25), expected)
    slope = each(lambda x: (x - 0.5) / (x * (1 - x)), p)
    slope[0, 0] = slope[2, 0] = 0
    close(primitives.bce_backward(p, t, 0.25), slope)


@pytest.mark.parametrize("weight", [1.0, -1.0, 0.5])
def test_cross_entropy_of_logits(weight):
    def entropy(z, t):
        return -t * math.log(sigmoid(z)) - (1 - t) * math.log(1 - sigmoid(z))

    close(primitives.bce_logits_forward(Z, T, weight), weight * mean(entropy, Z, T))
    slope = each(lambda z, t: weight * (sigmoid(z) - t), Z, T)
    close(primitives.bce_logits_backward(Z, T, weight), slope)


def test_far_logits_neither_overflow_nor_vanish():
    z, one = np.array([[800.0, -800.0]]), np.ones((1, 2))
    close(primitives.bce_logits_forward(z, one, 1.0), 400.0)
    close(primitives.bce_logits_backward(z, one, 1.0), [[0.0, -0.5]])


def test_differences():
    close(primitives.squared_forward(Z, T), mean(lambda z, t: (z - t) ** 2 / 2, Z, T))
    close(primitives.squared_backward(Z, T), each(lambda z, t: z - t, Z, T))
    close(primitives.absolute_forward(Z, T), mean(lambda z, t: abs(z - t), Z, T))
    t = T.copy()
    t[1, 1] = Z[1, 1]  # where they are equal the derivative is 0
    slope = each(lambda z, t: int(z > t) - int(z < t), Z, t)
    close(primitives.absolute_backward(Z, t), slope)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_hinge(sign):
    z = Z.copy()
    z[0, 0] = sign  # on the margin itself
    close(primitives.hinge_forward(z, sign), mean(lambda x: max(0, 1 - sign * x), z))
    slope = each(lambda x: -sign if 1 - sign * x > 0 else 0, z)
    close(primitives.hinge_backward(z, sign), slope)


def test_straight_lines():
    close(primitives.linear_forward(Z, -0.5), mean(lambda z: -0.5 * z, Z))
    close(primitives.linear_backward(Z, -0.5), np.full((3, 2), -0.5 / 6))
    product = mean(lambda z, t: 3 * z * t, Z, T)
    close(primitives.product_forward(Z, T, 3.0), product)


def test_cross_entropy_of_classes():
    """The mean is over rows, and far logits do not overflow."""
    label = np.array([1, 0, 1])
    loss, p = primitives.softmax_forward(Z, label)
    sums = [math.exp(a) + math.exp(b) for a, b in Z]
    expected = [
        [math.exp(a) / s, math.exp(b) / s] for (a, b), s in zip(Z, sums, strict=True)
    ]
    close(p, expected)
    picked = [row[k] for row, k in zip(expected, label, strict=True)]
    close(loss, -sum(map(math.log, picked)) / 3)
    slope = np.array(expected)
    slope[[0, 1, 2], label] -= 1
    close(primitives.softmax_backward(p, label), slope / 3)
    loss, p = primitives.softmax_forward(np.array([[900.0, 0.0]]), np.array([1]))
    close(loss, 900.0)
    assert p.tolist() == [[1.0, 0.0]]
