"""What layers keep and pass on: arrays, and tuples of them."""

import copy

import numpy as np
import pytest

from minigan.errors import DTypeError, ShapeError
from minigan.layers.arrays import (
    Buffer,
    Parameter,
    _added,
    _apart,
    _checked_like,
    _copied,
    _joined,
)


def test_a_copy_of_a_parameter_is_its_own():
    one = Parameter("W", np.ones((2, 3)))
    other = copy.copy(one)
    other.value += 1
    other.grad += 1
    assert (one.value == 1).all() and not one.grad.any()
    assert repr(one) == "Parameter('W', shape (2, 3))"
    assert repr(Buffer("mean", np.zeros(3))) == "Buffer('mean', shape (3,))"


def test_a_result_that_lies_in_what_is_kept_is_copied():
    kept, fresh = np.ones((2, 2)), np.zeros((2, 2))
    y, z = _apart((kept[:1], fresh), (None, [kept]))
    assert z is fresh and not np.may_share_memory(y, kept) and (y == 1).all()
    assert _apart(None, kept) is None


def test_tuples_are_copied_and_added_part_by_part():
    x = np.ones((2, 1)), np.arange(2)
    one, labels = _copied(x)
    assert one is not x[0] and labels.tolist() == [0, 1]
    total, rest = _added((one, None), (one, one))
    assert (total == 2).all() and rest is one and _added(None, None) is None


def test_what_is_not_like_y_is_refused_by_its_place():
    y = np.zeros((2, 1)), np.zeros((2, 3))
    with pytest.raises(DTypeError, match="'dy': expected a tuple of 2 arrays, got a"):
        _checked_like("f", "dy", y[0], y)
    with pytest.raises(ShapeError, match=r"dy\[1\].*\(2, 3\), got \(2, 1\)"):
        _checked_like("f", "dy", (y[0], y[0]), y)


def test_names_of_parts():
    assert [_joined(*p) for p in (("1.0", "W"), ("", "W"), ("1", ""))] == [
        "1.0.W",
        "W",
        "1",
    ]
