"""Which rows are images, and their bytes."""

import numpy as np
import pytest

from minigan.images import as_bytes, channels_last, image_shape


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ((28, 28, 1), (28, 28)),
        ((32, 24, 3), (32, 24, 3)),
        ((8, 8), (8, 8)),
        ((784,), (28, 28)),
        ((16,), (4, 4)),
        ((9,), None),
        ((2,), None),
        ((15,), None),
        ((4, 4, 2), None),
        (None, None),
    ],
)
def test_which_rows_are_images(row, expected):
    assert image_shape(row) == expected


@pytest.mark.parametrize(
    ("shape", "expected"),
    [
        ((9, 3, 32, 24), (9, 32, 24, 3)),
        ((9, 1, 28, 28), (9, 28, 28, 1)),
        *(((9, *row),) * 2 for row in ((28, 28), (28, 28, 1), (3, 8, 3), (1, 1, 1))),
        *(((9, *row),) * 2 for row in ((2, 8, 8), (3, 3, 8), (8, 8, 8), (3, 8, 8, 8))),
    ],
)
def test_channels_in_front_are_moved_to_the_end(shape, expected):
    images = np.arange(np.prod(shape)).reshape(shape)
    turned = channels_last(images)
    assert turned.shape == expected
    assert (turned is images) == (shape == expected)
    if turned is not images:
        np.testing.assert_array_equal(turned[..., 0], images[:, 0])


def test_bytes_of_values_inside_and_beyond():
    rows = np.array([[-1, 0, 1, -7], [7, np.nan, np.inf, -np.inf]], np.float32)
    expected = [[[0, 128], [255, 0]], [[255, 0], [255, 0]]]
    assert as_bytes(rows, (2, 2)).tolist() == expected
