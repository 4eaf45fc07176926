"""The named recipes: networks, options and data of the classic tutorials.

A recipe is plain data: two functions that build the networks and a dict of the
trainer's options.  `load` puts them together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .. import validate
from ..initializers import RandomNormal
from ..layers import (
    BatchNorm,
    Dense,
    Flatten,
    LeakyReLU,
    ReLU,
    Reshape,
    Sigmoid,
    Tanh,
)
from ..network import Sequential
from ..optimizers import Adam
from .sampling import Parabola, Rows
from .streams import streams
from .trainer import Trainer


@dataclass(frozen=True)
class Recipe:
    """What a tutorial teaches, as numbers.

    steps: how long it trains.  report_every: steps between reports.
    adam: arguments of both optimizers.  options: arguments of `Trainer`.
    features, sampling: of the rows it is trained on, see `gan.sampling.Rows`.
    """

    description: str
    generator: Callable
    discriminator: Callable
    steps: int
    report_every: int
    adam: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    features: int | None = None  # of the array it needs; None: it draws its own data
    sampling: str = "replacement"


def _parabola_generator(rng, dtype):
    return Sequential(
        [
            Dense(5, 15, "he_uniform", rng=rng, dtype=dtype),
            ReLU(),
            Dense(15, 2, rng=rng, dtype=dtype),
        ]
    )


def _parabola_discriminator(rng, dtype):
    return Sequential(
        [
            Dense(2, 25, "he_uniform", rng=rng, dtype=dtype),
            ReLU(),
            Dense(25, 1, rng=rng, dtype=dtype),
            Sigmoid(),
        ]
    )


def _hidden(sizes, first_kernel, rng, dtype, momentum=None):
    """Dense and LeakyReLU(0.2) from size to size, each with BatchNorm if a momentum."""
    layers = []
    for k, (inputs, units) in enumerate(zip(sizes, sizes[1:], strict=False)):
        kernel = first_kernel if k == 0 else "glorot_uniform"
        layers += [Dense(inputs, units, kernel, rng=rng, dtype=dtype), LeakyReLU(0.2)]
        if momentum is not None:
            layers.append(BatchNorm(units, momentum, dtype=dtype))
    return layers


def _smooth_generator(rng, dtype):
    hidden = _hidden((100, 128, 256, 512), RandomNormal(0, 0.02), rng, dtype, 0.8)
    return Sequential([*hidden, Dense(512, 784, rng=rng, dtype=dtype), Tanh()])


def _smooth_discriminator(rng, dtype):
    hidden = _hidden((784, 512, 256, 128), RandomNormal(0, 0.02), rng, dtype)
    return Sequential([*hidden, Dense(128, 1, rng=rng, dtype=dtype), Sigmoid()])


def _mixed_generator(rng, dtype):
    hidden = _hidden((128, 256, 512, 1024), "glorot_uniform", rng, dtype)
    norm = BatchNorm(1024, 0.8, dtype=dtype)
    last = [Dense(1024, 784, rng=rng, dtype=dtype), Tanh(), Reshape((28, 28, 1))]
    return Sequential([*hidden, norm, *last])


def _wide_generator(rng, dtype):
    hidden = _hidden((100, 256, 512, 1024), "glorot_uniform", rng, dtype, 0.99)
    last = [Dense(1024, 784, rng=rng, dtype=dtype), Tanh(), Reshape((28, 28, 1))]
    return Sequential([*hidden, *last])


def _image_discriminator(rng, dtype):
    hidden = _hidden((784, 512, 256), "glorot_uniform", rng, dtype)
    last = [Dense(256, 1, rng=rng, dtype=dtype), Sigmoid()]
    return Sequential([Flatten(), *hidden, *last])


RECIPES = {
    "parabola": Recipe(
        description="points on y = x^2, the smallest GAN that shows everything",
        generator=_parabola_generator,
        discriminator=_parabola_discriminator,
        steps=10_000,
        report_every=2_000,
        options={"batch_size": 128, "batches": "half"},
    ),
    "mnist-smooth": Recipe(
        description="MNIST digits, real labels smoothed to 0.9",
        generator=_smooth_generator,
        discriminator=_smooth_discriminator,
        steps=100 * (60_000 // 64),
        report_every=10 * (60_000 // 64),
        adam={"learning_rate": 2e-4, "beta_1": 0.5},
        options={
            "batch_size": 64,
            "batches": "separate",
            "real_label": 0.9,
            "latent": "shared",
        },
        features=784,
        sampling="ordered",
    ),
    "mnist-mixed": Recipe(
        description="MNIST digits, real and fake images in one batch",
        generator=_mixed_generator,
        discriminator=_image_discriminator,
        steps=20_000,
        report_every=100,
        adam={"learning_rate": 2e-4, "beta_1": 0.5},
        options={"batch_size": 128, "batches": "mixed"},
        features=784,
    ),
    "mnist-wide": Recipe(
        description="MNIST digits, BatchNorm behind every hidden layer",
        generator=_wide_generator,
        discriminator=_image_discriminator,
        steps=10_000,
        report_every=1_000,
        options={"batch_size": 128, "batches": "separate"},
        features=784,
    ),
}


def load(name, seed=0, data=None, *, dtype=np.float32, backend=None, **options):
    """A `Trainer` for a named recipe, ready to `fit`.

    name: one of `RECIPES`.  seed: integer >= 0.
    data: an array to train on, float rows of the recipe's features; the images of
        MNIST scaled to [-1, 1], (n, 784) or (n, 28, 28, 1).  `parabola` draws points of
        its own where it is None.
    dtype: float32 or float64.  options: any of `Trainer`'s, in place of the recipe's.
    Errors: ArgumentError for an unknown name, naming the known ones.
    """
    recipe = RECIPES[validate.choice("recipes.load", "name", name, tuple(RECIPES))]
    dtype = validate.float_type("recipes.load", dtype)
    spawned = streams(seed)
    if data is None and recipe.features is None:
        data = Parabola(spawned["data"], dtype)
    elif data is None:
        validate.complain(
            validate.ArgumentError,
            "recipes.load",
            "data",
            f"an array of images, (n, {recipe.features}), scaled to [-1, 1]",
            "None",
        )
    elif not isinstance(data, (Parabola, Rows)):
        data = Rows(data, spawned["data"], recipe.sampling, dtype)
    trainer = Trainer(
        recipe.generator(spawned["weights"], dtype),
        recipe.discriminator(spawned["weights"], dtype),
        data,
        **{
            "generator_optimizer": Adam(**recipe.adam),
            "discriminator_optimizer": Adam(**recipe.adam),
            **recipe.options,
            **options,
        },
        seed=seed,
        backend=backend,
        name=name,
    )
    trainer.streams["weights"] = spawned["weights"]
    return trainer
