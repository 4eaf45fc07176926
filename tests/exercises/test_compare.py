"""Numbers that are wrong, in words."""

import numpy as np

from minigan.exercises.compare import difference

RIGHT = np.array([[1.0, 2.0], [3.0, -4.0]])


def test_what_is_right_is_not_mentioned():
    assert difference("x", RIGHT + 1e-9, RIGHT) == ""
    assert difference("x", 2, 2.0) == ""


def test_shapes_types_and_none():
    assert difference("x", RIGHT[0], RIGHT) == "x: expected shape (2, 2), got (2,)"
    assert "is there a return?" in difference("x", None, RIGHT)
    assert "got a object" in difference("x", object(), RIGHT)


def test_a_suspect_is_recognised():
    suspects = {"it is doubled": 2 * RIGHT}
    assert difference("x", 2 * RIGHT, RIGHT, suspects) == "x: it is doubled"


def test_the_furthest_number_is_named():
    given = RIGHT + np.array([[0.0, 0.5], [0.0, 9.0]])
    said = difference("x", given, RIGHT)
    assert said == "x: 2 of 4 numbers are wrong; [1, 1] has to be -4, but is 5"


def test_one_factor_is_named():
    assert "each is 3 times what it has to be" in difference("x", 3 * RIGHT, RIGHT)


def test_nan_is_wrong():
    given = RIGHT.copy()
    given[0, 1] = np.nan
    assert "[0, 1] has to be 2, but is nan" in difference("x", given, RIGHT)
