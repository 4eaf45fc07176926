"""Dropout: the mask, its mean, its draws."""

import numpy as np
import pytest

from minigan import Dropout

from ..helpers import assert_same_bits, normal


def test_training_keeps_or_drops_and_scales():
    x = normal(50, 4)
    y = Dropout(0.25, rng=0).forward(x, training=True)
    kept = y != 0
    np.testing.assert_allclose(y[kept], (x / np.float32(0.75))[kept], rtol=1e-6)
    assert 0.65 < kept.mean() < 0.85


def test_the_gradient_passes_where_the_input_did():
    layer, x = Dropout(0.5, rng=0), normal(50, 4)
    y = layer.forward(x, training=True)
    assert_same_bits(layer.backward(x), y)


def test_the_mean_is_kept():
    y = Dropout(0.3, rng=0).forward(np.ones((1000, 10), np.float32), training=True)
    assert abs(y.mean() - 1) < 0.03


@pytest.mark.parametrize("rate, training", [(0.9, False), (0, True)])
def test_nothing_is_dropped(rate, training):
    layer, x = Dropout(rate), normal(5, 4)
    assert_same_bits(layer.forward(x, training=training), x)
    assert_same_bits(layer.backward(x), x)


def test_inference_draws_nothing():
    rng = np.random.default_rng(3)
    before = rng.bit_generator.state
    Dropout(0.5, rng=rng).forward(normal(5, 4))
    assert rng.bit_generator.state == before


def test_one_seed_one_mask_and_a_new_one_each_time():
    x = np.ones((20, 4), np.float32)
    layer, twin = Dropout(0.5, rng=1), Dropout(0.5, rng=1)
    first = layer.forward(x, training=True)
    assert_same_bits(twin.forward(x, training=True), first)
    assert (layer.forward(x, training=True) != first).any()


def test_without_dx():
    layer = Dropout(0.5)
    y = layer.forward(normal(5, 4), training=True)
    assert layer.backward(y, need_dx=False) is None
    assert layer.config() == {"rate": 0.5}
