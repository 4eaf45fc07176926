"""Choices that are read from a registry when a command runs, not when it is written."""

import rich_click as click
from click.testing import CliRunner

from minigan.cli.choices import OneOf, WithNames
from minigan.registry import Registry

THINGS = Registry("thing")


@click.command()
@click.argument("thing", type=OneOf(THINGS))
@click.option("--long", type=OneOf(lambda: [name for name in THINGS if name[3:]]))
@click.option("--other", cls=WithNames, names=THINGS, help="One of {names}.")
def command(thing, long, other):
    click.echo(f"{thing} {long}")


def run(*arguments):
    return CliRunner().invoke(command, arguments)


def test_what_is_registered_later_can_be_chosen():
    THINGS.register(name="one")(1)
    assert run("one").output == "one None\n"
    assert run("three").exit_code == 2 and "'three' is not 'one'" in run("three").output
    THINGS.register(name="three")(3)
    try:
        assert run("three", "--long", "three").output == "three three\n"
        assert "is not one of 'one', 'three'" in run("two").output
        assert run("one", "--long", "one").exit_code == 2
        help_text = run("--help").output
        assert "{one|three}" in help_text and "One of one, three." in help_text
    finally:
        THINGS.unregister("three")
    assert run("three").exit_code == 2
    assert "One of one." in run("--help").output
