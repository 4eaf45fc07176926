"""Sizes of images and tables of pixels."""

import numpy as np
import pytest

from minigan.errors import ArgumentError, DTypeError
from minigan.layers import Conv2D, UpSampling2D, ZeroPadding2D, images


@pytest.mark.parametrize(
    ("value", "expected"), [(3, (3, 3)), ((3, 5), (3, 5)), ([2, 1], (2, 1))]
)
def test_two_sizes_from_one_integer_or_two(value, expected):
    assert images.sizes("f", "strides", value, 2) == expected


@pytest.mark.parametrize("value", [(1, 2, 3), "33", np.array([3, 3]), None, 2.5])
def test_what_are_no_two_sizes(value):
    with pytest.raises(DTypeError, match="f: argument 'strides': expected"):
        images.sizes("f", "strides", value, 2)


def test_sizes_of_an_image():
    assert images.image_size("f", [28, 28, 1]) == (28, 28, 1)
    with pytest.raises(
        DTypeError, match="3 integers .height, width, channels., got 28"
    ):
        images.image_size("f", 28)
    with pytest.raises(ArgumentError, match="'image': expected an integer >= 1, got 0"):
        images.image_size("f", (28, 0, 1))


@pytest.mark.parametrize(
    ("padding", "expected"),
    [
        (1, ((1, 1), (1, 1))),
        ((1, 2), ((1, 1), (2, 2))),
        (((0, 1), (2, 3)), ((0, 1), (2, 3))),
    ],
)
def test_borders(padding, expected):
    assert images.border("f", padding) == expected


def test_pixels_are_numbered_row_by_row_and_bordered_by_nothing():
    table = images.positions((2, 3, 5))
    assert table.tolist() == [[0, 1, 2], [3, 4, 5]]
    wide = images.bordered(table, ((1, 0), (0, 2)))
    assert wide.tolist() == [[-1] * 5, [0, 1, 2, -1, -1], [3, 4, 5, -1, -1]]


def test_patches_are_what_a_kernel_sees():
    table = images.positions((4, 5, 1))
    seen = images.patches(table, (2, 3), (2, 1))
    assert seen.shape == (2, 3, 2, 3)
    assert seen[1, 2].tolist() == [[12, 13, 14], [17, 18, 19]]


def test_a_table_that_would_fill_the_memory():
    images.check_area("f", "image", images.LARGEST)
    with pytest.raises(ArgumentError, match="at most 16,777,216 pixels .*, got 16,777"):
        images.check_area("f", "image", images.LARGEST + 1)


def test_images_of_more_pixels_than_a_table_may_have():
    """Refused before anything is allocated, also where few of them are looked at."""
    wide = (2**31, 2**31, 1)
    for make in (
        lambda: UpSampling2D(wide, 1),
        lambda: ZeroPadding2D(wide, 0),
        lambda: Conv2D(wide, 1, (1, 1), strides=2**31),
    ):
        with pytest.raises(ArgumentError, match="at most 16,777,216 pixels"):
            make()


@pytest.mark.parametrize("image", [(2**13, 2**13, 1), (2**25, 2, 1), (2, 2**25, 1)])
def test_an_image_of_too_many_pixels_is_refused_whatever_its_form(image):
    with pytest.raises(ArgumentError, match="argument 'image'"):
        images.image_size("Conv2D", image)
    assert images.image_size("Conv2D", (2, 3, 2**13)) == (2, 3, 2**13)
