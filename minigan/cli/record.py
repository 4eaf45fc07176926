"""`minigan record`: a run on one page of HTML, to be played and checked."""

import rich_click as click

from ..files import as_path
from ..recording import BESIDE, PAGES, RECORDED
from . import choices
from .choices import OneOf, Place, kind_of


@click.command(
    epilog="Examples:\n\n"
    "minigan record parabola -o run.html\n\n"
    "minigan record parabola --seed 4 --beside 21\n\n"
    "minigan record ring -o ring.html\n\n"
)
@click.argument("recipe", metavar="RECIPE", type=OneOf(RECORDED))
@click.option(
    "-o",
    "--output",
    type=Place(dir_okay=False),
    metavar="FILE",
    help="The page. [default: RECIPE.html]",
)
@choices.seed("All randomness of the run comes from it.", default=0)
@click.option(
    "--beside",
    type=click.IntRange(min=0),
    metavar="N",
    help="Seed of a second run, shown next to the first. [default: of parabola "
    f"{BESIDE['parabola']}, whose generator collapses; else none]",
)
@click.option("--alone", is_flag=True, help="Show one run alone.")
@click.option(
    "--steps",
    type=click.IntRange(min=1),
    metavar="N",
    help="How many steps. [default: the recipe's]",
)
@click.option(
    "--dtype",
    type=click.Choice(["float32", "float64"]),
    default="float32",
    show_default=True,
    help="Of all numbers; what the page recomputes agrees to 1e-5 or 1e-12.",
)
@choices.backend("What computes the steps.")
@click.option("--force", is_flag=True, help="Overwrite the output file.")
def record(recipe, output, seed, beside, alone, steps, dtype, backend, force):
    """Record a run of RECIPE, and write a page that plays it.

    RECIPE is parabola, ring or grid. The page is one file, at most 1.5 MB, that needs
    no server and no network: play, slow motion, the step of D or G alone, every number
    with its formula, source line and test. It recomputes recorded steps by itself and
    shows how far it is from Python.
    """
    from ..recording import record as make

    path = as_path("minigan record", output or f"{recipe}.html")
    if kind_of(path) not in PAGES:
        raise click.UsageError(f"--output: expected an .html file, got '{path}'")
    choices.refuse_existing("--output", path, force)
    if alone and beside is not None:
        raise click.UsageError("--alone: expected no --beside with it")
    if beside is None and not alone and BESIDE.get(recipe) != seed:
        beside = BESIDE.get(recipe)
    size = make(
        recipe,
        path,
        seed=seed,
        beside=beside,
        steps=steps,
        dtype=dtype,
        backend=backend,
    )
    click.echo(f"{path}: {size:,} bytes, open it in a browser")
