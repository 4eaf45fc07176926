"""Names, import paths and arguments: what is there, and what fails at once."""

import importlib
import subprocess
import sys

import numpy as np
import pytest

import minigan as tf
from minigan import keras
from minigan.errors import MiniganError
from minigan.initializers import INITIALIZERS
from minigan.keras import (
    absent_modules,
    initializers,
    layers,
    losses,
    metrics,
    optimizers,
    public_api,
)
from minigan.keras.keras_names import KERAS, METHODS
from minigan.optimizers import OPTIMIZERS


def test_import_is_lazy_and_tf_keras_works():
    code = (
        "import sys, minigan; assert 'minigan.keras' not in sys.modules\n"
        "minigan.keras.layers.Dense(1); assert 'numba' not in sys.modules\n"
        "assert 'matplotlib' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
    assert tf.keras.layers is layers
    with pytest.raises(AttributeError, match="kears"):
        _ = tf.kears


@pytest.mark.parametrize(
    "path, name",
    [
        ("layers.advanced_activations", "LeakyReLU"),
        ("layers.convolutional", "UpSampling2D"),
        ("layers.core", "Dense"),
        ("layers.embeddings", "Embedding"),
        ("layers.merge", "concatenate"),
        ("layers.noise", "GaussianNoise"),
        ("layers.normalization", "BatchNormalization"),
        ("layers.pooling", "MaxPooling2D"),
        ("optimizers.legacy", "Adam"),
        ("utils.generic_utils", "Progbar"),
        ("utils.np_utils", "to_categorical"),
        ("datasets.mnist", "load_data"),
        ("models", "Sequential"),
    ],
)
def test_import_paths(path, name):
    module = importlib.import_module(f"minigan.keras.{path}")
    assert getattr(module, name) is not None


@pytest.mark.parametrize("name", absent_modules.NAMES)
def test_absent_modules_can_be_imported_but_not_used(name):
    path = f"minigan.keras.{name}"
    names: dict = {}
    exec(f"import {path}\nfrom {path} import Thing\nit = {path}.Thing", names)
    for thing in (names["Thing"], names["it"]):
        with pytest.raises(MiniganError, match=f"{path}.Thing: not supported"):
            thing(3)
        with pytest.raises(MiniganError, match="nothing of"):
            _ = thing.more
    assert not hasattr(importlib.import_module(path), "__version__")


def test_the_front_has_a_version():
    assert keras.__version__ == tf.__version__


def test_every_supported_name_is_there():
    for module, names in public_api.SUPPORTED.items():
        owner = getattr(keras, module) if module else keras
        for name in names:
            assert name in vars(owner), f"{module}.{name}"


@pytest.mark.parametrize("module", sorted(KERAS))
def test_absent_names_can_be_imported_but_not_used(module):
    owner = getattr(keras, module)
    absent = [name for name in KERAS[module] if name not in vars(owner)]
    assert absent
    for name in absent:
        with pytest.raises(
            MiniganError, match=f"{name}: not supported; (supp|there is no)"
        ):
            getattr(owner, name)(3)
    with pytest.raises(AttributeError, match="Lairs.*has"):
        _ = owner.Lairs


@pytest.mark.parametrize(
    "call, words",
    [
        (lambda: layers.Dense(3, kernel_regularizer="l2"), "kernel_regularizer.*None"),
        (lambda: layers.Dense(3, speed=3), "speed.*units"),
        (lambda: layers.Dense(3, activation="mish"), "activation.*'relu'"),
        (lambda: layers.Dense(3, activation=np.tanh), "activation.*'relu'"),
        (lambda: layers.Dense(3, kernel_initializer="orthogonal"), "he_normal"),
        (lambda: layers.Dense(0), "units"),
        (lambda: layers.Dense(), "units"),
        (lambda: layers.Dense(3, output_dim=3), "units"),
        (lambda: layers.Dense(3, dtype="float16"), "dtype.*float32"),
        (lambda: layers.Dense(3, input_dim=2, input_shape=(2,)), "not both"),
        (lambda: layers.Dense(3, input_shape=(None, 2)), "input_shape"),
        (lambda: layers.Dense(3, trainable="no"), "trainable"),
        (lambda: layers.Dense(3, name=3), "name"),
        (lambda: layers.LeakyReLU(0.1, alpha=0.2), "alpha"),
        (lambda: layers.LeakyReLU(-1), "negative_slope"),
        (lambda: layers.ReLU(max_value=-6), "max_value"),
        (lambda: layers.BatchNormalization(renorm=True), "renorm.*False"),
        (lambda: layers.BatchNormalization(axis=1, input_shape=(2, 3)), "axis"),
        (lambda: layers.Dropout(1.0), "rate"),
        (lambda: layers.Dropout(0.5, noise_shape=(1,)), "noise_shape"),
        (lambda: layers.Reshape((2, 2), input_shape=(5,)), "4|elements"),
        (lambda: layers.Reshape(3), "Reshape: argument 'target_shape'.*tuple"),
        (lambda: optimizers.AdamW(amsgrad=True), "amsgrad.*False"),
        (lambda: optimizers.Adam(clipnorm=1, clipvalue=1), "one of clipvalue"),
        (lambda: optimizers.Adam(decay=-1e-6), "decay"),
        (lambda: optimizers.Adam(0.1, lr=0.2), "lr"),
        (lambda: optimizers.Adam(0.1, rho=0.2), "rho.*beta_1"),
        (lambda: optimizers.SGD(nesterov=1), "nesterov"),
        (lambda: optimizers.RMSprop(centered=True), "centered.*False"),
        (lambda: optimizers.get("ftrl"), "'adam', 'adamw'"),
        (lambda: losses.get("dice"), "'binary_crossentropy'"),
        (lambda: losses.BinaryCrossentropy(reduction="none"), "reduction"),
        (lambda: metrics.get("auc"), "'accuracy'"),
        (lambda: keras.Input(), "shape"),
        (lambda: keras.Input(shape=10), "shape"),
        (lambda: keras.Input(shape=(3,), sparse=True), "sparse"),
        (lambda: keras.backend.set_floatx("float16"), "float32"),
    ],
)
def test_unsupported_arguments(call, words):
    with pytest.raises(MiniganError, match=words):
        made = call()
        keras.Sequential([made])


@pytest.mark.parametrize(
    "method, options",
    [
        ("compile", {"optimizer": "adam", "loss": "mse", "loss_weights": [2, 1]}),
        ("compile", {"optimizer": "adam", "loss_weights": {"other": 1}}),
        ("compile", {"optimizer": "adam", "loss": lambda y, p: 0}),
        ("compile", {"optimizer": None}),
        ("compile", {"optimizer": "adam", "lose": "mse"}),
        ("fit", {"class_weight": {0: 1}}),
        ("fit", {"class_weight": "balanced"}),
        ("fit", {"batch_size": 0}),
        ("fit", {"verbose": 3}),
        ("fit", {"validation_data": np.ones(3)}),
        ("fit", {"speed": 3}),
        ("fit", {"steps_per_epoch": 99}),
        ("evaluate", {"sample_weight": np.ones(7)}),
        ("train_on_batch", {"sample_weight": np.ones((8, 2))}),
        ("train_on_batch", {"reset_metrics": False}),
        ("predict", {"steps": 3}),
        ("predict", {"verbose": "loud"}),
        ("summary", {"show_trainable": True}),
        ("summary", {"positions": [0.3, 0.6, 1.0]}),
        ("summary", {"layer_range": ["a", "b"]}),
        ("summary", {"expand_nested": "yes"}),
        ("set_weights", {"weights": None}),
        ("get_layer", {"index": 9}),
        ("get_layer", {"index": "dense"}),
    ],
)
def test_unsupported_options_of_methods(method, options):
    model = keras.Sequential([layers.Dense(1, input_dim=2)])
    model.compile("adam", "mse")
    of_data = ("fit", "evaluate", "train_on_batch", "predict")
    data = (np.ones((8, 2)), np.ones(8)) if method in of_data else ()
    data = data[:1] if method == "predict" else data
    (argument,) = list(options)[-1:]
    with pytest.raises(MiniganError, match=argument):
        getattr(model, method)(*data, **options)


@pytest.mark.parametrize(
    "options",
    [
        {"loss_weights": [1]},
        {"loss_weights": [1.0]},
        {"loss_weights": 1.0},
        {"weighted_metrics": []},
        {"run_eagerly": True},
        {"loss": ["mse"]},
        {"optimizer": "ADAM"},
    ],
)
def test_options_that_change_nothing(options):
    keras.utils.set_random_seed(1)
    losses = []
    for given in (options, {}):
        keras.utils.set_random_seed(1)
        model = keras.Sequential([layers.Dense(1, input_dim=2)])
        model.compile(**{"optimizer": "adam", "loss": "mse"} | given)
        x, y = np.ones((8, 2)), np.ones(8)
        losses.append([model.train_on_batch(x, y) for _ in range(3)])
    assert losses[0] == losses[1]


def test_activations_by_name_function_layer_and_class():
    x = np.linspace(-2, 2, 8).reshape(4, 2)
    for given, expected in (
        ("leaky_relu", np.where(x > 0, x, 0.2 * x)),
        (layers.LeakyReLU(), np.where(x > 0, x, 0.3 * x)),
        (layers.LeakyReLU, np.where(x > 0, x, 0.3 * x)),
        (layers.Activation("tanh"), np.tanh(x)),
        (keras.activations.relu, np.maximum(x, 0)),
        (None, x),
    ):
        dense = layers.Dense(2, activation=given, kernel_initializer="zeros")
        dense.build((None, 2))
        dense.set_weights([np.eye(2), np.zeros(2)])
        np.testing.assert_allclose(dense(x), expected, rtol=1e-6, atol=1e-7)
    np.testing.assert_allclose(keras.activations.softmax(x).sum(1), 1)


def test_every_initializer_of_the_engine_is_there():
    for name in INITIALIZERS:
        made = initializers.get(name)
        assert isinstance(made((3, 4)), np.ndarray)
        assert made.drawn == name or type(made).__name__ == name


def test_absent_names_that_say_what_to_use_instead():
    with pytest.raises(MiniganError, match="backend.gradients: not.*gan.penalties"):
        keras.backend.gradients(1, 2)


def test_names_of_keras_1():
    assert layers.Dense(input_dim=2, output_dim=3).units == 3
    a, b = keras.Input((2,)), keras.Input((2,))
    joined = [
        layers.merge([a, b], mode=mode)
        for mode in ("sum", "mul", "ave", "max", "concat", lambda p: p[0] - p[1])
    ]
    joined.append(layers.merge([a, b], mode="dot", dot_axes=1))
    x, y = np.array([[1.0, 2.0]]), np.array([[3.0, 1.0]])
    found = keras.Model([a, b], joined).predict([x, y])
    expected = (
        x + y,
        x * y,
        (x + y) / 2,
        np.maximum(x, y),
        np.hstack([x, y]),
        x - y,
        [[5.0]],
    )
    for here, there in zip(found, expected, strict=True):
        np.testing.assert_allclose(here, there)


def test_identity():
    start = initializers.Identity(gain=2.0)
    np.testing.assert_array_equal(start((2, 3)), 2 * np.eye(2, 3))
    dense = layers.Dense(3, kernel_initializer=start, input_dim=2)
    table = layers.Embedding(2, 3, "identity", input_shape=())
    for layer, gain in ((dense, 2), (table, 1)):
        layer.build((None, 2) if layer is dense else (None,))
        np.testing.assert_array_equal(layer.get_weights()[0], gain * np.eye(2, 3))
    for make in (
        lambda: layers.Conv2D(2, 3, kernel_initializer="identity"),
        lambda: layers.Dense(2, bias_initializer="identity"),
    ):
        with pytest.raises(MiniganError, match="Identity: argument 'shape': .*matrix"):
            make().build((None, 4, 4, 2))


def test_every_optimizer_of_the_engine_is_there():
    absent = {"AMSGrad", "Nesterov", "OptimisticAdam"}  # the first two are arguments
    assert set(OPTIMIZERS) - absent <= set(optimizers.NAMES)


def test_initializers():
    same = initializers.HeNormal(seed=3)
    np.testing.assert_array_equal(same((3, 4)), same((3, 4)))
    normal = initializers.RandomNormal(mean=1.0, stddev=0.02, seed=0)((200, 50))
    assert abs(normal.mean() - 1) < 1e-3 and abs(normal.std() - 0.02) < 1e-3
    free = initializers.glorot_uniform()
    assert (free((3, 4)) != free((3, 4))).any()
    keras.utils.set_random_seed(5)
    a = layers.Dense(3, input_dim=2)
    a.build((None, 2))
    drawn = np.random.rand()  # noqa: NPY002
    keras.utils.set_random_seed(5)
    b = layers.Dense(3)
    b.build((None, 2))
    np.testing.assert_array_equal(a.get_weights()[0], b.get_weights()[0])
    assert np.random.rand() == drawn  # noqa: NPY002


def test_to_categorical():
    rows = keras.utils.to_categorical([2, 0, 1])
    np.testing.assert_array_equal(rows, np.eye(3)[[2, 0, 1]])
    assert keras.utils.to_categorical(np.ones((4, 1)), num_classes=5).shape == (4, 5)
    for bad in ([0.5], [-1], []):
        with pytest.raises(MiniganError, match="to_categorical"):
            keras.utils.to_categorical(bad)
    with pytest.raises(MiniganError, match="num_classes"):
        keras.utils.to_categorical([3], 2)


def test_import_star_takes_the_public_names_only():
    for module in public_api.SUPPORTED:
        names: dict = {}
        exec(f"from minigan.keras{'.' * bool(module)}{module} import *", names)
        del names["__builtins__"]
        assert set(names) <= set(public_api.SUPPORTED[module])
    assert {"Adam", "RMSprop"} <= set(optimizers.__all__)


@pytest.mark.parametrize("name", ["binary_crossentropy", "MSE", "mae"])
def test_losses_as_functions_are_names(name):
    function = getattr(losses, name)
    assert type(losses.get(function)) is type(losses.get(name.lower()))


def test_compile_without_an_optimizer_takes_rmsprop():
    model = keras.Sequential([layers.Dense(1, input_dim=2)])
    model.compile(loss=losses.mean_squared_error)
    assert isinstance(model.optimizer, optimizers.RMSprop)


def test_the_input_layer_has_tensors():
    z = keras.Input(shape=(3,))
    model = keras.Model(z, layers.Dense(2)(z))
    assert [layer.output.shape for layer in model.layers] == [(None, 3), (None, 2)]


def test_methods_of_keras_that_are_absent():
    model = keras.Sequential([layers.Dense(1, input_dim=2)])
    for name in METHODS:
        assert not hasattr(model, name)
        with pytest.raises(MiniganError, match=f"{name}: not supported; .* fit"):
            getattr(model, name)(3)
    with pytest.raises(AttributeError, match="no attribute 'fti'"):
        model.fti(3)
