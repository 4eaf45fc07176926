"""Rows of an array: batches, epochs, labels, and what is refused."""

import numpy as np
import pytest

from minigan import use_backend
from minigan.errors import ArgumentError, MiniganError
from minigan.gan import Parabola, Rows
from minigan.gan.rows import packs_of

from .small import array

BACKENDS = pytest.mark.parametrize("backend", ["jit", "numpy"])


def indices(batch):
    """Which rows of `array(...)` these are: x grows with the row."""
    return [int(k) for k in batch[:, 0]]


def numbered(n):
    return np.stack([np.arange(n), np.arange(n) ** 2], axis=1).astype(np.float32)


def rows(n, sampling, seed=0):
    return Rows(numbered(n), rng=seed, sampling=sampling)


@BACKENDS
def test_replacement_draws_every_row_anew(backend):
    with use_backend(backend):
        source = rows(10, "replacement")
        drawn = indices(source.batch(2000))
    counts = np.bincount(drawn, minlength=10)
    assert counts.min() > 140 and counts.max() < 260 and source.state() == {}


@BACKENDS
def test_ordered_epochs_drop_a_tail_too_short_for_a_batch(backend):
    with use_backend(backend):
        source = rows(11, "ordered")
        seen = [indices(source.batch(4)) for _ in range(5)]
    assert seen == [[0, 1, 2, 3], [4, 5, 6, 7]] * 2 + [[0, 1, 2, 3]]


@BACKENDS
def test_shuffled_epochs_show_each_row_once(backend):
    with use_backend(backend):
        source = rows(12, "shuffled")
        epochs = [
            [k for _ in range(3) for k in indices(source.batch(4))] for _ in range(4)
        ]
    assert all(sorted(epoch) == list(range(12)) for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) == 4


@BACKENDS
def test_a_larger_batch_that_does_not_fit_any_more_starts_an_epoch(backend):
    """Four rows are left when six are wanted: nothing is read behind the end."""
    with use_backend(backend):
        source = rows(11, "ordered")
        seen = [indices(source.batch(n)) for n in (4, 4, 3, 4, 6, 2)]
    first = [[0, 1, 2, 3], [4, 5, 6, 7], [0, 1, 2]]
    assert seen == first + [[3, 4, 5, 6], [0, 1, 2, 3, 4, 5], [0, 1]]


@BACKENDS
@pytest.mark.parametrize("sampling", ["ordered", "shuffled"])
def test_a_batch_of_all_rows(backend, sampling):
    with use_backend(backend):
        source = rows(6, sampling)
        assert [sorted(indices(source.batch(6))) for _ in range(3)] == [[*range(6)]] * 3


def test_backends_draw_the_same_rows():
    for sampling in Rows.SAMPLING:
        seen = []
        for backend in ("jit", "numpy"):
            with use_backend(backend):
                source = rows(13, sampling)
                seen.append([indices(source.batch(4)) for _ in range(8)])
        assert seen[0] == seen[1]


@pytest.mark.parametrize("sampling", Rows.SAMPLING)
def test_draw_moves_nothing_that_training_uses(sampling):
    one, two, other = rows(9, sampling), rows(9, sampling), np.random.default_rng(5)
    one.batch(3), two.batch(3)
    assert one.draw(50, other).shape == (50, 2)
    assert indices(one.batch(3)) == indices(two.batch(3))


def test_rows_are_copied_flattened_and_cast():
    data = np.arange(24, dtype=np.float64).reshape(3, 4, 2)
    source = Rows(data, sampling="ordered", dtype=np.float32)
    data[:] = 0
    assert source.features == 8 and source.data.dtype == np.float32
    np.testing.assert_array_equal(source.batch(1)[0], np.arange(8))


def test_layouts_do_not_matter():
    data = array(8)
    for other in (np.asfortranarray(data), data[::-1][::-1], data.astype(">f4")):
        source = Rows(other, sampling="ordered")
        np.testing.assert_array_equal(source.batch(8), data)


def test_read_only_data():
    data = array(8)
    data.flags.writeable = False
    assert Rows(data).batch(3).shape == (3, 2)


RNG = np.random.default_rng(0)


BAD_ROWS = {
    "None": (dict(data=None), "Rows: argument 'data': expected a numpy array"),
    "a list": (dict(data=[[1.0, 2.0]]), "'data': expected a numpy array, got list"),
    "integers": (dict(data=np.ones((3, 2), int)), "'data'.*cast with .astype"),
    "bytes": (dict(data=np.ones((3, 2), np.uint8)), "'data'.*float32 or float64.*cast"),
    "half": (dict(data=np.ones((3, 2), np.float16)), "'data'.*got dtype float16"),
    "objects": (dict(data=np.ones((3, 2), object)), "'data'.*got dtype object"),
    "complex": (dict(data=np.ones((3, 2), complex)), "'data'.*got dtype complex128"),
    "one axis": (dict(data=np.ones(3)), r"expected shape \(n, features\), got \(3,\)"),
    "no rows": (dict(data=np.ones((0, 2))), "'data': expected at least one element"),
    "NaN": (
        dict(data=np.array([[0, 1], [np.nan, 2]])),
        r"'data': expected finite numbers, got 1 of 4 not finite.*at \(1, 0\)",
    ),
    "infinite": (dict(data=np.array([[0, np.inf]])), "'data': expected finite"),
    "too large": (dict(data=np.array([[0, 1e300]])), "'data': expected.*float32"),
    "sampling": (
        dict(sampling="random"),
        "'sampling'.*'shuffled', 'ordered'.*'random'",
    ),
    "sampling None": (dict(sampling=None), "'sampling': expected one of"),
    "rng": (dict(rng=None), "'rng': expected a numpy.random.Generator or a seed"),
    "old rng": (dict(rng=np.random.RandomState(0)), "'rng': expected a"),  # noqa: NPY002
    "dtype": (dict(dtype=np.int32), "'dtype': expected float32 or float64"),
    "dtype word": (dict(dtype="big"), "'dtype': expected float32 or float64"),
}


@pytest.mark.parametrize("change, message", BAD_ROWS.values(), ids=BAD_ROWS)
def test_bad_arguments_of_rows(change, message):
    good = dict(data=array(4), rng=RNG, sampling="ordered", dtype=np.float32)
    with pytest.raises(MiniganError, match=message):
        Rows(**{**good, **change})


@pytest.mark.parametrize("n", [0, -1, 1.5, "3", None, True])
def test_bad_batch_sizes(n):
    for source in (Parabola(RNG), rows(9, "ordered"), rows(9, "replacement")):
        before = {k: v.copy() for k, v in source.state().items()}
        for method in (source.batch, lambda n, s=source: s.draw(n, RNG)):
            with pytest.raises(MiniganError, match="argument 'n': expected an integer"):
                method(n)
        assert all((before[k] == v).all() for k, v in source.state().items())


def test_a_batch_larger_than_the_data():
    with pytest.raises(MiniganError, match="'n': expected at most the 9 rows.*got 10"):
        rows(9, "shuffled").batch(10)
    assert rows(9, "replacement").batch(10).shape == (10, 2)


@pytest.mark.parametrize("sampling", Rows.SAMPLING)
def test_labels_travel_with_their_rows(sampling):
    source = Rows(numbered(9), np.arange(9) * 10, sampling=sampling)
    assert source.labelled and not rows(9, sampling).labelled
    for _ in range(5):
        batch, labels = source.batch(4)
        assert batch.shape == (4, 2) and labels.shape == (4,)
        assert labels.dtype == np.int64
        assert (labels == 10 * batch[:, 0]).all()
    assert source.draw(3, np.random.default_rng(0)).shape == (3, 2)


def test_labels_change_no_row_and_are_copied():
    labels = np.arange(9, dtype=np.uint8)
    source, plain = Rows(numbered(9), labels), Rows(numbered(9))
    labels[:] = 0
    batch, found = source.batch(5)
    assert batch.tobytes() == plain.batch(5).tobytes()
    assert (found == batch[:, 0]).all()
    assert source.digest() != plain.digest()
    names = ["by class", "counts", "data", "labels", "starts"]
    assert sorted(source.tables()) == names


def test_packs_of_rows_are_of_one_class():
    rows, labels = numbered(9), np.array([2, 0, 2, 2, 0, 2, 2, 0, 2])
    source = Rows(rows, labels)
    batch, found = source.packs(60, 3)
    kinds = labels[batch[:, 0].astype(int)].reshape(-1, 3)
    assert (kinds == found[:, None]).all() and set(found) == {0, 2}
    for other in (Rows(rows, labels, sampling="ordered"), Rows(rows)):
        assert not other.packs_classes
        with pytest.raises(ArgumentError, match="Rows.packs: argument 'self': expect"):
            other.packs(6, 3)
    assert not Parabola(0).packs_classes


def test_rows_that_are_there_are_put_class_by_class():
    labels = np.array([1, 0, 1, 1, 0, 4])
    rows, found = packs_of(np.arange(6), labels, 2)
    assert rows.tolist() == [1, 4, 0, 2] and found.tolist() == [0, 1]


BAD_LABELS = {
    "a list": ([0, 1, 2, 3], "'labels': expected an array of integers, .*got list"),
    "floats": (np.zeros(4), "'labels': expected an array of integers.*got float64"),
    "flags": (np.zeros(4, bool), "'labels': expected an array of integers.*got bool"),
    "too few": (np.zeros(3, int), r"'labels': expected shape \(4,\), got \(3,\)"),
    "a column": (np.zeros((4, 1), int), r"'labels': expected shape \(4,\), got \(4, 1"),
    "negative": (np.array([0, 1, -1, 2]), r"'labels': expected integers >= 0, got -1"),
    "a generator": (np.random.default_rng(0), "'labels': expected.*got Generator"),
}


@pytest.mark.parametrize("labels, message", BAD_LABELS.values(), ids=BAD_LABELS)
def test_bad_labels(labels, message):
    with pytest.raises(MiniganError, match=f"Rows: argument {message}"):
        Rows(array(4), labels)


def test_a_source_says_what_it_must_not_lose():
    source = rows(9, "shuffled")
    assert sorted(source.state()) == ["cursor", "order"]
    assert source.generators() == {"rng": source.rng}
    points = Parabola(0)
    assert points.state() == {} and points.generators() == {"rng": points.rng}
    assert points.config() == {"kind": "parabola"} and points.digest() is None


BAD_PLACES = {
    "a row twice": ([0, 1, 1, 3], 0, "data/order: expected each of 0 ... 3 once"),
    "a row outside": ([0, 1, 2, 4], 0, "data/order"),
    "a row before": ([0, 1, 2, -3], 0, "data/order"),
    "behind the end": ([3, 1, 2, 0], 5, "data/cursor: expected 0 ... 4, got 5"),
    "before the start": ([3, 1, 2, 0], -1, "data/cursor"),
}


@pytest.mark.parametrize("order, cursor, message", BAD_PLACES.values(), ids=BAD_PLACES)
def test_places_outside_the_rows_are_refused(order, cursor, message):
    source = rows(4, "shuffled")
    source.check({"order": np.array([3, 1, 2, 0]), "cursor": np.array(4)})
    with pytest.raises(MiniganError, match=message):
        source.check({"order": np.array(order), "cursor": np.array(cursor)})


def test_of_rows_nobody_knows_the_truth():
    assert Rows(numbered(9)).quality(numbered(9), 0) is None
