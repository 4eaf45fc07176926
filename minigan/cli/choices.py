"""What options take: names from a registry, finite numbers, paths that name something.

`seed` and `backend` are the options that several commands have.

What a user has registered is chosen, named in errors and listed in help texts as what
minigan brings along.
"""

from collections.abc import Callable, Iterable
from math import isfinite
from pathlib import Path
from typing import Any, TypeVar

import rich_click as click

from ..primitives import BACKENDS

Command = TypeVar("Command", bound=Callable[..., Any])


def backend(text: str) -> Callable[[Command], Command]:
    """The option --backend, with its help text."""
    return click.option("--backend", type=click.Choice(BACKENDS), help=text)


def seed(text: str, **default: Any) -> Callable[[Command], Command]:
    """The option --seed, with its help text.

    default: `default=0` shows that number; without it the command gets None.
    """
    return click.option(
        "--seed",
        type=click.IntRange(min=0),
        metavar="N",
        show_default=bool(default),
        help=text,
        **default,
    )


def refuse_existing(option: str, path: Path, force: bool) -> None:
    """Overwrite no file unless told to.  Errors: UsageError."""
    if path.exists() and not force:
        raise click.UsageError(f"{option}: '{path}' exists; add --force to overwrite")


class OneOf(click.Choice):
    """One of the names in a registry, or of those that `choices` returns."""

    def __init__(self, choices: Callable[[], Iterable[str]] | Iterable[str]) -> None:
        self._read = choices if callable(choices) else lambda: choices
        super().__init__(())

    @property
    def choices(self) -> tuple[str, ...]:
        """The names as they are now."""
        return tuple(self._read())

    @choices.setter
    def choices(self, ignored: Any) -> None:
        """`click.Choice` sets its own; the registry is asked instead."""


class WithNames(click.Option):
    """An option in whose help {names} stands for what a registry holds by then."""

    def __init__(self, *arguments: Any, names: Iterable[str], **options: Any) -> None:
        self._names, self._text = names, ""
        super().__init__(*arguments, **options)

    @property
    def help(self) -> str | None:
        """The help text with the names as they are now."""
        return self._text and self._text.replace("{names}", ", ".join(self._names))

    @help.setter
    def help(self, text: str | None) -> None:
        self._text = text or ""


class Number(click.FloatRange):
    """A finite number within its bounds; NaN would be within any."""

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        number = super().convert(value, param, ctx)
        if not isfinite(number):
            self.fail(f"expected a finite number, got {value!r}", param, ctx)
        return number


class LabelList(click.ParamType):
    """Labels: 7, or 0,1,2, or 0-9."""

    name = "labels"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, ...]:
        """The labels in a text, each once."""
        if isinstance(value, tuple):
            return value
        labels: list[int] = []
        for part in value.split(","):
            ends = [end.strip() for end in part.split("-")]
            fits = len(ends) <= 2 and all(e.isascii() and e.isdigit() for e in ends)
            if not fits or any(len(end) > 6 for end in ends):
                expected = "expected labels such as 7 or 0,1,2 or 0-9"
                self.fail(f"{expected}, got {value!r}", param, ctx)
            first, last = int(ends[0]), int(ends[-1])
            labels += range(first, last + 1)
            if last < first or len(set(labels)) < len(labels):
                self.fail(f"expected each label once, got {value!r}", param, ctx)
        return tuple(labels)


class Place(click.Path):
    """A path.  An empty text, say of a variable that is not set, is none."""

    def __init__(self, **options: Any) -> None:
        super().__init__(path_type=Path, **options)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        if not str(value):
            self.fail("expected a path, got ''", param, ctx)
        return super().convert(value, param, ctx)


def kind_of(path: Path) -> str:
    """The end of a file's name, in small letters: ".csv" of data.CSV."""
    return path.suffix.lower()
