"""Building models: shapes, weights, summaries, files, and what is refused."""

import numpy as np
import pytest

from minigan import keras
from minigan.errors import ArgumentError, CheckpointError, MiniganError, ShapeError
from minigan.keras import Input, Model, Sequential, layers
from tests.keras.small import REAL, Z, bytes_of, compiled, discriminator, generator


def wide_generator():
    model = Sequential()
    for k, units in enumerate((256, 512, 1024)):
        first = {"input_dim": 100} if k == 0 else {}
        model.add(layers.Dense(units, **first))
        model.add(layers.LeakyReLU(alpha=0.2))
        model.add(layers.BatchNormalization())
    model.add(layers.Dense(784, activation="tanh"))
    model.add(layers.Reshape((28, 28, 1)))
    return model


def image_discriminator():
    return Sequential(
        [
            layers.Flatten(input_shape=(28, 28, 1)),
            layers.Dense(512),
            layers.LeakyReLU(0.2),
            layers.Dense(256),
            layers.LeakyReLU(0.2),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def test_summary_of_the_wide_mnist_networks():
    G, D, lines = wide_generator(), image_discriminator(), []
    G.summary(print_fn=lines.append)
    assert lines[-4:-1] == [
        "Total params: 1,493,520",
        "Trainable params: 1,489,936",
        "Non-trainable params: 3,584",
    ]
    assert D.count_params() == 533_505
    row = next(line for line in lines if "batch_norm" in line and "256" in line)
    assert row.split()[-1] == "1,024" and "(None, 256)" in row
    compiled(D)
    D.trainable = False
    gan, lines = compiled(Sequential([G, D])), []
    gan.summary(print_fn=lines.append)
    assert lines[-3:-1] == [
        "Trainable params: 1,489,936",
        "Non-trainable params: 537,089",
    ]
    assert any("(Sequential)" in line and "533,505" in line for line in lines)
    lines = []
    D.summary(print_fn=lines.append)  # as compiled: that is what trains
    assert "Trainable params: 533,505" in lines


def test_summary_prints(capsys):
    keras.backend.clear_session()
    generator().summary()
    out = capsys.readouterr().out.splitlines()
    assert out[0] == 'Model: "sequential"' and out[4].startswith("dense (Dense)")


def test_summary_of_a_model_with_models_inside():
    G, D, lines = generator(), discriminator(), []
    Sequential([G, D]).summary(print_fn=lines.append, expand_nested=True)
    rows = lines[4:-5]
    assert len(rows) == 2 + len(G.layers) + len(D.layers)
    assert rows[0].startswith(f"{G.name} (Sequential)")
    assert rows[1].startswith(f"| {G.layers[0].name} (Dense)")
    assert rows[5].startswith(f"{D.name} (Sequential)")


def test_layers_by_place():
    model = discriminator()
    assert model.get_layer(index=-1) is model.get_layer(index=3) is model.layers[3]


def test_weights_come_in_the_order_of_keras():
    G = generator()
    shapes = [w.shape for w in G.get_weights()]
    assert shapes == [(3, 6), (6,), (6,), (6,), (6,), (6,), (6, 2), (2,)]
    names = [v.name.split("/")[1] for v in G.weights]
    assert names[2:6] == ["gamma", "beta", "moving_mean", "moving_variance"]
    assert len(G.trainable_weights) == 6 and len(G.non_trainable_weights) == 2
    new = [w + 1 for w in G.get_weights()]
    G.set_weights(new)
    for a, b in zip(G.get_weights(), new, strict=True):
        np.testing.assert_array_equal(a, b)
    G.layers[0].set_weights([new[0], new[1]])
    with pytest.raises(ArgumentError, match="8 arrays"):
        G.set_weights(new[:3])
    before = bytes_of(G)
    with pytest.raises(ShapeError, match="dense.*kernel"):
        G.set_weights([new[0].T, *new[1:]])
    with pytest.raises(ShapeError):
        G.set_weights([*new[:-1], np.ones(3)])
    assert bytes_of(G) == before


def test_functional_models_share_weights_with_their_parts():
    z = Input(shape=(3,))
    h = layers.Dense(4, activation="relu")(z)
    out = layers.Dense(1, activation="sigmoid")(h)
    whole, front = Model(z, out), Model(inputs=z, outputs=h)
    assert [type(x).__name__ for x in whole.layers] == ["InputLayer", "Dense", "Dense"]
    compiled(whole, loss="mse")
    before = bytes_of(front)
    whole.train_on_batch(Z, np.zeros(8))
    assert bytes_of(front) != before
    W, b = whole.layers[2].get_weights()
    p = 1 / (1 + np.exp(-(front.predict(Z) @ W + b)))
    np.testing.assert_allclose(whole.predict(Z), p, rtol=1e-5)
    assert whole.output_shape == (None, 1) and front.input_shape == (None, 3)


def test_models_inside_models_and_calls_on_arrays():
    G, D = generator(), discriminator()
    gan = Sequential([G, D])
    np.testing.assert_array_equal(gan.predict(Z), D.predict(G.predict(Z)))
    np.testing.assert_array_equal(gan(Z), gan.predict_on_batch(Z))
    moving = G.get_weights()[4].copy()
    G(Z, training=True)
    assert (G.get_weights()[4] != moving).any()
    z = Input((3,))
    for wrapped in (Model(z, D(G(z))), Model([z], [gan(z)])):
        np.testing.assert_array_equal(wrapped.predict(Z), gan.predict(Z))
    assert Model(G.input, G.output).count_params() == G.count_params()


def test_a_sequential_without_input_shape_is_built_by_its_data():
    model = Sequential([layers.Flatten(), layers.Dense(3)])
    assert not model.built and model.get_weights() == []
    with pytest.raises(MiniganError, match="input_shape"):
        model.summary()
    compiled(model, loss="mse").train_on_batch(np.ones((2, 4, 5)), np.ones((2, 3)))
    assert model.input_shape == (None, 4, 5) and model.count_params() == 63
    with pytest.raises(ShapeError, match="4, 5"):
        model.predict(np.ones((2, 4, 6)))


@pytest.mark.parametrize(
    "start",
    [
        lambda: [Input(shape=(4,))],
        lambda: [layers.InputLayer(input_shape=(4,))],
        lambda: [layers.InputLayer((4,))],
    ],
)
def test_a_sequential_may_start_with_an_input(start):
    model = Sequential([*start(), layers.Dense(3)])
    assert model.output_shape == (None, 3) and len(model.layers) == 1


def test_weights_in_a_file(tmp_path):
    G = generator()
    path = tmp_path / "g.weights"
    G.save_weights(path)
    other = generator()
    other.load_weights(str(path))
    assert bytes_of(other) == bytes_of(G)
    with pytest.raises(ArgumentError, match="2 arrays"):
        Sequential([layers.Dense(1, input_dim=1)]).load_weights(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n")
    with pytest.raises(CheckpointError, match="HDF5|cannot be read"):
        other.load_weights(path)
    with pytest.raises(CheckpointError, match="cannot be read"):
        other.load_weights(tmp_path / "none")


def test_last_axis_and_no_bias():
    x = np.random.default_rng(0).normal(size=(6, 4, 3)).astype("float32")
    dense = layers.Dense(2, use_bias=False, input_shape=(4, 3))
    model = Sequential([dense, layers.BatchNormalization()])
    assert [w.shape for w in dense.get_weights()] == [(3, 2)]
    y = model(x, training=True)
    np.testing.assert_allclose(y.mean((0, 1)), 0, atol=1e-6)
    compiled(model, loss="mse").train_on_batch(x, np.ones((6, 4, 2)))
    assert not dense.block.layers[0].b.value.any()


def test_refused():
    dense = layers.Dense(3, input_dim=3)
    with pytest.raises(MiniganError, match="once in a Sequential"):
        Sequential([dense, dense])
    z = Input((3,))
    with pytest.raises(ArgumentError, match="made from 'inputs'"):
        Model(Input((3,)), dense(z))
    with pytest.raises(ArgumentError, match="each tensor once"):
        Model([z, z], dense(z))
    with pytest.raises(ArgumentError, match="subclassing"):
        Model()
    with pytest.raises(ShapeError):
        layers.Dense(2)(z)
        dense(Input((4,)))
    G = generator()
    Sequential([G, discriminator()])
    with pytest.raises(MiniganError, match="part of another model"):
        G.add(layers.Dense(2))
    with pytest.raises(ArgumentError, match="layer or model"):
        Sequential(["relu"])


def test_float64():
    keras.backend.set_floatx("float64")
    try:
        D = compiled(discriminator())
        D.train_on_batch(REAL, np.ones(8))
        assert {w.dtype.name for w in D.get_weights()} == {"float64"}
    finally:
        keras.backend.set_floatx("float32")
