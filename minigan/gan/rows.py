"""The source of rows that a user has: an array or a table, with its labels."""

import hashlib
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import primitives, validate
from ..errors import ArgumentError, CheckpointError
from ..state import Arrays
from .sampling import SOURCES, Source, real_type

if TYPE_CHECKING:
    from ..data import Table
    from ..data.columns import Columns


@SOURCES.register()
class Rows(Source):
    """Rows of an array, with labels if there are any.

    data: (n, ...) float32 or float64, finite; kept as (n, features).  Tensors of other
    libraries are converted; of a data frame or a `data.table`, whose columns are
    scaled to [-1, 1], `columns` says names and units.
    labels: None, or (n,) integers >= 0, one for each row; a batch is then the pair
    (rows, labels), drawn by the same index.
    rng: numpy Generator or a seed.
    sampling: "replacement" draws every row anew; "shuffled" and "ordered" walk through
    epochs, of which a last batch that is not full is dropped.
    Errors: ShapeError, DTypeError, NonFiniteError, ArgumentError for data and labels
    that cannot be used.
    """

    name = "rows"
    SAMPLING = ("replacement", "shuffled", "ordered")

    def __init__(
        self,
        data: "NDArray | Table",
        labels: NDArray | None = None,
        *,
        rng: np.random.Generator | int = 0,
        sampling: str = "replacement",
        dtype: DTypeLike = np.float32,
    ) -> None:
        self.sampling = validate.choice("Rows", "sampling", sampling, self.SAMPLING)
        data, self.columns = rows_and_columns("Rows", "data", data)
        data = validate.array("Rows", "data", data, finite=True)
        if data.ndim < 2:
            got = validate.shape_text(data.shape)
            validate.complain(
                validate.ShapeError, "Rows", "data", "shape (n, features)", got
            )
        dtype = real_type("Rows", dtype)
        real_type("Rows", data.dtype, "data")
        with np.errstate(over="ignore"):
            rows = np.array(data.reshape(len(data), -1), dtype=dtype, order="C")
        if not np.isfinite(rows).all():
            largest = f"{np.abs(data).max():g}"
            validate.complain(
                validate.NonFiniteError, "Rows", "data", f"values of {dtype}", largest
            )
        self.data = rows
        self.labels = None if labels is None else _labels(labels, len(rows))
        self.classes = 0 if self.labels is None else int(self.labels.max()) + 1
        self._by_class: Arrays = {}
        if self.labels is not None:
            counts = np.bincount(self.labels).astype(np.int64)
            order = np.argsort(self.labels, kind="stable").astype(np.int64)
            self._by_class = {
                "by class": order,
                "starts": np.cumsum(counts) - counts,
                "counts": counts,
            }
        self.features = self.data.shape[1]
        self.rng = validate.random_generator("Rows", rng)
        self.order = np.arange(len(data), dtype=np.int64)
        self.cursor = np.zeros((), np.int64)

    @property
    def labelled(self) -> bool:  # type: ignore[override]
        """True where a batch is a pair (rows, labels)."""
        return self.labels is not None

    def batch(self, n: int) -> Any:
        """The next n rows: (n, features); with labels the pair (rows, labels (n,))."""
        n = validate.integer("Rows.batch", "n", n, most=2**31)
        if self.sampling == "replacement":
            index = primitives.integers(self.rng, len(self.data), n)
        else:
            if n > self.largest_batch:
                raise ArgumentError(
                    f"Rows.batch: argument 'n': expected at most the {len(self.data)} "
                    f"rows of the data, got {n}"
                )
            index = primitives.epoch_indices(
                self.rng, self.order, self.cursor, int(self.sampling == "shuffled"), n
            )
        rows = primitives.gather(self.data, index)
        if self.labels is None:
            return rows
        return rows, primitives.gather_labels(self.labels, index)

    @property
    def packs_classes(self) -> bool:
        """True for rows with labels that are drawn with replacement."""
        return self.labels is not None and self.sampling == "replacement"

    def packs(self, n: int, pack: int) -> tuple[NDArray, NDArray]:
        """n rows, each `pack` side by side of one class, and the classes (n / pack,).

        Errors: ArgumentError for rows without labels, or drawn in epochs.
        """
        if self.labels is None or not self.packs_classes:
            expected, got = "rows with labels and replacement", repr(self.sampling)
            validate.complain(ArgumentError, "Rows.packs", "self", expected, got)
        arrays = self.labels, *self._by_class.values()
        index = primitives.packed_indices(self.rng, *arrays, pack, n)
        labels = primitives.gather_labels(self.labels, index)
        rows = primitives.gather(self.data, index)
        return rows, primitives.respaced_labels(labels, n // pack)

    @property
    def rows(self) -> int:
        """How many rows there are."""
        return len(self.data)

    @property
    def largest_batch(self) -> int:
        """The most rows that one batch can have."""
        return 2**31 if self.sampling == "replacement" else len(self.data)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray:
        """n rows, with replacement, from another generator; without labels."""
        n = validate.integer("Rows.draw", "n", n, most=2**31)
        return primitives.gather(self.data, primitives.integers(rng, len(self.data), n))

    def draw_pairs(
        self, n: int, rng: np.random.Generator
    ) -> tuple[NDArray, NDArray | None]:
        """The rows of `draw`, and their labels."""
        n = validate.integer("Rows.draw_pairs", "n", n, most=2**31)
        index = primitives.integers(rng, len(self.data), n)
        rows = primitives.gather(self.data, index)
        if self.labels is None:
            return rows, None
        return rows, primitives.gather_labels(self.labels, index)

    def draw_labels(self, n: int, rng: np.random.Generator) -> NDArray:
        """Those of n rows, drawn with replacement: (n,).

        Errors: ArgumentError for rows without labels.
        """
        if self.labels is None:
            expected = "rows with labels"
            validate.complain(ArgumentError, "Rows.draw_labels", "n", expected, "none")
        index = primitives.integers(rng, len(self.data), n)
        return primitives.gather_labels(self.labels, index)

    @property
    def label_counts(self) -> NDArray | None:
        """How often each label occurs: (classes,) int64."""
        return None if self.labels is None else np.bincount(self.labels)

    def state(self) -> Arrays:
        """name -> array that training changes: the place in the epoch."""
        if self.sampling == "replacement":
            return {}
        return {"order": self.order, "cursor": self.cursor}

    def tables(self) -> Arrays:
        """name -> array that a batch reads: the rows, and their labels."""
        labels = {} if self.labels is None else {"labels": self.labels}
        return {"data": self.data, **labels, **self._by_class}

    def check(self, state: Arrays) -> None:
        """The order must be one of the rows, and the cursor a place in it."""
        if not state:
            return
        n, order, cursor = len(self.data), state["order"], int(state["cursor"])
        if not np.array_equal(np.sort(order), np.arange(n)):
            raise CheckpointError(f"data/order: expected each of 0 ... {n - 1} once")
        if not 0 <= cursor <= n:
            raise CheckpointError(f"data/cursor: expected 0 ... {n}, got {cursor}")

    def config(self) -> dict[str, Any]:
        found = {
            "kind": self.name,
            "sampling": self.sampling,
            "rows": len(self.data),
            "features": self.features,
        }
        if self.columns is not None:
            found["columns"] = self.columns.config()
        if self.label_counts is not None:
            found |= {"labelled": True, "label_counts": self.label_counts.tolist()}
        return found

    def digest(self) -> str:
        """The sha256 of rows and labels."""
        sha = hashlib.sha256(self.data.tobytes())
        if self.labels is not None:
            sha.update(self.labels.tobytes())
        return sha.hexdigest()

    @classmethod
    def rebuilt(
        cls,
        config: dict[str, Any],
        data: "NDArray | Table | None",
        rng: np.random.Generator,
        dtype: DTypeLike,
    ) -> Self:
        """Rows of the array that the user gives again."""
        if data is None:
            raise ArgumentError(
                f"Trainer.load: argument 'data': expected the array of "
                f"{config['rows']} rows that the run was trained on, got None"
            )
        rows, labels = pair_of(data)
        if (labels is not None) != bool(config.get("labelled")):
            kinds = "(rows, labels)", "rows without labels"
            expected, got = kinds if config.get("labelled") else reversed(kinds)
            raise ArgumentError(
                f"Trainer.load: argument 'data': expected {expected}, as the run was "
                f"trained on, got {got}"
            )
        made = cls(rows, labels, rng=rng, sampling=config["sampling"], dtype=dtype)
        if "columns" in config:
            from ..data.columns import Columns

            columns = Columns.from_config(config["columns"], config["features"])
            if made.columns not in (None, columns):
                raise ArgumentError(
                    "Trainer.load: argument 'data': expected the table that the run "
                    "was trained on, got one with other columns or ranges"
                )
            if made.features == len(columns):  # else their sha256 is another
                made.columns = columns
        return made


def pair_of(data: Any) -> tuple[Any, Any]:
    """(rows, labels) of what a user gives; a pair is a tuple, other labels are None."""
    if isinstance(data, tuple) and len(data) == 2:
        return data
    return data, None


def packs_of(rows: NDArray, labels: NDArray, pack: int) -> tuple[NDArray, NDArray]:
    """Rows side by side by `pack` of one class, and the classes of the packs.

    rows: (n, ...)   labels: (n,)   Those left over in a class are left out.
    """
    places = [np.flatnonzero(labels == k) for k in np.unique(labels)]
    kept = np.concatenate([p[: len(p) // pack * pack] for p in places])
    return rows[kept], np.asarray(labels)[kept[::pack]]


def rows_and_columns(
    where: str, argument: str, data: Any
) -> tuple[NDArray, "Columns | None"]:
    """What a user gives as rows: an array, and the columns of what is a table.

    Errors: DTypeError for anything that is neither.
    """
    if type(data) is np.ndarray and data.dtype.names is None:
        return data, None
    from ..data.tables import array_or_table  # here: most runs need none of it

    found = array_or_table(where, argument, data)
    if isinstance(found, np.ndarray):
        return found, None
    return found.rows, found.columns


def _labels(labels: NDArray, rows: int) -> NDArray:
    """Labels as int64: (rows,)."""
    if not isinstance(labels, np.ndarray) or labels.dtype.kind not in "iu":
        got = getattr(labels, "dtype", type(labels).__name__)
        expected = "an array of integers, one for each row"
        validate.complain(validate.DTypeError, "Rows", "labels", expected, got)
    if labels.shape != (rows,):
        expected, got = f"shape ({rows},)", validate.shape_text(labels.shape)
        validate.complain(validate.ShapeError, "Rows", "labels", expected, got)
    if labels.min() < 0 or labels.max() >= 2**31:
        expected, got = "integers >= 0", f"{labels.min()} ... {labels.max()}"
        validate.complain(validate.ArgumentError, "Rows", "labels", expected, got)
    return np.array(labels, np.int64, order="C")
