"""Intervals and quantiles."""

import numpy as np
import pytest

from minigan import MiniganError
from minigan.study.statistics import QUANTILES, quantiles, wilson


@pytest.mark.parametrize(
    "hits, trials, low, high",
    [(50, 100, 0.4038, 0.5962), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)],
)
def test_wilson_intervals(hits, trials, low, high):
    assert wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_of_nothing_nothing_is_known():
    assert wilson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("counts", [(2, 1), (-1, 5), (0, -1), (0.5, 1), (None, 1)])
def test_what_are_no_counts(counts):
    with pytest.raises(MiniganError, match="^wilson: argument"):
        wilson(*counts)


def test_quantiles_are_numpys():
    values = np.random.default_rng(0).standard_normal(37)
    expected = np.quantile(values, QUANTILES)
    np.testing.assert_allclose(quantiles(values.tolist()), expected, rtol=1e-15)
    assert quantiles([3.0]) == [3.0] * len(QUANTILES)


def test_infinite_values_are_quantiles_too():
    assert quantiles([1.0, np.inf, np.inf])[3] == np.inf
    assert quantiles([-np.inf, 1.0, 2.0])[0] == -np.inf
