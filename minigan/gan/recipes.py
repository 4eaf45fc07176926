"""The named recipes: networks, options and data of the classic tutorials.

A recipe is plain data: two functions that build the networks and a dict of the
trainer's options.  `load` puts them together.
"""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .. import validate
from ..layers import Dense, ReLU, Sigmoid
from ..network import Sequential
from ..optimizers import Adam
from .sampling import Parabola
from .streams import streams
from .trainer import Trainer


@dataclass(frozen=True)
class Recipe:
    """What a tutorial teaches, as numbers.

    steps: how long it trains.  report_every: steps between reports.
    adam: arguments of both optimizers.  options: arguments of `Trainer`.
    """

    description: str
    generator: Callable
    discriminator: Callable
    steps: int
    report_every: int
    adam: dict = field(default_factory=dict)
    options: dict = field(default_factory=dict)


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


RECIPES = {
    "parabola": Recipe(
        description="points on y = x^2, the smallest GAN that shows everything",
        generator=_parabola_generator,
        discriminator=_parabola_discriminator,
        steps=10_000,
        report_every=2_000,
        options={"batch_size": 128, "batches": "half"},
    ),
}


def load(name, seed=0, data=None, *, dtype=np.float32, backend=None, **options):
    """A `Trainer` for a named recipe, ready to `fit`.

    name: one of `RECIPES`.  seed: integer >= 0.
    data: an array to train on; `parabola` draws its own points where it is None.
    dtype: float32 or float64.  options: any of `Trainer`'s, in place of the recipe's.
    Errors: ArgumentError for an unknown name, naming the known ones.
    """
    recipe = RECIPES[validate.choice("recipes.load", "name", name, tuple(RECIPES))]
    dtype = validate.float_type("recipes.load", dtype)
    spawned = streams(seed)
    if data is None:
        data = Parabola(spawned["data"], dtype)
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
