"""What the pictures of a run need, kept while it trains: samples, and D's surface."""

from dataclasses import dataclass
from math import isqrt

import numpy as np

from .. import checkpoint
from ..errors import CheckpointError
from ..primitives import use_backend
from .callbacks import Callback
from .streams import streams

POINTS = 200  # real points, and z, in each frame
ROWS, COLUMNS = 48, 64  # of the grid that D is asked on
IMAGES = 25  # in each frame
MOST = 50  # frames of a run, about


@dataclass(frozen=True)
class Frames:
    """What an animation shows.

    steps: (n,) int.  fakes: (n, points, 2), made from the same z at each of the steps.
    surfaces: (n, rows, columns), D on a grid over `view`, lowest y first.
    view: (left, right, bottom, top).  real: (points, 2).
    """

    steps: np.ndarray
    fakes: np.ndarray
    surfaces: np.ndarray
    view: tuple[float, float, float, float]
    real: np.ndarray

    def __len__(self):
        return len(self.steps)

    def nearest(self, step):
        """(step, fakes) of the frame closest to a step."""
        k = int(np.argmin(np.abs(self.steps - step)))
        return int(self.steps[k]), self.fakes[k]


class Film(Callback):
    """Takes a frame every so many steps.

    trainer: the one that is to be filmed.  steps: how many it will have in the end.

    z and the real rows depend on the seed alone, and the distance of frames on
    `steps` alone: a run that was cut in two has the film of one that was not.
    """

    def __init__(self, trainer, steps):
        self.every = stride(steps)
        rng = streams(trainer.seed)["sample"]
        self.real = self._real(trainer, rng)
        shape = len(self.real), trainer.latent_dim
        self.z = rng.standard_normal(shape, np.float32)
        self.shots = {}  # step -> {name: array}
        self._shoot(trainer)

    def on_step(self, trainer):
        self._shoot(trainer)

    def _shoot(self, trainer):
        self.shots[trainer.step_count] = self._shot(trainer)

    def _real(self, trainer, rng):
        """The real rows that are shown."""
        raise NotImplementedError

    def _shot(self, trainer):
        """What is kept of the present step: name -> array."""
        raise NotImplementedError

    def stacked(self):
        """All shots so far, in order: name -> array (frames, ...), and their steps."""
        steps = sorted(self.shots)
        names = self.shots[steps[0]]
        arrays = {k: np.stack([self.shots[step][k] for step in steps]) for k in names}
        return {"steps": np.array(steps), **arrays}

    def save(self, path):
        """Write the frames.  Errors: OutputError where the file cannot be written."""
        checkpoint.write(path, self.stacked(), {"kind": "film"})

    def load(self, path):
        """Take over the earlier frames of a run that goes on, from a `save`d file.

        Errors: CheckpointError for any other file; nothing is added then.
        """
        arrays, meta = checkpoint.read(path)
        start = max(self.shots)
        known = {"steps": np.empty((), np.int64), **self.shots[start]}
        if meta.get("kind") != "film" or set(arrays) != set(known):
            raise CheckpointError(f"{path}: expected the frames of a run")
        steps = arrays.pop("steps")
        for name, array in arrays.items():
            shape, dtype = known[name].shape, known[name].dtype
            if array.shape != (len(steps), *shape) or array.dtype != dtype:
                raise CheckpointError(f"{path}: expected frames of another size")
        if len(steps) and start % self.every:
            del self.shots[start]  # taken only in case there were no others
        for k, step in enumerate(steps.tolist()):
            if step < start and step % self.every == 0:
                self.shots[step] = {name: array[k] for name, array in arrays.items()}


class PointFilm(Film):
    """For data of two features: the fakes, and D's answers all over the plane."""

    def __init__(self, trainer, steps):
        rng = streams(trainer.seed)["sample"]
        self.view = view(self._real(trainer, rng))
        self.grid = grid(self.view).astype(trainer.generator.dtype)
        super().__init__(trainer, steps)

    def _real(self, trainer, rng):
        return np.asarray(trainer.data.draw(POINTS, rng), np.float32)

    def _shot(self, trainer):
        with use_backend(trainer.backend):
            logits = trainer.logits.predict(self.grid.reshape(-1, *trainer.row_shape))
        logits = logits.reshape(ROWS, COLUMNS) - trainer.objective.threshold
        surface = 0.5 + 0.5 * np.tanh(0.5 * logits)  # sigmoid; 1/2 at D's border
        fakes = made_from(trainer, self.z).reshape(POINTS, 2)
        return {
            "fakes": fakes.astype(np.float32),
            "surfaces": surface.astype(np.float32),
        }

    def frames(self):
        """All `Frames` so far, in order."""
        return Frames(**self.stacked(), view=self.view, real=self.real)


class ImageFilm(Film):
    """For images: what the generator makes of the same z, as grey values of bytes."""

    def __init__(self, trainer, steps, shape):
        self.shape = shape
        super().__init__(trainer, steps)

    def _real(self, trainer, rng):
        return as_bytes(trainer.data.draw(IMAGES, rng), self.shape)

    def _shot(self, trainer):
        return {"images": self.look(trainer)}

    def look(self, trainer):
        """What it makes of the film's z now: (IMAGES, *shape) uint8."""
        return as_bytes(made_from(trainer, self.z), self.shape)

    def frames(self):
        """[(step, images)] so far, in order; images: (IMAGES, *shape) uint8."""
        film = self.stacked()
        return list(zip(film["steps"].tolist(), film["images"], strict=True))


def film_of(trainer, steps):
    """The `Film` that suits what the generator makes; None where nothing does."""
    if trainer.data.features == 2:
        return PointFilm(trainer, steps)
    shape = image_shape(trainer.generator.output_shape())
    return None if shape is None else ImageFilm(trainer, steps, shape)


def image_shape(row):
    """(height, width) or (height, width, 3) of a row shaped like an image, else None.

    A flat row counts as a square image where its length is the square of 4 or more.
    """
    if len(row) == 3 and row[2] in (1, 3):
        return row[:2] if row[2] == 1 else row
    if len(row) == 2:
        return row
    side = isqrt(row[0])
    return (side, side) if len(row) == 1 and side * side == row[0] > 15 else None


def as_bytes(rows, shape):
    """Rows in [-1, 1] as images of bytes: (n, *shape) uint8; what is not finite, 0."""
    with np.errstate(invalid="ignore"):
        scaled = np.clip(127.5 * (rows.astype(np.float64) + 1), 0, 255)
    return np.nan_to_num(scaled).round().astype(np.uint8).reshape(len(rows), *shape)


def made_from(trainer, z):
    """What the generator makes of z, or its average where there is one.

    In the run's own precision.
    """
    averaged = trainer.average is not None
    return trainer.sample(z=z.astype(trainer.generator.dtype), ema=averaged)


def stride(steps):
    """Steps between frames: one of 1, 5, 25, 50, 100, 200, ... so that MOST suffice.

    Each divides the next, so a run that is made longer can use the frames it has.
    """
    every = 1
    while steps > MOST * every:
        every *= 5 if every < 25 else 2
    return every


def view(real):
    """A window about twice as large as the data: (left, right, bottom, top)."""
    low, high = real.min(axis=0).astype(float), real.max(axis=0).astype(float)
    x, y = ((low + high) / 2).tolist()
    across, up = (1.2 * np.maximum(high - low, 1e-6)).tolist()
    up = max(up, 0.6 * across)
    return x - across, x + across, y - up, y + up


def grid(view):
    """Where D is asked: (ROWS * COLUMNS, 2), row by row, lowest y first."""
    left, right, bottom, top = view
    x = np.linspace(left, right, COLUMNS)
    y = np.linspace(bottom, top, ROWS)
    return np.column_stack([np.tile(x, ROWS), np.repeat(y, COLUMNS)])
