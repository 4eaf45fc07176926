"""Layers, optimizers and schedules beside tf_keras, in one process of it."""

import numpy as np
import pytest

from minigan import keras
from tests.parity import single
from tests.parity.engines import (
    ask,
    assert_weights_cross,
    needs,
    part_of,
    written,
)

PARTS = "new_layers", "optimizers"
CLOSE = 1e-9
pytestmark = needs("tf_keras")


@pytest.fixture(scope="module", autouse=True)
def _float64():
    keras.backend.set_floatx("float64")
    yield
    keras.backend.set_floatx("float32")


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    """(folder, the weights in minigan's files there)"""
    pytest.importorskip("h5py")
    folder = tmp_path_factory.mktemp("weights")
    return folder, written(folder)


@pytest.fixture(scope="module")
def answer(files, _float64):
    return ask("tf_keras", *PARTS, f"weights:{files[0]}")


def test_weights(answer, files):
    folder, ours = files
    found = part_of(answer, f"weights:{folder}", "/")
    assert_weights_cross(found, ours, folder, "tf_keras")


@pytest.mark.parametrize("part", PARTS)
def test_values(answer, part):
    got, there = getattr(single, part)(keras), part_of(answer, part, "/")
    assert set(got) == set(there) and len(got) > 50
    for key, value in there.items():
        scale = max(1, np.abs(value).max())
        close = 1e-8 if key.startswith("Nadam") else CLOSE  # 0.96 is float32 there
        assert np.abs(got[key] - value).max() < close * scale, key
