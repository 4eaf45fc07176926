"""Points in the plane: real ones red, generated ones blue."""

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .output import FAKE, REAL, Path, save_figure
from .settings import own_settings

XY = "x", "y"
Window = tuple[float, float, float, float]  # left, right, bottom, top


@own_settings()
def scatter(
    real: np.ndarray,
    fake: np.ndarray,
    path: Path | None = None,
    title: str | None = None,
    names: Sequence[str] = XY,
) -> Figure:
    """Draw real points (red) and generated ones (blue): each (n, 2).

    names: of the two axes.   path: of the file; None writes none.
    Returns the figure.
    Errors: OutputError where the file cannot be written.
    """
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
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
) -> Figure:
    """Draw several sets of generated points side by side, on the same axes.

    real: (n, 2).  fakes: [(title, points (n, 2))].
    window: what is shown, (left, right, bottom, top).  names: of the two axes.
    Errors: OutputError where the file cannot be written.
    """
    figure = Figure(figsize=(3.9 * len(fakes), 3.9), layout="constrained")
    left, right, low, high = window
    row = figure.subplots(1, len(fakes), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (title, fake) in zip(row, fakes, strict=True):
        _points(axes, real, fake, names)
        axes.set(xlim=(left, right), ylim=(low, high))
        axes.locator_params(nbins=5)
        axes.set_title(title, loc="left")
        outside = np.count_nonzero(
            (np.abs(fake[:, 0] - (left + right) / 2) > (right - left) / 2)
            | (np.abs(fake[:, 1] - (low + high) / 2) > (high - low) / 2)
        )
        if outside:
            text = f"{outside} of {len(fake)} outside"
            axes.set_title(text, loc="right", color=FAKE, fontsize="small")
        axes.label_outer()
    row[0].legend(loc="upper left")
    return save_figure(figure, path)


def _points(
    axes: Axes, real: np.ndarray, fake: np.ndarray, names: Sequence[str]
) -> None:
    """Both kinds of points; under those on y = x^2, the parabola."""
    order = np.argsort(real[:, 0])
    x, y = real[order].T
    if np.allclose(y, x * x, atol=1e-5):
        line = np.linspace(-0.5, 0.5, 101)
        axes.plot(line, line * line, color=REAL, alpha=0.3, linewidth=1, zorder=1)
    sets = (fake, FAKE, "generated", 14, 0.6), (real, REAL, "real", 5, 0.9)
    for points, colour, label, size, alpha in sets:  # real ones on top
        x, y = points.T
        axes.scatter(
            x, y, s=size, color=colour, alpha=alpha, linewidths=0, label=label, zorder=2
        )
    axes.set_xlabel(names[0], parse_math=False)
    axes.set_ylabel(names[1], parse_math=False)
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)
