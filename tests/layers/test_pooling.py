"""Pooling layers: sizes, windows that reach out, whole images, bad arguments."""

import numpy as np
import pytest

from minigan import (
    AveragePooling2D,
    GlobalAveragePooling2D,
    GlobalMaxPooling2D,
    MaxPooling2D,
)
from minigan.errors import ArgumentError, DTypeError, ShapeError

from ..helpers import normal

SIZES = [
    ((4, 4, 1), 2, None, "valid", (2, 2, 1)),
    ((5, 4, 3), 2, None, "valid", (2, 2, 3)),
    ((5, 4, 3), 2, None, "same", (3, 2, 3)),
    ((5, 5, 2), 3, 1, "valid", (3, 3, 2)),
    ((5, 5, 2), (3, 2), (1, 2), "same", (5, 3, 2)),
]


@pytest.mark.parametrize("kind", [MaxPooling2D, AveragePooling2D])
@pytest.mark.parametrize("case", SIZES, ids=str)
def test_sizes(kind, case):
    *arguments, size = case
    layer = kind(*arguments)
    assert layer.output_image == size
    assert layer.output_shape(layer.input_shape) == (np.prod(size),)
    assert layer.predict(normal(2, *layer.input_shape)).shape == (2, np.prod(size))


def test_a_window_that_reaches_out_has_fewer_pixels():
    x = -np.arange(1.0, 10).reshape(1, 9)
    largest = MaxPooling2D((3, 3, 1), 2, padding="same").predict(x)
    assert largest.tolist() == [[-1, -3, -7, -9]]
    mean = AveragePooling2D((3, 3, 1), 2, padding="same").predict(x)
    assert mean.tolist() == [[-3, -4.5, -7.5, -9]]


def test_the_whole_image():
    x = normal(3, 24, dtype=np.float64)
    image = x.reshape(3, 4, 3, 2)
    largest = GlobalMaxPooling2D((4, 3, 2)).predict(x)
    assert (largest == image.max((1, 2))).all()
    mean = GlobalAveragePooling2D((4, 3, 2)).predict(x)
    np.testing.assert_allclose(mean, image.mean((1, 2)), rtol=1e-13)


BAD = [
    (lambda: MaxPooling2D((4, 4)), DTypeError, "'image'"),
    (lambda: MaxPooling2D((4, 4, 1), 0), ArgumentError, "'pool_size'"),
    (lambda: MaxPooling2D((4, 4, 1), 5), ShapeError, r"at most \(4, 4\), the image"),
    (lambda: AveragePooling2D((4, 4, 1), 2, "1"), DTypeError, "'strides'"),
    (lambda: AveragePooling2D((4, 4, 1), 2, 1, "full"), ArgumentError, "'padding'"),
    (lambda: GlobalMaxPooling2D(4), DTypeError, "'image'"),
    (lambda: GlobalAveragePooling2D((2, 2, 0)), ArgumentError, "'image'"),
]


@pytest.mark.parametrize(("make", "error", "text"), BAD)
def test_bad_arguments(make, error, text):
    with pytest.raises(error, match=text):
        make()
