"""Weights in safetensors: PyTorch's names and axes, round trips, files that lie."""

import numpy as np
import pytest

import minigan as mg
from minigan import weights
from minigan.errors import ArgumentError, CheckpointError, DTypeError, MiniganError

from .helpers import normal

pytest.importorskip("safetensors")


def network(seed=0, dtype=np.float32):
    rng = np.random.default_rng(seed)
    net = mg.Sequential(
        [
            mg.Conv2D((4, 4, 2), 3, 2, rng=rng, dtype=dtype),
            mg.PReLU(27, dtype=dtype),
            mg.Conv2DTranspose((3, 3, 3), 2, 2, rng=rng, dtype=dtype),
            mg.BatchNorm(32, dtype=dtype),
            mg.Dense(32, 3, rng=rng, dtype=dtype),
        ]
    )
    for array in net.tensors().values():
        array[...] = rng.random(array.shape)
    return net


def bits(net):
    return {name: array.tobytes() for name, array in net.tensors().items()}


@pytest.mark.parametrize("names", weights.NAMES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_there_and_back(tmp_path, names, dtype):
    net, twin = network(0, dtype), network(1, dtype)
    weights.save(net, tmp_path / "n.safetensors", names)
    weights.load(twin, tmp_path / "n.safetensors", names)
    assert bits(twin) == bits(net)


def test_names():
    net = network()
    assert list(weights.arrays(net))[:4] == [
        "0.weight",
        "0.bias",
        "1.weight",
        "2.weight",
    ]
    assert "3.running_var" in weights.arrays(net)
    by_keras = weights.arrays(net, "keras")
    assert "3/moving_variance" in by_keras and by_keras["0/kernel"].shape == (
        2,
        2,
        2,
        3,
    )
    assert weights.arrays(mg.Embedding(3, 2), "keras").keys() == {"embeddings"}


def test_pytorch_reads_and_writes_them(tmp_path):
    torch = pytest.importorskip("torch")
    from safetensors.torch import load_file, save_file

    nn, path = torch.nn, str(tmp_path / "n.safetensors")
    rng = np.random.default_rng(0)
    net = mg.Sequential(
        [mg.Dense(6, 4, rng=rng), mg.BatchNorm(4), mg.PReLU(4), mg.Dense(4, 2, rng=rng)]
    )
    for array in net.tensors().values():
        array[...] = rng.random(array.shape)
    twin = nn.Sequential(
        nn.Linear(6, 4), nn.BatchNorm1d(4, 1e-3), nn.PReLU(4), nn.Linear(4, 2)
    ).eval()
    weights.save(net, path)
    twin.load_state_dict(load_file(path))
    x = normal(5, 6)
    answer = twin(torch.tensor(x)).detach().numpy()
    np.testing.assert_allclose(net.predict(x), answer, rtol=1e-5, atol=1e-6)
    before = bits(net)
    save_file(twin.state_dict(), path)
    net.theta[...] = 0
    weights.load(net, path)
    assert bits(net) == before


@pytest.mark.parametrize("kind", ["Conv2D", "Conv2DTranspose"])
def test_kernels_are_those_of_pytorch(kind):
    torch = pytest.importorskip("torch")
    layer = getattr(mg, kind)((4, 5, 2), 3, 2, strides=2, rng=1, dtype="float64")
    module = torch.nn.Conv2d if kind == "Conv2D" else torch.nn.ConvTranspose2d
    twin = module(2, 3, 2, stride=2, dtype=torch.float64)
    found = {name: torch.tensor(a) for name, a in weights.arrays(layer).items()}
    twin.load_state_dict(found)
    x = normal(3, 40, dtype=np.float64)
    images = torch.tensor(x.reshape(3, 4, 5, 2)).permute(0, 3, 1, 2)
    answer = twin(images).permute(0, 2, 3, 1).detach().numpy().reshape(3, -1)
    np.testing.assert_allclose(layer.predict(x), answer, rtol=1e-10, atol=1e-12)


def test_other_names_shapes_types_and_files_change_nothing(tmp_path):
    net, path = network(), tmp_path / "n.safetensors"
    before = bits(net)
    found = weights.arrays(net)

    def refused(text, **changed):
        arrays = {k: v for k, v in {**found, **changed}.items() if v is not None}
        weights.write("test", path, arrays)
        with pytest.raises(CheckpointError, match=text):
            weights.load(net, path)
        assert bits(net) == before

    refused("without 4.bias", **{"4.bias": None})
    refused("with 9.bias", **{"9.bias": np.ones(3, np.float32)})
    refused(r"shape \(3,\) for 4.bias, got \(4,\)", **{"4.bias": np.ones(4, "f4")})
    refused("float32 for 4.bias, got float64", **{"4.bias": np.ones(3)})
    path.write_bytes(b"nothing of that kind")
    with pytest.raises(CheckpointError, match="a safetensors file"):
        weights.load(net, path)
    with pytest.raises(CheckpointError):
        weights.load(net, tmp_path / "missing.safetensors")


def test_bad_arguments(tmp_path):
    with pytest.raises(DTypeError, match="'network': expected a layer or network"):
        weights.save(3, tmp_path / "n.safetensors")
    with pytest.raises(ArgumentError, match="'names'"):
        weights.save(mg.Dense(2, 1), tmp_path / "n.safetensors", "jax")
    with pytest.raises(MiniganError, match=r"package no_such, .*minigan\[export\]"):
        weights.package("test", "no_such.module")
