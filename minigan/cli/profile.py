"""`minigan profile`: what one training step does, and where its time goes."""

import numpy as np
import rich_click as click

from .choices import Number

ROWS = 2048  # of random images, for recipes that need images


@click.command(
    epilog="Examples:\n\nminigan profile parabola\n\n"
    "minigan profile mnist-mixed --listing"
)
@click.argument("recipe")
@click.option("--listing", is_flag=True, help="Only list the step, without measuring.")
@click.option(
    "--seconds",
    type=Number(min=0.1, max=600),
    default=2.0,
    show_default=True,
    help="How long to measure.",
)
def profile(recipe, listing, seconds):
    """List one step of RECIPE, instruction by instruction, with time and rates.

    Shapes, FLOPs and bytes of each instruction, then microseconds, GFLOP/s and GB/s,
    the total, and the floor that this machine allows. Recipes that train on images are
    measured on random ones; the work is the same.
    """
    from rich.console import Console

    from ..gan import recipes
    from ..primitives import use_backend
    from ..validate import choice

    known = recipes.RECIPES[
        choice("minigan profile", "RECIPE", recipe, recipes.RECIPES)
    ]
    data = None
    if known.features is not None:
        noise = np.random.default_rng(0).random((ROWS, known.features), np.float32)
        data = 2 * noise - 1
    console = Console()
    with console.status("compiling and measuring"), use_backend("jit"):
        program = recipes.load(recipe, data=data).program()
        result = program.show() if listing else program.profile(seconds)
    if console.is_terminal and console.width >= 110:
        console.print(result)
    else:
        click.echo(str(result))
