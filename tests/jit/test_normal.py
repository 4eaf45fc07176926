"""The tail of the normal distribution beside mpmath."""

import numpy as np
import pytest

from minigan.jit import normal

mpmath = pytest.importorskip("mpmath")


@pytest.mark.parametrize(
    ("tail", "limit"), [(normal.TAIL_32, 1e-7), (normal.TAIL_64, 6e-16)]
)
def test_the_polynomials_are_as_close_as_they_say(tail, limit):
    for z in (0.0, 0.1, 0.5, 1.0, 2.0, 3.7, 6.0, 9.0, 20.0, 37.0):
        t = 1 / (1 + normal.TAIL_SCALE * z)
        got = t * np.polynomial.polynomial.polyval(2 * t - 1, tail)
        with mpmath.workdps(40):
            z = mpmath.mpf(z)
            exact = mpmath.erfc(z / mpmath.sqrt(2)) / 2 * mpmath.exp(z * z / 2)
            assert abs(got / exact - 1) < limit, z
