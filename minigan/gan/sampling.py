"""Where batches of real rows come from.

A source has `features`, `batch(n)`, which draws the next n rows for training through
primitives, and `draw(n, rng)`, which draws rows for reports without moving anything
that training uses.  What it must not lose is its state, see `minigan.state`; what else
a batch reads are its `tables()`.  `Source` has all of this for a source that keeps
nothing; one of your own derives from it and is registered.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import DTypeLike, NDArray

from .. import primitives, validate
from ..errors import ArgumentError, CheckpointError
from ..modes import GOOD, UNEVEN, Modes
from ..registry import Registry, config_of, create
from ..state import Arrays, Generators, own_copy, whole_copy
from . import metrics

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


@SOURCES.register()
class Parabola(Source):
    """Points on y = x^2 with x ~ U[-1/2, 1/2): fresh ones at every call.

    rng: numpy Generator or a seed.  dtype: of the points, float32 or float64.
    """

    name = "parabola"
    features = 2
    ON_THE_CURVE, COVERED = 0.012, 0.005  # below these, samples are healthy

    def __init__(
        self, rng: np.random.Generator | int, dtype: DTypeLike = np.float32
    ) -> None:
        self.rng = validate.random_generator("Parabola", rng)
        self.dtype = _real_type("Parabola", dtype)

    def batch(self, n: int) -> NDArray:
        """Points (n, 2)."""
        return self._points(n, self.rng)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray:
        """Points (n, 2) from another generator."""
        return self._points(n, rng)

    def quality(self, samples: NDArray, seed: int) -> Quality:
        """Healthy points lie on the curve and cover it.

        residual: mean |y - x^2|.   energy_distance: to as many fresh points.
        coverage: share of 20 intervals of x that any point is in.
        """
        n = len(samples)
        x = np.random.default_rng([seed, n]).random(n) - 0.5
        residual = metrics.parabola_residual(samples)
        energy = metrics.energy_distance(samples, np.stack([x, x * x], axis=1))
        found = {
            "residual": residual,
            "energy_distance": energy,
            "coverage": metrics.coverage(samples),
        }
        return Quality(residual < self.ON_THE_CURVE and energy < self.COVERED, found)

    def _points(self, n: int, rng: np.random.Generator | None) -> NDArray:
        n = validate.integer("Parabola", "n", n, most=2**31)
        return primitives.parabola(primitives.uniform(rng, n, 1, dtype=self.dtype))


@SOURCES.register()
class Origin(Source):
    """The number 0, always: the data of the Dirac-GAN (Mescheder et al. 2018).

    rng: not asked; all sources take one.  dtype: float32 or float64.
    """

    name = "origin"
    features = 1

    def __init__(
        self,
        rng: np.random.Generator | int | None = None,
        dtype: DTypeLike = np.float32,
    ) -> None:
        if rng is not None:
            validate.random_generator("Origin", rng)
        self.dtype = _real_type("Origin", dtype)

    def batch(self, n: int) -> NDArray:
        """Zeros (n, 1)."""
        n = validate.integer("Origin", "n", n, most=2**31)
        return primitives.full(n, 1, 0.0, dtype=self.dtype)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray:
        """Zeros (n, 1)."""
        return self.batch(n)


@SOURCES.register()
class Mixture(Source):
    """Points of a mixture of normal distributions: fresh ones at every call.

        x = c_j + sd z,   j any of 0 ... k - 1,   z ~ N(0, 1)

    centres: (k, features) finite numbers, the c_j, such as `data.modes.ring()`.
    sd: the standard deviation of each, in each direction, > 0.
    rng: numpy Generator or a seed.  dtype: of the points, float32 or float64.
    Errors: ShapeError, DTypeError, ArgumentError, NonFiniteError.
    """

    name = "mixture"
    modes: Modes

    def __init__(
        self,
        centres: NDArray | Sequence[Sequence[float]],
        sd: float,
        rng: np.random.Generator | int,
        dtype: DTypeLike = np.float32,
    ) -> None:
        where = "Mixture"
        if isinstance(centres, (list, tuple)):  # as JSON has them
            try:
                centres = np.array(centres, np.float64)
            except (TypeError, ValueError):
                expected = "rows of numbers, all as long"
                given = validate.shown(centres)
                validate.complain(
                    validate.ShapeError, where, "centres", expected, given
                )
        centres = validate.array(where, "centres", centres, ("k", "D"), finite=True)
        sd = validate.number(where, "sd", sd, above=0)
        self.modes = Modes(centres.astype(np.float64), sd)
        self.rng = validate.random_generator(where, rng)
        self.dtype = _real_type(where, dtype)
        self.features = centres.shape[1]
        self._centres = centres.astype(self.dtype, order="C")

    def batch(self, n: int) -> NDArray:
        """Points (n, features)."""
        return self._points(n, self.rng)

    def draw(self, n: int, rng: np.random.Generator) -> NDArray:
        """Points (n, features) from another generator."""
        return self._points(n, rng)

    def quality(self, samples: NDArray, seed: int) -> Quality:
        """Healthy samples cover all modes, lie at them, and are as many at each.

        modes: how many have a sample within 3 sd.   high_quality: share of samples
        that are.   kl: of the counts of samples by mode.   The limits: `minigan.modes`.
        precision, recall: beside as many fresh points, at most 1,000.
        """
        centres, sd = self.modes.centres, self.modes.sd
        covered = metrics.modes_covered(samples, centres, sd)
        good = metrics.high_quality(samples, centres, sd)
        kl = metrics.modes_kl(samples, centres)
        few = samples[:1000]
        rng = np.random.default_rng([seed, len(few)])  # not a stream of the run's
        real, _ = self.modes.drawn(rng, len(few))
        precision, recall = metrics.precision_recall(few, real)
        healthy = covered == len(self.modes) and good >= GOOD and kl <= UNEVEN
        found = {"modes": covered, "high_quality": good, "kl": kl}
        return Quality(healthy, {**found, "precision": precision, "recall": recall})

    def _points(self, n: int, rng: np.random.Generator | None) -> NDArray:
        n = validate.integer("Mixture", "n", n, most=2**31)
        which = primitives.integers(rng, len(self.modes), n)
        centres = primitives.gather(self._centres, which)
        z = primitives.standard_normal(rng, n, self.features, dtype=self.dtype)
        return primitives.add_scaled(centres, z, self.modes.sd)

    def tables(self) -> Arrays:
        """name -> array that a batch reads: the centres."""
        return {"centres": self._centres}

    def config(self) -> dict[str, Any]:
        centres, sd = self.modes.centres.tolist(), self.modes.sd
        return {"kind": self.name, "centres": centres, "sd": sd}


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
        dtype = _real_type("Rows", dtype)
        _real_type("Rows", data.dtype, "data")
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


def drawn_labels(counts: NDArray, n: int, rng: np.random.Generator) -> NDArray:
    """Labels as often as they were counted: (n,) int64.   counts: (classes,)"""
    ends = np.cumsum(counts)
    places = (rng.random(n) * ends[-1]).astype(np.int64)
    return np.searchsorted(ends, places, side="right").astype(np.int64)


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


def _real_type(where: str, dtype: DTypeLike, argument: str = "dtype") -> np.dtype:
    dtype = validate.float_type(where, dtype)
    if dtype not in validate.FLOAT_TYPES:
        expected, given = "float32 or float64", f"dtype {dtype}"
        validate.complain(validate.DTypeError, where, argument, expected, given)
    return dtype
