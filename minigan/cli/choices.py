"""Choices that are read from a registry when a command runs.

What a user has registered is chosen, named in errors and listed in help texts as what
minigan brings along.
"""

from collections.abc import Callable, Iterable
from typing import Any

import rich_click as click


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
