"""Whole models in a file: what comes back is what was saved, to the bit."""

import numpy as np
import pytest

from minigan import checkpoint, keras
from minigan.errors import ArgumentError, CheckpointError, OutputError
from minigan.keras import Input, Model, Sequential, layers, models, optimizers
from tests.keras.small import (
    ONES,
    REAL,
    RNG,
    Z,
    bytes_of,
    compiled,
    discriminator,
    generator,
)


def gan():
    """G, D and the model of both, each trained a little."""
    G, D = generator(), discriminator()
    compiled(D, ["accuracy", "mse"], optimizer=optimizers.RMSprop(0.01, momentum=0.5))
    D.trainable = False
    z = Input(shape=(3,), name="z")
    both = compiled(Model(z, D(G(z)), name="both"), optimizer=optimizers.Adam(0.01))
    for _ in range(3):
        D.train_on_batch(REAL, ONES)
        both.train_on_batch(Z, ONES)
    return G, D, both


def kinds(model):
    return [
        kinds(layer) if layer._chain else (type(layer), layer.name, layer.trainable)
        for layer in model.layers
    ]


@pytest.mark.parametrize("k", range(3), ids=["G", "D", "both"])
def test_a_model_comes_back_and_goes_on(k, tmp_path):
    model = gan()[k]
    x = REAL if k == 1 else Z
    model.save(tmp_path / "model.h5")
    twin = models.load_model(str(tmp_path / "model.h5"))
    assert type(twin) is type(model) and twin.name == model.name
    assert kinds(twin) == kinds(model) and twin.trainable == model.trainable
    assert bytes_of(twin) == bytes_of(model)
    assert twin.predict(x).tobytes() == model.predict(x).tobytes()
    if k == 0:
        assert twin.optimizer is None
        return
    twin.optimizer.learning_rate = model.optimizer.learning_rate
    for _ in range(3):
        assert twin.train_on_batch(x, ONES) == model.train_on_batch(x, ONES)
    assert bytes_of(twin) == bytes_of(model)
    assert twin.optimizer.iterations == model.optimizer.iterations == 6
    assert twin.metrics_names == model.metrics_names


def test_the_learning_rate_of_the_moment_is_saved(tmp_path):
    _, D, _ = gan()
    D.optimizer.learning_rate = 0.125
    D.save(tmp_path / "d")
    assert models.load_model(tmp_path / "d").optimizer.learning_rate == 0.125


def test_without_the_optimizer(tmp_path):
    _, D, _ = gan()
    D.save(tmp_path / "d", include_optimizer=False)
    assert models.load_model(tmp_path / "d").optimizer is None
    D.save(tmp_path / "e")
    assert models.load_model(tmp_path / "e", compile=False).optimizer is None


EVERY_LAYER = [
    layers.Dense(
        6,
        activation=layers.LeakyReLU(0.1),
        use_bias=False,
        kernel_initializer=keras.initializers.RandomNormal(stddev=0.5, seed=3),
        name="first",
    ),
    layers.ReLU(max_value=2.0, negative_slope=0.1, threshold=0.05),
    layers.Dropout(0.25, seed=4),
    layers.Reshape((3, -1)),
    layers.Flatten(),
    layers.Dense(4, activation=keras.activations.tanh, trainable=False),
    layers.BatchNormalization(momentum=0.5),
    layers.Activation("leaky_relu"),
    layers.Dense(2),
    layers.Softmax(),
]


def test_every_layer(tmp_path):
    model = Sequential([layers.InputLayer(input_shape=(3,)), *EVERY_LAYER])
    model.compile("sgd", "sparse_categorical_crossentropy", ["accuracy"])
    model.save(tmp_path / "m.npz")
    twin = models.load_model(tmp_path / "m.npz")
    assert kinds(twin) == kinds(model)
    assert twin.predict(Z).tobytes() == model.predict(Z).tobytes()
    labels = np.arange(8) % 2
    assert twin.train_on_batch(Z, labels) == model.train_on_batch(Z, labels)


def test_a_model_that_was_never_built(tmp_path):
    Sequential([layers.Dense(3)]).save(tmp_path / "m")
    assert models.load_model(tmp_path / "m").predict(Z).shape == (8, 3)


def test_float64_stays_float64(tmp_path):
    keras.backend.set_floatx("float64")
    try:
        model = generator()
        model.save(tmp_path / "m")
    finally:
        keras.backend.set_floatx("float32")
    twin = models.load_model(tmp_path / "m")
    assert twin.predict(Z).dtype == np.float64 and bytes_of(twin) == bytes_of(model)
    assert keras.backend.floatx() == "float32"


def test_weights_can_be_read_from_the_file_of_a_model(tmp_path):
    _, D, _ = gan()
    D.save(tmp_path / "d")
    other = discriminator()
    other.load_weights(tmp_path / "d")
    assert bytes_of(other) == bytes_of(D)


def test_what_no_file_can_hold(tmp_path):
    model = compiled(discriminator(), loss=lambda t, p: t * p)
    with pytest.raises(ArgumentError, match="save: argument 'model'.*a file can hold"):
        model.save(tmp_path / "m")
    assert not (tmp_path / "m").exists()
    model.save(tmp_path / "m", include_optimizer=False)
    with pytest.raises(OutputError, match="overwrite"):
        model.save(tmp_path / "m", overwrite=False, include_optimizer=False)
    with pytest.raises(ArgumentError, match="save_format"):
        model.save(tmp_path / "m", save_format="tf")
    with pytest.raises(ArgumentError, match="signatures"):
        model.save(tmp_path / "m", signatures=3)


BAD = {
    "hdf5": (b"\x89HDF\r\n", "HDF5, as Keras writes it"),
    "text": (b"hello", "found the bytes 68"),
    "nothing": (b"", "found an empty file"),
}


@pytest.mark.parametrize("content, words", BAD.values(), ids=BAD)
def test_other_files_are_refused(content, words, tmp_path):
    (tmp_path / "m").write_bytes(content)
    with pytest.raises(CheckpointError, match=f"load_model: .*{words}"):
        models.load_model(tmp_path / "m")


def test_files_with_something_missing(tmp_path):
    model = compiled(discriminator())
    model.save_weights(tmp_path / "m")
    with pytest.raises(CheckpointError, match="got weights alone"):
        models.load_model(tmp_path / "m")
    with pytest.raises(CheckpointError, match="cannot be read"):
        models.load_model(tmp_path / "nowhere")
    model.save(tmp_path / "m")
    with pytest.raises(ArgumentError, match="custom_objects"):
        models.load_model(tmp_path / "m", custom_objects={"f": len})


def _wide(meta):
    layer = next(row for row in meta["model"]["layers"] if "Dense" in str(row))
    layer["layer"]["args"] = [10**7]


FORGED = {
    "another class": (lambda m: m["model"]["layers"][0].update(layer=["os"]), "damag"),
    "nothing": (lambda m: m.pop("model"), "weights alone"),
    "version": (lambda m: m.update(version=9), "version 2, got 9"),
    "kind": (lambda m: m.update(kind="trainer"), "found a 'trainer'"),
    "layers": (lambda m: m["model"].update(layers=[]), "damaged"),
    "type": (lambda m: m.update(floatx="O"), "damaged"),
    "name": (lambda m: m["model"]["layers"][0].update(name=3), "damaged .*name"),
    "flag": (
        lambda m: m["model"]["layers"][0].update(trainable="x"),
        "damaged .*'trainable'",
    ),
    "large": (_wide, "damaged .*numbers"),
    "t": (lambda m: m["compiled"].update(t=-5), "damaged .*'t'"),
    "rate": (lambda m: m["compiled"].update(learning_rate=1e300), "damaged .*rate"),
}


@pytest.mark.parametrize("change, words", FORGED.values(), ids=FORGED)
def test_a_forged_description(change, words, tmp_path):
    """Under a right digest: every number is checked before it is used."""
    compiled(discriminator()).save(tmp_path / "m")
    arrays, meta = checkpoint.read(tmp_path / "m")
    change(meta)
    checkpoint.write(tmp_path / "bad", arrays, meta)
    with pytest.raises(CheckpointError, match=words):
        models.load_model(tmp_path / "bad")


def test_a_forged_array_and_every_flipped_byte(tmp_path):
    compiled(discriminator()).save(tmp_path / "m")
    arrays, meta = checkpoint.read(tmp_path / "m")
    checkpoint.write(tmp_path / "bad", arrays | {"0000": arrays["0000"][:1]}, meta)
    with pytest.raises(CheckpointError, match="damaged .*shape"):
        models.load_model(tmp_path / "bad")
    content = (tmp_path / "m").read_bytes()
    for place in range(0, len(content), 61):
        changed = bytearray(content)
        changed[place] ^= 4
        (tmp_path / "bad").write_bytes(changed)
        with pytest.raises(CheckpointError):
            models.load_model(tmp_path / "bad")


def test_a_graph_is_rebuilt_with_its_wiring(tmp_path):
    """Two inputs, an embedding, a layer and a model used twice, two outputs."""
    a, b = keras.Input((3,), name="a"), keras.Input((1,), dtype="int32", name="b")
    vector = layers.Flatten()(layers.Embedding(4, 3)(b))
    shared, inner = layers.Dense(3), keras.Sequential([layers.Dense(3, input_dim=3)])
    joint = layers.multiply([shared(a), vector])
    ends = [layers.Dense(1, name="end")(inner(joint)), inner(shared(joint))]
    model = keras.Model([a, b], ends)
    model.compile("adam", ["mse", "mae"], ["mae"], {"end": 0.5})
    x, y = [RNG.normal(size=(6, 3)), np.arange(6) % 4], [np.ones(6), np.ones((6, 3))]
    model.train_on_batch(x, y)
    model.save(tmp_path / "model")
    twin = keras.models.load_model(tmp_path / "model")
    assert twin.output_names == model.output_names == ["end", inner.name]
    assert [t.name for t in twin.inputs] == ["a", "b"]
    for _ in range(2):
        assert twin.train_on_batch(x, y) == model.train_on_batch(x, y)
    assert bytes_of(twin) == bytes_of(model)
