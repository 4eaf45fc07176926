"""Initial values: bounds, variances, truncation, repeatability."""

import numpy as np
import pytest

from minigan import Dense, RandomNormal, RandomUniform
from minigan.errors import ArgumentError, CheckpointError, DTypeError, ShapeError
from minigan.initializers import INITIALIZERS, blank, initialize

SHAPE = (300, 200)
NAMES = [name for name, kind in INITIALIZERS.items() if not isinstance(kind, type)]


def draw(initializer, shape=SHAPE, seed=0, dtype=np.float64):
    rng = np.random.default_rng(seed)
    return initialize("test", "kernel", initializer, shape, rng, dtype)


BOUNDS = {  # the largest possible size, and the variance
    "glorot_uniform": (np.sqrt(6 / 500), 2 / 500),
    "he_uniform": (np.sqrt(6 / 300), 2 / 300),
    "glorot_normal": (2 * np.sqrt(2 / 500) / 0.87962566, 2 / 500),
    "he_normal": (2 * np.sqrt(2 / 300) / 0.87962566, 2 / 300),
    "lecun_uniform": (np.sqrt(3 / 300), 1 / 300),
    "lecun_normal": (2 * np.sqrt(1 / 300) / 0.87962566, 1 / 300),
}


@pytest.mark.parametrize("name", BOUNDS)
def test_bounds_and_variance(name):
    bound, variance = BOUNDS[name]
    values = draw(name)
    assert 0.98 * bound < np.abs(values).max() <= bound
    assert abs(values.mean()) < 4 * np.sqrt(variance / values.size)
    np.testing.assert_allclose(values.var(), variance, rtol=0.02)


def test_fans_of_a_convolution():
    """Each filter sees 3 x 5 pixels of 40 channels; each pixel reaches 20 filters."""
    shape = (3, 5, 40, 20)
    for name, fan in (("glorot_uniform", (600 + 300) / 2), ("he_uniform", 600)):
        bound = np.sqrt((3 if "glorot" in name else 6) / fan)
        assert 0.98 * bound < np.abs(draw(name, shape)).max() <= bound
    for name, fan in (("glorot_normal", 900 / 2), ("he_normal", 600)):
        variance = (1 if "glorot" in name else 2) / fan
        np.testing.assert_allclose(draw(name, shape).var(), variance, rtol=0.05)


@pytest.mark.parametrize("name", ["glorot_normal", "he_normal"])
def test_the_tails_are_drawn_again_not_piled_up(name):
    values = np.abs(draw(name))
    assert np.unique(values).size == values.size


@pytest.mark.parametrize("name, value", [("zeros", 0), ("ones", 1)])
def test_constants(name, value):
    assert (draw(name) == value).all()


def test_random_normal():
    values = draw(RandomNormal(mean=3, stddev=0.5))
    assert abs(values.mean() - 3) < 0.01 and abs(values.std() - 0.5) < 0.01
    assert np.abs(values - 3).max() > 1.5  # not truncated
    assert RandomNormal() == RandomNormal(0.0, 0.05)
    assert (draw(RandomNormal(2, 0)) == 2).all()


def test_random_uniform():
    values = draw(RandomUniform(1, 3))
    assert 1 <= values.min() < 1.01 and 2.99 < values.max() <= 3
    assert abs(values.var() - 1 / 3) < 0.01
    assert (draw(RandomUniform(2, 2)) == 2).all()


@pytest.mark.parametrize("name", [*NAMES, RandomNormal(), RandomUniform()])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_type_shape_and_repeatability(name, dtype):
    values = draw(name, (7, 5), dtype=dtype)
    assert values.dtype == dtype and values.shape == (7, 5)
    assert (values == draw(name, (7, 5), dtype=dtype)).all()
    assert (values == draw(name, (7, 5)).astype(dtype)).all()  # rounded once
    varies = name not in ("zeros", "ones")
    assert (values != draw(name, (7, 5), seed=1, dtype=dtype)).any() == varies


@pytest.mark.parametrize("name", BOUNDS)
def test_biases_too(name):
    assert np.isfinite(draw(name, (5,))).all()
    assert Dense(2, 5, bias_initializer=name).b.value.any()


@pytest.mark.parametrize("name", ["glorot", "", None, 3, ["zeros"], RandomNormal])
def test_an_unknown_initializer_names_the_known_ones(name):
    message = "^Dense: argument 'kernel_initializer': expected one of 'glorot_uniform'"
    with pytest.raises(ArgumentError, match=message + ".* or a RandomUniform, got "):
        Dense(2, 3, name)
    with pytest.raises(ArgumentError, match="^Dense: argument 'bias_initializer': exp"):
        Dense(2, 3, bias_initializer=name)


def test_a_random_normal_cannot_be_changed():
    with pytest.raises(AttributeError):
        RandomNormal().mean = 3
    with pytest.raises(DTypeError, match="RandomNormal: argument 'stddev'"):
        RandomNormal(0, "wide")


def test_a_function_of_ones_own():
    @INITIALIZERS.register()
    def halves(shape, rng):
        return np.full(shape, 0.5)

    @INITIALIZERS.register()
    class Constant:
        def __init__(self, value=2.0):
            self.value = value

        def __call__(self, shape, rng):
            return np.full(shape, self.value)

    @INITIALIZERS.register()
    def flat(shape, rng):
        return np.zeros(3)

    try:
        assert (Dense(3, 2, "halves").W.value == 0.5).all()
        assert (Dense(3, 2, Constant(7), "Constant").W.value == 7).all()
        with pytest.raises(
            ShapeError, match=r"'kernel_ini.*shape \(3, 2\), got \(3,\)"
        ):
            Dense(3, 2, "flat")
        with pytest.raises(ArgumentError, match="'halves', 'flat' or .* or a Constant"):
            Dense(3, 2, np.zeros)
    finally:
        for name in ("halves", "Constant", "flat"):
            INITIALIZERS.unregister(name)


def test_nothing_is_drawn_for_what_a_file_holds():
    with blank(12):
        assert not Dense(3, 2, "ones", rng=0).W.value.any()
        with pytest.raises(CheckpointError, match="Dense: .* 4 numbers .*, got 6"):
            Dense(3, 2)
        with pytest.raises(ArgumentError, match="'kernel_initializer': expected one"):
            Dense(1, 1, "eval")
    assert Dense(3, 2).W.value.any()
