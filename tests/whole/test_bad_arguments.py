"""Every public constructor and method against arguments that it must refuse.

Each call is refused with an error of this package, whose message names the callable
and the argument.
"""

import numpy as np
import pytest

from minigan import (
    BCE,
    SGD,
    Adam,
    BatchNorm,
    ClippedReLU,
    Conv2D,
    Dense,
    Dropout,
    LeakyReLU,
    MiniganError,
    RandomNormal,
    RandomUniform,
    ReLU,
    Reshape,
    RMSprop,
    Sequential,
    UpSampling2D,
    Wasserstein,
    ZeroPadding2D,
)

nan, inf = float("nan"), float("inf")
NO_NUMBERS = (nan, inf, -inf, "0.1", None, True, 1j, [0.5], np.ones(2), 10**400)
NO_SIZES = (0, -1, 1.0, nan, "64", None, True, [3], 2**40, np.ones(1))
NO_TYPES = (int, "float16", "int8", None, 3.5, "double trouble")
NO_SEEDS = (-1, 1.5, "0", None, True, [1])
NO_IMAGES = (None, 784, "28", (28, 28), (28, 28, 0), (28, 28, 1.0), (28, 28, 1, 1))
NO_PAIRS = (0, -1, 1.5, "3", None, (), (3,), (3, 0), (3, 3, 3), (1.0, 1))
NO_BORDERS = (-1, 1.5, "1", None, (1,), (1, 1, 1), (1, -1), (1, (2, 2, 2)), 2**20)


def conv(**arguments):
    return Conv2D((4, 4, 1), 1, 1, **arguments)


# callable, argument, a call with a value of that argument, the values
ARGUMENTS = [
    (Dense, "inputs", lambda v: Dense(v, 1), NO_SIZES),
    (Dense, "units", lambda v: Dense(1, v), NO_SIZES),
    (Dense, "kernel_initializer", lambda v: Dense(1, 1, v), ("he", None, 0, np.zeros)),
    (Dense, "bias_initializer", lambda v: Dense(1, 1, "ones", v), ("he", None, 0.0)),
    (Dense, "rng", lambda v: Dense(1, 1, rng=v), NO_SEEDS),
    (Dense, "dtype", lambda v: Dense(1, 1, dtype=v), NO_TYPES),
    (Conv2D, "image", lambda v: Conv2D(v, 1, 1), NO_IMAGES),
    (Conv2D, "image", lambda v: Conv2D(v, 1, 1), ((2**13, 2**13, 1),)),
    (Conv2D, "filters", lambda v: Conv2D((4, 4, 1), v, 1), NO_SIZES),
    (Conv2D, "kernel_size", lambda v: Conv2D((4, 4, 1), 1, v), (*NO_PAIRS, 5, (1, 5))),
    (Conv2D, "strides", lambda v: Conv2D((4, 4, 1), 1, 1, v), NO_PAIRS),
    (Conv2D, "padding", lambda v: conv(padding=v), ("SAME", 1, None)),
    (Conv2D, "kernel_initializer", lambda v: conv(kernel_initializer=v), ("he", 0)),
    (Conv2D, "bias_initializer", lambda v: conv(bias_initializer=v), ("he", 0)),
    (Conv2D, "rng", lambda v: conv(rng=v), NO_SEEDS),
    (Conv2D, "dtype", lambda v: conv(dtype=v), NO_TYPES),
    (UpSampling2D, "image", UpSampling2D, NO_IMAGES),
    (UpSampling2D, "size", lambda v: UpSampling2D((4, 4, 1), v), (*NO_PAIRS, 2**15)),
    (UpSampling2D, "interpolation", lambda v: UpSampling2D((1, 1, 1), 2, v), (None, 1)),
    (ZeroPadding2D, "image", ZeroPadding2D, NO_IMAGES),
    (ZeroPadding2D, "padding", lambda v: ZeroPadding2D((4, 4, 1), v), NO_BORDERS),
    (LeakyReLU, "negative_slope", LeakyReLU, (*NO_NUMBERS, -1, -1e-9)),
    (BatchNorm, "features", BatchNorm, NO_SIZES),
    (BatchNorm, "momentum", lambda v: BatchNorm(1, v), (*NO_NUMBERS, -0.1, 1, 2)),
    (BatchNorm, "epsilon", lambda v: BatchNorm(1, 0.9, v), (*NO_NUMBERS, 0, -1, 1e-60)),
    (BatchNorm, "positions", lambda v: BatchNorm(1, positions=v), NO_SIZES),
    (BatchNorm, "dtype", lambda v: BatchNorm(1, dtype=v), NO_TYPES),
    (Dropout, "rate", Dropout, (*NO_NUMBERS, -0.1, 1, 50)),
    (Dropout, "rng", lambda v: Dropout(0.5, rng=v), NO_SEEDS),
    (Reshape, "target_shape", Reshape, (None, 6, "6", (), [], (0,), (-1,), (2, 1.5))),
    (Sequential, "layers", Sequential, ([], ())),
    (Sequential, r"layers[0]", Sequential, (None, 3, "Dense", [Dense], {}, [[ReLU()]])),
    (BCE, "epsilon", BCE, (*NO_NUMBERS, 0, -1, 0.5, 1)),
    (SGD, "learning_rate", SGD, (*NO_NUMBERS, 0, -1, 1e308)),
    (SGD, "momentum", lambda v: SGD(0.1, v), (*NO_NUMBERS, -0.1, 1)),
    (RMSprop, "rho", lambda v: RMSprop(rho=v), (*NO_NUMBERS, -0.1, 1)),
    (RMSprop, "momentum", lambda v: RMSprop(momentum=v), (*NO_NUMBERS, -0.1, 1)),
    (RMSprop, "epsilon", lambda v: RMSprop(epsilon=v), (nan, inf, "1", True, 0, -1)),
    (ClippedReLU, "max_value", ClippedReLU, (nan, inf, "1", True, -1)),
    (
        ClippedReLU,
        "negative_slope",
        lambda v: ClippedReLU(negative_slope=v),
        (*NO_NUMBERS, -0.1),
    ),
    (ClippedReLU, "threshold", lambda v: ClippedReLU(threshold=v), (*NO_NUMBERS, -1)),
    (Wasserstein, "weight", Wasserstein, NO_NUMBERS),
    (Adam, "learning_rate", Adam, (*NO_NUMBERS, 0, -1, 1e308)),
    (Adam, "beta_1", lambda v: Adam(beta_1=v), (*NO_NUMBERS, -0.1, 1, 1.5)),
    (Adam, "beta_2", lambda v: Adam(beta_2=v), (*NO_NUMBERS, -0.1, 1, 1.5)),
    (Adam, "epsilon", lambda v: Adam(epsilon=v), (nan, inf, "1", True, 0, -1, 1e-60)),
    (Adam, "epsilon_form", lambda v: Adam(epsilon_form=v), ("Keras", "", None, 1)),
    (RandomNormal, "mean", RandomNormal, NO_NUMBERS),
    (RandomNormal, "stddev", lambda v: RandomNormal(0, v), (*NO_NUMBERS, -0.1)),
    (RandomUniform, "minval", RandomUniform, NO_NUMBERS),
    (RandomUniform, "maxval", lambda v: RandomUniform(0, v), (*NO_NUMBERS, -0.1)),
]
CALLS = [
    pytest.param(f, name, call, value, id=f"{f.__name__}-{name}-{k}")
    for f, name, call, values in ARGUMENTS
    for k, value in enumerate(values)
]


@pytest.mark.parametrize("f, name, call, value", CALLS)
def test_constructors(f, name, call, value):
    with pytest.raises(MiniganError) as caught:
        call(value)
    message = str(caught.value)
    assert message.startswith(f"{f.__name__}: argument {name!r}: expected "), message
    assert isinstance(caught.value, (ValueError, TypeError))
    assert len(message) < 300


@pytest.mark.parametrize("dtype", ["int32", float, "float16"])
def test_astype(dtype):
    """`float` is float64, the only one of these that passes."""
    for layer in (Dense(2, 1), Sequential([Dense(2, 1)])):
        if dtype is float:
            assert layer.astype(dtype).dtype == np.float64
            continue
        where = type(layer).__name__
        with pytest.raises(MiniganError, match=f"^{where}.astype: argument 'dtype': "):
            layer.astype(dtype)


def test_there_are_enough_of_them():
    assert len(CALLS) > 200
