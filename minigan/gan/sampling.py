"""What a source of real rows is; `points` and `rows` have those that are there.

A source has `features`, `batch(n)`, which draws the next n rows for training through
primitives, and `draw(n, rng)`, which draws rows for reports without moving anything
that training uses.  What it must not lose is its state, see `minigan.state`; what else
a batch reads are its `tables()`.  `Source` has all of this for a source that keeps
nothing; one of your own derives from it and is registered.
"""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import primitives, validate
from ..errors import ArgumentError
from ..modes import Modes
from ..registry import Registry, config_of, create
from ..state import Arrays, Generators, own_copy, whole_copy

if TYPE_CHECKING:
    from ..data import Table
    from ..data.columns import Columns

SOURCES: Registry[type["Source"]] = Registry("source")


@dataclass(frozen=True)
class Quality:
    """What a source says of samples: whether they pass for its rows, and in numbers."""

    healthy: bool
    metrics: dict[str, float]


class Source:
    """Rows without an end, from a generator; the base class of all sources.

    features: how many numbers a row has.
    rng: a numpy Generator, which a run saves and restores; a source that has none
    draws nothing in `batch`.
    """

    name = ""
    features: int
    labelled = False  # True where a batch is a pair (rows, labels)
    classes = 0  # labels are 0 ... classes - 1; 0 without labels
    columns: "Columns | None" = None  # names and units, of rows that are a table's
    modes: Modes | None = None  # of a mixture: samples are then judged mode by mode
    rng: np.random.Generator | None = None

    def batch(self, n: int) -> Any:
        """The next n rows: (n, features), made by primitives."""
        raise NotImplementedError

    def draw(self, n: int, rng: np.random.Generator) -> NDArray:
        """n rows from another generator: (n, features)."""
        raise NotImplementedError

    def quality(self, samples: NDArray, seed: int) -> "Quality | None":
        """How good samples (n, features) are, of rows whose truth is known; else None.

        seed: of fresh rows to compare with, which no training has seen.
        """
        return None

    @property
    def packs_classes(self) -> bool:
        """Whether `packs` has rows."""
        return False

    def packs(self, n: int, pack: int) -> tuple[NDArray, NDArray]:
        """The next n rows, each `pack` side by side of one class, and the classes.

        (n, features) and (n / pack,), by primitives; for players with labels and the
        option `pack`.
        """
        raise NotImplementedError

    def draw_pairs(
        self, n: int, rng: np.random.Generator
    ) -> tuple[NDArray, NDArray | None]:
        """The same with their labels (n,), or with None where there are none."""
        if self.labelled:
            raise NotImplementedError
        return self.draw(n, rng), None

    def draw_labels(self, n: int, rng: np.random.Generator) -> NDArray:
        """Labels for n fakes, as often as the data have them: (n,), by primitives."""
        return primitives.integers(rng, self.classes, n)

    @property
    def label_counts(self) -> NDArray | None:
        """How often the data have each label, up to a factor: (classes,) int64."""
        return np.ones(self.classes, np.int64) if self.labelled else None

    @property
    def rows(self) -> int | None:
        """How many rows there are; None for a source without an end."""
        return None

    @property
    def largest_batch(self) -> int:
        """The most rows that one batch can have."""
        return 2**31

    # ---- state ---------------------------------------------------------------------

    __copy__, __setstate__ = whole_copy, own_copy

    def state(self) -> Arrays:
        """name -> array that training changes."""
        return {}

    def generators(self) -> Generators:
        """name -> generator that batches are drawn from."""
        return {} if self.rng is None else {"rng": self.rng}

    def tables(self) -> Arrays:
        """name -> array that a batch reads and nobody changes."""
        return {}

    def check(self, state: Arrays) -> None:
        """Refuse a saved state that training could not go on from.

        Errors: CheckpointError.
        """

    def config(self) -> dict[str, Any]:
        """What JSON can hold of the source: its kind, and what the user chose."""
        return {"kind": self.name, **config_of(self)}

    def digest(self) -> str | None:
        """The sha256 of the data that must be given again on loading, or None."""
        return None

    @classmethod
    def rebuilt(
        cls,
        config: dict[str, Any],
        data: "NDArray | Table | None",
        rng: np.random.Generator,
        dtype: DTypeLike,
    ) -> Self:
        """The source that `config` was made of.

        data: what the user gave on loading; here it must be None.
        rng, dtype: handed on where the constructor takes them.
        """
        if data is not None:
            raise ArgumentError(
                "Trainer.load: argument 'data': expected None for a run on computed "
                "points, got an array"
            )
        arguments = {key: value for key, value in config.items() if key != "kind"}
        return create(cls, arguments, rng=rng, dtype=dtype)


def drawn_labels(counts: NDArray, n: int, rng: np.random.Generator) -> NDArray:
    """Labels as often as they were counted: (n,) int64.   counts: (classes,)"""
    ends = np.cumsum(counts)
    places = (rng.random(n) * ends[-1]).astype(np.int64)
    return np.searchsorted(ends, places, side="right").astype(np.int64)


def real_type(where: str, dtype: DTypeLike, argument: str = "dtype") -> np.dtype:
    """float32 or float64.  Errors: DTypeError for any other type."""
    dtype = validate.float_type(where, dtype)
    if dtype not in validate.FLOAT_TYPES:
        expected, given = "float32 or float64", f"dtype {dtype}"
        validate.complain(validate.DTypeError, where, argument, expected, given)
    return dtype
