"""Points in the plane: real ones red, broad and pale; generated ones blue on top."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes

from .output import FAKE, REAL, Path, Picture, save_figure
from .settings import own_settings

__all__ = ["scatter", "scatter_row"]

XY = "x", "y"
SHOWN = 0.98  # of the generated points in a window that are seen; far ones are counted
LESS = 0.7  # of a panel's area; where the next one shows less, a frame says what
Window = tuple[float, float, float, float]  # left, right, bottom, top


@own_settings()
def scatter(
    real: np.ndarray,
    fake: np.ndarray,
    path: Path | None = None,
    title: str | None = None,
    names: Sequence[str] = XY,
) -> Picture:
    """Draw real points (red) and generated ones (blue, on top): each (n, 2).

    names: of the two axes.   path: of the file; None writes none.
    Returns the figure.
    Errors: OutputError where the file cannot be written.
    """
    figure = Picture(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.subplots()
    _points(axes, real, fake, names)
    axes.legend(loc="best")
    if title:
        axes.set_title(title)
    return save_figure(figure, path)


@own_settings()
def scatter_row(
    real: np.ndarray,
    fakes: Sequence[tuple[str, np.ndarray]],
    window: Window,
    path: Path | None = None,
    names: Sequence[str] = XY,
) -> Picture:
    """Draw several sets of generated points side by side, each as near as it can be.

    A grey frame in a panel is what the next one shows, where that is much less.

    real: (n, 2).  fakes: [(title, points (n, 2))].
    window: the most that is shown, (left, right, bottom, top).  names: of the two axes.
    path: of the file; None writes none.   Returns the figure.
    Errors: OutputError where the file cannot be written.
    """
    figure = Picture(figsize=(3.9 * len(fakes), 3.9), layout="constrained")
    row = figure.subplots(1, len(fakes), squeeze=False)[0]
    windows = [near(real, fake, window) for _, fake in fakes]
    for k, (axes, (title, fake)) in enumerate(zip(row, fakes, strict=True)):
        _points(axes, real, fake, names)
        axes.set(xlim=windows[k][:2], ylim=windows[k][2:])
        axes.locator_params(nbins=5)
        axes.set_title(title, loc="left")
        outside = np.count_nonzero(~inside(fake, windows[k]))
        if outside:
            text = f"{outside} of {len(fake)} outside"
            axes.set_title(text, loc="right", color=FAKE, fontsize="small")
        if k + 1 < len(row) and _area(windows[k + 1]) < LESS * _area(windows[k]):
            _frame(axes, windows[k + 1])
        if k:
            axes.set_ylabel("")
    row[0].legend(loc="upper left")
    return save_figure(figure, path)


def inside(points: np.ndarray, window: Window) -> np.ndarray:
    """Which points a window shows: (n,) booleans; none that is not finite."""
    left, right, bottom, top = window
    x, y = points.T
    return (x >= left) & (x <= right) & (y >= bottom) & (y <= top)


def near(real: np.ndarray, fake: np.ndarray, window: Window) -> Window:
    """The part of a window that has the real points and nearly all of its fakes.

    A few stray fakes are left out, so that the others fill the panel.
    """
    seen = fake[inside(fake, window)]
    if len(seen):
        ends = np.quantile(seen, ((1 - SHOWN) / 2, (1 + SHOWN) / 2), axis=0)
        real = np.concatenate([real, ends])
    low, high = real.min(axis=0), real.max(axis=0)
    extent = np.array([window[1] - window[0], window[3] - window[2]])
    margin = np.maximum(0.08 * (high - low), 0.01 * extent)  # of a constant column too
    (left, bottom), (right, top) = low - margin, high + margin
    return (
        max(float(left), window[0]),
        min(float(right), window[1]),
        max(float(bottom), window[2]),
        min(float(top), window[3]),
    )


def _area(window: Window) -> float:
    left, right, bottom, top = window
    return (right - left) * (top - bottom)


def _frame(axes: Axes, window: Window) -> None:
    """What another panel shows, as a frame."""
    left, right, bottom, top = window
    x, y = (left, right, right, left, left), (bottom, bottom, top, top, bottom)
    axes.plot(x, y, color="#888888", linewidth=0.8, zorder=1)


def _points(
    axes: Axes, real: np.ndarray, fake: np.ndarray, names: Sequence[str]
) -> None:
    """Both kinds of points; under those on y = x^2, the parabola."""
    order = np.argsort(real[:, 0])
    x, y = real[order].T
    if np.allclose(y, x * x, atol=1e-5):
        line = np.linspace(-0.5, 0.5, 101)
        axes.plot(line, line * line, color=REAL, alpha=0.3, linewidth=1, zorder=1)
    # A small dot on a broad one: neither hides the other.
    sets = (real, REAL, "real", 26, 0.3), (fake, FAKE, "generated", 7, 0.9)
    for points, colour, label, size, alpha in sets:
        x, y = points.T
        axes.scatter(
            x, y, s=size, color=colour, alpha=alpha, linewidths=0, label=label, zorder=2
        )
    axes.set_xlabel(names[0], parse_math=False)
    axes.set_ylabel(names[1], parse_math=False)
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
