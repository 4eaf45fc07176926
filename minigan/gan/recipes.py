"""The named recipes: networks, options and data of the classic tutorials.

A recipe is plain data: two functions that build the networks and a dict of the
trainer's options.  `load` puts them together.
"""

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from math import isqrt, prod

import numpy as np

from .. import validate
from ..optimizers import Adam
from . import networks
from .sampling import Parabola, Rows
from .streams import streams
from .trainer import Trainer


@dataclass(frozen=True)
class Recipe:
    """What a tutorial teaches, as numbers.

    steps: how long it trains.  report_every: steps between reports.
    adam: arguments of both optimizers.  options: arguments of `Trainer`.
    dataset: name of the images it trains on, see `minigan.data`; None: it draws its own
    points.  shape: of one of them.  sampling: how they are drawn, see
    `gan.sampling.Rows`.
    """

    description: str
    generator: Callable
    discriminator: Callable
    steps: int
    report_every: int
    adam: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)
    dataset: str | None = None
    shape: tuple[int, ...] = (2,)
    sampling: str = "replacement"

    @property
    def features(self):
        """How many numbers a row of the data set has; None for computed points."""
        return None if self.dataset is None else prod(self.shape)


RECIPES = {
    "parabola": Recipe(
        description="points on y = x^2, the smallest GAN that shows everything",
        generator=networks.parabola_generator,
        discriminator=networks.parabola_discriminator,
        steps=10_000,
        report_every=2_000,
        options={"batch_size": 128, "batches": "half"},
    ),
    "digits": Recipe(
        description="handwritten digits of 8 x 8, nothing to download",
        generator=networks.digits_generator,
        discriminator=networks.digits_discriminator,
        steps=30_000,
        report_every=3_000,
        adam={"learning_rate": 2e-4, "beta_1": 0.5},
        options={"batch_size": 64, "batches": "mixed"},
        dataset="digits",
        shape=networks.DIGITS,
    ),
    "mnist-smooth": Recipe(
        description="MNIST, real labels smoothed to 0.9",
        generator=networks.smooth_generator,
        discriminator=networks.smooth_discriminator,
        steps=100 * (60_000 // 64),
        report_every=10 * (60_000 // 64),
        adam={"learning_rate": 2e-4, "beta_1": 0.5},
        options={
            "batch_size": 64,
            "batches": "separate",
            "real_label": 0.9,
            "latent": "shared",
        },
        dataset="mnist",
        shape=networks.FLAT,
        sampling="ordered",
    ),
    "mnist-mixed": Recipe(
        description="MNIST, real and fake images in one batch",
        generator=networks.mixed_generator,
        discriminator=networks.image_discriminator,
        steps=20_000,
        report_every=100,
        adam={"learning_rate": 2e-4, "beta_1": 0.5},
        options={"batch_size": 128, "batches": "mixed"},
        dataset="mnist",
        shape=networks.MNIST,
    ),
    "mnist-wide": Recipe(
        description="MNIST, BatchNorm behind every hidden layer",
        generator=networks.wide_generator,
        discriminator=networks.image_discriminator,
        steps=10_000,
        report_every=1_000,
        options={"batch_size": 128, "batches": "separate"},
        dataset="mnist",
        shape=networks.MNIST,
    ),
}

RATES = ("generator_learning_rate", "discriminator_learning_rate")
OF_ADAM = ("learning_rate", "beta_1", *RATES)  # overrides that are not the trainer's


def load(name, seed=0, data=None, *, dtype=np.float32, backend=None, **overrides):
    """A `Trainer` for a named recipe, ready to `fit`.

        recipes.load("mnist-mixed", data="fashion_mnist", learning_rate=1e-4)

    name: one of `RECIPES`.  seed: integer >= 0.
    data: None for the recipe's own data set, the name of another one (found or fetched
        as `minigan.data.load` does it), or an array of floats in [-1, 1]: rows
        (n, features) or images (n, height, width[, channels]).  The networks of an
        image recipe take the size of the data.
    dtype: float32 or float64.
    overrides: in place of the recipe's, any option of `Trainer`; `learning_rate` and
        `beta_1` of both optimizers, `generator_learning_rate` and
        `discriminator_learning_rate` of one; `sampling` ("replacement", "shuffled",
        "ordered").
    Errors: ArgumentError for an unknown name or override, naming the known ones;
    DatasetError for data that cannot be had.
    """
    where = "recipes.load"
    recipe = RECIPES[validate.choice(where, "name", name, tuple(RECIPES))]
    dtype = validate.float_type(where, dtype)
    spawned = streams(seed)
    options = {**recipe.options, **_known(overrides)}
    optimizers = _optimizers(recipe.adam, options)
    sampling = options.pop("sampling", recipe.sampling)
    if data is None or isinstance(data, str):
        data = _rows_of(data or recipe.dataset, dtype)
    if data is None:
        data = Parabola(spawned["data"], dtype)
    shape = recipe.shape
    if not isinstance(data, (Parabola, Rows)):
        shape = row_shape(recipe, data)
        data = Rows(data, spawned["data"], sampling, dtype)
    trainer = Trainer(
        recipe.generator(spawned["weights"], dtype, shape),
        recipe.discriminator(spawned["weights"], dtype, shape),
        data,
        **{**optimizers, **options},
        seed=seed,
        backend=backend,
        name=name,
    )
    trainer.streams["weights"] = spawned["weights"]
    return trainer


def row_shape(recipe, data):
    """The shape of one row: the recipe's for as many numbers, else that of the data.

    Rows that are flat are taken as square images where their length is a square.
    """
    shape = np.shape(data)[1:]
    if not shape or prod(shape) == prod(recipe.shape) or recipe.dataset is None:
        return recipe.shape
    if len(shape) == 1:
        side = isqrt(shape[0])
        return (side, side, 1) if side * side == shape[0] else shape
    return (*shape, 1) if len(shape) == 2 else shape


def _rows_of(name, dtype):
    """The rows of a data set; None for none."""
    from ..data import images

    return None if name is None else images(name, dtype=dtype)


def _known(overrides):
    """The overrides, each of them one that there is."""
    own = ("self", "generator", "discriminator", "data", "seed", "backend", "name")
    options = [key for key in inspect.signature(Trainer).parameters if key not in own]
    for name in overrides:
        known = (*options, *OF_ADAM, "sampling")
        validate.choice("recipes.load", "overrides", name, known)
    return overrides


def _optimizers(adam, options):
    """One Adam each, but where `options` has an optimizer; takes its rates out."""
    common = dict(adam)
    for key in ("learning_rate", "beta_1"):
        if key in options:
            common[key] = options.pop(key)
    made = {}
    for player in ("generator", "discriminator"):
        own = dict(common)
        if f"{player}_learning_rate" in options:
            own["learning_rate"] = options.pop(f"{player}_learning_rate")
        made[f"{player}_optimizer"] = Adam(**own)
    return made
