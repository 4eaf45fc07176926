"""The pictures of a finished run: by the names of their files, what draws each."""

from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..gan import equilibrium
from ..gan.frames import Frames, ImageFrames, PointFrames, TableFrames
from ..images import as_bytes

if TYPE_CHECKING:
    from ..gan.trainer import Trainer
    from .session import Session

Draw = Callable[["Session", Any, Path], None]  # of the session's frames, into a file

SCATTERED = 300  # points in samples.png, real and generated each
SHOWN = 64  # images in samples.png, real and generated each


def pictures_of(session: "Session") -> dict[str, Callable[[Path], None]]:
    """All that suit the run: curves always, samples where they can be drawn."""
    suited, frames = dict(CURVES), session.frames
    if isinstance(frames, PointFrames):
        suited |= POINTS
    elif isinstance(frames, ImageFrames):
        suited |= IMAGES
    elif isinstance(frames, TableFrames):
        suited |= TABLES
    return {name: partial(draw, session, frames) for name, draw in suited.items()}


# Each function imports what it draws with: a run that draws nothing does not wait.

# ---- curves ------------------------------------------------------------------------


def _losses(session: "Session", frames: Frames | None, path: Path) -> None:
    from ..pictures import curves

    trainer = session.trainer
    balance = equilibrium.of(trainer)
    curves.losses(trainer.history, path, balance, trainer.objective.critic)


def _gradients(session: "Session", frames: Frames | None, path: Path) -> None:
    from ..pictures import curves

    curves.gradients(session.trainer.history, path)


# ---- points ------------------------------------------------------------------------


def _scatter(session: "Session", frames: PointFrames, path: Path) -> None:
    from ..pictures import points

    real, fake = session.rows(SCATTERED)
    if frames.columns is None:
        points.scatter(real, fake, path)
        return
    real, fake = (frames.columns.restored(rows) for rows in (real, fake))
    points.scatter(real, fake, path, names=frames.columns.names)


def _scatter_row(session: "Session", frames: PointFrames, path: Path) -> None:
    from ..pictures import points

    series = frames.series()
    row = [series.nearest(step) for step in _moments(session, series.steps.tolist())]
    titled = [(f"step {step:,}", fakes) for step, fakes in row]
    points.scatter_row(series.real, titled, series.view, path, series.names)


def _surface_gif(session: "Session", frames: PointFrames, path: Path) -> None:
    from ..pictures import surface

    surface.surface_gif(frames.series(), path)


# ---- tables ------------------------------------------------------------------------


def _pairs(session: "Session", frames: TableFrames, path: Path) -> None:
    from ..pictures import pairs

    real, fake = (frames.in_units(rows) for rows in session.rows(SCATTERED))
    names, total = frames.columns.names[: frames.shown], len(frames.columns)
    title = "" if total == len(names) else f"the first {len(names)} of {total} columns"
    pairs.pair_plot(real, fake, names, path, title)


def _pair_row(session: "Session", frames: TableFrames, path: Path) -> None:
    from ..pictures import pairs

    series = frames.series()
    steps = series.steps.tolist()
    row = []
    for moment in _moments(session, steps):
        k = min(range(len(steps)), key=lambda k: abs(steps[k] - moment))
        row.append((f"step {steps[k]:,}", series.fakes[k]))
    pairs.pair_row(series.real, row, series.names, path)


def _pairs_gif(session: "Session", frames: TableFrames, path: Path) -> None:
    from ..pictures import pairs

    pairs.pairs_gif(frames.series(), path, session.trainer.name)


# ---- images ------------------------------------------------------------------------


def draw_report(trainer: "Trainer", frames: ImageFrames, path: Path) -> None:
    """The grid of a report: images of the same z as in each frame, as they are now."""
    from ..pictures import image_grid

    images, step = frames.now(trainer), f"step {trainer.step_count:,}"
    image_grid.samples_png(images, path, trainer.name, step, frames.across)


def _beside(session: "Session", frames: ImageFrames, path: Path) -> None:
    from ..pictures import image_grid

    step = f"step {session.trainer.step_count:,}"
    pair = session.rows(SHOWN)
    if frames.labels is not None:
        pair = session.by_class(frames.labels)
    real, fake = (as_bytes(rows, frames.shape) for rows in pair)
    image_grid.beside_png(real, fake, path, step, frames.across)


def _image_row(session: "Session", frames: ImageFrames, path: Path) -> None:
    from ..pictures import image_grid

    images = dict(frames.series())
    steps = [
        min(images, key=lambda step: abs(step - moment))
        for moment in _moments(session, list(images))
    ]
    row = [(step, images[step]) for step in steps]
    image_grid.progress_png(row, path, columns=frames.across)


def _image_gif(session: "Session", frames: ImageFrames, path: Path) -> None:
    from ..pictures import image_grid

    name = session.trainer.name
    image_grid.images_gif(frames.series(), path, name, frames.across)


def _moments(session: "Session", steps: Sequence[int]) -> tuple[float, ...]:
    """The first of the frames, the middle of the run and the last frame."""
    return steps[0], session.steps / 2, steps[-1]


CURVES: dict[str, Draw] = {"losses.png": _losses, "gradients.png": _gradients}
POINTS: dict[str, Draw] = {
    "samples.png": _scatter,
    "progress.png": _scatter_row,
    "training.gif": _surface_gif,
}
IMAGES: dict[str, Draw] = {
    "samples.png": _beside,
    "progress.png": _image_row,
    "training.gif": _image_gif,
}
TABLES: dict[str, Draw] = {
    "samples.png": _pairs,
    "progress.png": _pair_row,
    "training.gif": _pairs_gif,
}
NAMES = (*CURVES, *POINTS)
