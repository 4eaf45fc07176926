"""Choices that are read from a registry when a command runs, not when it is written."""

import pytest
import rich_click as click
from click.testing import CliRunner

from minigan.cli.choices import OneOf, WithNames
from minigan.registry import Registry

from .helpers import expect_error
from .helpers import run as minigan

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


@pytest.mark.parametrize(
    ("command", "seconds"), [("train", "nan"), ("train", "inf"), ("profile", "NaN")]
)
def test_numbers_that_are_not_finite(command, seconds):
    result = minigan(command, "parabola", "--seconds", seconds)
    expect_error(result, 2, "--seconds", "finite number")


@pytest.mark.parametrize(
    "arguments",
    [
        ("train", "parabola", "--out", ""),
        ("sample", ""),
        ("golden", "--out", ""),
        ("data", "preview", "digits", "-o", ""),
    ],
)
def test_empty_paths_of_variables_that_are_not_set(arguments, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    expect_error(minigan(*arguments), 2, "expected a path, got ''")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["x.CSV", "x.Npy", "x.NPZ"])
def test_the_kind_of_a_file_in_capital_letters(name, finished, tmp_path):
    assert minigan("sample", finished, "-n", "2", "-o", tmp_path / name).exit_code == 0
    assert (tmp_path / name).exists()
