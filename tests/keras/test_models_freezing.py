"""`trainable` is noted by compile(): the idioms of GAN scripts, byte for byte."""

import warnings

import numpy as np
import pytest

from minigan import keras
from minigan.errors import StateError
from minigan.keras import Input, Model, Sequential, layers
from tests.keras.small import (
    ONES,
    REAL,
    ZEROS,
    Z,
    bytes_of,
    compiled,
    discriminator,
    generator,
    moved,
)


def freeze_once(G, D):
    compiled(D)
    D.trainable = False
    return compiled(Sequential([G, D])), lambda on: None


def toggle(G, D):
    gan, _ = freeze_once(G, D)
    return gan, lambda on: setattr(D, "trainable", on)


def toggle_from_true(G, D):
    """Compiled while frozen, but the first D step comes with the flag set again."""
    gan, flag = toggle(G, D)
    flag(True)
    return gan, flag


def layer_by_layer(G, D):
    compiled(D)
    for layer in D.layers:
        layer.trainable = False
    return compiled(Sequential([G, D])), lambda on: None


def functional(G, D):
    compiled(D)
    z = Input(shape=(3,))
    D.trainable = False
    return compiled(Model(z, D(G(z)))), lambda on: None


def shared_optimizer(G, D):
    adam = keras.optimizers.Adam(2e-4, 0.5)
    compiled(D, optimizer=adam)
    D.trainable = False
    return compiled(Sequential([G, D]), optimizer=adam), lambda on: None


def compile_twice(G, D):
    compiled(D)
    D.trainable = False
    compiled(D, metrics=["accuracy"])  # frozen: replaced below
    gan = compiled(Sequential([G, D]))
    D.trainable = True
    compiled(D)
    return gan, lambda on: None


IDIOMS = [
    freeze_once,
    toggle,
    toggle_from_true,
    layer_by_layer,
    functional,
    shared_optimizer,
    compile_twice,
]


@pytest.mark.parametrize("idiom", IDIOMS)
def test_each_step_moves_its_own_network_and_no_other(idiom):
    G, D = generator(), discriminator()
    gan, flag = idiom(G, D)
    for labels, rows in ((ONES, REAL), (ZEROS, None), (ONES, REAL)):
        flag(True)
        d, g = bytes_of(D), bytes_of(G)
        D.train_on_batch(G.predict(Z) if rows is None else rows, labels)
        assert all(moved(d, D)) and not any(moved(g, G))
        flag(False)
        d, g = bytes_of(D), bytes_of(G)
        gan.train_on_batch(Z, ONES)
        assert not any(moved(d, D)) and all(moved(g, G))
    for part in (*G.network.walk(), *D.network.walk()):
        assert not part.is_frozen  # nothing is left behind


def test_frozen_batchnorm_runs_on_moving_statistics():
    """The gan's loss is then the one that evaluate gives for D."""
    G, D = generator(), discriminator()
    gan, _ = freeze_once(G, D)
    for layer in G.layers:
        layer.trainable = layer is G.layers[-1]  # so that G too has a fixed answer
    compiled(gan)
    expected = D.evaluate(G.predict(Z), ONES, verbose=0)
    assert gan.train_on_batch(Z, ONES) == expected


@pytest.mark.parametrize("whole", [True, False])
def test_a_call_of_what_is_not_trainable_is_in_inference_mode(whole):
    D = discriminator()
    D(REAL, training=True)  # so that the moving statistics are not those of the start
    called = D if whole else D.layers[1]
    x = REAL if whole else np.tile(REAL, (1, 3))[:, :5]
    batch = called(x, training=True)
    called.trainable = False
    before = bytes_of(D)
    still = called(x, training=True)
    assert (still == called(x, training=False)).all() and (still != batch).any()
    assert not any(moved(before, D))
    called.trainable = True
    called(x, training=True)
    assert moved(before, D) == [False] * 4 + [True] * 2 + [False] * 2


def test_a_model_that_was_never_frozen_trains_both():
    G, D = generator(), discriminator()
    gan = compiled(Sequential([G, D]))
    d, g = bytes_of(D), bytes_of(G)
    gan.train_on_batch(Z, ONES)
    assert all(moved(d, D)) and all(moved(g, G))


def test_freezing_after_compile_is_too_late_and_says_so_once():
    G, D = generator(), discriminator()
    gan = compiled(Sequential([G, D]))
    D.trainable = False
    with pytest.warns(UserWarning, match="compiled, and that counts"):
        gan.train_on_batch(Z, ONES)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        gan.train_on_batch(Z, ONES)


def test_nothing_to_train_is_an_error():
    D = discriminator()
    D.trainable = False
    compiled(D)
    D.trainable = True  # too late
    before = bytes_of(D)
    with pytest.raises(StateError, match="no trainable weights when it was compiled"):
        D.train_on_batch(REAL, ONES)
    assert not any(moved(before, D))
    D.evaluate(REAL, ONES, verbose=0)


def test_part_of_a_model_can_be_still():
    D = discriminator()
    D.layers[0].trainable = False
    compiled(D)
    before = bytes_of(D)
    D.train_on_batch(REAL, ONES)
    assert moved(before, D) == [False, False] + [True] * 6
    D.layers[0].trainable, D.layers[1].trainable = True, False
    compiled(D)
    before = bytes_of(D)
    D.train_on_batch(REAL, ONES)
    assert moved(before, D) == [True] * 2 + [False] * 4 + [True] * 2


def test_one_optimizer_for_two_models_counts_all_steps():
    G, D = generator(), discriminator()
    gan, _ = shared_optimizer(G, D)
    for _ in range(3):
        D.train_on_batch(REAL, ONES)
        gan.train_on_batch(Z, ONES)
    assert D.optimizer is gan.optimizer and D.optimizer.iterations == 6


def test_the_flag_of_a_layer_inside_a_layer():
    D = discriminator()
    outer = Sequential([layers.Dense(2, input_dim=3), D])
    outer.trainable = False
    assert not D.layers[0].trainable and not outer.trainable_weights
    D.trainable = True
    assert not outer.trainable_weights and len(D.trainable_weights) == 6
