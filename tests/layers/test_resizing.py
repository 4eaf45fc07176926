"""UpSampling2D and ZeroPadding2D: where each pixel goes, and what comes back."""

import numpy as np
import pytest

from minigan import UpSampling2D, ZeroPadding2D, primitives
from minigan.errors import ArgumentError

from ..helpers import assert_close, assert_same_bits, normal

each_backend = pytest.mark.parametrize("backend", ["numpy", "jit"])
each_image = pytest.mark.parametrize(
    "batch, image", [(3, (2, 3, 4)), (2, (5, 1, 1)), (9, (12, 12, 70))]
)
each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])


@each_type
@each_backend
@each_image
@pytest.mark.parametrize("size", [1, 2, (2, 3), (1, 4)])
def test_upsampling(batch, image, size, backend, dtype):
    layer = UpSampling2D(image, size)
    rows, columns = layer.size
    x = normal(batch, *layer.input_shape, dtype=dtype)
    images = x.reshape(batch, *image)
    with primitives.use_backend(backend):
        y = layer.forward(x)
        dy = normal(*y.shape, dtype=dtype, seed=1)
        dx = layer.backward(dy)
    assert layer.output_image == (image[0] * rows, image[1] * columns, image[2])
    assert layer.output_shape(None) == y.shape[1:]
    expected = np.repeat(np.repeat(images, rows, axis=1), columns, axis=2)
    assert_same_bits(y.reshape(batch, *layer.output_image), expected)
    blocks = dy.reshape(batch, image[0], rows, image[1], columns, image[2])
    assert_close(dx, blocks.sum(axis=(2, 4)).reshape(batch, -1), dtype)


@each_type
@each_backend
@each_image
@pytest.mark.parametrize("padding", [0, 1, (2, 0), ((0, 1), (2, 3)), [[1, 0], [0, 0]]])
def test_zero_padding(batch, image, padding, backend, dtype):
    layer = ZeroPadding2D(image, padding)
    x = normal(batch, *layer.input_shape, dtype=dtype)
    border = ((0, 0), *layer.padding, (0, 0))
    expected = np.pad(x.reshape(batch, *image), border)
    with primitives.use_backend(backend):
        y = layer.forward(x)
        dy = normal(*y.shape, dtype=dtype, seed=1)
        dx = layer.backward(dy)
    assert layer.output_image == expected.shape[1:]
    assert_same_bits(y, expected.reshape(batch, -1))
    (top, _), (left, _) = layer.padding
    inside = dy.reshape(expected.shape)[:, top : top + image[0], left : left + image[1]]
    assert_same_bits(dx, inside.reshape(batch, -1))


@pytest.mark.parametrize("layer", [UpSampling2D((2, 3, 1)), ZeroPadding2D((2, 3, 1))])
def test_config_and_dx_on_request(layer):
    assert repr(type(layer)(**layer.config())) == repr(layer)
    y = layer.forward(normal(2, 6))
    assert layer.backward(y, need_dx=False) is None


def test_defaults():
    assert UpSampling2D((2, 3, 1)).size == (2, 2)
    assert ZeroPadding2D((2, 3, 1)).padding == ((1, 1), (1, 1))


def test_bilinear_is_refused():
    message = "^UpSampling2D: argument 'interpolation': expected 'nearest'.*'bilinear'$"
    with pytest.raises(ArgumentError, match=message):
        UpSampling2D((2, 2, 1), 2, "bilinear")


def test_an_image_is_doubled_where_no_size_is_said():
    assert UpSampling2D((2, 3, 1)).size == UpSampling2D((2, 3, 1), 2).size
