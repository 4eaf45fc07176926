"""The GANs that are timed: the named recipes, two families that grow, convolutions.

A contestant gets a `Game`: the recipe's numbers, its networks with their first weights
(everybody starts from the same ones), and rows to train on.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np

from minigan import (
    BatchNorm,
    Conv2D,
    Dense,
    LeakyReLU,
    Sequential,
    Sigmoid,
    Tanh,
    UpSampling2D,
)
from minigan.gan.recipes import RECIPES, Recipe
from minigan.gan.rngs import rngs

ROWS = 60_000  # as many as MNIST has
SIDE = 28
BATCHES = (64, 128, 256, 512, 1024, 2048, 4096)
WIDTHS = (128, 256, 512, 1024, 2048, 4096)


@dataclass(frozen=True)
class Game:
    """A recipe as every contestant needs it.

    batch: rows of a generator step.  rows: real rows, and fakes, of a discriminator
    step.  mixed: both in one batch, one update.  shared: the generator step takes the
    z of the fakes.  ordered: rows come in order, not with replacement.
    """

    name: str
    recipe: Recipe

    @property
    def batch(self):
        return self.recipe.options["batch_size"]

    @property
    def rows(self):
        half = self.recipe.options["batches"] == "half"
        return self.batch // 2 if half else self.batch

    @property
    def mixed(self):
        return self.recipe.options["batches"] == "mixed"

    @property
    def shared(self):
        return self.recipe.options.get("latent") == "shared"

    @property
    def ordered(self):
        return self.recipe.sampling == "ordered"

    @property
    def real_label(self):
        return self.recipe.options.get("real_label", 1.0)

    @property
    def learning_rate(self):
        return self.recipe.optimizer[1].get("learning_rate", 1e-3)

    @property
    def beta_1(self):
        return self.recipe.optimizer[1].get("beta_1", 0.9)

    @property
    def features(self):
        """Of a row to train on; None where the game draws points on the parabola."""
        return self.recipe.features

    def networks(self, dtype="float32"):
        """Generator and discriminator of minigan, with the first weights of seed 0."""
        rng, dtype = rngs(0)["weights"], np.dtype(dtype)
        recipe = self.recipe
        return recipe.generator(rng, dtype), recipe.discriminator(rng, dtype)

    def data(self, dtype="float32", rows=ROWS):
        """Rows to train on, or None."""
        return None if self.features is None else images(rows).astype(dtype, copy=False)


def images(count):
    """One soft spot in each image, scaled to [-1, 1]: (count, 784) float32.

    They stand in for MNIST: its size and range, and hard enough to tell from fakes that
    the game stays open.  What the pixels show makes no difference to the time.
    """
    rng = np.random.default_rng(0)
    line = np.arange(SIDE, dtype=np.float32)
    centre = rng.uniform(8, 20, (2, count, 1)).astype(np.float32)
    width = rng.uniform(2, 5, (count, 1)).astype(np.float32)
    down, across = np.exp(-(((line - centre) / width) ** 2))
    spots = np.empty((count, SIDE, SIDE), np.float32)
    np.multiply(down[:, :, None], across[:, None, :], out=spots)
    spots *= 2
    spots -= 1
    return spots.reshape(count, SIDE * SIDE)


# ---- growth ------------------------------------------------------------------------


def _network(sizes, last, rng, dtype):
    layers = []
    for inputs, units in zip(sizes, sizes[1:], strict=False):
        layers += [Dense(inputs, units, rng=rng, dtype=dtype), LeakyReLU(0.2)]
    return Sequential([*layers[:-1], last()])


def _wider(width):
    """Two hidden layers of one width in both networks."""
    return replace(
        RECIPES["mnist-mixed"],
        description=f"two hidden layers of {width} units in both networks",
        generator=partial(_network, (128, width, width, 784), Tanh),
        discriminator=partial(_network, (784, width, width, 1), Sigmoid),
    )


def _larger_batch(batch):
    recipe = RECIPES["mnist-mixed"]
    return replace(
        recipe,
        description=f"mnist-mixed with batches of {batch}",
        options={**recipe.options, "batch_size": batch},
    )


# ---- convolutions ------------------------------------------------------------------


def _images_generator(rng, dtype):
    """Noise -> 7 x 7 x 64 -> 14 x 14 x 32 -> 28 x 28 x 1."""
    made = {"rng": rng, "dtype": dtype}
    return Sequential(
        [
            Dense(64, 7 * 7 * 64, **made),
            LeakyReLU(0.2),
            UpSampling2D((7, 7, 64)),
            Conv2D((14, 14, 64), 32, 3, padding="same", **made),
            BatchNorm(32, 0.8, positions=14 * 14, dtype=dtype),
            LeakyReLU(0.2),
            UpSampling2D((14, 14, 32)),
            Conv2D((SIDE, SIDE, 32), 1, 3, padding="same", **made),
            Tanh(),
        ]
    )


def _images_discriminator(rng, dtype):
    """28 x 28 x 1 -> 14 x 14 x 32 -> 7 x 7 x 64 -> one answer."""
    made = {"rng": rng, "dtype": dtype}
    return Sequential(
        [
            Conv2D((SIDE, SIDE, 1), 32, 4, strides=2, padding="same", **made),
            LeakyReLU(0.2),
            Conv2D((14, 14, 32), 64, 4, strides=2, padding="same", **made),
            LeakyReLU(0.2),
            Dense(7 * 7 * 64, 1, **made),
            Sigmoid(),
        ]
    )


_DCGAN = replace(
    RECIPES["mnist-mixed"],
    name="dcgan",
    description="images by convolutions (a small DCGAN), batch 32",
    generator=_images_generator,
    discriminator=_images_discriminator,
    options={"batch_size": 32, "batches": "separate"},
)

NAMED = {
    name: Game(name, RECIPES[name])
    for name in ("parabola", "mnist-smooth", "mnist-mixed", "mnist-wide")
}
GROWTH = {
    **{f"batch-{n}": Game(f"batch-{n}", _larger_batch(n)) for n in BATCHES},
    **{f"width-{n}": Game(f"width-{n}", _wider(n)) for n in WIDTHS},
}
CONVOLUTIONS = {"dcgan": Game("dcgan", _DCGAN)}
GAMES = {**NAMED, **GROWTH, **CONVOLUTIONS}
