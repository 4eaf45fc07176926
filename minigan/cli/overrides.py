"""Options of `minigan train` that take the place of a recipe's own.

Those of a step are the fields of `gan.options.Options`; only what lies beside a step is
said here.  The command's options, what reaches the trainer, and what --resume compares
all follow from them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from typing import Any

import rich_click as click

from ..errors import ArgumentError
from ..gan import CONDITIONS, RECIPES, Rows, Trainer
from ..gan.history import LEAST
from ..gan.options import Choice, Option, Options, Real, Whole, option_of
from .choices import Number, OneOf
from .rundir import RunDir

PLAYERS = ("generator", "discriminator")
RATE = Real("RATE", above=0)


@dataclass(frozen=True)
class Override:
    """One option of the command: its name without dashes, and what it takes.

    of: who takes it: "options" of the step, the "networks" of a conditional recipe,
    arguments of the "optimizers", "sampling" of the rows, all by `recipes.load`, or
    "session" for `cli.session`.
    """

    name: str
    option: Option
    of: str = "options"

    @property
    def flag(self) -> str:
        """--batch-size for batch_size."""
        return "--" + self.name.replace("_", "-")

    @property
    def type(self) -> click.ParamType:
        """What the command line takes; bounds of what is merely too large are left out.

        The trainer has these as well.
        """
        check = self.option.check
        if isinstance(check, Choice):
            return OneOf(check.names)
        if isinstance(check, Whole):
            return click.IntRange(min=check.least)
        least = check.least if check.above is None else check.above
        most = check.most if check.below is None else check.below
        return Number(
            min=least,
            max=most if most is not None and most <= 1 else None,
            min_open=check.above is not None,
            max_open=check.below is not None,
        )


def _other(name: str, of: str, check: Choice | Real | Whole, text: str) -> Override:
    return Override(name, Option(check, text), of)


OVERRIDES = (
    *(Override(known.name, option_of(known)) for known in fields(Options)),
    _other("condition", "networks", Choice(CONDITIONS), "How labels enter."),
    _other("sampling", "sampling", Choice(Rows.SAMPLING), "How rows are drawn."),
    _other("learning_rate", "optimizers", RATE, "Of both players."),
    _other("generator_learning_rate", "optimizers", RATE, "Of G alone."),
    _other("discriminator_learning_rate", "optimizers", RATE, "Of D alone."),
    _other("beta_1", "optimizers", Real("P", least=0, below=1), "Momentum."),
    _other("report_every", "session", Whole(), "Steps between two reports."),
    _other("save_every", "session", Whole(), "Save as often, not only then."),
    _other(
        "keep_history",
        "session",
        Whole(LEAST, 2**40),
        "Rows of the history at most; older steps are thinned out.",
    ),
)
click.rich_click.OPTION_GROUPS["minigan train"] = [
    {"name": "Options"},  # all others
    {"name": "In place of the recipe's own", "options": [o.flag for o in OVERRIDES]},
]


def override_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Add all of them to a command, as keyword arguments that are None if not given."""
    for override in reversed(OVERRIDES):
        option = override.option
        command = click.option(
            override.flag,
            type=override.type,
            metavar=option.check.metavar or None,
            help=option.help,
        )(command)
    return command


def given(values: Mapping[str, Any], session: bool) -> dict[str, Any]:
    """name -> value of those that were given, for the session or for the recipe."""
    return {
        o.name: values[o.name]
        for o in OVERRIDES
        if (o.of == "session") == session and values.get(o.name) is not None
    }


def known(saved: Mapping[str, Any]) -> dict[str, Any]:
    """What a config.json says of the recipe's options, without what is unknown now."""
    return given(saved, session=False)


def expect_same(folder: RunDir, trainer: Trainer, overrides: Mapping[str, Any]) -> None:
    """A run that goes on keeps its options.  Errors: ArgumentError naming the first."""
    named = {override.name: override for override in OVERRIDES}
    for name, value in overrides.items():
        for own in _in(folder, trainer, named[name]):
            if own != value:
                raise ArgumentError(
                    f"{named[name].flag}: expected {own}, as the run in {folder} was "
                    f"begun, got {value}"
                )


def _in(folder: RunDir, trainer: Trainer, override: Override) -> list[Any]:
    """The values that an override has in a trainer: both players' if it is of both."""
    if override.of == "options":
        return [getattr(trainer.options, override.name)]
    if override.of == "networks":
        began = folder.saved("began", dict) or {}
        return [began.get(override.name, RECIPES[trainer.name].condition)]
    if override.of == "sampling":
        return [trainer.data.config().get(override.name)]
    of = [p for p in PLAYERS if override.name.startswith(f"{p}_")]
    argument = override.name.removeprefix(f"{of[0]}_") if of else override.name
    configs = [getattr(trainer, f"{p}_optimizer").config() for p in of or PLAYERS]
    return [config.get(argument) for config in configs]
