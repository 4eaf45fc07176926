"""Layers, optimizers and schedules beside tf_keras, in one process of it."""

import numpy as np
import pytest

from minigan import keras
from tests.parity import single
from tests.parity.engines import ask, needs, part_of

PARTS = "new_layers", "optimizers"
CLOSE = 1e-9
pytestmark = needs("tf_keras")


@pytest.fixture(scope="module")
def answer():
    return ask("tf_keras", *PARTS)


@pytest.fixture(autouse=True)
def _float64():
    keras.backend.set_floatx("float64")
    yield
    keras.backend.set_floatx("float32")


@pytest.mark.parametrize("part", PARTS)
def test_values(answer, part):
    got, there = getattr(single, part)(keras), part_of(answer, part, "/")
    assert set(got) == set(there) and len(got) > 50
    for key, value in there.items():
        scale = max(1, np.abs(value).max())
        assert np.abs(got[key] - value).max() < CLOSE * scale, key
