"""Property: the complex step confirms every gradient to 1e-11, for any shapes."""

import os

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import minigan as mg
from minigan import Dense, Sequential, gradcheck
from minigan.gan import OBJECTIVES

WORST = 1e-11

sizes = st.integers(1, 64)
batches = st.integers(8, 64)  # for BatchNorm; fewer rows: see the last test
cases = st.fixed_dictionaries(
    {"training": st.booleans(), "frozen": st.booleans(), "seed": st.integers(0, 99)}
)
objectives = st.sampled_from(list(OBJECTIVES))
compiled = os.environ.get("NUMBA_DISABLE_JIT") != "1"
few = settings(max_examples=25 if compiled else 4, deadline=None)


def prove(target, max_entries=25, **case):
    """All tensors by the complex step, none worse than WORST, nothing skipped."""
    case |= {"max_entries": max_entries, "method": "complex"}
    report = gradcheck(target, **case).assert_ok()
    assert report.worst <= WORST and report.kinks == 0
    return report


@few
@given(sizes, sizes, sizes, cases)
def test_dense(batch, inputs, units, case):
    prove(Dense(inputs, units, rng=case["seed"]), shape=(batch, inputs), **case)


@few
@given(batches, sizes, st.floats(1e-5, 1e-1), cases)
def test_batchnorm(batch, features, epsilon, case):
    prove(mg.BatchNorm(features, epsilon=epsilon), shape=(batch, features), **case)


@few
@given(batches, st.integers(1, 9), st.integers(1, 5), cases)
def test_batchnorm_of_images(batch, positions, channels, case):
    layer = mg.BatchNorm(channels, positions=positions)
    prove(layer, shape=(batch, positions * channels), **case)


few_pixels = st.integers(1, 7)
images = st.tuples(few_pixels, few_pixels, st.integers(1, 4))
pairs = st.tuples(st.integers(1, 5), st.integers(1, 5))


@few
@given(images, st.integers(1, 4), pairs, pairs, st.integers(1, 4), cases)
def test_convolution_same(image, filters, kernel_size, strides, batch, case):
    layer = mg.Conv2D(image, filters, kernel_size, strides, "same", rng=case["seed"])
    prove(layer, shape=(batch, *layer.input_shape), **case)


@few
@given(pairs, images, st.integers(1, 4), pairs, st.integers(1, 4), cases)
def test_convolution_valid(kernel_size, more, filters, strides, batch, case):
    rows, columns, channels = more
    image = (kernel_size[0] + rows - 1, kernel_size[1] + columns - 1, channels)
    layer = mg.Conv2D(image, filters, kernel_size, strides, rng=case["seed"])
    prove(layer, shape=(batch, *layer.input_shape), **case)


@few
@given(images, pairs, pairs, st.integers(1, 4), cases)
def test_upsampling_and_zero_padding(image, pair, other, batch, case):
    for layer in (mg.UpSampling2D(image, pair), mg.ZeroPadding2D(image, (pair, other))):
        prove(layer, shape=(batch, *layer.input_shape), **case)


@pytest.mark.parametrize(
    "layer",
    [
        mg.ReLU(),
        mg.LeakyReLU(0.2),
        mg.LeakyReLU(1.7),
        mg.ClippedReLU(1.0, 0.1, 0.2),
        mg.Sigmoid(),
        mg.Tanh(),
        mg.Flatten(),
        mg.Dropout(0.3),
    ],
    ids=repr,
)
@settings(max_examples=8, deadline=None)
@given(st.lists(st.integers(1, 12), min_size=2, max_size=4), cases)
def test_layers_of_any_shape(layer, shape, case):
    prove(layer, shape=tuple(shape), **case)


@few
@given(sizes, sizes, st.integers(1, 8), cases)
def test_reshape(batch, a, b, case):
    prove(mg.Reshape((a, b)), shape=(batch, a * b), **case)


@few
@given(sizes, sizes, st.integers(0, 99))
def test_losses(batch, features, seed):
    for loss in (mg.BCE(), mg.BCEWithLogits()):
        prove(loss, shape=(batch, features), seed=seed)


@few
@given(sizes, st.integers(2, 12), st.integers(0, 99))
def test_softmax_cross_entropy(batch, classes, seed):
    prove(mg.SoftmaxCrossEntropy(), shape=(batch, classes), seed=seed)


def deep(inputs, widths, outputs, seed):
    rng = np.random.default_rng(seed)
    layers = []
    for width in widths:
        layers += [Dense(inputs, width, rng=rng), mg.LeakyReLU(0.2)]
        layers += [mg.BatchNorm(width), mg.Dropout(0.2, rng=rng)]
        inputs = width
    return [*layers, Dense(inputs, outputs, rng=rng)]


small = st.integers(1, 20)
widths = st.lists(small, min_size=1, max_size=3)


@few
@given(batches, small, widths, small, cases)
def test_deep_network(batch, inputs, widths, outputs, case):
    net = Sequential([*deep(inputs, widths, outputs, case["seed"]), mg.Tanh()])
    prove(net, max_entries=10, shape=(batch, inputs), **case)


@few
@given(batches, small, widths, small, widths, objectives, cases)
def test_generator_through_frozen_discriminator(
    batch, latent, up, features, down, objective, case
):
    G = Sequential([*deep(latent, up, features, case["seed"]), mg.Tanh()])
    D = Sequential([*deep(features, down, 1, case["seed"] + 1), mg.Sigmoid()])
    case |= {"through": D, "objective": objective}
    prove(G, max_entries=6, shape=(batch, latent), **case)


def test_generator_of_images_through_frozen_discriminator():
    """A small DCGAN: noise -> 2 x 2 x 3 -> 4 x 4 x 2 -> 4 x 4 x 1, and back to one."""
    rng = np.random.default_rng(0)
    up = mg.UpSampling2D((2, 2, 3))
    first = mg.Conv2D(up.output_image, 2, 3, padding="same", rng=rng)
    last = mg.Conv2D(first.output_image, 1, 3, padding="same", rng=rng)
    norm = mg.BatchNorm(2, positions=16)
    G = [Dense(5, 12, rng=rng), up, first, norm, mg.LeakyReLU(0.2), last, mg.Tanh()]
    padded = mg.ZeroPadding2D((4, 4, 1), ((0, 1), (0, 1)))
    down = mg.Conv2D(padded.output_image, 4, 3, 2, rng=rng)
    D = [padded, down, mg.BatchNorm(4, positions=4), mg.LeakyReLU(0.2)]
    D = Sequential([*D, mg.Dropout(0.2, rng=rng), Dense(16, 1, rng=rng), mg.Sigmoid()])
    G = Sequential(G)
    for seed in range(4):
        prove(G, shape=(8, 5), through=D, seed=seed)


@few
@given(st.integers(2, 7), sizes, st.integers(0, 99))
def test_batchnorm_on_few_rows(batch, features, seed):
    """dx cancels down to epsilon / var of its terms when N = 2, and gains a digit or
    two back with every row: the rounding error grows by as much.
    """
    layer = mg.BatchNorm(features)
    x = np.random.default_rng(seed).standard_normal((batch, features))
    amplification = 1 + x.var(axis=0).max() / layer.epsilon
    bound = 64 * np.finfo(float).eps * amplification
    gradcheck(layer, x, tolerance=bound, method="complex").assert_ok()
