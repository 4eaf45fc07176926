"""Add, Multiply, Concatenate: values of one batch meet."""

from functools import reduce

import numpy as np
import pytest

from minigan import (
    Add,
    Average,
    Concatenate,
    Dot,
    Input,
    Maximum,
    Minimum,
    Multiply,
    Subtract,
)
from minigan.errors import ArgumentError, DTypeError, ShapeError, StateError

from ..helpers import assert_close, assert_same_bits, normal

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
each_kind = pytest.mark.parametrize("kind", [Add, Multiply, Concatenate])
each_count = pytest.mark.parametrize("count", [2, 3])


def arrays(count, *shape, dtype=np.float32):
    return tuple(normal(*shape, dtype=dtype, seed=k) for k in range(count))


def expected(kind, x):
    """y, by NumPy."""
    if kind is Concatenate:
        return np.concatenate(x, axis=-1)
    return reduce(np.add if kind is Add else np.multiply, x)


@each_type
@each_count
@each_kind
def test_what_they_compute(kind, count, dtype):
    x = arrays(count, 5, 2, 3, dtype=dtype)
    layer = kind()
    y = layer.forward(x, training=True)
    assert_same_bits(y, expected(kind, x))
    assert_same_bits(layer.predict(list(x)), y)
    dy = normal(*y.shape, dtype=dtype, seed=9)
    dx = layer.backward(dy)
    assert isinstance(dx, tuple) and len(dx) == count
    for k, got in enumerate(dx):
        assert got.shape == x[k].shape and got.dtype == dtype
        if kind is Concatenate:
            assert_same_bits(got, dy[..., 3 * k : 3 * k + 3])
        else:
            others = np.prod([v for j, v in enumerate(x) if j != k], axis=0)
            assert_close(got, dy if kind is Add else dy * others, dtype)


@each_kind
def test_arrays_are_kept_apart(kind):
    x, layer = arrays(3, 4, 3), kind()
    before = [v.copy() for v in x]
    y = layer.forward(x)
    for v in x:
        assert not np.shares_memory(v, y)
        v[...] = 7
    dy = normal(*y.shape, seed=9)
    y[...] = -7
    dx = layer.backward(dy)
    memory = [*dx, dy, *x]
    for k, one in enumerate(memory):
        assert not any(np.shares_memory(one, other) for other in memory[:k])
    layer.forward(before)
    for a, b in zip(layer.backward(dy), dx, strict=True):
        assert_same_bits(a, b)
    with pytest.raises(StateError, match="consumed once"):
        layer.backward(dy)


def test_widths_may_differ_side_by_side():
    x = normal(4, 3), normal(4, 1), normal(4, 2)
    y = Concatenate().forward(x)
    assert y.shape == (4, 6) and Concatenate().output_shape([(3,), (1,), (2,)]) == (6,)


@each_kind
def test_without_dx(kind):
    layer = kind()
    y = layer.forward(arrays(2, 4, 3))
    assert layer.backward(np.ones_like(y), need_dx=False) is None


BAD = {
    "array": (
        normal(4, 3),
        DTypeError,
        "'x': expected a tuple of arrays, got a ndarray",
    ),
    "one": ((normal(4, 3),), ArgumentError, "'x': expected at least two arrays, got 1"),
    "list": ((normal(4, 3), [1.0]), DTypeError, r"'x\[1\]': expected a numpy array"),
    "types": (
        (normal(4, 3), normal(4, 3, dtype=np.float64)),
        DTypeError,
        r"'x\[1\]': expected dtype float32",
    ),
    "rows": (
        (normal(4, 3), normal(5, 3)),
        ShapeError,
        r"'x\[1\]': expected a shape that fits \(4, 3\), got \(5, 3\)",
    ),
    "rank": (
        (normal(4, 3), normal(4, 3, 1)),
        ShapeError,
        r"'x\[1\]': expected a shape that fits \(4, 3\), got \(4, 3, 1\)",
    ),
    "vector": (
        (normal(4), normal(4)),
        ShapeError,
        r"'x\[0\]': expected shape \(batch, features\), got \(4,\)",
    ),
}


@each_kind
@pytest.mark.parametrize("x, error, message", BAD.values(), ids=BAD)
@pytest.mark.parametrize("method", ["forward", "predict"])
def test_bad_input(kind, x, error, message, method):
    where = rf"^{kind.__name__}.{method}: argument "
    with pytest.raises(error, match=where + message):
        getattr(kind(), method)(x)


@pytest.mark.parametrize("kind", [Add, Multiply])
def test_shapes_must_agree(kind):
    with pytest.raises(ShapeError, match=r"'x\[1\]': expected a shape that fits"):
        kind().forward((normal(4, 3), normal(4, 1)))


# ---- Subtract, Average, Maximum, Minimum -------------------------------------------


@each_type
@pytest.mark.parametrize(
    "kind, y, dx",
    [
        (Subtract, [-1, 5, 0], [[1, 1, 1], [-1, -1, -1]]),
        (Average, [2.5, 0.5, 7], [[0.5] * 3] * 2),
        (Maximum, [3, 3, 7], [[0, 1, 1], [1, 0, 0]]),
        (Minimum, [2, -2, 7], [[1, 0, 1], [0, 1, 0]]),
    ],
)
def test_two_rows_by_hand(kind, y, dx, dtype):
    x = np.array([[2, 3, 7]], dtype), np.array([[3, -2, 7]], dtype)
    layer = kind()
    assert layer.forward(x).tolist() == [y]
    got = layer.backward(np.ones((1, 3), dtype))
    assert [part.tolist() for part in got] == [[row] for row in dx]


@pytest.mark.parametrize("kind, least", [(Maximum, max), (Minimum, min)])
def test_the_first_of_equal_ones_has_the_gradient(kind, least):
    x, layer = arrays(3, 5, 4), kind()
    x[1][0], x[2][1] = x[0][0], x[0][1]
    rows = [np.array(r) for r in zip(*(v.ravel() for v in x), strict=True)]
    assert layer.forward(x).ravel().tolist() == [least(r) for r in rows]
    dx = layer.backward(np.ones((5, 4), np.float32))
    found = np.stack([d.ravel() for d in dx], axis=1)
    first = [list(r).index(least(r)) for r in rows]
    assert (found == np.eye(3)[first]).all()


def test_a_difference_of_three():
    with pytest.raises(ArgumentError, match="^Subtract.forward.*expected two arrays"):
        Subtract().forward(arrays(3, 4, 3))
    with pytest.raises(ArgumentError, match="^Subtract: .*expected two nodes"):
        Subtract()([Input((3,)), Input((3,)), Input((3,))])


# ---- Dot ---------------------------------------------------------------------------


@each_type
def test_the_inner_product(dtype):
    a, b = arrays(2, 5, 2, 3, dtype=dtype)
    layer = Dot()
    y = layer.forward((a, b), training=True)
    assert y.shape == (5, 1) == (5, *layer.output_shape(((2, 3), (2, 3))))
    assert_close(y, (a * b).sum(axis=(1, 2)).reshape(5, 1), dtype)
    dy = normal(5, 1, dtype=dtype, seed=9)
    da, db = layer.backward(dy)
    assert_close(da, dy[..., None] * b, dtype)
    assert_close(db, dy[..., None] * a, dtype)
    layer.forward((a, b))
    assert layer.backward(dy, need_dx=False) is None


def test_an_inner_product_of_three():
    with pytest.raises(ArgumentError, match="^Dot.forward.*'x': expected two arrays"):
        Dot().forward(arrays(3, 4, 3))
    with pytest.raises(ArgumentError, match="^Dot: .*'inputs': expected two nodes"):
        Dot()([Input((3,)) for _ in range(3)])


def test_features_side_by_side_by_shape():
    layer = Concatenate()
    assert layer.output_shape(((2, 3), (2, 1))) == (2, 4)
    assert layer.output_shape(((3,), (1,), (2,))) == (6,)
    with pytest.raises(ShapeError, match="inputs"):
        layer._results("Concatenate", ((3,), ()))


def test_a_tangent_of_one_part_leaves_zeros_in_the_place_of_the_others():
    layer = Concatenate()
    parts = normal(5, 2, 3), normal(5, 2, 1), normal(5, 2, 2)
    _, cache = layer.forward_pass(parts, True)
    for k in range(3):
        t = [part if i == k else None for i, part in enumerate(parts)]
        zeros = [
            part if i == k else np.zeros_like(part) for i, part in enumerate(parts)
        ]
        assert_same_bits(layer.tangent_pass(tuple(t), cache), np.concatenate(zeros, -1))
