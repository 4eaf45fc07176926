"""Kernels that draw and move: epochs, gathering, and what nobody may write to."""

import numpy as np
import pytest

from minigan.compiled import data as kernels
from minigan.jit.random import stream


def epoch(rows, batch, shuffle=1, seed=0):
    """The batches of one epoch, and the order that they came from."""
    rng = np.random.default_rng(seed)
    order, cursor = np.arange(rows), np.zeros(1, np.int64)
    index, found = np.empty(batch, np.int64), []
    for _ in range(rows // batch):
        kernels.epoch_indices(stream(rng), order, cursor, shuffle, batch, index)
        found.append(index.copy())
    return np.concatenate(found), order, cursor[0]


@pytest.mark.parametrize(("rows", "batch"), [(12, 4), (13, 4), (5, 5), (7, 1)])
def test_an_epoch_visits_every_row_once(rows, batch):
    found, order, cursor = epoch(rows, batch)
    assert sorted(order) == list(range(rows)) and cursor == 0
    np.testing.assert_array_equal(found, order[: rows // batch * batch])
    assert (order != np.arange(rows)).any()


def test_an_epoch_in_order():
    found, _, _ = epoch(13, 4, shuffle=0)
    assert found.tolist() == list(range(12))


def test_a_larger_batch_starts_an_epoch():
    rng, order = np.random.default_rng(0), np.arange(10)
    cursor, index = np.array([8]), np.empty(3, np.int64)
    kernels.epoch_indices(stream(rng), order, cursor, 0, 3, index)
    assert index.tolist() == [0, 1, 2] and cursor[0] == 3


def test_integers_are_below_the_highest():
    rng, index = np.random.default_rng(0), np.empty(4_000, np.int64)
    kernels.integers(stream(rng), 5, index.size, index)
    assert np.bincount(index, minlength=5).min() > 700 and index.max() == 4


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_rows_are_gathered_and_joined(dtype):
    x = np.arange(12, dtype=dtype).reshape(4, 3)
    batch = np.empty((3, 3), dtype)
    kernels.gather(x, np.array([3, 0, 3]), batch)
    np.testing.assert_array_equal(batch, x[[3, 0, 3]])
    both = np.empty((7, 3), dtype)
    kernels.concatenate(x, batch, both)
    np.testing.assert_array_equal(both, np.concatenate([x, batch]))
