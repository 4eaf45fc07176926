"""The named recipes: networks, optimizers, options and data of the classic tutorials.

A recipe is plain data: functions that build the networks, classes of optimizers with
their arguments, and a dict of the trainer's options.  `load` puts them together.

    RECIPES.register()(Recipe("mine", generator=..., discriminator=..., ...))
"""

import inspect
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from math import prod
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import validate
from ..images import channels_last, image_shape
from ..modes import GRID, RING
from ..network import Network
from ..optimizers import SGD, Adam, Optimizer
from ..registry import Registry
from . import networks
from .conditional import CONDITIONS
from .options import NAMES, Options
from .points import Mixture, Origin, Parabola
from .rngs import rngs
from .rows import Rows, pair_of, rows_and_columns
from .sampling import Source
from .trainer import Trainer

if TYPE_CHECKING:
    from ..data import Table
    from ..data.columns import Columns

PLAYERS = ("generator", "discriminator")
Made = tuple[type[Optimizer], Mapping[str, Any]]  # an optimizer: class and arguments


@dataclass(frozen=True)
class Recipe:
    """What a tutorial teaches, as numbers.

    name: by which it is found.  description: one line.
    generator, discriminator: build(rng, dtype, shape) -> network; of a conditional
    recipe, build(rng, dtype, shape, classes, condition).
    steps: how long it trains.  report_every: steps between reports.
    optimizer: class and arguments of both optimizers, (Adam, {"beta_1": 0.5}).
    discriminator_optimizer: the same of D's, where it is another.
    options: arguments of `Trainer`.
    dataset: name of the images it trains on, see `minigan.data`; None: rows come from
    `source(rng, dtype)`.  shape: of one row.  sampling: how rows of a data set are
    drawn, see `gan.Rows`.
    condition: how labels enter, one of `gan.CONDITIONS`; None: there are no labels.
    """

    name: str
    description: str
    generator: Callable[..., Network]
    discriminator: Callable[..., Network]
    steps: int
    report_every: int
    optimizer: Made = (Adam, {})
    discriminator_optimizer: Made | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    dataset: str | None = None
    source: Callable[..., Source] = Parabola
    shape: tuple[int, ...] = (2,)
    sampling: str = "replacement"
    condition: str | None = None

    @property
    def features(self) -> int | None:
        """How many numbers a row of the data set has; None for computed points."""
        return None if self.dataset is None else prod(self.shape)

    @property
    def of_tables(self) -> bool:
        """Whether it trains on points, and so on the columns of any table."""
        return self.dataset is None and image_shape(self.shape) is None

    @property
    def optimizers(self) -> dict[str, Made]:
        """player -> class and arguments of its optimizer."""
        other = self.discriminator_optimizer or self.optimizer
        return {"generator": self.optimizer, "discriminator": other}


RECIPES: Registry[Recipe] = Registry("recipe")

RECIPES.register()(
    Recipe(
        "parabola",
        description="points on y = x^2, the smallest GAN that shows everything",
        generator=networks.parabola_generator,
        discriminator=networks.parabola_discriminator,
        steps=10_000,
        report_every=2_000,
        options={"batch_size": 128, "batches": "half"},
    )
)
RECIPES.register()(
    Recipe(
        "ring",
        description="8 normal distributions on a circle: does G find all of them?",
        generator=networks.modes_generator,
        discriminator=networks.modes_discriminator,
        steps=6_000,
        report_every=1_000,
        options={"batch_size": 128, "batches": "separate"},
        source=partial(Mixture, RING.centres, RING.sd),
    )
)
RECIPES.register()(
    Recipe(
        "grid",
        description="25 normal distributions on a grid: does G find all of them?",
        generator=networks.modes_generator,
        discriminator=networks.modes_discriminator,
        steps=6_000,
        report_every=1_000,
        options={"batch_size": 128, "batches": "separate"},
        source=partial(Mixture, GRID.centres, GRID.sd),
    )
)
ROBUST = {  # what makes a game on points end well for nearly every seed
    "batches": "mixed",
    "objective": "relativistic",
    "penalty": "r1+r2",
    "penalty_weight": 1e-3,
    "schedule": "linear",
}
CALM = (Adam, {"beta_1": 0.0, "beta_2": 0.99})

RECIPES.register()(
    Recipe(
        "parabola-robust",
        description="the same points, for (nearly) every seed: see docs/yardsticks.md",
        generator=networks.robust_generator,
        discriminator=networks.robust_discriminator,
        steps=10_000,
        report_every=2_000,
        optimizer=CALM,
        options={
            **ROBUST,
            "batch_size": 64,
            "instance_noise": 0.3,
            "instance_noise_steps": 5_000,
            "schedule_steps": 10_000,
        },
    )
)
RECIPES.register()(
    Recipe(
        "ring-robust",
        description="ring, all modes of it: see docs/yardsticks.md",
        generator=networks.modes_tanh_generator,
        discriminator=networks.modes_discriminator,
        steps=6_000,
        report_every=1_000,
        optimizer=CALM,
        options={
            **ROBUST,
            "batch_size": 128,
            "pack": 2,
            "penalty_weight": 1e-4,
            "instance_noise": 0.3,
            "instance_noise_steps": 2_000,
            "schedule_steps": 6_000,
        },
        source=partial(Mixture, RING.centres, RING.sd),
    )
)
RECIPES.register()(
    Recipe(
        "grid-robust",
        description="grid, all modes of it: see docs/yardsticks.md",
        generator=networks.grid_generator,
        discriminator=networks.grid_discriminator,
        steps=12_000,
        report_every=1_000,
        optimizer=CALM,
        options={
            **ROBUST,
            "batch_size": 128,
            "instance_noise": 0.5,
            "instance_noise_steps": 6_000,
            "schedule_steps": 12_000,
        },
        source=partial(Mixture, GRID.centres, GRID.sd),
    )
)
RECIPES.register()(
    Recipe(
        "dirac",
        description="the smallest GAN there is: one number learns to be 0",
        generator=networks.dirac_generator,
        discriminator=networks.dirac_discriminator,
        steps=500,
        report_every=100,
        optimizer=(SGD, {"learning_rate": 0.2}),
        options={
            "batch_size": 2,
            "batches": "separate",
            "updates": "simultaneous",
            "objective": "minimax",
        },
        source=Origin,
        shape=(1,),
    )
)
RECIPES.register()(
    Recipe(
        "digits",
        description="handwritten digits of 8 x 8, nothing to download",
        generator=networks.digits_generator,
        discriminator=networks.digits_discriminator,
        steps=30_000,
        report_every=3_000,
        optimizer=(Adam, {"learning_rate": 2e-4, "beta_1": 0.5}),
        options={"batch_size": 64, "batches": "mixed"},
        dataset="digits",
        shape=networks.DIGITS,
    )
)
RECIPES.register()(
    Recipe(
        "mnist-smooth",
        description="MNIST, real labels smoothed to 0.9",
        generator=networks.smooth_generator,
        discriminator=networks.smooth_discriminator,
        steps=100 * (60_000 // 64),
        report_every=10 * (60_000 // 64),
        optimizer=(Adam, {"learning_rate": 2e-4, "beta_1": 0.5}),
        options={
            "batch_size": 64,
            "batches": "separate",
            "real_label": 0.9,
            "latent": "shared",
        },
        dataset="mnist",
        shape=networks.FLAT,
        sampling="ordered",
    )
)
RECIPES.register()(
    Recipe(
        "mnist-mixed",
        description="MNIST, real and fake images in one batch",
        generator=networks.mixed_generator,
        discriminator=networks.image_discriminator,
        steps=20_000,
        report_every=100,
        optimizer=(Adam, {"learning_rate": 2e-4, "beta_1": 0.5}),
        options={"batch_size": 128, "batches": "mixed"},
        dataset="mnist",
        shape=networks.MNIST,
    )
)
RECIPES.register()(
    Recipe(
        "mnist-wide",
        description="MNIST, BatchNorm behind every hidden layer",
        generator=networks.wide_generator,
        discriminator=networks.image_discriminator,
        steps=10_000,
        report_every=1_000,
        options={"batch_size": 128, "batches": "separate"},
        dataset="mnist",
        shape=networks.MNIST,
    )
)

RECIPES.register()(
    Recipe(
        "mnist-dcgan",
        description="MNIST by convolutions and their transposes",
        generator=networks.dcgan_generator,
        discriminator=networks.dcgan_discriminator,
        steps=6_000,
        report_every=500,
        optimizer=(Adam, {"learning_rate": 2e-4, "beta_1": 0.5}),
        options={"batch_size": 64, "batches": "separate", "fakes": "training"},
        dataset="mnist",
        shape=networks.MNIST,
    )
)
RECIPES.register()(
    Recipe(
        "digits-conditional",
        description="the same digits, of the class that is asked for",
        generator=networks.DIGITS_OF_A_CLASS.generator,
        discriminator=networks.DIGITS_OF_A_CLASS.discriminator,
        steps=30_000,
        report_every=3_000,
        optimizer=(Adam, {"learning_rate": 2e-4, "beta_1": 0.5}),
        options={"batch_size": 64, "batches": "mixed"},
        dataset="digits",
        shape=networks.DIGITS,
        condition="projection",
    )
)
RECIPES.register()(
    Recipe(
        "mnist-conditional",
        description="MNIST by convolutions, of the digit that is asked for",
        generator=networks.MNIST_OF_A_CLASS.generator,
        discriminator=networks.MNIST_OF_A_CLASS.discriminator,
        steps=5_000,
        report_every=500,
        optimizer=(Adam, {"learning_rate": 5e-4, "beta_1": 0.5}),
        options={
            "batch_size": 64,
            "batches": "mixed",
            "fakes": "training",
            "penalty": "r1",
            "penalty_weight": 1.0,
            "pack": 2,
            "ema": 0.999,
        },
        dataset="mnist",
        shape=networks.MNIST,
        condition="projection",
    )
)


def load(
    name: str,
    seed: int = 0,
    data: "NDArray | Table | Source | str | None" = None,
    *,
    dtype: DTypeLike = np.float32,
    backend: str | None = None,
    communicator: Any = None,
    **overrides: Any,
) -> Trainer:
    """A `Trainer` for a named recipe, ready to `fit`.

        recipes.load("mnist-mixed", data="fashion_mnist", learning_rate=1e-4)

    name: one of `RECIPES`.  seed: integer >= 0.
    data: None for the recipe's own data set, or the name of another one (found or
        fetched as `minigan.data.load` does it); an array or tensor of floats in
        [-1, 1], or of uint8, which is scaled by x / 127.5 - 1: rows (n, features) or
        images (n, height, width[, channels]); a `data.table` or a data frame, whose
        columns are scaled.  The networks take the size of the data.  A conditional
        recipe takes a pair (rows, labels) of such rows and (n,) integers.
    dtype: float32 or float64.  communicator: of several ranks, see `Trainer`.
    overrides: in place of the recipe's, any option of `Trainer`; any argument of the
        optimizers, `learning_rate` of both or `generator_learning_rate` and
        `discriminator_learning_rate` of one; `sampling` ("replacement", "shuffled",
        "ordered"); `condition`, of a conditional recipe, one of `gan.CONDITIONS`.  A
        schedule falls over the recipe's steps if no `schedule_steps` are given.
    Errors: ArgumentError for an unknown name or override, naming the known ones;
    DatasetError for data that cannot be had.
    """
    where = "recipes.load"
    recipe = RECIPES.chosen(where, "name", name)
    dtype = validate.float_type(where, dtype)
    spawned = rngs(seed)
    overrides = dict(overrides)
    condition = _condition(recipe, overrides)
    options, arguments, sampling = _sorted(recipe, overrides)
    if options.get("schedule", "constant") != "constant":
        options.setdefault("schedule_steps", recipe.steps)
    for player, (kind, own) in recipe.optimizers.items():
        if f"{player}_optimizer" not in options:
            options[f"{player}_optimizer"] = kind(**{**own, **arguments[player]})
    if data is None or isinstance(data, str):
        data = _rows_of(data or recipe.dataset, dtype, condition is not None)
    if "sampling" in overrides and (data is None or isinstance(data, Source)):
        expected = "none where no rows of an array are drawn"
        got = validate.shown(overrides["sampling"])
        validate.complain(validate.ArgumentError, where, "sampling", expected, got)
    if data is None:
        data = recipe.source(rng=spawned["data"], dtype=dtype)
    shape = recipe.shape
    if not isinstance(data, Source):
        given, labels = (data, None) if condition is None else pair_of(data)
        rows, columns = _rows_given(recipe, given)
        shape = rows.shape[1:] if columns else row_shape(recipe, rows)
        data = Rows(rows, labels, rng=spawned["data"], sampling=sampling, dtype=dtype)
        data.columns = columns
    if condition is not None and not data.labelled:
        expected = f"(rows, labels) for {name!r}, which is conditional"
        validate.complain(
            validate.ArgumentError, where, "data", expected, "rows without labels"
        )
    more = () if condition is None else (data.classes, condition)
    pack = Options(**{k: v for k, v in options.items() if k in NAMES}).pack
    seen = (shape[0] * pack, *shape[1:])
    return Trainer(
        recipe.generator(spawned["weights"], dtype, shape, *more),
        recipe.discriminator(spawned["weights"], dtype, seen, *more),
        data,
        **options,
        seed=seed,
        rngs=spawned,
        backend=backend,
        name=name,
        communicator=communicator,
    )


def row_shape(recipe: Recipe, data: NDArray) -> tuple[int, ...]:
    """The shape of one row, as the networks of a recipe take it.

    Images keep theirs, with one channel where they have none.  Flat rows are taken as
    the recipe's where they are as long, and as square images of at least 4 x 4 where
    their length is a square; the recipe for points leaves them flat.
    """
    shape = data.shape[1:]
    own = image_shape(recipe.shape)
    if recipe.of_tables or not shape:
        return shape
    if len(shape) == 1:
        square = image_shape(shape)
        if prod(shape) == prod(recipe.shape):
            return recipe.shape
        return shape if square is None else (*square, 1)
    if own is not None and image_shape(shape) == own:
        return recipe.shape
    return (*shape, 1) if len(shape) == 2 else shape


def _rows_of(name: str | None, dtype: np.dtype, pairs: bool) -> Any:
    """The rows of a data set, with their labels where there are `pairs`."""
    from ..data.loading import labelled, to_train_on

    if name is None:
        return None
    return labelled(name, dtype=dtype) if pairs else to_train_on(name, dtype)


def _condition(recipe: Recipe, overrides: dict[str, Any]) -> str | None:
    """How labels enter; taken out of the overrides."""
    condition = overrides.pop("condition", recipe.condition)
    if condition is None or recipe.condition is not None:
        if condition is None and recipe.condition is None:
            return None
        return validate.choice("recipes.load", "condition", condition, CONDITIONS)
    expected = f"none for {recipe.name!r}, which is not conditional"
    validate.complain(
        validate.ArgumentError,
        "recipes.load",
        "condition",
        expected,
        validate.shown(condition),
    )


def _rows_given(recipe: Recipe, data: Any) -> tuple[NDArray, "Columns | None"]:
    """Rows in [-1, 1], and their columns: those of a table, or of rows of points."""
    from ..data.columns import Columns
    from ..data.scaling import given_rows

    where = "recipes.load"
    array, columns = rows_and_columns(where, "data", data)
    rows = given_rows(where, "data", array) if columns is None else array
    if rows.ndim < 2 or (recipe.of_tables and rows.ndim > 2):
        expected = "a table, shape (n, columns)"
        if not recipe.of_tables:
            expected = "rows, shape (n, features), or images (n, height, width)"
        got = validate.shape_text(rows.shape)
        validate.complain(validate.ShapeError, where, "data", expected, got)
    turned = channels_last(rows)
    if turned is not rows:
        shapes = map(validate.shape_text, (rows.shape[1:], turned.shape[1:]))
        text = "images of shape {} are taken as {}, channels last".format(*shapes)
        warnings.warn(f"minigan: {text}", RuntimeWarning, stacklevel=3)
    if columns is None and recipe.of_tables:
        columns = Columns.plain(rows.shape[1])
    return turned, columns


def _sorted(
    recipe: Recipe, overrides: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, dict[str, Any]], str]:
    """Options of the trainer, arguments of each player's optimizer, and the sampling.

    An argument without a player's name goes to each optimizer that takes it.
    """
    options, sampling = dict(recipe.options), recipe.sampling
    arguments: dict[str, dict[str, Any]] = {player: {} for player in PLAYERS}
    own = ("generator", "discriminator", "data", "seed", "rngs", "backend", "name")
    takes = [key for key in inspect.signature(Trainer).parameters if key not in own]
    of_optimizers = _arguments(recipe, overrides)
    for name, value in overrides.items():
        known = (*takes, *of_optimizers, "sampling")
        validate.choice("recipes.load", "overrides", name, known)
        if name == "sampling":
            sampling = value
        elif name in takes:
            options[name] = value
        else:
            for player, argument in of_optimizers[name]:
                given = arguments[player]
                if name != argument or f"{player}_{name}" not in overrides:
                    given[argument] = value
    return options, arguments, sampling


def _arguments(
    recipe: Recipe, overrides: Mapping[str, Any]
) -> dict[str, list[tuple[str, str]]]:
    """name of an override -> [(player, argument)], for what the optimizers take."""
    found: dict[str, list[tuple[str, str]]] = {}
    for player, (kind, _) in recipe.optimizers.items():
        if f"{player}_optimizer" in overrides:  # it is made already
            continue
        for argument in inspect.signature(kind).parameters:
            for name in (argument, f"{player}_{argument}"):
                found.setdefault(name, []).append((player, argument))
    return found
