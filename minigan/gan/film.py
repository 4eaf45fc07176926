"""What the pictures of a run need, kept while it trains: samples, and D's surface."""

from dataclasses import dataclass

import numpy as np

from .. import checkpoint
from ..errors import CheckpointError
from ..kernels.ops import use_backend
from .callbacks import Callback
from .streams import streams

POINTS = 200  # real points, and z, in each frame
ROWS, COLUMNS = 48, 64  # of the grid that D is asked on
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
    """Takes a frame every so many steps, for data of two features.

    trainer: the one that is to be filmed.  steps: how many it will have in the end.

    z and the real points depend on the seed alone, and the distance of frames on
    `steps` alone: a run that was cut in two has the film of one that was not.
    """

    def __init__(self, trainer, steps):
        self.every = stride(steps)
        rng = streams(trainer.seed)["sample"]
        self.real = np.asarray(trainer.data.draw(POINTS, rng), np.float32)
        self.z = rng.standard_normal((POINTS, trainer.latent_dim), np.float32)
        self.view = view(self.real)
        self.grid = grid(self.view).astype(trainer.generator.dtype)
        self.shots = {}  # step -> (fakes, surface)
        self._shoot(trainer)

    def on_step(self, trainer):
        self._shoot(trainer)

    def _shoot(self, trainer):
        with use_backend(trainer.backend):
            logits = trainer.logits.predict(self.grid.reshape(-1, *trainer.row_shape))
        surface = 0.5 + 0.5 * np.tanh(0.5 * logits.reshape(ROWS, COLUMNS))  # sigmoid
        fakes = trainer.sample(z=self.z).reshape(POINTS, 2)
        self.shots[trainer.step_count] = fakes, surface

    def frames(self):
        """All `Frames` so far, in order."""
        steps = sorted(self.shots)
        fakes, surfaces = zip(*(self.shots[step] for step in steps), strict=True)
        return Frames(
            np.array(steps),
            np.stack(fakes).astype(np.float32),
            np.stack(surfaces).astype(np.float32),
            self.view,
            self.real,
        )

    def save(self, path):
        """Write the frames.  Errors: OutputError where the file cannot be written."""
        frames = self.frames()
        arrays = {name: getattr(frames, name) for name in _SAVED}
        checkpoint.write(path, arrays, {"kind": "film"})

    def load(self, path):
        """Take over the earlier frames of a run that goes on, from a `save`d file.

        Errors: CheckpointError for any other file; nothing is added then.
        """
        arrays, meta = checkpoint.read(path)
        if meta.get("kind") != "film" or set(arrays) != set(_SAVED):
            raise CheckpointError(f"{path}: expected the frames of a run")
        steps, fakes, surfaces = (arrays[name] for name in _SAVED)
        n = len(steps)
        if fakes.shape != (n, POINTS, 2) or surfaces.shape != (n, ROWS, COLUMNS):
            raise CheckpointError(f"{path}: expected frames of another size")
        start = max(self.shots)
        if n and start % self.every:
            del self.shots[start]  # taken only in case there were no others
        for step, *shot in zip(steps.tolist(), fakes, surfaces, strict=True):
            if step < start and step % self.every == 0:
                self.shots[step] = tuple(shot)


_SAVED = ("steps", "fakes", "surfaces")


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
