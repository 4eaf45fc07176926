"""`minigan train`: a recipe, from the first step to the pictures."""

import os
import time
from pathlib import Path
from typing import Any

import rich_click as click
from click.exceptions import Exit

from ..data import DATASETS
from ..errors import ArgumentError
from ..gan import Trainer, recipes
from ..gan.players import shapes_made
from ..jit.threads import work
from . import choices
from . import source as sources
from .choices import Number, OneOf, Place, WithNames
from .display import display_for, wrapped
from .interrupts import Interrupts
from .overrides import expect_same, given, known, override_options
from .rundir import RunDir
from .session import Session
from .source import Source

NAMED = 12  # columns that are named when a run begins

HELP = """Train the networks of a RECIPE, and draw what happened.

\b
{recipes}

The folder then holds losses.png, gradients.png, samples.png (real beside generated),
progress.png (start, middle and end side by side), training.gif, history.csv,
config.json, checkpoint.npz and generator.npz; of images, also a grid for each report in
samples/. A verdict on how it goes is said whenever it changes, and at the end.

Ctrl-C finishes the step and saves. What --resume then makes is the same, to the bit, as
if nothing had happened.
"""


class Train(click.RichCommand):
    """The command, whose help lists the recipes that are registered by then."""

    def format_help(self, ctx: Any, formatter: Any) -> None:
        lines = (f"{r.name}: {r.description}" for r in recipes.RECIPES.values())
        self.help = HELP.format(recipes="\n".join(lines))
        super().format_help(ctx, formatter)


@click.command(
    cls=Train,
    help=HELP,
    short_help="Train the networks of a RECIPE, and draw what happened.",
    epilog="Examples:\n\n"
    "minigan train parabola\n\n"
    "minigan train parabola --seed 3 --steps 20000\n\n"
    "minigan train parabola --out runs/mine\n\n"
    "minigan train parabola --out runs/mine --resume\n\n"
    "minigan train digits\n\n"
    "minigan train mnist-mixed --steps 3000 --real-label 0.9\n\n"
    "minigan train mnist-mixed --data fashion_mnist --out runs/clothes\n\n"
    "minigan train digits --data my.npy --epochs 200\n\n"
    "minigan train parabola --data people.csv --columns height,weight,age\n\n"
    "minigan train digits-conditional --data iris.csv --label-column kind\n\n"
    "minigan train digits --data photos/ --size 32\n\n",
)
@click.argument("recipe", metavar="RECIPE", type=OneOf(recipes.RECIPES))
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many steps in total. [default: the recipe's, or the resumed run's]",
)
@click.option(
    "--epochs",
    type=click.IntRange(min=1),
    metavar="N",
    help="The same in passes over the data: floor(rows / batch size) steps each.",
)
@click.option(
    "--seconds",
    type=Number(min=0, min_open=True),
    metavar="S",
    help="Stop after so long, if not before; --resume goes on.",
)
@choices.seed("All randomness of the run comes from it. [default: 0]")
@click.option(
    "--data",
    cls=WithNames,
    names=DATASETS,
    metavar="NAME|PATH",
    help="What to train on: {names}; a CSV or TSV file, each column scaled; a folder "
    "of PNG or JPEG images; a .npy, .npz or IDX file, bytes scaled, x / 127.5 - 1, "
    "floats in [-1, 1]. [default: the recipe's, looked for and then fetched]",
)
@click.option(
    "--columns",
    type=sources.Names(),
    metavar="NAMES",
    help="Columns of a table to train on, with commas between. [default: all]",
)
@click.option(
    "--label-column",
    metavar="NAME",
    help="Column of a table that says the class, 0, 1, 2, ..., of a conditional "
    "recipe. [default: none]",
)
@click.option(
    "--size",
    type=sources.Size(),
    metavar="HxW",
    help="Height and width that images in a folder are cut and resized to. [default: "
    "they must have one size]",
)
@click.option("--grey", is_flag=True, help="Take images in a folder without colours.")
@click.option(
    "--out",
    type=Place(file_okay=False),
    metavar="DIR",
    help="Folder for the results. [default: runs/RECIPE-seedSEED]",
)
@choices.backend("Compiled kernels, or the readable NumPy ones. [default: jit]")
@click.option(
    "--stream-history",
    is_flag=True,
    help="Write all rows of the history to history.f64 as they come, and keep few in "
    "memory.",
)
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
@override_options
def train(
    recipe: str,
    steps: int | None,
    epochs: int | None,
    seconds: float | None,
    seed: int | None,
    out: Path | None,
    resume: bool,
    quiet: bool,
    **values: Any,
) -> None:
    if steps and epochs:
        raise click.UsageError("--epochs: expected no --steps beside it, got both")
    folder = RunDir(out or Path("runs") / f"{recipe}-seed{seed or 0}")
    data, backend = values.pop("data"), values.pop("backend")
    of_data = {
        name: values.pop(name) for name in ("columns", "size", "grey", "label_column")
    }
    streamed = {"stream_history": True} if values.pop("stream_history") else {}
    overrides = given(values, session=False)
    options = {**given(values, session=True), **streamed}
    if not resume:  # complains before there is a folder
        source = sources.chosen(recipe, data, **of_data)
        rows = source.rows(recipe)
        trainer = recipes.load(recipe, seed or 0, rows, backend=backend, **overrides)
    elif data is None and any(of_data.values()):
        raise click.UsageError(
            "--columns, --size, --grey, --label-column: expected --data too"
        )
    began = overrides
    with Interrupts(folder) as interrupts, folder.opened(resume):
        if resume:
            began = known(folder.saved("began", dict) or {})
            source = _source(folder, recipe, data, of_data)
            trainer = _saved(folder, recipe, source, data, backend, began)
            _expect_same(folder, trainer, recipe, seed)
            expect_same(folder, trainer, overrides)
            options = {**(folder.saved("session", dict) or {}), **options}
        steps = steps or (epochs and _steps_of(trainer, epochs))
        steps = steps or (resume and folder.planned_steps())
        steps = steps or recipes.RECIPES[recipe].steps
        _expect_longer(folder, trainer, steps)
        display = display_for(trainer, steps, quiet)
        session = Session(folder, trainer, steps, display, source, options, began)
        if resume and folder.checkpoint.is_file():
            session.continue_frames()
            session.finish_report()
            if trainer.step_count == steps and session.is_drawn():
                display.say(
                    f"{folder}: the run is done, all {steps:,} steps of it; "
                    f"--steps {2 * steps} --resume would make it longer"
                )
                return
            session.save_config()
        else:
            session.save_config()
            session.warm_up()
            session.save()
        _run(session, interrupts, seconds)


def _saved(
    folder: RunDir,
    recipe: str,
    source: Source,
    data: str | None,
    backend: str | None,
    began: dict[str, Any],
) -> Trainer:
    """The trainer of a run that goes on, or begins again if it did not come far.

    Errors: ArgumentError where config.json does not say what it was trained on.
    """
    _expect_recipe(folder, folder.saved("recipe", str) or recipe, recipe)
    rows = source.rows(recipe)
    if not folder.checkpoint.is_file():
        seed = folder.saved("seed", int) or 0
        return recipes.load(recipe, seed, rows, backend=backend, **began)
    try:
        return Trainer.load(folder.checkpoint, data=rows, backend=backend)
    except ArgumentError as error:
        if data is not None or folder.has_begun():
            raise
        raise ArgumentError(
            f"{folder.config}: missing or damaged; say with --data what the run was "
            f"trained on"
        ) from error


def _source(
    folder: RunDir, recipe: str, data: str | None, of_data: dict[str, Any]
) -> Source:
    """What a run that goes on is trained on: as config.json says, but for --data.

    Errors: ArgumentError where it is not there any more.
    """
    name = folder.saved("source", str)
    kept = Source.kept(name, folder.saved("source_options", dict))
    if data is not None:
        given = {k: value or getattr(kept, k) for k, value in of_data.items()}
        return sources.chosen(recipe, data, **given)
    if kept.is_own and not os.path.exists(str(name)):
        raise ArgumentError(
            f"{folder}: was trained on {name}, which is not there; --data names it in "
            f"its new place"
        )
    return kept if name else sources.chosen(recipe, None)


def _steps_of(trainer: Trainer, epochs: int) -> int:
    """How many steps that many passes over the data are."""
    try:
        return epochs * trainer.steps_per_epoch
    except ArgumentError as error:
        raise ArgumentError(f"--epochs: {error}; use --steps") from error


def _run(session: Session, interrupts: Interrupts, budget: float | None) -> None:
    """From the step that the trainer has reached to the closing summary."""
    trainer, steps, display = session.trainer, session.steps, session.display
    first, started, before = trainer.step_count, time.monotonic(), work()
    if first < steps:
        display.say(
            f"{trainer.name}: steps {first + 1:,} to {steps:,} in {session.folder}"
        )
        if session.source.is_own and not first:
            display.say(wrapped(_described(session)))
        stopped_by = session.train(interrupts, budget)
        if stopped_by:
            display.say(
                f"stopped after step {trainer.step_count:,} of {steps:,}, and saved; "
                f"to go on:\n  {session.resume_command()}"
            )
            raise Exit(128 + stopped_by)
        if budget is not None and trainer.step_count < steps:
            display.say(
                f"{budget:g} seconds are over after step {trainer.step_count:,} of "
                f"{steps:,}; to go on:\n  {session.resume_command()}"
            )
    seconds, shared = time.monotonic() - started, str(work() - before)
    with display.wait("drawing"):
        session.save_results()
    title = f"{trainer.step_count - first:,} steps in {seconds:.1f} s"
    display.summarize(", ".join(filter(None, (title, shared))), session)


def _expect_recipe(folder: RunDir, has: str, recipe: str) -> None:
    if has != recipe:
        raise ArgumentError(f"{folder}: holds a run of {has}, not of {recipe}")


def _described(session: Session) -> str:
    """What a run of the user's own data learns from."""
    data, name = session.trainer.data, os.path.basename(str(session.source.name))
    text = f"{name}: {data.rows:,} rows"
    if data.columns is None:
        size = " x ".join(map(str, shapes_made(session.trainer.generator)[0]))
        return f"{text} of {size} numbers"
    label = session.source.label_column
    names = ", ".join(data.columns.names[:NAMED])
    more = ", ..." if len(data.columns) > NAMED else ""
    how = "" if data.columns.is_plain else ", scaled to [-1, 1]"
    kinds = f"; {data.classes} classes by {label}" if label else ""
    return f"{text} of {len(data.columns)} columns{how}: {names}{more}{kinds}"


def _expect_same(
    folder: RunDir, trainer: Trainer, recipe: str, seed: int | None
) -> None:
    _expect_recipe(folder, trainer.name, recipe)
    if seed is not None and seed != trainer.seed:
        raise ArgumentError(
            f"--seed: expected {trainer.seed}, the seed of the run in {folder}, "
            f"got {seed}"
        )


def _expect_longer(folder: RunDir, trainer: Trainer, steps: int) -> None:
    if steps < trainer.step_count:
        raise ArgumentError(
            f"--steps: expected at least the {trainer.step_count:,} that the run in "
            f"{folder} has, got {steps:,}"
        )
