"""Frames of a run, kept while it trains: samples, and what D believes of the plane.

The pictures of the course of training are drawn from them, see `pictures`.
"""

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from .. import checkpoint
from ..errors import CheckpointError
from ..images import as_bytes, image_shape
from .callbacks import Callback
from .checks import shape_made
from .rngs import rngs
from .sampling import drawn_labels

if TYPE_CHECKING:
    from .trainer import Trainer

Path = str | os.PathLike[str]
Taken = dict[str, np.ndarray]  # what one frame holds, by name
View = tuple[float, float, float, float]  # left, right, bottom, top

POINTS = 200  # real points, and z, in each frame
ROWS, COLUMNS = 48, 64  # of the grid that D is asked on
IMAGES = 25  # in each frame
EACH = 10  # in each frame of a class, where there are classes
MOST_CLASSES = 20  # that are shown
MOST_COLUMNS = 6  # of a table that are shown
MOST = 50  # frames of a run, about
KIND = "film"  # what a file of frames says it is


@dataclass(frozen=True)
class PointSeries:
    """The frames of a run on points, in order.

    steps: (n,) int.  fakes: (n, points, 2), made from the same z at each of the steps.
    surfaces: (n, rows, columns), D on a grid over `view`, lowest y first.
    view: (left, right, bottom, top).  real: (points, 2).  names: of both axes.
    All of them are in the units of the data, see `data.table`.
    """

    steps: np.ndarray
    fakes: np.ndarray
    surfaces: np.ndarray
    view: View
    real: np.ndarray
    names: tuple[str, ...] = ("x", "y")

    def __len__(self) -> int:
        return len(self.steps)

    def nearest(self, step: float) -> tuple[int, np.ndarray]:
        """(step, fakes) of the frame closest to a step."""
        k = int(np.argmin(np.abs(self.steps - step)))
        return int(self.steps[k]), self.fakes[k]


@dataclass(frozen=True)
class TableSeries:
    """The frames of a run on a table, in order; in the table's units.

    steps: (n,) int.  fakes: (n, rows, k), made from the same z at each of the steps.
    real: (rows, k).  names: of the k columns that are shown.
    """

    steps: np.ndarray
    fakes: np.ndarray
    real: np.ndarray
    names: tuple[str, ...]


class Frames(Callback):
    """Takes a frame every so many steps.

    trainer: the one whose course is shown.  steps: how many it will have in the end.

    z and the real rows depend on the seed alone, and the distance of frames on
    `steps` alone: a run that was cut in two has the frames of one that was not.
    """

    def __init__(self, trainer: "Trainer", steps: int) -> None:
        self.every = stride(steps)
        rng = rngs(trainer.seed)["sample"]
        self.real = self._real(trainer, rng)
        self.labels, shape = None, (len(self.real), trainer.latent_dim)
        if trainer.classes is not None:
            self.labels = self._wanted(trainer)
            shape = len(self.labels), trainer.latent_dim
        self.z = self._drawn(rng, shape)
        self.taken: dict[int, Taken] = {}  # step -> what was kept of it
        self._take(trainer)

    def on_step(self, trainer: "Trainer") -> None:
        self._take(trainer)

    def _take(self, trainer: "Trainer") -> None:
        self.taken[trainer.step_count] = self._frame(trainer)

    def _real(self, trainer: "Trainer", rng: np.random.Generator) -> np.ndarray:
        """The real rows that are shown."""
        raise NotImplementedError

    def _wanted(self, trainer: "Trainer") -> np.ndarray:
        """The labels of what is shown, for a generator that takes labels."""
        counts = trainer.data.label_counts
        assert counts is not None  # the trainer looked
        return drawn_labels(counts, len(self.real), rngs(trainer.seed)["report"])

    def _drawn(self, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        """z: (n, latent_dim)"""
        return rng.standard_normal(shape, np.float32)

    def _frame(self, trainer: "Trainer") -> Taken:
        """What is kept of the present step."""
        raise NotImplementedError

    def stacked(self) -> Taken:
        """All frames so far, in order: name -> array (frames, ...), and their steps."""
        steps = sorted(self.taken)
        names = self.taken[steps[0]]
        arrays = {k: np.stack([self.taken[step][k] for step in steps]) for k in names}
        return {"steps": np.array(steps), **arrays}

    def save(self, path: Path) -> None:
        """Write the frames.  Errors: OutputError where the file cannot be written."""
        checkpoint.write(path, self.stacked(), {"kind": KIND})

    def load(self, path: Path) -> None:
        """Take over the earlier frames of a run that goes on, from a `save`d file.

        Errors: CheckpointError for any other file; nothing is added then.
        """
        arrays, meta = checkpoint.read(path)
        start = max(self.taken)
        known = {"steps": np.empty((), np.int64), **self.taken[start]}
        if meta.get("kind") != KIND or set(arrays) != set(known):
            raise CheckpointError(f"{path}: expected the frames of a run")
        steps = arrays.pop("steps")
        if steps.ndim != 1 or steps.dtype != np.int64:
            raise CheckpointError(f"{path}: expected a number of a step for each frame")
        for name, array in arrays.items():
            shape, dtype = known[name].shape, known[name].dtype
            if array.shape != (len(steps), *shape) or array.dtype != dtype:
                raise CheckpointError(f"{path}: expected frames of another size")
        if len(steps) and start % self.every:
            del self.taken[start]  # taken only in case there were no others
        for k, step in enumerate(steps.tolist()):
            if step < start and step % self.every == 0:
                self.taken[step] = {name: array[k] for name, array in arrays.items()}


class PointFrames(Frames):
    """For data of two features: the fakes, and D's answers all over the plane."""

    def __init__(self, trainer: "Trainer", steps: int) -> None:
        rng = rngs(trainer.seed)["sample"]
        self.columns = trainer.data.columns
        self.view = view(self._real(trainer, rng))
        self.grid = grid(self.view).astype(trainer.generator.dtype)
        super().__init__(trainer, steps)

    def _real(self, trainer: "Trainer", rng: np.random.Generator) -> np.ndarray:
        return np.asarray(trainer.data.draw(POINTS, rng), np.float32)

    def _frame(self, trainer: "Trainer") -> Taken:
        pack = trainer.options.pack  # a point beside itself, as often as D takes one
        logits = trainer.score(np.repeat(self.grid.reshape(-1, 2), pack, axis=0))
        logits = logits.reshape(ROWS, COLUMNS) - trainer.objective.threshold
        surface = 0.5 + 0.5 * np.tanh(0.5 * logits)  # sigmoid; 1/2 at D's border
        fakes = made_from(trainer, self.z, self.labels).reshape(POINTS, 2)
        return {
            "fakes": fakes.astype(np.float32),
            "surfaces": surface.astype(np.float32),
        }

    def series(self) -> PointSeries:
        """All frames so far."""
        taken, view = self.stacked(), self.view
        columns, real = self.columns, self.real
        if columns is not None:
            corners = columns.restored(np.array([view[::2], view[1::2]]))
            (left, low), (right, high) = corners.tolist()
            view = *_apart(left, right), *_apart(low, high)
            real = columns.restored(real)
            shape = taken["fakes"].shape
            taken["fakes"] = columns.restored(taken["fakes"].reshape(-1, 2))
            taken["fakes"] = taken["fakes"].reshape(shape)
        names = ("x", "y") if columns is None else columns.names
        return PointSeries(**taken, view=view, real=real, names=names)


def _apart(low: float, high: float) -> tuple[float, float]:
    """Both, and some room where they are one number: a column that never changes."""
    return (low, high) if low < high else (low - 0.5, high + 0.5)


class TableFrames(Frames):
    """For rows of a table: the fakes, of the first columns only."""

    def __init__(self, trainer: "Trainer", steps: int) -> None:
        from ..data.columns import Columns

        count = trainer.data.features
        self.columns = trainer.data.columns or Columns.plain(count)
        self.shown = min(count, MOST_COLUMNS)
        super().__init__(trainer, steps)

    def _real(self, trainer: "Trainer", rng: np.random.Generator) -> np.ndarray:
        return np.asarray(trainer.data.draw(POINTS, rng), np.float32)

    def _frame(self, trainer: "Trainer") -> Taken:
        fakes = made_from(trainer, self.z, self.labels).reshape(len(self.z), -1)
        return {"fakes": fakes[:, : self.shown].astype(np.float32)}

    def in_units(self, rows: np.ndarray) -> np.ndarray:
        """The columns that are shown: (n, features) or (n, shown) -> (n, shown)."""
        whole = np.zeros((len(rows), len(self.columns)), rows.dtype)
        whole[:, : self.shown] = rows[:, : self.shown]
        return self.columns.restored(whole)[:, : self.shown]

    def series(self) -> TableSeries:
        """All frames so far."""
        taken = self.stacked()
        fakes = np.stack([self.in_units(rows) for rows in taken["fakes"]])
        names = self.columns.names[: self.shown]
        return TableSeries(taken["steps"], fakes, self.in_units(self.real), names)


class ImageFrames(Frames):
    """For images: what the generator makes of the same z, as grey values of bytes.

    Of a conditional generator each class has a row, and each column one z.
    across: how many are in a row of a picture; None: as many as there are rows.
    """

    def __init__(self, trainer: "Trainer", steps: int, shape: tuple[int, ...]) -> None:
        self.shape = shape
        self.across = None if trainer.classes is None else EACH
        super().__init__(trainer, steps)

    def _wanted(self, trainer: "Trainer") -> np.ndarray:
        return np.arange(min(trainer.data.classes, MOST_CLASSES)).repeat(EACH)

    def _drawn(self, rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
        if self.across is None:
            return super()._drawn(rng, shape)
        z = super()._drawn(rng, (self.across, shape[1]))
        return np.tile(z, (shape[0] // self.across, 1))

    def _real(self, trainer: "Trainer", rng: np.random.Generator) -> np.ndarray:
        return as_bytes(trainer.data.draw(IMAGES, rng), self.shape)

    def _frame(self, trainer: "Trainer") -> Taken:
        return {"images": self.now(trainer)}

    def now(self, trainer: "Trainer") -> np.ndarray:
        """What the generator makes of the same z now: (IMAGES, *shape) uint8."""
        return as_bytes(made_from(trainer, self.z, self.labels), self.shape)

    def series(self) -> list[tuple[int, np.ndarray]]:
        """[(step, images)] so far, in order; images: (IMAGES, *shape) uint8."""
        all_of_them = self.stacked()
        steps = all_of_them["steps"].tolist()
        return list(zip(steps, all_of_them["images"], strict=True))


def frames_of(trainer: "Trainer", steps: int) -> Frames:
    """The `Frames` that suit what the generator makes."""
    if trainer.data.features == 2 and trainer.classes is None:
        return PointFrames(trainer, steps)
    shape = image_shape(shape_made("frames_of", trainer.generator))
    if shape is None or trainer.data.columns is not None:
        return TableFrames(trainer, steps)
    return ImageFrames(trainer, steps, shape)


def made_from(
    trainer: "Trainer", z: np.ndarray, labels: np.ndarray | None = None
) -> np.ndarray:
    """What the generator makes of z and labels, or its average where there is one.

    In the run's own precision.
    """
    averaged = trainer.average is not None
    z = z.astype(trainer.generator.dtype)
    return trainer.sample(z=z, labels=labels, ema=averaged)


def stride(steps: int) -> int:
    """Steps between frames: one of 1, 5, 25, 50, 100, 200, ... so that MOST suffice.

    Each divides the next, so a run that is made longer can use the frames it has.
    """
    every = 1
    while steps > MOST * every:
        every *= 5 if every < 25 else 2
    return every


def view(real: np.ndarray) -> View:
    """A window about twice as large as the data: (left, right, bottom, top)."""
    low, high = real.min(axis=0).astype(float), real.max(axis=0).astype(float)
    x, y = ((low + high) / 2).tolist()
    across, up = (1.2 * np.maximum(high - low, 1e-6)).tolist()
    up = max(up, 0.6 * across)
    return x - across, x + across, y - up, y + up


def grid(view: View) -> np.ndarray:
    """Where D is asked: (ROWS * COLUMNS, 2), row by row, lowest y first."""
    left, right, bottom, top = view
    x = np.linspace(left, right, COLUMNS)
    y = np.linspace(bottom, top, ROWS)
    return np.column_stack([np.tile(x, ROWS), np.repeat(y, COLUMNS)])
