"""Columns: there and back, in the user's units."""

import json

import numpy as np
import pytest

from minigan.data.columns import Columns
from minigan.errors import CheckpointError, ShapeError

VALUES = np.random.default_rng(0).normal([170, 1e-3, -2e6], [10, 1e-4, 3e5], (50, 3))


@pytest.mark.parametrize("dtype", ["f4", "f8"])
def test_there_and_back(dtype):
    columns = Columns.of(VALUES, ["height (cm)", "b", "c"])
    scaled = columns.scaled(VALUES)
    np.testing.assert_allclose([scaled.min(), scaled.max()], [-1, 1], rtol=1e-14)
    back = columns.restored(scaled.astype(dtype))
    error = np.abs(back - VALUES) / (np.array(columns.high) - columns.low)
    assert back.dtype == np.float64
    assert error.max() < (1e-7 if dtype == "f4" else 1e-15)


def test_no_more_digits_than_float32_can_tell_apart():
    columns = Columns.of(np.array([[100.0], [200.0]]))
    (text,) = map(str, columns.restored(np.float32([[0.123456789]]))[0])
    assert text == "156.17284"


def test_large_numbers_do_not_overflow():
    values = np.array([[-1.7e308, 1e308], [1.7e308, 1.5e308]])
    columns = Columns.of(values)
    np.testing.assert_allclose(columns.scaled(values), [[-1, -1], [1, 1]])
    restored = columns.restored(np.float32([[-1, -1], [1, 1]]))
    np.testing.assert_allclose(restored, values)


def test_a_column_of_one_number_stays_that_number():
    columns = Columns.of(np.array([[5.0, 1.0], [5.0, 2.0]]))
    assert columns.scaled([[5.0, 1.0]]).tolist() == [[0.0, -1.0]]
    assert columns.restored(np.float32([[0.3, 1.0]])).tolist() == [[5.0, 2.0]]


def test_plain_columns_change_nothing():
    columns = Columns.plain(3)
    rows = np.float32([[0.123456789, -3, 1e-12]])
    assert columns.names == ("x0", "x1", "x2") and columns.is_plain
    assert Columns.plain(2).names == ("x", "y")
    assert columns.restored(rows).tobytes() == rows.tobytes()
    np.testing.assert_array_equal(columns.scaled(rows), rows)


@pytest.mark.parametrize("shape", [(3,), (4, 2), (2, 3, 1)])
def test_other_shapes(shape):
    for method in (Columns.plain(3).scaled, Columns.plain(3).restored):
        with pytest.raises(ShapeError, match=r"Columns\..*expected shape \(n, 3\)"):
            method(np.zeros(shape))


def test_config_is_json_and_back():
    columns = Columns.of(VALUES, ["é", "b,", 'c"'])
    found = json.loads(json.dumps(columns.config()))
    assert Columns.from_config(found, 3) == columns


GOOD = {"names": ["a"], "low": [0.0], "high": [1.0]}


@pytest.mark.parametrize(
    "found",
    [
        *(None, [], "abc", 3, {}, {**GOOD, "more": []}),
        *({**GOOD, "names": given} for given in (None, [], ["a", "b"], [3], "ab")),
        *({**GOOD, "low": given} for given in ([2.0], [None], ["0"], [[0.0]], [0])),
        *({**GOOD, "high": [given]} for given in (np.inf, np.nan, -np.inf, True)),
    ],
)
def test_forged_config(found):
    assert Columns.from_config(GOOD, 1)
    with pytest.raises(CheckpointError, match="names and ranges of 1 columns"):
        Columns.from_config(found, 1)
