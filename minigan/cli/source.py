"""`--data`: which rows a run trains on, and how a run that goes on finds them again."""

import csv
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
import rich_click as click

from .. import data
from ..data import DATASETS
from ..data.delimited import is_text
from ..data.loading import to_train_on
from ..errors import ArgumentError
from ..gan.recipes import RECIPES
from ..reading import head_of, reading


@dataclass(frozen=True)
class Source:
    """What a run trains on, as its config.json keeps it.

    name: of a data set, or the whole path of a file or folder; None for computed rows.
    columns: names of those of a table.  label_column: of that with the classes.
    size, grey: of the images in a folder.
    """

    name: str | None = None
    columns: tuple[str, ...] | None = None
    size: tuple[int, int] | None = None
    grey: bool = False
    label_column: str | None = None

    @property
    def is_own(self) -> bool:
        """Whether it is a file or folder of the user's."""
        return self.name is not None and self.name not in DATASETS

    def rows(self, recipe: str) -> Any:
        """The rows, scaled to [-1, 1], for a conditional recipe with their labels.

        An array, a `data.table` or a pair; None for computed points.

        Errors: DatasetError for what cannot be had, or read; ArgumentError for options
        that belong to other data.
        """
        name = self.name
        folder = self.is_own and os.path.isdir(str(name))
        self._expect("--size", self.size is None or folder, "a folder of images")
        self._expect("--grey", not self.grey or folder, "a folder of images")
        is_table = self.is_own and not folder
        unlabelled = self.label_column is None
        self._expect("--label-column", unlabelled or is_table, "a table")
        if name is None or not self.is_own:
            self._expect("--columns", self.columns is None, "a table")
            if name is None:
                return None
            pairs = RECIPES[recipe].condition is not None
            return data.labelled(name) if pairs else to_train_on(name)
        if folder:
            self._expect("--columns", self.columns is None, "a table")
            return data.from_folder(name, self.size, self.grey or None)
        if self.label_column is not None:
            _expect_conditional(recipe)
            return data.labelled_table(name, self.label_column, self.columns)
        with reading(name):
            text = is_text(head_of(name))
        if text or self.columns is not None:
            return data.table(name, self.columns)
        if RECIPES[recipe].of_tables and _has_units(name):
            return data.table(name)
        return data.from_file(name)

    def _expect(self, option: str, fits: bool, what: str) -> None:
        if not fits:
            given = "none" if self.name is None else repr(self.name)
            raise ArgumentError(f"{option}: expected {what} as --data, got {given}")

    def config(self) -> dict[str, Any]:
        """As JSON can hold it."""
        return {
            "source": self.name,
            "source_options": {
                "columns": self.columns and list(self.columns),
                "size": self.size and list(self.size),
                "grey": self.grey,
                "label_column": self.label_column,
            },
        }

    @classmethod
    def kept(cls, name: str | None, options: Any) -> Self:
        """What `config` wrote; of options that are damaged, none."""
        found = options if isinstance(options, dict) else {}
        columns, size = found.get("columns"), found.get("size")
        label = found.get("label_column")
        return cls(
            name,
            tuple(map(str, columns)) if isinstance(columns, list) else None,
            _pair(size),
            found.get("grey") is True,
            label if isinstance(label, str) else None,
        )


def chosen(
    recipe: str,
    given: str | None,
    columns: tuple[str, ...] | None = None,
    size: tuple[int, int] | None = None,
    grey: bool = False,
    label_column: str | None = None,
) -> Source:
    """The source that the options of the command line name.

    Errors: ArgumentError for a name that neither a data set nor a file has.
    """
    if given is None or given in DATASETS:
        given = given or RECIPES[recipe].dataset
    elif os.path.exists(given):
        given = os.path.abspath(given)
    else:
        known = ", ".join(DATASETS)
        raise ArgumentError(
            f"--data: {given}: no such file or folder, and no data set ({known})"
        )
    return Source(given, columns, size, grey, label_column)


def _expect_conditional(recipe: str) -> None:
    """Errors: ArgumentError for a recipe that asks for no labels."""
    if RECIPES[recipe].condition is None:
        known = ", ".join(name for name, r in RECIPES.items() if r.condition)
        raise ArgumentError(
            f"--label-column: expected a conditional recipe ({known}), got {recipe!r}"
        )


def _has_units(path: str) -> bool:
    """Whether an array in a file is a table that has to be scaled."""
    from ..data.scaling import array_in

    array = array_in(Path(path))
    if array.ndim != 2 or array.dtype == np.uint8:
        return False
    return array.dtype.kind in "iu" or bool(np.abs(array).max() > 1 + 1e-6)


def _pair(size: Any) -> tuple[int, int] | None:
    """Two whole numbers from a file, if it has them."""
    if not isinstance(size, list) or [type(n) for n in size] != [int, int]:
        return None
    return size[0], size[1]


# ---- types of options --------------------------------------------------------------


class Names(click.ParamType):
    """Names of columns, as one line of CSV."""

    name = "names"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[str, ...]:
        """The names in a text."""
        if isinstance(value, tuple):
            return value
        try:
            names = next(csv.reader([value], skipinitialspace=True), [])
        except csv.Error as error:
            self.fail(f"expected names with commas between them ({error})", param, ctx)
        return tuple(name.strip() for name in names)


class Size(click.ParamType):
    """Height and width of images: 28 or 28x20."""

    name = "size"

    def convert(self, value: Any, param: Any, ctx: Any) -> tuple[int, int]:
        """(height, width) in a text."""
        if isinstance(value, tuple):
            return value
        numbers = value.lower().split("x")
        if len(numbers) > 2 or not all(n.isascii() and n.isdigit() for n in numbers):
            self.fail(f"expected a size such as 28 or 28x20, got {value!r}", param, ctx)
        height, width = int(numbers[0]), int(numbers[-1])
        if not (1 <= height <= 4096 and 1 <= width <= 4096):
            self.fail(f"expected sizes from 1 to 4096, got {value!r}", param, ctx)
        return height, width
