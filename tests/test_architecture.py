"""Networks as plain data and back."""

import json

import numpy as np
import pytest

from minigan import (
    BatchNorm,
    ClippedReLU,
    Conv2D,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    RandomNormal,
    ReLU,
    Reshape,
    Sequential,
    Sigmoid,
    Softmax,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.architecture import LAYERS, build, describe
from minigan.errors import CheckpointError, MiniganError, StateError

RNG = np.random.default_rng(0)


def network(dtype=np.float32):
    return Sequential(
        [
            Flatten(),
            Dense(6, 8, RandomNormal(0.0, 0.02), "ones", rng=RNG, dtype=dtype),
            ReLU(),
            BatchNorm(8, momentum=0.8, epsilon=1e-5, dtype=dtype),
            Dropout(0.4, rng=RNG),
            UpSampling2D((2, 2, 2), (2, 1)),
            ZeroPadding2D((4, 2, 2), ((0, 1), (1, 0))),
            Conv2D(
                (5, 3, 2), 3, (2, 3), 2, "same", RandomNormal(), rng=RNG, dtype=dtype
            ),
            BatchNorm(3, positions=6, dtype=dtype),
            Dense(18, 4, "he_uniform", rng=RNG, dtype=dtype),
            LeakyReLU(0.1),
            ClippedReLU(1.0, 0.1, 0.2),
            Tanh(),
            Sigmoid(),
            Softmax(),
            Reshape((2, 2)),
        ]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_every_layer_comes_back(dtype):
    original = network(dtype)
    rows = json.loads(json.dumps(describe(original, [RNG])))
    assert {name for name, _ in rows} == set(LAYERS)
    twin = build(rows, dtype, [RNG], original.theta.size)
    assert describe(twin, [RNG]) == describe(original, [RNG])
    assert repr(twin.layers) == repr(original.layers)
    assert twin.layers[4].rng is RNG
    assert twin.theta.dtype == dtype and twin.theta.shape == original.theta.shape
    twin.theta[:], twin.buffers[:] = original.theta, original.buffers
    x = np.random.default_rng(1).standard_normal((5, 6)).astype(dtype)
    np.testing.assert_array_equal(twin.predict(x), original.predict(x))


def test_the_table_is_closed_and_complete():
    """A layer that is public but not in the table could not be saved."""
    import minigan.layers as layers

    public = {
        name
        for name in dir(layers)
        if isinstance(getattr(layers, name), type)
        and issubclass(getattr(layers, name), Layer)
        and name != "Layer"
    }
    assert set(LAYERS) == public


class Own(Layer):
    pass


class Dense2(Dense):
    pass


Dense2.__name__ = "Dense"  # in name only


@pytest.mark.parametrize("layer", [Own(), Dense2(6, 2)])
def test_layers_of_ones_own_cannot_be_saved(layer):
    with pytest.raises(StateError, match="expected layers of minigan, got"):
        describe(Sequential([Dense(3, 6), layer]), [])


DENSE = {
    "inputs": 2,
    "units": 3,
    "kernel_initializer": "zeros",
    "bias_initializer": "zeros",
}
CONV = {
    "image": [4, 4, 1],
    "filters": 2,
    "kernel_size": [3, 3],
    "kernel_initializer": "zeros",
    "bias_initializer": "zeros",
}
BAD = {
    "unknown": ["Conv3D", {}],
    "a builtin": ["eval", {"source": "1"}],
    "no name": [None, {}],
    "Sequential": ["Sequential", {"layers": []}],
    "Layer": ["Layer", {}],
    "too large": ["Dense", {**DENSE, "inputs": 2**20, "units": 2**20}],
    "too many filters": ["Conv2D", {**CONV, "filters": 2**40}],
    "too large an image": ["Conv2D", {**CONV, "image": [2**14, 2**14, 1]}],
    "padding": ["Conv2D", {**CONV, "padding": "full"}],
    "kernel": ["Conv2D", {**CONV, "kernel_size": 3}],
    "upsampling": ["UpSampling2D", {"image": [64, 64, 1], "size": [2**20, 2**20]}],
    "border": [
        "ZeroPadding2D",
        {"image": [64, 64, 1], "padding": [[2**30, 0], [0, 0]]},
    ],
    "negative": ["Dense", {**DENSE, "inputs": -2, "units": -3}],
    "text": ["Dense", {**DENSE, "inputs": "two"}],
    "missing": ["Dense", {"inputs": 2}],
    "extra": ["ReLU", {"slope": 1}],
    "wide norm": ["BatchNorm", {"features": 2**40, "momentum": 0.9, "epsilon": 1e-3}],
    "momentum": ["BatchNorm", {"features": 2, "momentum": 2, "epsilon": 1e-3}],
    "generator": ["Dropout", {"rate": 0.5, "rng": 7}],
    "rate": ["Dropout", {"rate": 1.5, "rng": 0}],
    "slope": ["LeakyReLU", {"negative_slope": -1}],
    "shape": ["Reshape", {"target_shape": "22"}],
    "initialiser": ["Dense", {**DENSE, "kernel_initializer": {"mean": "x"}}],
}


@pytest.mark.parametrize("row", BAD.values(), ids=BAD)
def test_what_describe_would_not_have_written(row):
    """Whatever is raised here, loading a checkpoint makes it a CheckpointError."""
    with pytest.raises((MiniganError, TypeError, KeyError, IndexError, ValueError)):
        build([row], np.float32, [RNG], 100)


def test_unknown_layers_are_named_beside_the_known_ones():
    with pytest.raises(CheckpointError, match="one of .*'Dense'.*got 'Conv3D'"):
        build([["Conv3D", {}]], np.float32, [], 10)


def test_nothing_large_is_allocated():
    with pytest.raises(CheckpointError, match="at most 100 parameters, got 10"):
        build([["Dense", {**DENSE, "inputs": 10**5, "units": 10**5}]], "f4", [], 100)
