"""`minigan train`: a recipe, from the first step to the pictures."""

import time
from pathlib import Path

import rich_click as click

from ..errors import ArgumentError
from ..gan import Trainer, recipes
from .display import display_for
from .interrupts import Interrupts
from .rundir import RunDir
from .session import Session

# Recipes that draw their own data.
RECIPES = {
    name: recipe for name, recipe in recipes.RECIPES.items() if recipe.features is None
}
DESCRIPTIONS = "\n".join(f"{name}: {r.description}" for name, r in RECIPES.items())
HELP = f"""Train the networks of a RECIPE, and draw what happened.

\b
{DESCRIPTIONS}

The folder then holds losses.png, samples.png, progress.png (start, middle and end side
by side), training.gif, history.csv, config.json and checkpoint.npz.

Ctrl-C finishes the step and saves. What --resume then makes is the same, to the bit, as
if nothing had happened.
"""


@click.command(
    help=HELP,
    epilog="Examples:\n\n"
    "minigan train parabola\n\n"
    "minigan train parabola --seed 3 --steps 20000\n\n"
    "minigan train parabola --out runs/mine\n\n"
    "minigan train parabola --out runs/mine --resume\n\n",
)
@click.argument("recipe", metavar="RECIPE", type=click.Choice(tuple(RECIPES)))
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many steps in total. [default: the recipe's, or the resumed run's]",
)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    metavar="N",
    help="All randomness of the run comes from it. [default: 0]",
)
@click.option(
    "--out",
    type=click.Path(file_okay=False, path_type=Path),
    metavar="DIR",
    help="Folder for the results. [default: runs/RECIPE-seedSEED]",
)
@click.option(
    "--backend",
    type=click.Choice(("jit", "numpy")),
    help="Compiled kernels, or the readable NumPy ones. [default: jit]",
)
@click.option("--resume", is_flag=True, help="Go on with the run in the folder.")
@click.option("--quiet", "-q", is_flag=True, help="Print nothing but errors.")
def train(recipe, steps, seed, out, backend, resume, quiet):
    folder = RunDir(out or Path("runs") / f"{recipe}-seed{seed or 0}")
    if not resume:  # complains before there is a folder
        trainer = recipes.load(recipe, seed=seed or 0, backend=backend)
    with Interrupts() as interrupts, folder.opened(resume):
        if resume:
            trainer = Trainer.load(folder.checkpoint, backend=backend)
            _expect_same(folder, trainer, recipe, seed)
            steps = steps or folder.planned_steps()
        steps = steps or RECIPES[recipe].steps
        _expect_longer(folder, trainer, steps)
        display = display_for(trainer, steps, quiet)
        session = Session(folder, trainer, steps, display)
        if resume:
            session.continue_film()
            if trainer.step_count == steps and folder.is_drawn():
                display.say(
                    f"{folder}: the run is done, all {steps:,} steps of it; "
                    f"--steps {2 * steps} --resume would make it longer"
                )
                return
        else:
            session.save()
        session.save_config()
        _run(session, interrupts)


def _run(session, interrupts):
    """From the step that the trainer has reached to the closing summary."""
    trainer, steps, display = session.trainer, session.steps, session.display
    first, started = trainer.step_count, time.monotonic()
    if first < steps:
        display.say(
            f"{trainer.name}: steps {first + 1:,} to {steps:,} in {session.folder}"
        )
        stopped_by = session.train(interrupts)
        if stopped_by:
            display.say(
                f"stopped after step {trainer.step_count:,} of {steps:,}, and saved; "
                f"to go on:\n  {session.resume_command()}"
            )
            raise click.exceptions.Exit(128 + stopped_by)
    seconds = time.monotonic() - started
    with display.wait("drawing"):
        session.save_results()
    display.summarize(
        f"{trainer.step_count - first:,} steps in {seconds:.1f} s", session
    )


def _expect_same(folder, trainer, recipe, seed):
    if trainer.name != recipe:
        raise ArgumentError(f"{folder}: holds a run of {trainer.name}, not of {recipe}")
    if seed is not None and seed != trainer.seed:
        raise ArgumentError(
            f"--seed: expected {trainer.seed}, the seed of the run in {folder}, "
            f"got {seed}"
        )


def _expect_longer(folder, trainer, steps):
    if steps < trainer.step_count:
        raise ArgumentError(
            f"--steps: expected at least the {trainer.step_count:,} that the run in "
            f"{folder} has, got {steps:,}"
        )
