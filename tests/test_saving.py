"""Networks as plain data and back."""

import json

import numpy as np
import pytest

from minigan import (
    BatchNorm,
    ClippedReLU,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Dropout,
    Flatten,
    Layer,
    LeakyReLU,
    LearnedConstant,
    MinibatchDiscrimination,
    RandomNormal,
    ReLU,
    Reshape,
    Sequential,
    Sigmoid,
    Softmax,
    SpectralNorm,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
)
from minigan.errors import CheckpointError, MiniganError, StateError
from minigan.initializers import INITIALIZERS
from minigan.layers.base import LAYERS
from minigan.registry import Example
from minigan.saving import build, describe

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
            SpectralNorm(Dense(4, 4, RandomNormal(), rng=RNG, dtype=dtype)),
            LeakyReLU(0.1),
            ClippedReLU(1.0, 0.1, 0.2),
            Tanh(),
            Sigmoid(),
            MinibatchDiscrimination(4, 2, 3, RandomNormal(), rng=RNG, dtype=dtype),
            LearnedConstant(6, 4, RandomNormal(), rng=RNG, dtype=dtype),
            Conv2DTranspose((2, 2, 1), 1, 1, rng=RNG, dtype=dtype),
            Softmax(),
            Reshape((2, 2)),
        ]
    )


def back(network, rng=RNG):
    """The network that comes out of what JSON holds of this one."""
    described = json.loads(json.dumps(describe(network, [rng])))
    dtype = network.dtype or np.float32
    return build(described, dtype, [rng], network.theta, network.buffers)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_layers_with_initialisers_and_generators_come_back(dtype):
    """Every registered layer by itself: `checks.comes_back_from_a_file`."""
    original = network(dtype)
    twin = back(original)
    assert describe(twin, [RNG]) == describe(original, [RNG])
    assert repr(twin.layers) == repr(original.layers)
    assert twin.layers[4].rng is RNG
    assert twin.theta.dtype == dtype and twin.theta.shape == original.theta.shape
    x = np.random.default_rng(1).standard_normal((5, 6)).astype(dtype)
    np.testing.assert_array_equal(twin.predict(x), original.predict(x))


def test_a_description_reads_well():
    found = describe(
        Sequential([Dense(2, 1, RandomNormal(0, 1)), Dropout(0.5, rng=RNG)]), [RNG]
    )
    dense = {
        "inputs": 2,
        "units": 1,
        "kernel_initializer": {
            "initializer": ["RandomNormal", {"mean": 0, "stddev": 1}]
        },
        "bias_initializer": "zeros",
        "use_bias": True,
    }
    dropout = {"rate": 0.5, "rng": {"generator": 0}}
    layers = [{"layer": ["Dense", dense]}, {"layer": ["Dropout", dropout]}]
    assert found == {"network": ["Sequential", {"layers": layers}]}


# ---- layers of one's own -----------------------------------------------------------


class Own(Layer):
    pass


class Dense2(Dense):
    pass


Dense2.__name__ = "Dense"  # in name only


@pytest.mark.parametrize("layer", [Own(), Dense2(6, 2)])
def test_layers_that_are_not_registered_cannot_be_saved(layer):
    message = r"expected layers whose class is registered, got .* @LAYERS.register\(\)"
    with pytest.raises(StateError, match=message):
        describe(Sequential([Dense(3, 6), layer]), [])


def test_a_network_inside_the_network_is_refused():
    inner = Sequential([Dense(3, 6)])
    with pytest.raises(StateError, match="expected layers, got a network inside"):
        describe(Sequential([inner, Dense(6, 1)]), [])


class Scale(Layer):
    """Everything that an argument can be."""

    def __init__(self, size, factors=(1, 2), start="ones", *, rng=0, dtype=np.float32):
        self.size, self.factors, self.start, self.rng = size, factors, start, rng
        self.dtype = np.dtype(dtype)
        self.w = self.add_parameter("w", np.ones(size, dtype))

    def forward_pass(self, x, training):
        return x * self.w.value, x


@pytest.fixture
def registered():
    """Scale is known, and the initialiser "thirds"."""
    LAYERS.register(Example({"size": 3}, shape=(2, 3)))(Scale)
    INITIALIZERS.register(name="thirds")(lambda shape, rng: np.full(shape, 1 / 3))
    yield
    LAYERS.unregister("Scale")
    INITIALIZERS.unregister("thirds")


@pytest.mark.parametrize("start", ["thirds", RandomNormal(0.5)])
def test_a_registered_layer_of_ones_own_comes_back(registered, start):
    layer = Scale(3, (np.int64(2), 0.5, None, (True,)), start, rng=RNG, dtype="f8")
    original = Sequential([Dense(2, 3, "thirds", rng=RNG, dtype="f8"), layer])
    layer.w.value[...] = 1, 2, 3
    twin = back(original)
    assert type(twin.layers[1]) is Scale and twin.layers[1].rng is RNG
    assert twin.layers[1].config() == layer.config() and twin.dtype == np.float64
    assert (twin.predict(np.ones((1, 2))) == original.predict(np.ones((1, 2)))).all()


@pytest.mark.parametrize(
    "layer, message",
    [
        (Scale(3, np.zeros), "numbers, names and lists as arguments of layers, got"),
        (Scale(3, rng=np.random.default_rng(3)), "as arguments of layers, got Gen"),
    ],
)
def test_arguments_that_cannot_be_saved(registered, layer, message):
    with pytest.raises(StateError, match=message):
        describe(Sequential([layer]), [RNG])


def test_arguments_that_are_not_kept(registered):
    layer = Scale(3)
    del layer.factors
    with pytest.raises(StateError, match="constructor's arguments as attributes, got"):
        describe(Sequential([layer]), [])


# ---- files that are not as they should be ------------------------------------------


def built(row, theta=100, generators=(RNG,)):
    described = {"network": ["Sequential", {"layers": [{"layer": row}]}]}
    arrays = np.zeros(theta, np.float32), np.zeros(0, np.float32)
    return build(described, np.float32, generators, *arrays)


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
    "initialiser's name": ["Dense", {**DENSE, "bias_initializer": "eval"}],
    "no arguments": ["ReLU"],
    "a list": ["ReLU", [1, 2]],
}


@pytest.mark.parametrize("row", BAD.values(), ids=BAD)
def test_what_describe_would_not_have_written(row):
    """Whatever is raised here, loading a checkpoint makes it a CheckpointError."""
    errors = MiniganError, TypeError, KeyError, IndexError, ValueError, AttributeError
    with pytest.raises(errors):
        built(row)


@pytest.mark.parametrize(
    "described",
    [
        None,
        [],
        {"layer": ["ReLU", {}]},
        {"network": ["Sequential", {"layers": []}]},
        {"network": ["Graph of eval", {}]},
        {"network": ["Sequential", {}], "layer": ["ReLU", {}]},
        {"objective": ["hinge", {}]},
    ],
)
def test_what_is_no_network(described):
    none = np.zeros(0, np.float32)
    with pytest.raises(MiniganError, match="expected"):
        build(described, np.float32, [], none, none)


def test_unknown_layers_are_named_beside_the_known_ones():
    with pytest.raises(
        CheckpointError, match="registered layer, one of .*'Dense'.*got 'Conv3D'"
    ):
        built(["Conv3D", {}])


def test_nothing_large_is_allocated(registered):
    message = "Dense: argument 'kernel_initializer': .* the 100 numbers .*, got 10"
    with pytest.raises(CheckpointError, match=message):
        built(["Dense", {**DENSE, "inputs": 10**5, "units": 10**5}])
    with pytest.raises(CheckpointError, match="BatchNorm: argument 'gamma': .* 100 nu"):
        built(["BatchNorm", {"features": 2**30}])
    with pytest.raises(CheckpointError, match="Scale: expected no more numbers than"):
        built(["Scale", {"size": 101}])


def test_tables_of_pixels_are_bounded_altogether():
    """Each layer of a few bytes could ask for 128 MB."""
    image = {"image": [2048, 2048, 1], "padding": 0}
    layers = [{"layer": ["ZeroPadding2D", image]}] * 50
    none = np.zeros(0, np.float32)
    message = "ZeroPadding2D: argument '.*': expected at most the .* places"
    with pytest.raises(CheckpointError, match=message):
        build(
            {"network": ["Sequential", {"layers": layers}]}, np.float32, [], none, none
        )


@pytest.mark.parametrize("size", [15, 17])
def test_vectors_of_another_size(size):
    with pytest.raises(CheckpointError, match=r"expected float32 \(32,\), got float32"):
        built(["Dense", DENSE], theta=32 + size)
