"""Data primitives by hand: draws, batches, and moving numbers about."""

import numpy as np
import pytest

from minigan import primitives

from ..helpers import assert_same_bits

pytestmark = pytest.mark.usefixtures("formulas")
A, B = np.arange(6.0).reshape(3, 2), np.arange(10.0, 14.0).reshape(2, 2)


def fresh():
    return np.random.default_rng(5)


def test_draws_are_those_of_numpy():
    z = primitives.standard_normal(fresh(), 4, 3, dtype=np.float64)
    assert_same_bits(z, fresh().standard_normal((4, 3)))
    u = primitives.uniform(fresh(), 4, 3, dtype=np.float64)
    assert_same_bits(u, fresh().random((4, 3)))
    index = primitives.integers(fresh(), 7, 100)
    assert index.tolist() == [int(u * 7) for u in fresh().random(100)]
    assert set(index.tolist()) == set(range(7))


def test_points_of_the_parabola():
    u = np.array([[0.0], [0.5], [0.75]])
    expected = [[-0.5, 0.25], [0.0, 0.0], [0.25, 0.0625]]
    assert primitives.parabola(u).tolist() == expected


def test_rows_and_labels_by_index():
    index = np.array([2, 0, 2, 1])
    assert primitives.gather(A, index).tolist() == [[4, 5], [0, 1], [4, 5], [2, 3]]
    labels = np.array([7, 8, 9])
    assert primitives.gather_labels(labels, index).tolist() == [9, 7, 9, 8]
    assert primitives.copy_labels(labels).tolist() == [7, 8, 9]


def test_rows_above_and_beside_each_other():
    above = primitives.concatenate(A, B)
    assert above.tolist() == [[0, 1], [2, 3], [4, 5], [10, 11], [12, 13]]
    beside = primitives.concatenate_features(A[:2], B[:, :1])
    assert beside.tolist() == [[0, 1, 10], [2, 3, 12]]
    wide = np.arange(10.0).reshape(2, 5)
    assert primitives.take_features(wide, 1, 2).tolist() == [[1, 2], [6, 7]]
    assert primitives.take_features(wide, 3, 2).tolist() == [[3, 4], [8, 9]]


def test_numbers_one_by_one():
    assert primitives.copy(A).tolist() == A.tolist()
    assert primitives.add(A, 2 * A).tolist() == (3 * A).tolist()
    assert primitives.multiply(A, A).tolist() == [[0, 1], [4, 9], [16, 25]]
    assert primitives.add_scaled(A, A, 0.5).tolist() == (1.5 * A).tolist()
    assert primitives.scale(A, -2.0).tolist() == (-2 * A).tolist()
    assert primitives.full(2, 3, 0.5, dtype=np.float64).tolist() == [[0.5] * 3] * 2
    filled = A.copy()
    primitives.fill(filled, 4.0)
    assert filled.tolist() == [[4, 4]] * 3


def test_labels_of_packs_and_of_rows():
    labels = np.array([7, 8, 9])
    assert primitives.respaced_labels(labels, 6).tolist() == [7, 7, 8, 8, 9, 9]
    six = np.array([7, 1, 8, 1, 9, 1])
    assert primitives.respaced_labels(six, 3).tolist() == [7, 8, 9]
    assert primitives.respaced_labels(labels, 3).tolist() == [7, 8, 9]


def test_rows_of_one_class_side_by_side():
    labels = np.array([1, 0, 1, 3, 1, 0])
    order = np.argsort(labels, kind="stable")
    counts = np.bincount(labels)
    starts = np.cumsum(counts) - counts
    tables = labels, order, starts, counts
    index = primitives.packed_indices(fresh(), *tables, 3, 6000)
    packs = labels[index].reshape(-1, 3)
    assert (packs == packs[:, :1]).all()
    shares = np.bincount(packs[:, 0], minlength=4) / len(packs)
    np.testing.assert_allclose(shares, [2 / 6, 3 / 6, 0, 1 / 6], atol=0.05)
    np.testing.assert_allclose(np.bincount(index) / 6000, 1 / 6, atol=0.02)
    u = fresh().random(2)
    kinds = labels[(u * 6).astype(int)]
    first = primitives.packed_indices(fresh(), *tables, 3, 6)
    assert labels[first].tolist() == kinds.repeat(3).tolist()


def test_vectors_of_labels_add_up():
    dW = np.ones((3, 2))
    primitives.embedding_dW(np.array([2, 0, 2]), A, dW)
    assert dW.tolist() == [[3, 4], [1, 1], [5, 7]]


def walked(rows, n, batches, shuffle):
    """Batches of indices, and the cursor after each."""
    rng, order = fresh(), np.arange(rows)
    cursor, found = np.zeros((), np.int64), []
    for _ in range(batches):
        index = primitives.epoch_indices(rng, order, cursor, shuffle, n)
        found.append((index.tolist(), int(cursor)))
    return found, order


@pytest.mark.parametrize(
    "rows, n, expected",
    [
        (5, 2, [([0, 1], 2), ([2, 3], 0), ([0, 1], 2)]),
        (6, 3, [([0, 1, 2], 3), ([3, 4, 5], 0), ([0, 1, 2], 3)]),
        (4, 4, [([0, 1, 2, 3], 0), ([0, 1, 2, 3], 0)]),
        (7, 2, [([0, 1], 2), ([2, 3], 4), ([4, 5], 0), ([0, 1], 2)]),
    ],
)
def test_rows_in_order(rows, n, expected):
    assert walked(rows, n, len(expected), 0)[0] == expected


def test_a_batch_that_does_not_fit_any_more_begins_an_epoch():
    rng, order, cursor = fresh(), np.arange(5), np.array(3)
    index = primitives.epoch_indices(rng, order, cursor, 0, 3)
    assert index.tolist() == [0, 1, 2] and int(cursor) == 0
    cursor[...] = 2
    assert primitives.epoch_indices(rng, order, cursor, 0, 3).tolist() == [2, 3, 4]
    assert int(cursor) == 0


def test_an_epoch_is_shuffled_by_fisher_and_yates():
    (first, second, third), order = walked(6, 3, 3, 1)
    u, expected = fresh(), list(range(6))
    epochs = []
    for _ in range(2):
        draws = u.random(6)
        for i in range(5, 0, -1):
            k = int(draws[i] * (i + 1))
            expected[i], expected[k] = expected[k], expected[i]
        epochs.append(list(expected))
    assert first[0] + second[0] == epochs[0]
    assert third[0] == epochs[1][:3] and order.tolist() == epochs[1]
