"""Weights in Keras' HDF5 files, by files made here; tests/parity has those of Keras."""

import io
import zipfile

import numpy as np
import pytest

from minigan import keras
from minigan.errors import CheckpointError, OutputError
from minigan.keras import layers

h5py = pytest.importorskip("h5py")


def model(units=4):
    inner = keras.Sequential(
        [layers.Dense(units, input_dim=3, name="own"), layers.BatchNormalization()]
    )
    return keras.Sequential(
        [layers.Input(shape=(3,)), inner, layers.Dense(2), layers.Dense(1)]
    )


def bits(made):
    return [w.tobytes() for w in made.get_weights()]


def test_there_and_back(tmp_path):
    one, other = model(), model()
    for name in ("a.weights.h5", "a.h5"):
        one.save_weights(tmp_path / name)
        other.load_weights(tmp_path / name)
        assert bits(one) == bits(other)
    pytest.importorskip("safetensors")
    one.save_weights(tmp_path / "a.safetensors")
    before = bits(one)
    one.set_weights([0 * w for w in one.get_weights()])
    one.load_weights(tmp_path / "a.safetensors")
    assert bits(one) == before
    with pytest.raises(OutputError, match="exists already"):
        one.save_weights(tmp_path / "a.weights.h5", overwrite=False)


def test_the_places_are_those_of_keras_3(tmp_path):
    made = model()
    made.save_weights(tmp_path / "a.weights.h5")
    with h5py.File(tmp_path / "a.weights.h5") as file:
        found = file["layers/sequential/layers/batch_normalization/vars"]
        assert [*found] == ["0", "1", "2", "3"]
        assert (file["layers/dense/vars/0"][:] == made.get_weights()[6]).all()
        assert file["layers/dense_1/vars/1"].shape == (1,)


def test_a_whole_model_of_keras(tmp_path):
    one, other = model(), model()
    one.save_weights(tmp_path / "a.weights.h5")
    with zipfile.ZipFile(tmp_path / "a.keras", "w") as archive:
        archive.write(tmp_path / "a.weights.h5", "model.weights.h5")
    other.load_weights(tmp_path / "a.keras")
    assert bits(one) == bits(other)


def test_a_file_of_keras_2(tmp_path):
    """Layers by name, in order; in a model inside, what trains comes first."""
    made, rng = model(), np.random.default_rng(0)
    arrays = [rng.random(w.shape).astype("f4") for w in made.get_weights()]
    with h5py.File(tmp_path / "a.h5", "w") as file:
        root = file.create_group("model_weights")
        root.attrs["layer_names"] = np.array([b"inner", b"flat", b"x", b"y"])
        groups = {"inner": arrays[:6], "flat": [], "x": arrays[6:8], "y": arrays[8:]}
        for name, own in groups.items():
            group = root.create_group(name)
            names = [f"{name}/w{k}:0" for k in range(len(own))]
            group.attrs["weight_names"] = np.array(names, "S")
            for key, array in zip(names, own, strict=True):
                group[key] = array
    made.load_weights(tmp_path / "a.h5")
    assert bits(made) == [a.tobytes() for a in arrays]


def test_other_files_change_nothing(tmp_path):
    made, path = model(), tmp_path / "a.weights.h5"
    before = bits(made)
    model(5).save_weights(path)
    with pytest.raises(
        CheckpointError, match=r"expected shape \(3, 4\) .* got \(3, 5\)"
    ):
        made.load_weights(path)
    keras.Sequential([layers.Dense(2, input_dim=3)]).save_weights(path)
    with pytest.raises(CheckpointError, match="expected 2 arrays for own"):
        made.load_weights(path)
    path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(50))
    with pytest.raises(CheckpointError, match="argument 'filepath'"):
        made.load_weights(path)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", "{}")
    (tmp_path / "b.keras").write_bytes(buffer.getvalue())
    with pytest.raises(CheckpointError):
        made.load_weights(tmp_path / "b.keras")
    assert bits(made) == before
