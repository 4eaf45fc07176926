"""Rows of a table, column against column: real ones red, generated ones blue.

Each panel below the diagonal shows two columns, each one on it how a column is spread.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure, FigureBase
from matplotlib.lines import Line2D
from PIL import Image, ImageDraw

from .output import FAKE, REAL, Path, font, pixels, save_animation, save_figure

if TYPE_CHECKING:
    from ..gan.frames import TableSeries

BINS = 24
PANEL, ALONE = 1.7, 4.8  # inches of a panel, and of one that is the only one
LABEL = 24  # characters of a name
FIRST, EACH, LAST = 600, 80, 2400  # how long frames are shown, in milliseconds
RADIUS = 1.4  # pixels of a point in the animation
Limits = list[tuple[float, float]]  # of each column
Panels = dict[tuple[int, int], Axes]  # (row, column) -> axes


def pair_plot(
    real: np.ndarray,
    fake: np.ndarray,
    names: Sequence[str],
    path: Path,
    title: str = "",
) -> None:
    """Draw real rows and generated ones: each (n, k), in the order of the names.

    Errors: OutputError where the file cannot be written.
    """
    side = _side(len(names))
    figure = Figure(figsize=(side, side), layout="constrained")
    _draw(figure, real, fake, names, limits(real))
    _legend(figure, title, len(names))
    save_figure(figure, path)


def pair_row(
    real: np.ndarray,
    fakes: Sequence[tuple[str, np.ndarray]],
    names: Sequence[str],
    path: Path,
) -> None:
    """Draw several sets of generated rows side by side, on the same axes.

    real: (n, k).  fakes: [(title, rows (n, k))].
    Errors: OutputError where the file cannot be written.
    """
    side = _side(len(names))
    figure = Figure(figsize=(side * len(fakes), side), layout="constrained")
    parts = figure.subfigures(1, len(fakes), squeeze=False)[0]
    for part, (title, fake) in zip(parts, fakes, strict=True):
        _draw(part, real, fake, names, limits(real))
        _legend(part, title, len(names))
    save_figure(figure, path)


def pairs_gif(frames: "TableSeries", path: Path, title: str) -> None:
    """Write an animated GIF of a run's frames: axes and real rows are drawn once.

    Errors: OutputError where the file cannot be written.
    """
    k, shown = len(frames.names), limits(frames.real)
    figure = Figure(figsize=(_side(k), _side(k)), layout="constrained", dpi=90)
    panels = _draw(figure, frames.real, None, frames.names, shown)
    _legend(figure, " ", k)  # room for the title of each frame
    background = Image.fromarray(pixels(figure))
    boxes = {place: _box(axes, background.height) for place, axes in panels.items()}
    tops = {j: panels[j, j].get_ylim()[1] for j in range(k)}
    images = []
    for step, fakes in zip(frames.steps.tolist(), frames.fakes, strict=True):
        image = background.copy()
        pen = ImageDraw.Draw(image)
        for (i, j), box in boxes.items():
            if i == j:
                _stairs(pen, box, fakes[:, j], shown[j], tops[j])
            else:
                _dots(pen, box, fakes[:, (j, i)], (shown[j], shown[i]))
        text = f"{title}, step {step:,}"
        pen.text((8, 6), text, fill="#222222", font=font(14))
        images.append(image)
    palette = images[-1].quantize(255)
    images = [
        image.quantize(palette=palette, dither=Image.Dither.NONE) for image in images
    ]
    save_animation(images, path, FIRST, EACH, LAST)


def limits(real: np.ndarray) -> Limits:
    """What is shown of each column: the range of the real rows and a margin."""
    found = []
    for low, high in zip(real.min(axis=0), real.max(axis=0), strict=True):
        margin = 0.15 * float(high - low) or max(0.5, 0.01 * abs(float(low)))
        found.append((float(low) - margin, float(high) + margin))
    return found


# ---- with matplotlib ---------------------------------------------------------------


def _side(columns: int) -> float:
    """How large a square of so many panels is, in inches."""
    return ALONE if columns == 1 else 0.8 + PANEL * columns


def _draw(
    figure: FigureBase,
    real: np.ndarray,
    fake: np.ndarray | None,
    names: Sequence[str],
    shown: Limits,
) -> Panels:
    """The panels of one pair plot; without fakes, room for them."""
    k, panels = len(names), {}
    labels = [n if len(n) <= LABEL else n[: LABEL - 1] + "…" for n in names]
    for i in range(k):
        for j in range(i + 1):
            axes = figure.add_subplot(k, k, i * k + j + 1)
            panels[i, j] = axes
            if i == j:
                _spread(
                    axes, real[:, j], None if fake is None else fake[:, j], shown[j]
                )
            else:
                for rows, colour in ((real, REAL), (fake, FAKE)):
                    if rows is not None:
                        x, y = rows[:, j], rows[:, i]
                        axes.scatter(x, y, s=5, color=colour, alpha=0.5, linewidths=0)
                axes.set_ylim(shown[i])
            axes.set_xlim(shown[j])
            axes.locator_params(axis="x", nbins=3)
            axes.tick_params(labelsize=7)
            axes.tick_params(labelbottom=i == k - 1, labelleft=j == 0 and i > 0)
            if i == k - 1:
                axes.set_xlabel(labels[j], fontsize=8, parse_math=False)
            if j == 0 and i > 0:
                axes.set_ylabel(labels[i], fontsize=8, parse_math=False)
    figure.align_labels()
    return panels


def _spread(
    axes: Axes, real: np.ndarray, fake: np.ndarray | None, shown: tuple[float, float]
) -> None:
    """How one column is spread: shares of the rows in equal intervals."""
    heights, edges = _shares(real, shown)
    axes.stairs(heights, edges, fill=True, color=REAL, alpha=0.35)
    top = heights.max()
    if fake is not None:
        heights, _ = _shares(fake, shown)
        axes.stairs(heights, edges, color=FAKE, linewidth=1.2)
        top = max(top, min(heights.max(), 2 * top))
    axes.set(ylim=(0, 1.15 * top or 1), yticks=[])


def _shares(values: np.ndarray, shown: tuple[float, float]) -> tuple[np.ndarray, ...]:
    """(share of the values in each interval, edges of the intervals)."""
    counts, edges = np.histogram(values, BINS, shown)
    return counts / len(values), edges


def _legend(figure: FigureBase, title: str, columns: int) -> None:
    """What the colours mean, and a title; where several panels leave room, there."""
    handles = [
        Line2D([], [], color=colour, marker="o", linewidth=0, label=label)
        for colour, label in ((REAL, "real"), (FAKE, "generated"))
    ]
    figure.legend(
        handles=handles,
        loc="outside upper right" if columns == 1 else "upper right",
        frameon=False,
        fontsize=8,
    )
    if title:
        figure.suptitle(title, x=0.02, ha="left", fontsize=10, parse_math=False)


# ---- with Pillow -------------------------------------------------------------------

Box = tuple[float, float, float, float]  # left, top, right, bottom, in pixels


def _box(axes: Axes, height: int) -> Box:
    """Where a panel lies in the picture."""
    frame = axes.get_window_extent()
    return frame.x0, height - frame.y1, frame.x1, height - frame.y0


def _dots(
    pen: ImageDraw.ImageDraw,
    box: Box,
    points: np.ndarray,
    shown: Sequence[tuple[float, float]],
) -> None:
    """Those of the points (n, 2) that lie in the panel."""
    left, top, right, bottom = box
    (x0, x1), (y0, y1) = shown
    x = left + (points[:, 0] - x0) / (x1 - x0) * (right - left)
    y = bottom - (points[:, 1] - y0) / (y1 - y0) * (bottom - top)
    inside = (x > left) & (x < right) & (y > top) & (y < bottom)
    for a, b in zip(x[inside].tolist(), y[inside].tolist(), strict=True):
        pen.ellipse((a - RADIUS, b - RADIUS, a + RADIUS, b + RADIUS), FAKE)


def _stairs(
    pen: ImageDraw.ImageDraw,
    box: Box,
    values: np.ndarray,
    shown: tuple[float, float],
    highest: float,
) -> None:
    """How a column is spread, as a line of steps."""
    left, top, right, bottom = box
    heights, _ = _shares(values, shown)
    levels = bottom - np.minimum(heights / highest, 1) * (bottom - top)
    edges = np.linspace(left, right, BINS + 1)
    x, y = np.repeat(edges, 2)[1:-1], np.repeat(levels, 2)
    corners: Iterable[tuple[float, float]] = zip(x.tolist(), y.tolist(), strict=True)
    pen.line(list(corners), FAKE, width=2)
