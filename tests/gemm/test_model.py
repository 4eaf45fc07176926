"""The model of a product by tiles: its split is exact, its instruction is Intel's."""

from fractions import Fraction

import numpy as np
import pytest

from minigan.gemm import model

from ..helpers import normal


def words(*values):
    return np.array(values, np.uint32).view(np.float32)


def numbers(n, lowest=-90, highest=120, seed=0):
    """Random float32 numbers with exponents in a range, of both signs."""
    rng = np.random.default_rng(seed)
    exponents = rng.integers(lowest + 127, highest + 127, n, np.uint32)
    rest = rng.integers(0, 1 << 23, n, np.uint32)
    signs = rng.integers(0, 2, n, np.uint32)
    return (signs << 31 | exponents << 23 | rest).view(np.float32)


def test_three_parts_of_eight_digits_are_the_number():
    x = numbers(20_000)
    parts = model.split(x)
    for part in parts:
        assert not (part.view(np.uint32) & 0xFFFF).any()
    hi, mid, lo = (part.astype(float) for part in parts)
    np.testing.assert_array_equal(hi + mid + lo, x)
    assert (abs(mid) <= abs(hi) * 2.0**-8).all()
    assert (abs(lo) <= abs(hi) * 2.0**-16).all()


@pytest.mark.parametrize("x", [0x7FFFFFFF, 0xFFFF8001, 0x7F800001, 0x7FC00000])
def test_every_nan_stays_one(x):
    """Also those whose bits run over when they are rounded."""
    assert any(np.isnan(part).all() for part in model.split(words(x)))
    found = model.product(words(x).reshape(1, 1), np.ones((1, 1), np.float32))
    assert np.isnan(found).all()


def fused(total, a, b):
    """total + a b, rounded once to 24 digits, subnormal results zero: exact."""
    exact = Fraction(float(total)) + Fraction(float(a)) * Fraction(float(b))
    if exact == 0:
        return np.float32(total) + np.float32(0)
    exponent = 0
    while abs(exact) >= Fraction(2) ** (exponent + 24):
        exponent += 1
    while abs(exact) < Fraction(2) ** (exponent + 23):
        exponent -= 1
    rounded = round(exact / Fraction(2) ** exponent) * Fraction(2) ** exponent
    tiny = abs(rounded) < Fraction(2) ** -126
    return np.float32(0 if tiny else float(rounded))


@pytest.mark.parametrize("range_", [(-20, 20), (-66, -55), (-64, -61)])
def test_the_instruction_is_two_chains_of_fused_multiply_adds(range_):
    """Against exact fractions, near the subnormal numbers as well."""
    n = model.DEPTH
    a, b = (model.eight_digits(numbers(n, *range_, seed=s)) for s in (1, 2))
    even = odd = np.float32(0)
    for k in range(0, n, 2):
        even, odd = fused(even, a[k], b[k]), fused(odd, a[k + 1], b[k + 1])
    C = np.full((1, 1), 2.0**-100, np.float32)
    expected = fused(C[0, 0], fused(even, odd, 1), 1)
    assert model.multiply(C, a.reshape(1, -1), b.reshape(-1, 1)) == expected


def test_what_rounds_to_the_smallest_normal_number_is_kept():
    """The unit looks at the result after rounding to 24 digits of any exponent."""
    for half_ulps, kept in ((1, True), (2, False), (3, False)):
        x = np.array([2.0**-126 - half_ulps * 2.0**-151])
        assert (model.flushed(x) == np.float32(2.0**-126) * kept).all()


def test_subnormal_numbers_are_zero():
    one, small = np.ones((1, 1), np.float32), np.full((1, 1), 1e-39, np.float32)
    assert model.product(small, one * 1e30) == 0
    assert model.product(one * 1e-20, one * 1e-20) == 0
    assert abs(model.product(one * 1e-30, one * 1e30) - 1) < 1e-6


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_infinity_becomes_nan():
    one = np.ones((1, 1), np.float32)
    assert np.isnan(model.product(np.inf * one, one)).all()
    assert np.isnan(model.product(one, -np.inf * one)).all()
    largest = words(0x7F7F7FFF).reshape(1, 1)  # the largest that is not rounded to inf
    assert model.product(largest, one) == largest
    assert np.isnan(model.product(words(0x7F7F8000).reshape(1, 1), one)).all()


def test_zeros_at_the_end_of_k_change_nothing():
    A, B = normal(3, 40), normal(40, 5, seed=1)
    longer = np.pad(A, ((0, 0), (0, 60))), np.pad(B, ((0, 60), (0, 0)))
    np.testing.assert_array_equal(model.product(A, B), model.product(*longer))
