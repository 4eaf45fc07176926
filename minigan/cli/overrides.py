"""Options of `minigan train` that take the place of a recipe's own.

One table, a line each: the command's options, what reaches the trainer, and what
--resume compares, are all driven by it.
"""

from dataclasses import dataclass

import rich_click as click

from ..errors import ArgumentError
from ..gan import OBJECTIVES, Rows, Trainer

RATE = click.FloatRange(min=0, min_open=True)
SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)
LABEL = click.FloatRange(0, 1)
COUNT = click.IntRange(min=1)


@dataclass(frozen=True)
class Override:
    """One option: its name without dashes, as `recipes.load` knows it.

    of: who takes it: "recipe" for `recipes.load`, "session" for `cli.session`.
    """

    name: str
    type: click.ParamType
    help: str
    metavar: str = "N"
    of: str = "recipe"

    @property
    def flag(self):
        """--batch-size for batch_size."""
        return "--" + self.name.replace("_", "-")


def _one_of(values):
    return click.Choice(tuple(values))


OVERRIDES = (
    Override("batch_size", click.IntRange(min=2), "Rows in a batch."),
    Override("batches", _one_of(Trainer.BATCHES), "What a step of D sees.", ""),
    Override("objective", _one_of(OBJECTIVES), "What G tries to achieve.", ""),
    Override("real_label", LABEL, "D's target for real rows; 0.9 smooths.", "P"),
    Override("fake_label", LABEL, "D's target for fakes.", "P"),
    Override("discriminator_steps", COUNT, "Steps of D for each one of G."),
    Override("generator_steps", COUNT, "Steps of G after them."),
    Override("pretraining_steps", COUNT, "Steps of D alone, at the start."),
    Override("latent", _one_of(("fresh", "shared")), "z for the step of G.", ""),
    Override("fakes", _one_of(("inference", "training")), "BatchNorm in fakes.", ""),
    Override("clip_value", RATE, "Bound of D's weights (wasserstein).", "C"),
    Override("ema", SHARE, "Keep a moving average of G, used for samples.", "P"),
    Override("instance_noise", click.FloatRange(min=0), "On all rows D sees.", "S"),
    Override("instance_noise_steps", COUNT, "Steps until it has faded."),
    Override("sampling", _one_of(Rows.SAMPLING), "How rows are drawn.", ""),
    Override("learning_rate", RATE, "Of both players.", "RATE"),
    Override("generator_learning_rate", RATE, "Of G alone.", "RATE"),
    Override("discriminator_learning_rate", RATE, "Of D alone.", "RATE"),
    Override("beta_1", click.FloatRange(0, 1, max_open=True), "Momentum.", "P"),
    Override("report_every", COUNT, "Steps between two reports.", "N", "session"),
    Override("save_every", COUNT, "Save as often, not only then.", "N", "session"),
)
click.rich_click.OPTION_GROUPS["minigan train"] = [
    {"name": "Options"},  # all others
    {"name": "In place of the recipe's own", "options": [o.flag for o in OVERRIDES]},
]


def override_options(command):
    """Add all of them to a command, as keyword arguments that are None if not given."""
    for override in reversed(OVERRIDES):
        metavar = override.metavar or None
        add = click.option(
            override.flag, type=override.type, metavar=metavar, help=override.help
        )
        command = add(command)
    return command


def given(values, of):
    """name -> value of those that were given, for one taker."""
    return {
        o.name: values[o.name]
        for o in OVERRIDES
        if o.of == of and values[o.name] is not None
    }


def expect_same(folder, trainer, overrides):
    """A run that goes on keeps its options.  Errors: ArgumentError naming the first."""
    for name, value in overrides.items():
        for own in _in(trainer, name):
            if own != value:
                flag = next(o.flag for o in OVERRIDES if o.name == name)
                raise ArgumentError(
                    f"{flag}: expected {own}, as the run in {folder} was begun, "
                    f"got {value}"
                )


def _in(trainer, name):
    """The values that an override has in a trainer: both players' if it is of both."""
    players = "generator", "discriminator"
    for key in ("learning_rate", "beta_1"):
        if name.endswith(key):
            of = [p for p in players if name == f"{p}_{key}"] or players
            configs = [getattr(trainer, f"{p}_optimizer").config() for p in of]
            return [config.get(key) for config in configs]
    if name == "sampling":
        return [trainer.data.config().get(name)]
    return [trainer.options()[name]]
