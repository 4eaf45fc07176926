"""Argument checks: what passes, what is refused, and in which words."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as npst

from minigan import validate
from minigan.errors import (
    ArgumentError,
    DTypeError,
    MiniganError,
    NonFiniteError,
    ShapeError,
)


@pytest.mark.parametrize("value", [1, 0.5, np.float32(0.5), np.int8(3), Fraction(1, 2)])
def test_numbers(value):
    number = validate.number("f", "a", value)
    assert type(number) is float and number == float(value)


def test_bounds_belong_where_they_are_written():
    assert validate.number("f", "a", 0, least=0) == 0
    assert validate.number("f", "a", 1, most=1) == 1
    for bound in ({"above": 1}, {"below": 1}, {"least": 1.1}, {"most": 0.9}):
        with pytest.raises(ArgumentError):
            validate.number("f", "a", 1, **bound)


@pytest.mark.parametrize(
    "bounds, text",
    [
        ({}, "expected a finite number, got nan"),
        ({"above": 0}, "expected a finite number > 0, got nan"),
        ({"least": 0, "below": 1}, "expected a finite number >= 0 and < 1, got nan"),
        ({"most": 1e6}, r"expected a finite number <= 1e\+06, got nan"),
    ],
)
def test_the_message_of_a_number(bounds, text):
    with pytest.raises(ArgumentError, match=f"^f: argument 'a': {text}$"):
        validate.number("f", "a", float("nan"), **bounds)


@pytest.mark.parametrize(
    "value", [10**400, -(10**5000), Fraction(10**400, 3)], ids=["int", "long", "ratio"]
)
def test_numbers_beyond_all_floats(value):
    with pytest.raises(ArgumentError, match="got -?inf$"):
        validate.number("f", "a", value)


@pytest.mark.parametrize("value", [True, np.True_, "1", None, 1j, [1.0], np.ones(1)])
def test_what_is_no_number(value):
    with pytest.raises(DTypeError, match="^f: argument 'a': expected a finite number"):
        validate.number("f", "a", value)


@pytest.mark.parametrize("value", [1, 7, np.int8(3), np.uint64(2**40)])
def test_integers(value):
    integer = validate.integer("f", "n", value)
    assert type(integer) is int and integer == value


@pytest.mark.parametrize(
    "value, text",
    [
        (0, "an integer >= 1, got 0"),
        (-3, "an integer >= 1, got -3"),
        (2**63, "an integer <= 4611686018427387904, got 9223372036854775808"),
        (10**5000, "an integer <= .*, got one of more than 100 digits"),
        (-(10**5000), "an integer >= 1, got one of more than 100 digits"),
    ],
    ids=["zero", "negative", "large", "long", "long and negative"],
)
def test_integers_out_of_range(value, text):
    with pytest.raises(ArgumentError, match=f"^f: argument 'n': expected {text}$"):
        validate.integer("f", "n", value)


@pytest.mark.parametrize("value", [True, np.False_, 1.0, "64", None, [1]])
def test_what_is_no_integer(value):
    with pytest.raises(DTypeError, match="'n': expected an integer >= 1, got"):
        validate.integer("f", "n", value)


def test_flags_and_choices():
    assert validate.flag("f", "a", np.True_) is True
    assert validate.choice("f", "a", "x", ("x", "y")) == "x"
    with pytest.raises(ArgumentError, match="^f: argument 'a': .* 'x', 'y', got 'z'$"):
        validate.choice("f", "a", "z", ("x", "y"))


@pytest.mark.parametrize("value", ["float32", np.float64, float, np.dtype("c16")])
def test_float_types(value):
    assert validate.float_type("f", value) == np.dtype(value)


@pytest.mark.parametrize(
    "value", [None, int, "float16", ">f4", "f4,", "no type", ("f4", -1), {"names": 3}]
)
def test_what_is_no_float_type(value):
    if value == ">f4" and np.dtype(value).isnative:
        value = "<f4"
    with pytest.raises(DTypeError, match="^f: argument 'dtype': expected float32 or"):
        validate.float_type("f", value)


def test_generators_and_seeds():
    rng = np.random.default_rng(3)
    assert validate.random_generator("f", rng) is rng
    made = validate.random_generator("f", np.int64(3))
    assert made.random() == rng.random()


@pytest.mark.parametrize("value", [None, True, 1.5, "0", np.random.RandomState])
def test_what_is_no_generator(value):
    message = "^f: argument 'rng': expected a numpy.random.Generator or a seed, got"
    with pytest.raises(DTypeError, match=message):
        validate.random_generator("f", value)


def test_a_seed_is_not_negative():
    with pytest.raises(ArgumentError, match="'rng': expected an integer >= 0, got -1"):
        validate.random_generator("f", -1)


# ---- arrays ------------------------------------------------------------------------


def test_a_good_array_is_returned_as_it_is():
    x = np.zeros((2, 3), np.float32)
    assert validate.array("f", "x", x, ("batch", 3), np.float32, finite=True) is x


@pytest.mark.parametrize(
    "x",
    [
        np.arange(6.0).reshape(2, 3).T,
        np.arange(12.0)[::2],
        np.broadcast_to(1.0, (2, 3)),
        np.arange(3).astype(np.dtype(np.float64).newbyteorder()),
        np.arange(4.0).reshape(2, 2).view(np.recarray),
    ],
    ids=["transposed", "strided", "broadcast", "byte-swapped", "subclass"],
)
def test_any_other_layout_is_copied(x):
    y = validate.array("f", "x", x)
    assert type(y) is np.ndarray and y.flags.carray and y.dtype.isnative
    assert (y == x).all() and not np.shares_memory(x, y)


@pytest.mark.parametrize(
    "shape, text",
    [
        (("batch", 4), r"expected shape \(batch, 4\), got \(2, 3\)"),
        (("n",), r"expected shape \(n,\), got \(2, 3\)"),
        ((2, 3, 1), r"expected shape \(2, 3, 1\), got \(2, 3\)"),
        ((), r"expected shape \(\), got \(2, 3\)"),
    ],
)
def test_the_message_of_a_shape(shape, text):
    with pytest.raises(ShapeError, match=f"^f: argument 'x': {text}$"):
        validate.array("f", "x", np.zeros((2, 3)), shape)


def test_the_message_of_a_type():
    message = r"^f: argument 'x': expected dtype float32 \(cast with .*\), got .*int64$"
    with pytest.raises(DTypeError, match=message):
        validate.array("f", "x", np.zeros(3, np.int64), dtype=np.dtype(np.float32))


def test_the_message_of_bad_numbers():
    x = np.array([[1, np.nan], [np.inf, 2]])
    with pytest.raises(
        NonFiniteError, match=r"2 of 4 not fin.*, the first at \(0, 1\)$"
    ):
        validate.array("f", "x", x, finite=True)


TYPES = ["f2", "<f4", ">f4", "f8", ">f8", "c8", "c16", "?", "i1", "u8", "O", "U3", "S2"]
TYPES += ["M8[s]", "m8[s]", [("a", "f4")]]
ANY_ARRAY = st.builds(
    np.zeros,
    npst.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4),
    st.sampled_from(TYPES),
)


@settings(deadline=None)
@given(ANY_ARRAY)
def test_any_array_passes_or_is_refused_in_our_words(x):
    try:
        y = validate.array("f", "x", x, ("batch", 3))
    except MiniganError as error:
        assert str(error).startswith("f: argument 'x': expected ")
    else:
        assert y.shape[1:] == (3,) and y.dtype in validate.NUMERIC_TYPES
        assert y.flags.carray and y.dtype.isnative


# ---- what stands in a message ------------------------------------------------------


class Page:
    """Something whose text is long, or fails."""

    def __init__(self, text="a page\n" * 1000):
        self.text = text

    def __repr__(self):
        return self.text


class Frame(Page):
    shape = 3, 2


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "3"),
        ("a", "'a'"),
        (None, "None"),
        (np.float32(2.5), "np.float32(2.5)"),
        ([1, 2], "[1, 2]"),
        (np.zeros((9, 4)), "ndarray of shape (9, 4)"),
        (Frame(), "Frame of shape (3, 2)"),
        (Page("two\n  lines"), "two lines"),
    ],
)
def test_a_value_in_a_message(value, text):
    assert validate.shown(value) == text


def test_a_value_whose_text_fails():
    assert validate.shown(Page(None)).startswith("<Page instance at")


@pytest.mark.parametrize(
    "value",
    [
        Page(),
        "x" * 9999,
        ["x" * 999] * 999,
        {k: "y" * 99 for k in range(999)},
        10**300,
        10**5000,
        b"z" * 9999,
        {Page()},
        (Page(),) * 99,
    ],
    ids=["page", "text", "list", "dict", "int", "long", "bytes", "set", "tuple"],
)
def test_a_message_is_one_bounded_line(value):
    shown = validate.shown(value)
    assert len(shown) <= 80 and "\n" not in shown
    with pytest.raises(MiniganError) as caught:
        validate.array("f", "x", value)
    assert len(str(caught.value)) < 200 and "\n" not in str(caught.value)
    with pytest.raises(MiniganError) as caught:
        validate.complain(ArgumentError, "f", "x", "less", "a b\n" * 9999)
    assert len(str(caught.value)) < 350 and "\n" not in str(caught.value)


def test_masked_values():
    whole = np.ma.masked_greater(np.float32([[1, 2], [3, 4]]), 9)
    assert type(validate.array("f", "x", whole)) is np.ndarray
    words = "f: argument 'x': expected an array without masked values .*, got 1 of 4"
    with pytest.raises(NonFiniteError, match=words):
        validate.array("f", "x", np.ma.masked_greater(whole, 3))
    with pytest.raises(NonFiniteError, match="masked"):
        validate.labels("f", "y", np.ma.masked_greater(np.arange(3), 1), 3)
