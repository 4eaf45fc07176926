"""Layers, optimizers, schedules, small calls beside tf_keras, in one process of it."""

import numpy as np
import pytest

import minigan as tf
from minigan import keras
from tests.parity import calls, single
from tests.parity.engines import (
    ask,
    assert_weights_cross,
    needs,
    part_of,
    written,
)

PARTS = "new_layers", "optimizers"  # of `single`
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
    return ask("tf_keras", *PARTS, "calls", f"weights:{files[0]}")


def test_weights(answer, files):
    folder, ours = files
    found = part_of(answer, f"weights:{folder}", "/")
    assert_weights_cross(found, ours, folder, "tf_keras")


@pytest.mark.parametrize("part", PARTS)
def test_values(answer, part):
    assert_close(getattr(single, part)(keras), part_of(answer, part, "/"))


def test_small_calls(answer):
    """Everything that docs/keras.md names beside layers, optimizers and scripts."""
    with np.errstate(divide="ignore"):
        got = calls.of(keras, tf)
    assert_close(got, part_of(answer, "calls", "/"))


def assert_close(got, there):
    assert set(got) == set(there) and len(got) > 50
    apart = {}
    for key, value in there.items():
        assert np.shape(got[key]) == value.shape, key
        scale = max(1, np.abs(value).max())
        apart[key] = np.abs(got[key] - value).max() / scale
    worst = {key: gap for key, gap in apart.items() if not gap < CLOSE}
    assert not worst, worst
