"""The networks of the recipes: functions that build them.

    build(rng, dtype, shape) -> Sequential

rng: Generator for the initial weights.  shape: of one row of the data; the default is
the tutorial's, and gives the tutorial's counts of parameters.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from math import prod

import numpy as np
from numpy.typing import DTypeLike

from .. import validate
from ..errors import ShapeError
from ..initializers import RandomNormal
from ..layers import (
    BatchNorm,
    Conv2D,
    Conv2DTranspose,
    Dense,
    Flatten,
    Layer,
    LeakyReLU,
    LearnedConstant,
    ReLU,
    Reshape,
    Sigmoid,
    Tanh,
)
from ..network import Graph, Sequential
from . import conditional

Shape = tuple[int, ...]

DIGITS, FLAT, MNIST = (8, 8, 1), (784,), (28, 28, 1)

MODES_HIDDEN = 64, 64  # units of the hidden layers, for rings and grids
MORE_HIDDEN = 128, 128, 128  # the same where 25 modes have to be sharp
MOST_UNITS = 1024  # of a hidden layer, however many columns a table has

# ---- points ------------------------------------------------------------------------


def parabola_generator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = (2,)
) -> Sequential:
    """5 -> 15 ReLU -> 2; for k columns max(5, k) -> 30 k ReLU -> k"""
    (columns,) = shape
    latent, units = max(5, columns), _wider(15, columns)
    hidden = [Dense(latent, units, "he_uniform", rng=rng, dtype=dtype), ReLU()]
    return Sequential([*hidden, Dense(units, columns, rng=rng, dtype=dtype)])


def parabola_discriminator(
    rng: np.random.Generator,
    dtype: DTypeLike,
    shape: Shape = (2,),
    units: int = 25,
) -> Sequential:
    """2 -> 25 ReLU -> 1 sigmoid; for k columns k -> 50 k ReLU -> 1 sigmoid"""
    (columns,) = shape
    units = _wider(units, columns)
    hidden = [Dense(columns, units, "he_uniform", rng=rng, dtype=dtype), ReLU()]
    return Sequential([*hidden, Dense(units, 1, rng=rng, dtype=dtype), Sigmoid()])


robust_discriminator = partial(parabola_discriminator, units=64)


def dirac_generator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = (1,)
) -> Sequential:
    """1 -> the learned constant theta, at first 1, whatever z is"""
    (columns,) = shape
    return Sequential([LearnedConstant(1, columns, "ones", rng=rng, dtype=dtype)])


def dirac_discriminator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = (1,)
) -> Sequential:
    """D(x) = psi x, psi at first -1: the score of 1, where G begins, is low"""
    (columns,), psi = shape, RandomNormal(-1.0, 0.0)
    return Sequential([Dense(columns, 1, psi, use_bias=False, rng=rng, dtype=dtype)])


def robust_generator(
    rng: np.random.Generator,
    dtype: DTypeLike,
    shape: Shape = (2,),
    activation: type[Layer] = Tanh,
) -> Sequential:
    """1 -> 32 tanh -> 2: a smooth curve, whatever the weights; k -> 64 k tanh -> k"""
    (columns,) = shape
    latent = 1 if columns == 2 else columns
    units = _wider(32, columns)
    hidden = [Dense(latent, units, "he_uniform", rng=rng, dtype=dtype), activation()]
    return Sequential([*hidden, Dense(units, columns, rng=rng, dtype=dtype)])


def modes_generator(
    rng: np.random.Generator,
    dtype: DTypeLike,
    shape: Shape = (2,),
    activation: type[Layer] = ReLU,
    hidden: Shape = MODES_HIDDEN,
) -> Sequential:
    """2 -> 64 ReLU -> 64 ReLU -> 2; k -> ... -> k for k columns"""
    (columns,) = shape
    layers = _points_hidden((columns, *hidden), activation, rng, dtype)
    return Sequential([*layers, Dense(hidden[-1], columns, rng=rng, dtype=dtype)])


# Flat where a tanh is saturated: samples stay together on modes, few are in between.
modes_tanh_generator = partial(modes_generator, activation=Tanh)
grid_generator = partial(modes_generator, activation=Tanh, hidden=MORE_HIDDEN)


def modes_discriminator(
    rng: np.random.Generator,
    dtype: DTypeLike,
    shape: Shape = (2,),
    hidden: Shape = MODES_HIDDEN,
) -> Sequential:
    """2 -> 64 ReLU -> 64 ReLU -> 1 sigmoid; k -> ... for k columns"""
    layers = _points_hidden((*shape, *hidden), ReLU, rng, dtype)
    return Sequential([*layers, *_score(hidden[-1], rng, dtype)])


grid_discriminator = partial(modes_discriminator, hidden=MORE_HIDDEN)


def _points_hidden(
    sizes: Sequence[int],
    activation: type[Layer],
    rng: np.random.Generator,
    dtype: DTypeLike,
) -> list[Layer]:
    """Dense, he_uniform, and an activation from size to size."""
    layers: list[Layer] = []
    for inputs, units in zip(sizes, sizes[1:], strict=False):
        dense = Dense(inputs, units, "he_uniform", rng=rng, dtype=dtype)
        layers += [dense, activation()]
    return layers


def _wider(units: int, columns: int) -> int:
    """So many hidden units for two columns, more for any other number of them.

    Points on a curve need few; the columns of a table are seldom so simple.
    """
    return units if columns == 2 else min(MOST_UNITS, 2 * units * columns)


# ---- images ------------------------------------------------------------------------


def digits_generator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = DIGITS
) -> Sequential:
    """32 -> 64 -> 128 -> images, BatchNorm(0.8) behind every hidden layer"""
    hidden = _hidden((32, 64, 128), "glorot_uniform", rng, dtype, 0.8)
    return Sequential([*hidden, *_drawn(128, shape, rng, dtype)])


def digits_discriminator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = DIGITS
) -> Sequential:
    """images -> 128 -> 64 -> 1 sigmoid"""
    hidden = _hidden((prod(shape), 128, 64), "glorot_uniform", rng, dtype)
    return Sequential([*_flat(shape), *hidden, *_score(64, rng, dtype)])


def smooth_generator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = FLAT
) -> Sequential:
    """100 -> 128 -> 256 -> 512 -> rows, BatchNorm(0.8) behind every hidden layer"""
    first = RandomNormal(0, 0.02)
    hidden = _hidden((100, 128, 256, 512), first, rng, dtype, 0.8)
    return Sequential([*hidden, *_drawn(512, shape, rng, dtype)])


def smooth_discriminator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = FLAT
) -> Sequential:
    """rows -> 512 -> 256 -> 128 -> 1 sigmoid"""
    sizes, first = (prod(shape), 512, 256, 128), RandomNormal(0, 0.02)
    hidden = _hidden(sizes, first, rng, dtype)
    return Sequential([*_flat(shape), *hidden, *_score(128, rng, dtype)])


def mixed_generator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = MNIST
) -> Sequential:
    """128 -> 256 -> 512 -> 1024 -> BatchNorm(0.8) -> images"""
    hidden = _hidden((128, 256, 512, 1024), "glorot_uniform", rng, dtype)
    norm = BatchNorm(1024, 0.8, dtype=dtype)
    return Sequential([*hidden, norm, *_drawn(1024, shape, rng, dtype)])


def wide_generator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = MNIST
) -> Sequential:
    """100 -> 256 -> 512 -> 1024 -> images, BatchNorm(0.99) behind every hidden layer"""
    hidden = _hidden((100, 256, 512, 1024), "glorot_uniform", rng, dtype, 0.99)
    return Sequential([*hidden, *_drawn(1024, shape, rng, dtype)])


def image_discriminator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = MNIST
) -> Sequential:
    """images -> 512 -> 256 -> 1 sigmoid"""
    hidden = _hidden((prod(shape), 512, 256), "glorot_uniform", rng, dtype)
    return Sequential([*_flat(shape), *hidden, *_score(256, rng, dtype)])


# ---- images by convolutions --------------------------------------------------------

SMALL = RandomNormal(0, 0.02)  # all weights (Radford et al. 2016, section 4)


def dcgan_generator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = MNIST
) -> Sequential:
    """100 -> 64 channels of a quarter of the size -> 32 of half of it -> images

    Conv2DTranspose(4, strides=2) from size to size, BatchNorm(0.8) over channels.
    """
    return Sequential(_grown(100, (64, 32), shape, rng, dtype, SMALL))


def dcgan_discriminator(
    rng: np.random.Generator, dtype: DTypeLike, shape: Shape = MNIST
) -> Sequential:
    """images -> 32 channels of half of the size -> 64 of a quarter -> 1 sigmoid

    Conv2D(4, strides=2) from size to size.
    """
    seen, features = _shrunk((32, 64), shape, rng, dtype, SMALL)
    score = Dense(features, 1, SMALL, rng=rng, dtype=dtype)
    return Sequential([*_flat(shape), *seen, score, Sigmoid()])


def _grown(
    inputs: int,
    channels: tuple[int, int],
    shape: Shape,
    rng: np.random.Generator,
    dtype: DTypeLike,
    kernel: str | RandomNormal = "glorot_uniform",
) -> list[Layer]:
    """Images from so many inputs: of a quarter of the size, of half of it, of all.

    channels: of the first two, each with BatchNorm(0.8) over channels.
    """
    rows, columns, last_channels = _quarters(shape)
    small = rows // 4, columns // 4, channels[0]
    up = partial(
        Conv2DTranspose,
        kernel_size=4,
        strides=2,
        padding="same",
        kernel_initializer=kernel,
        rng=rng,
        dtype=dtype,
    )
    first = up(small, channels[1])
    last = up(first.output_image, last_channels)
    layers: list[Layer] = [Dense(inputs, prod(small), kernel, rng=rng, dtype=dtype)]
    for image, layer in (small, first), (first.output_image, last):
        norm = BatchNorm(image[2], 0.8, positions=prod(image[:2]), dtype=dtype)
        layers += [norm, ReLU(), layer]
    return [*layers, Tanh(), Reshape(shape)]


def _shrunk(
    filters: tuple[int, int],
    shape: Shape,
    rng: np.random.Generator,
    dtype: DTypeLike,
    kernel: str | RandomNormal = "glorot_uniform",
) -> tuple[list[Layer], int]:
    """Layers from flat images to half of their size, then a quarter, and the features.

    filters: channels of both.
    """
    image: Shape = _quarters(shape)
    layers: list[Layer] = []
    for channels in filters:
        down = Conv2D(image, channels, 4, 2, "same", kernel, rng=rng, dtype=dtype)
        image = down.output_image
        layers += [down, LeakyReLU(0.2)]
    return layers, prod(image)


def _quarters(shape: Shape) -> tuple[int, int, int]:
    """Height, width and channels of images that can be halved twice.

    Errors: ShapeError for other rows.
    """
    if len(shape) != 3 or shape[0] % 4 or shape[1] % 4:
        expected = "images whose height and width are multiples of 4"
        given = validate.shape_text(shape)
        validate.complain(ShapeError, "recipes.load", "data", expected, given)
    return shape[0], shape[1], shape[2]


# ---- images of a class that is asked for -------------------------------------------


@dataclass(frozen=True)
class ConditionalImages:
    """G and D of images of a class that is asked for, by their sizes.

    latent: numbers of z.  units: of a label's embedding.
    sizes: of D's hidden layers; of G's, each with BatchNorm(0.8), the other way round.
    """

    latent: int
    units: int
    sizes: tuple[int, ...]

    def generator(
        self,
        rng: np.random.Generator,
        dtype: DTypeLike,
        shape: Shape,
        classes: int = 10,
        condition: str = "projection",
    ) -> Graph:
        """z and a label -> images"""
        make = conditional.Making(classes, rng, dtype, units=self.units)
        drawn = partial(self._drawing, make, shape)
        return conditional.generator(make, condition, self.latent, drawn)

    def discriminator(
        self,
        rng: np.random.Generator,
        dtype: DTypeLike,
        shape: Shape,
        classes: int = 10,
        condition: str = "projection",
    ) -> Graph:
        """images and labels -> 1 sigmoid"""
        make = conditional.Making(classes, rng, dtype, units=self.units)
        seen, features = self._seeing(make, shape)

        def hidden(inputs: int) -> list[Layer]:
            return _hidden((inputs, *self.sizes), "glorot_uniform", rng, dtype)

        front = [*_flat(shape), *seen]
        return conditional.discriminator(
            make, condition, shape, hidden, self.sizes[-1], front, features
        )

    def _drawing(
        self, make: conditional.Making, shape: Shape, inputs: int
    ) -> list[Layer]:
        """G's layers from so many inputs to images."""
        sizes, rng, dtype = (inputs, *self.sizes[::-1]), make.rng, make.dtype
        hidden = _hidden(sizes, "glorot_uniform", rng, dtype, 0.8)
        return [*hidden, *_drawn(sizes[-1], shape, rng, dtype)]

    def _seeing(
        self, make: conditional.Making, shape: Shape
    ) -> tuple[list[Layer], int]:
        """D's layers from flat images to features that no label is needed for."""
        return [], prod(shape)


@dataclass(frozen=True)
class ConditionalConvolutions(ConditionalImages):
    """The same by convolutions of stride 2.

    sizes: of D's hidden layers, behind its convolutions.
    channels: of D's images of half of the size and of a quarter; of G's the other way
    round.
    """

    channels: tuple[int, int]

    def _drawing(
        self, make: conditional.Making, shape: Shape, inputs: int
    ) -> list[Layer]:
        """G's layers from so many inputs to images."""
        half, quarter = self.channels
        return _grown(inputs, (quarter, half), shape, make.rng, make.dtype)

    def _seeing(
        self, make: conditional.Making, shape: Shape
    ) -> tuple[list[Layer], int]:
        """D's convolutions of flat images, and how many features they leave."""
        return _shrunk(self.channels, shape, make.rng, make.dtype)


DIGITS_OF_A_CLASS = ConditionalImages(32, 16, (128, 64))
MNIST_OF_A_CLASS = ConditionalConvolutions(100, 50, (128,), channels=(16, 32))


# ---- what they are made of ---------------------------------------------------------


def _hidden(
    sizes: Sequence[int],
    first_kernel: str | RandomNormal,
    rng: np.random.Generator,
    dtype: DTypeLike,
    momentum: float | None = None,
) -> list[Layer]:
    """Dense and LeakyReLU(0.2) from size to size, each with BatchNorm if a momentum."""
    layers: list[Layer] = []
    for k, (inputs, units) in enumerate(zip(sizes, sizes[1:], strict=False)):
        kernel = first_kernel if k == 0 else "glorot_uniform"
        layers += [Dense(inputs, units, kernel, rng=rng, dtype=dtype), LeakyReLU(0.2)]
        if momentum is not None:
            layers.append(BatchNorm(units, momentum, dtype=dtype))
    return layers


def _drawn(
    inputs: int, shape: Shape, rng: np.random.Generator, dtype: DTypeLike
) -> list[Layer]:
    """Images in [-1, 1]."""
    last = Dense(inputs, prod(shape), rng=rng, dtype=dtype)
    return [last, Tanh(), *([Reshape(shape)] if len(shape) > 1 else [])]


def _flat(shape: Shape) -> list[Layer]:
    return [Flatten()] if len(shape) > 1 else []


def _score(inputs: int, rng: np.random.Generator, dtype: DTypeLike) -> list[Layer]:
    """One probability for each row."""
    return [Dense(inputs, 1, rng=rng, dtype=dtype), Sigmoid()]
