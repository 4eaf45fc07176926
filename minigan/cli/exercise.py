"""`minigan exercise`: write the heart of a GAN yourself, with a judge."""

from pathlib import Path

import rich_click as click
from click.exceptions import Exit

from .choices import Place
from .output import print_table


@click.group(no_args_is_help=True)
def exercise() -> None:
    """Ten exercises, from the dense layer to the gradient penalty.

    \b
    minigan exercise list       what there is to do
    minigan exercise start 1    writes the file of exercise 1, with its task
    minigan exercise check 1    says what is wrong in it, and where
    minigan exercise hint 1     where the task alone does not do
    """


NUMBER = click.argument("number", type=click.IntRange(min=1), metavar="N")
FOLDER = click.option(
    "--folder",
    type=Place(file_okay=False),
    default=".",
    metavar="FOLDER",
    help="Where the files are. [default: here]",
)


@exercise.command("list")
def list_all() -> None:
    """Show all exercises."""
    from .. import exercises

    print_table(exercises.overview())


@exercise.command()
@NUMBER
@FOLDER
@click.option("--force", is_flag=True, help="Begin anew: overwrite your file.")
def start(number: int, folder: Path, force: bool) -> None:
    """Write the file of exercise N and show its task."""
    from .. import exercises

    click.echo(str(exercises.start(number, folder, force)))


@exercise.command()
@NUMBER
@click.argument("file", type=Place(exists=True), required=False, metavar="[FILE]")
@FOLDER
def check(number: int, file: Path | None, folder: Path) -> None:
    """Judge exercise N: the file that `start` wrote, or FILE.

    Exit code 1 where something is wrong.
    """
    from .. import exercises

    verdict = exercises.check(number, file, folder)
    print_table(verdict.table())
    if not verdict.ok:
        raise Exit(1)


@exercise.command()
@NUMBER
@click.argument("which", type=click.IntRange(min=1), default=1, metavar="[K]")
def hint(number: int, which: int) -> None:
    """Show the Kth hint for exercise N, by default the first."""
    from .. import exercises

    click.echo(exercises.hint(number, which))
