"""Layers, losses, initialisers and a GAN beside Keras 3.

On TensorFlow within 1e-10.  On JAX Keras computes parts of a float64 model in float32
(its mean, tanh and Adam among them), so that there 1e-5 is what can be asked for.
"""

import numpy as np
import pytest

from minigan import keras
from tests.parity import single
from tests.parity.engines import (
    ask,
    assert_weights_cross,
    interpreter,
    needs,
    part_of,
    worst,
    written,
)

STEPS = 200
BACKENDS = {
    "tensorflow": (1e-10, ("layers", "losses", "initializers", f"gan:{STEPS}")),
    "jax": (1e-5, ("layers", "losses", "initializers", "gan:5")),
}
pytestmark = needs("keras")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """(folder, the weights in minigan's files there)"""
    pytest.importorskip("h5py")
    folder = tmp_path_factory.mktemp("weights")
    keras.backend.set_floatx("float64")
    ours = written(folder)
    keras.backend.set_floatx("float32")
    return folder, ours


@pytest.fixture(scope="module")
def answers(files):
    """backend -> its arrays, in the making; None where it is not installed."""
    more = {"tensorflow": [f"weights:{files[0]}"]}
    return {
        backend: ask("keras", backend, *parts, *more.get(backend, ()))
        if interpreter(backend, beside="keras")
        else None
        for backend, (_, parts) in BACKENDS.items()
    }


@pytest.fixture(params=BACKENDS)
def oracle(request, answers):
    """(tolerance, part -> name -> array) of one backend."""
    answer = answers[request.param]
    if answer is None:
        pytest.skip(f"{request.param} is not installed beside keras")
    tolerance, parts = BACKENDS[request.param]
    return tolerance, {part: part_of(answer, part, "/") for part in parts}


@pytest.fixture(autouse=True)
def _float64():
    keras.backend.set_floatx("float64")
    yield
    keras.backend.set_floatx("float32")


def test_layers(oracle):
    tolerance, found = oracle
    got = single.layers(keras)
    assert set(got) == set(found["layers"]) and len(got) > 5 * len(single.LAYERS)
    for key, there in found["layers"].items():
        scale = max(1, np.abs(there).max())
        assert np.abs(got[key] - there).max() < tolerance * scale, key


def test_losses(oracle):
    tolerance, found = oracle
    difference, where = worst(single.losses(keras), found["losses"])
    assert difference < tolerance, where


def test_weights(answers, files):
    folder, ours = files
    if answers["tensorflow"] is None:
        pytest.skip("tensorflow is not installed beside keras")
    found = part_of(answers["tensorflow"], f"weights:{folder}", "/")
    assert_weights_cross(found, ours, folder, "keras")


def test_gan(oracle):
    tolerance, found = oracle
    (part,) = (part for part in found if part.startswith("gan"))
    steps = int(part.partition(":")[2])
    difference, where = worst(single.gan(keras, steps), found[part])
    assert difference < tolerance, where


def test_distribution_of_initializers(oracle):
    """Quantiles of 90,000 draws each: apart by chance only."""
    _, found = oracle
    got = single.initializers(keras)
    assert set(got) == set(found["initializers"])
    for name, there in found["initializers"].items():
        spread = there.std() or 1
        apart = np.abs(got[name] - there)
        assert apart[1:-1].max() < 0.03 * spread, name
        if not name.startswith("RandomNormal"):  # the others have bounds
            assert apart.max() < 0.03 * spread, name
