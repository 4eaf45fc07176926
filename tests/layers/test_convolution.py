"""Conv2D: values, padding, blocks of patches, freezing."""

import numpy as np
import pytest

from minigan import Adam, Conv2D, Conv2DTranspose, LeakyReLU, Sequential, primitives
from minigan.compiled import images
from minigan.errors import ArgumentError, ShapeError
from minigan.jit.compiling import JIT_DISABLED
from minigan.layers.convolution import same_border

from ..helpers import assert_close, assert_same_bits, fingerprint, normal, threads

each_type = pytest.mark.parametrize("dtype", [np.float32, np.float64])
each_backend = pytest.mark.parametrize("backend", ["numpy", "jit"])


def padded(size, kernel, stride):
    """TensorFlow's rule: (zeros before, places)."""
    places = (size + stride - 1) // stride
    if size % stride == 0:
        zeros = max(kernel - stride, 0)
    else:
        zeros = max(kernel - size % stride, 0)
    return zeros // 2, places


def by_loops(layer, x):
    """y[n, i, j, f] = b[f] + the sum over the window, number by number."""
    (H, W, C), (KH, KW), (SH, SW) = layer.image, layer.kernel_size, layer.strides
    top, left, OH, OW = 0, 0, (H - KH) // SH + 1, (W - KW) // SW + 1
    if layer.padding == "same":
        (top, OH), (left, OW) = padded(H, KH, SH), padded(W, KW, SW)
    x = x.reshape(-1, H, W, C)
    y = np.zeros((len(x), OH, OW, layer.filters))
    for i, j, a, b in np.ndindex(OH, OW, KH, KW):
        r, c = i * SH + a - top, j * SW + b - left
        if 0 <= r < H and 0 <= c < W:
            y[:, i, j] += x[:, r, c] @ layer.W.value[a, b]
    return (y + layer.b.value).reshape(len(x), -1)


CASES = [
    # image, filters, kernel_size, strides, padding
    ((28, 28, 1), 3, 3, 2, "same"),
    ((7, 7, 2), 4, 3, 1, "same"),
    ((7, 6, 3), 2, 4, 1, "same"),
    ((5, 8, 1), 1, (2, 5), (3, 1), "same"),
    ((4, 4, 2), 2, 1, 3, "same"),
    ((2, 3, 1), 2, 5, 2, "same"),
    ((6, 5, 2), 3, (3, 2), (1, 2), "valid"),
    ((3, 3, 4), 5, 3, 1, "valid"),
    ((9, 9, 40), 33, 3, 1, "same"),
]


def layer_with_values(case, dtype=np.float64):
    layer = Conv2D(*case, rng=1, dtype=dtype)
    layer.b.value[...] = normal(layer.filters, seed=2)
    return layer


@each_type
@each_backend
@pytest.mark.parametrize("case", CASES)
def test_by_loops(case, backend, dtype):
    layer = layer_with_values(case, dtype)
    x = normal(3, *layer.input_shape, dtype=dtype)
    with primitives.use_backend(backend):
        y = layer.forward(x)
    expected = by_loops(layer, x)
    assert y.shape == (3, *layer.output_shape(None)) == expected.shape
    assert layer.output_shape(None) == (np.prod(layer.output_image),)
    scale = np.abs(expected).max()
    np.testing.assert_allclose(y, expected, atol=20 * np.finfo(dtype).eps * scale)


@each_type
@pytest.mark.parametrize("case", CASES)
def test_both_backends_agree(case, dtype):
    found = []
    for backend in ("numpy", "jit"):
        layer = layer_with_values(case, dtype)
        with primitives.use_backend(backend):
            y = layer.forward(normal(3, *layer.input_shape, dtype=dtype))
            dx = layer.backward(normal(*y.shape, dtype=dtype, seed=5))
        found.append((dx, layer.W.grad, layer.b.grad))
    for a, b in zip(*found, strict=True):
        np.testing.assert_allclose(
            b, a, atol=100 * np.finfo(dtype).eps * np.abs(a).max()
        )


def test_a_kernel_of_one_pixel_is_a_dense_at_each_place():
    layer = Conv2D((2, 3, 4), 5, 1, dtype=np.float64)
    x = normal(7, 24, dtype=np.float64)
    W = layer.W.value[0, 0]
    assert_close(layer.forward(x), (x.reshape(-1, 4) @ W).reshape(7, -1), np.float64)
    dy = normal(7, 30, dtype=np.float64, seed=1)
    dx = (dy.reshape(-1, 5) @ W.T).reshape(7, -1)
    assert_close(layer.backward(dy), dx, np.float64)
    dW = x.reshape(-1, 4).T @ dy.reshape(-1, 5)
    assert_close(layer.W.grad[0, 0], dW, np.float64)
    assert_close(layer.b.grad, dy.reshape(-1, 5).sum(0), np.float64)


def test_same_puts_the_odd_zero_below_and_on_the_right():
    layer = Conv2D((4, 4, 1), 1, 3, 2, "same", "ones", dtype=np.float64)
    y = layer.forward(np.arange(1.0, 17).reshape(1, 16))
    assert y.tolist() == [[54, 45, 72, 54]]


def test_a_kernel_that_does_not_fit_is_refused():
    message = (
        r"^Conv2D: argument 'kernel_size': expected at most \(4, 5\), the image, "
        r"got \(5, 5\)$"
    )
    with pytest.raises(ShapeError, match=message):
        Conv2D((4, 5, 1), 1, 5)
    assert Conv2D((4, 5, 1), 1, 5, padding="same").output_image == (4, 5, 1)


def test_tables_that_would_fill_the_memory_are_refused():
    with pytest.raises(ArgumentError, match="'image': expected at most 16,777,216 pix"):
        Conv2D((4096, 4096, 1), 1, 3)


def test_parameters_and_config():
    layer = Conv2D((28, 28, 3), 32, (3, 5), 2, "same", "he_uniform", "ones")
    assert layer.W.value.shape == (3, 5, 3, 32) and (layer.b.value == 1).all()
    bound = np.sqrt(6 / (3 * 5 * 3))
    assert 0.9 * bound < np.abs(layer.W.value).max() <= bound
    assert layer.output_image == (14, 14, 32)
    assert layer.config() == {
        "image": (28, 28, 3),
        "filters": 32,
        "kernel_size": (3, 5),
        "strides": (2, 2),
        "padding": "same",
        "kernel_initializer": "he_uniform",
        "bias_initializer": "ones",
    }
    assert repr(Conv2D(**layer.config())) == repr(layer)


# ---- gradients ---------------------------------------------------------------------


@each_backend
def test_two_backwards_accumulate(backend):
    layer = layer_with_values(CASES[1])
    x, dy = normal(2, 98, dtype=np.float64), normal(2, 196, dtype=np.float64, seed=1)
    with primitives.use_backend(backend):
        for _ in range(2):
            layer.forward(x)
            layer.backward(dy)
        twice = layer.W.grad.copy(), layer.b.grad.copy()
        layer.zero_grad()
        layer.forward(x)
        layer.backward(dy)
    assert_close(twice[0], 2 * layer.W.grad, np.float64)
    assert_close(twice[1], 2 * layer.b.grad, np.float64)


def test_frozen_computes_no_parameter_gradient(monkeypatch):
    free, frozen = layer_with_values(CASES[1]), layer_with_values(CASES[1])
    x, dy = normal(2, 98, dtype=np.float64), normal(2, 196, dtype=np.float64, seed=1)
    free.forward(x)
    dx = free.backward(dy)
    before = fingerprint(frozen)
    monkeypatch.setattr(primitives, "conv_dW", None)
    monkeypatch.setattr(primitives, "dense_db", None)
    with frozen.frozen():
        frozen.forward(x)
        assert_same_bits(frozen.backward(dy), dx)
    assert fingerprint(frozen) == before


def test_without_dx(monkeypatch):
    layer = layer_with_values(CASES[1])
    layer.forward(normal(2, 98, dtype=np.float64))
    monkeypatch.setattr(primitives, "conv_dx", None)
    dy = normal(2, 196, dtype=np.float64)
    assert layer.backward(dy, need_dx=False) is None
    assert layer.W.grad.any()


def test_a_step_of_adam_moves_kernel_and_bias():
    layer = Conv2D((5, 5, 2), 3, 3, dtype=np.float64)
    network = Sequential([layer, LeakyReLU()])
    before = layer.W.value.copy(), layer.b.value.copy()
    network.forward(normal(2, 50, dtype=np.float64))
    network.backward(normal(2, 27, dtype=np.float64), need_dx=False)
    Adam().step(network)
    assert (layer.W.value != before[0]).all() and (layer.b.value != before[1]).all()


# ---- bits --------------------------------------------------------------------------

needs_jit = pytest.mark.skipif(JIT_DISABLED, reason="Python has one thread")


def all_bits(batch=40):
    """Outputs and gradients of a layer whose patches are many blocks."""
    layer = Conv2D((9, 9, 64), 33, 3, 1, "same", rng=3)
    with primitives.use_backend("jit"):
        y = layer.forward(normal(batch, *layer.input_shape))
        dx = layer.backward(normal(*y.shape, seed=7))
    return [a.tobytes() for a in (y, dx, layer.W.grad, layer.b.grad)]


@needs_jit
def test_bits_do_not_depend_on_the_number_of_threads():
    found = []
    for n in (1, 3):
        with threads(n):
            found.append(all_bits())
    assert found[0] == found[1]


@each_backend
def test_more_than_one_block(backend):
    """Rows of a batch do not touch each other, wherever a block ends."""
    layer = Conv2D((9, 9, 64), 5, 3, 1, "same", rng=3, dtype=np.float64)
    x = normal(12, *layer.input_shape, dtype=np.float64)
    assert x.shape[0] * 81 * 9 * 64 > 2 * images.BLOCK
    with primitives.use_backend(backend):
        y = layer.forward(x)
        dy = normal(*y.shape, dtype=np.float64, seed=7)
        dx = layer.backward(dy)
        dW = layer.W.grad.copy()
        layer.zero_grad()
        for k in range(12):
            assert_close(layer.forward(x[k : k + 1]), y[k : k + 1], np.float64)
            assert_close(layer.backward(dy[k : k + 1]), dx[k : k + 1], np.float64)
    np.testing.assert_allclose(layer.W.grad, dW, atol=1e-11)


@pytest.mark.parametrize(
    "size, kernel, stride, border",
    [
        (5, 3, 1, (1, 1)),
        (6, 3, 2, (0, 1)),
        (5, 3, 2, (1, 1)),
        (4, 4, 1, (1, 2)),
        (5, 1, 3, (0, 0)),  # it steps over more than it sees
        (7, 2, 5, (0, 0)),
        (1, 3, 1, (1, 1)),
    ],
)
def test_a_border_of_same_padding(size, kernel, stride, border):
    """ceil(size / stride) places, and as few zeros as will do, the odd one behind."""
    assert same_border(size, kernel, stride) == border


# ---- the way back ------------------------------------------------------------------

WAYS_BACK = [
    (padding, kernel, stride)
    for padding in ("valid", "same")
    for kernel, stride in ((3, 2), (4, 2), (2, 3), ((3, 2), (1, 2)), (5, 3))
]


@pytest.mark.parametrize(("padding", "kernel", "stride"), WAYS_BACK)
def test_the_transpose_of_a_convolution(padding, kernel, stride):
    """<Conv2D(y), x> = <y, Conv2DTranspose(x)> for all x and y, without biases."""
    rng = np.random.default_rng(0)
    back = Conv2DTranspose(
        (4, 5, 2), 3, kernel, stride, padding, rng=rng, dtype=np.float64
    )
    there = Conv2D(back.output_image, 2, kernel, stride, padding, dtype=np.float64)
    assert there.output_image == back.image
    there.W.value[...] = back.W.value
    x = rng.standard_normal((1, 40))
    y = rng.standard_normal((1, there.input_shape[0]))
    left, right = (there.predict(y) * x).sum(), (y * back.predict(x)).sum()
    np.testing.assert_allclose(left, right, rtol=1e-12)


def test_sizes_are_those_of_keras():
    for stride, kernel, padding, rows in (
        *((2, 3, "valid", 9), (2, 3, "same", 8), (3, 2, "valid", 12)),
        *((1, 3, "valid", 6), (1, 3, "same", 4)),
    ):
        layer = Conv2DTranspose((4, 4, 1), 2, kernel, stride, padding)
        assert layer.output_image == (rows, rows, 2)


def test_the_way_back_has_a_bias_for_each_filter():
    layer = Conv2DTranspose((2, 2, 1), 3, 2, 2)
    layer.b.value[:] = 1, 2, 3
    y = layer.predict(np.zeros((1, 4), np.float32)).reshape(16, 3)
    assert (y == [1, 2, 3]).all()
