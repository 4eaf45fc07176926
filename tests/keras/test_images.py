"""Layers for images: shapes, weights, arguments, one batch and the next."""

import numpy as np
import pytest

import minigan as mg
from minigan import keras
from minigan.errors import MiniganError, StateError
from minigan.jit.compiling import JIT_DISABLED
from minigan.keras import backend as K
from minigan.keras import layers, replayed
from minigan.primitives import backend
from tests.keras.small import bytes_of, compiled, moved

RNG = np.random.default_rng(0)
IMAGES, Z = RNG.normal(size=(8, 8, 8, 1)), RNG.normal(size=(8, 3))
ONES = np.ones((8, 1))


def generator():
    return keras.Sequential(
        [
            layers.Dense(4 * 4 * 3, activation="relu", input_dim=3),
            layers.Reshape((4, 4, 3)),
            layers.UpSampling2D(),
            layers.Conv2D(4, 3, padding="same"),
            layers.BatchNormalization(momentum=0.8),
            layers.Activation("relu"),
            layers.Conv2D(1, kernel_size=3, padding="same", activation="tanh"),
        ]
    )


def discriminator(*dropout):
    return keras.Sequential(
        [
            layers.Conv2D(2, 3, strides=2, input_shape=(8, 8, 1), padding="same"),
            layers.LeakyReLU(alpha=0.2),
            *dropout,
            layers.ZeroPadding2D(padding=((0, 1), (0, 1))),
            layers.Conv2D(3, (3, 3), activation=layers.LeakyReLU(0.2), use_bias=False),
            layers.BatchNormalization(momentum=0.8),
            layers.Flatten(),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def test_summary(capsys):
    keras.backend.clear_session()
    compiled(discriminator()).summary()
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]
    rows = [[row[0], "".join(row[2:-1]), row[-1]] for row in lines[4:11]]
    assert rows == [
        ["conv2d", "(None,4,4,2)", "20"],
        ["leaky_re_lu", "(None,4,4,2)", "0"],
        ["zero_padding2d", "(None,5,5,2)", "0"],
        ["conv2d_1", "(None,3,3,3)", "54"],
        ["batch_normalization", rows[4][1], "12"],
        ["flatten", "(None,27)", "0"],
        ["dense", "(None,1)", "28"],
    ]
    assert lines[12:15] == [
        ["Total", "params:", "114"],
        ["Trainable", "params:", "108"],
        ["Non-trainable", "params:", "6"],
    ]
    assert generator().layers[2].name == "up_sampling2d"


def test_weights_in_keras_order_and_shapes():
    D = discriminator()
    shapes = [w.shape for w in D.get_weights()]
    assert shapes[:2] == [(3, 3, 1, 2), (2,)]  # kernel, bias
    assert shapes[2:7] == [(3, 3, 2, 3), *[(3,)] * 4]  # kernel without bias, then norm
    assert shapes[7:] == [(27, 1), (1,)]
    weights = [RNG.normal(size=shape) ** 2 for shape in shapes]
    D.set_weights(weights)
    twin = discriminator()
    twin.set_weights(D.get_weights())
    np.testing.assert_array_equal(
        twin.predict(IMAGES, verbose=0), D.predict(IMAGES, verbose=0)
    )
    first = D.layers[0].weights
    assert [v.name for v in first] == [
        f"{D.layers[0].name}/{n}" for n in ("kernel", "bias")
    ]


def test_the_front_computes_what_the_engine_computes():
    model = keras.Sequential(
        [layers.Conv2D(3, 3, padding="same", input_shape=(8, 8, 1))]
    )
    kernel, bias = model.get_weights()
    twin = mg.Conv2D((8, 8, 1), 3, 3, padding="same")
    twin.W.value[...], twin.b.value[...] = kernel, bias
    x = IMAGES.astype("float32")
    expected = twin.predict(x.reshape(8, -1)).reshape(8, 8, 8, 3)
    np.testing.assert_array_equal(model.predict(x, verbose=0), expected)


def test_freezing_once():
    G, D = generator(), discriminator(layers.Dropout(0.25))
    compiled(D)
    D.trainable = False
    gan = compiled(keras.Sequential([G, D]))
    g, d = bytes_of(G), bytes_of(D)
    D.train_on_batch(IMAGES, ONES)
    assert all(moved(d, D)) and not any(moved(g, G))
    d = bytes_of(D)
    gan.train_on_batch(Z, ONES)
    assert not any(moved(d, D)) and all(moved(g, G))


def test_fit_learns():
    keras.utils.set_random_seed(0)
    bright = np.tile([[1.0], [-1.0]], (32, 1))
    x = bright.reshape(-1, 1, 1, 1) * RNG.random((64, 8, 8, 1))
    D = discriminator()
    D.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    history = D.fit(x, bright > 0, batch_size=16, epochs=12, verbose=0).history
    assert history["loss"][-1] < 0.5 * history["loss"][0]


def test_without_bias_there_is_none():
    model = keras.Sequential(
        [layers.Conv2D(2, 2, use_bias=False, input_shape=(3, 3, 1))]
    )
    model.compile(keras.optimizers.SGD(0.1), "mse")
    for _ in range(2):
        model.train_on_batch(np.ones((2, 3, 3, 1)), np.ones((2, 2, 2, 2)))
    assert len(model.get_weights()) == 1 and model.count_params() == 8
    (bias,) = (p for p in model.network.parameters if p.name == "b")
    assert not bias.value.any()


def test_one_image_has_a_variance_and_one_row_has_none():
    D = compiled(discriminator())
    assert np.isfinite(D.train_on_batch(IMAGES[:1], ONES[:1]))
    flat = [layers.Dense(2, input_dim=3), layers.BatchNormalization(), layers.Dense(1)]
    with pytest.raises(StateError, match="at least 2 rows"):
        compiled(keras.Sequential(flat), loss="mse").train_on_batch(Z[:1], ONES[:1])


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: layers.Conv2D(0, 3), "filters"),
        (lambda: layers.Conv2D(3, (3, 3, 3)), "kernel_size.*2 integers or one"),
        (lambda: layers.Conv2D(3, 3, strides=0), "strides"),
        (lambda: layers.Conv2D(3, 3, padding="causal"), "padding.*'valid', 'same'"),
        (lambda: layers.Conv2D(3, 3, data_format="channels_first"), "channels_last"),
        (lambda: layers.Conv2D(3, 3, 2, dilation_rate=2), "dilation_rate.*no strides"),
        (lambda: layers.Conv2DTranspose(3, 3, dilation_rate=2), "dilation_rate.*1"),
        (lambda: layers.Conv2D(3, 3, groups=3), "groups.*1"),
        (
            lambda: layers.Conv2D(3, 3, kernel_regularizer="l2"),
            "kernel_regularizer.*None",
        ),
        (lambda: layers.Conv2D(3, 3, speed=1), "speed.*filters"),
        (lambda: layers.Conv2D(3, 3, activation="mish"), "activation.*'relu'"),
        (lambda: layers.Conv2D(3, 3, input_shape=(28, 28)), "height, width, channels"),
        (lambda: layers.Conv2D(3, 9, input_shape=(8, 8, 1)), "kernel_size.*the image"),
        (lambda: layers.UpSampling2D(0), "size"),
        (lambda: layers.UpSampling2D(interpolation="bilinear"), "nearest"),
        (lambda: layers.UpSampling2D(data_format="channels_first"), "channels_last"),
        (lambda: layers.ZeroPadding2D((1, 2, 3)), "padding"),
        (lambda: layers.ZeroPadding2D(-1), "padding"),
        (lambda: layers.ZeroPadding2D(data_format="channels_first"), "channels_last"),
    ],
)
def test_unsupported_arguments(call, words):
    with pytest.raises(MiniganError, match=words):
        keras.Sequential([call()])


@pytest.mark.skipif(
    JIT_DISABLED or backend() != "jit", reason="only compiled kernels are replayed"
)
def test_replayed_steps_have_the_same_bits(monkeypatch):
    def train():
        keras.utils.set_random_seed(3)
        G, D = generator(), discriminator()
        compiled(D)
        D.trainable = False
        gan = compiled(keras.Sequential([G, D]))
        rng, results = np.random.default_rng(0), []
        for _ in range(8):
            results.append(D.train_on_batch(IMAGES, ONES))
            results.append(gan.train_on_batch(rng.normal(size=(8, 3)), ONES))
        programs = [len(m._plan._replays._programs) for m in (D, gan)]
        return results, bytes_of(G), bytes_of(D), programs

    eager = train()
    monkeypatch.setattr(replayed, "AFTER", 3)
    again = train()
    assert again[:3] == eager[:3] and (eager[3], again[3]) == ([0, 0], [1, 1])


@pytest.mark.parametrize(
    "setting, given",
    [(K.set_image_data_format, "channels_first"), (K.set_image_dim_ordering, "th")],
)
def test_channels_first_is_refused_by_layers_of_images(setting, given):
    setting(given)
    try:
        assert K.image_data_format() == "channels_first"
        layers.Dense(3, input_dim=2).build((None, 2))
        layers.MaxPooling2D(data_format="channels_last")
        with pytest.raises(MiniganError, match="Conv2D: argument 'data_format'.*_last"):
            layers.Conv2D(3, 3)
    finally:
        K.set_image_dim_ordering("tf")
    assert K.image_data_format() == "channels_last"
