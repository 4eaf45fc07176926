"""Rows of a table, column against column: real ones red, generated ones blue.

Each panel below the diagonal shows two columns, each one on it how a column is spread.
"""

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from PIL import Image, ImageDraw

from .output import (
    FAKE,
    REAL,
    Animation,
    Path,
    Picture,
    animation,
    font,
    pixels,
    save_figure,
)
from .settings import own_settings

if TYPE_CHECKING:
    from ..gan.frames import TableSeries

__all__ = ["pair_plot", "pair_row", "pairs_gif"]

BINS = 24
PANEL, ALONE = 1.7, 4.5  # inches of a panel, and of one that is the only one
LEFT, BELOW, ABOVE, RIGHT, GAP = 0.75, 0.6, 0.4, 0.15, 0.12  # inches around panels
NUMBER = "{x:.6g}"  # at an axis; no power of ten apart from it, which hides labels
LABEL = 24  # characters of a name
FIRST, EACH, LAST = 600, 80, 2400  # how long frames are shown, in milliseconds
RADIUS = 1.4  # pixels of a point in the animation
Limits = list[tuple[float, float]]  # of each column
Panels = dict[tuple[int, int], Axes]  # (row, column) -> axes


def pair_plot(
    real: np.ndarray,
    fake: np.ndarray,
    names: Sequence[str],
    path: Path | None = None,
    title: str = "",
) -> Picture:
    """Draw real rows and generated ones: each (n, k), in the order of the names.

    path: of the file; None writes none.   Returns the figure.
    Errors: OutputError where the file cannot be written.
    """
    return pair_row(real, [(title, fake)], names, path)


@own_settings()
def pair_row(
    real: np.ndarray,
    fakes: Sequence[tuple[str, np.ndarray]],
    names: Sequence[str],
    path: Path | None = None,
) -> Picture:
    """Draw several sets of generated rows side by side, on the same axes.

    real: (n, k).  fakes: [(title, rows (n, k))].
    path: of the file; None writes none.   Returns the figure.
    Errors: OutputError where the file cannot be written.
    """
    figure = _figure(len(names), len(fakes))
    for part, (title, fake) in enumerate(fakes):
        _draw(figure, real, fake, names, limits(real), part)
        _write(figure, title, names, part)
    return save_figure(figure, path)


@own_settings()
def pairs_gif(
    frames: "TableSeries", path: Path | None = None, title: str = ""
) -> Animation:
    """Draw an animated GIF of a run's frames: axes and real rows are drawn once.

    path: of the file; None writes none.
    Errors: OutputError where the file cannot be written.
    """
    k, shown = len(frames.names), limits(frames.real)
    figure = _figure(k)
    figure.set_dpi(90)
    panels = _draw(figure, frames.real, None, frames.names, shown)
    _write(figure, "", frames.names)
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
    return animation(images, path, FIRST, EACH, LAST)


def limits(real: np.ndarray) -> Limits:
    """What is shown of each column: the range of the real rows and a margin."""
    found = []
    for low, high in zip(real.min(axis=0), real.max(axis=0), strict=True):
        margin = 0.15 * float(high - low) or max(0.5, 0.01 * abs(float(low)))
        found.append((float(low) - margin, float(high) + margin))
    return found


# ---- with matplotlib ---------------------------------------------------------------


def _sizes(columns: int) -> tuple[float, float, float]:
    """(a panel, width, height) of one pair plot, in inches."""
    panel = ALONE if columns == 1 else PANEL
    panels = columns * panel + (columns - 1) * GAP
    return panel, LEFT + panels + RIGHT, BELOW + panels + ABOVE


def _figure(columns: int, parts: int = 1) -> Picture:
    """Room for so many pair plots side by side."""
    _, width, height = _sizes(columns)
    return Picture(figsize=(parts * width, height))


def _draw(
    figure: Picture,
    real: np.ndarray,
    fake: np.ndarray | None,
    names: Sequence[str],
    shown: Limits,
    part: int = 0,
) -> Panels:
    """The panels of one pair plot; without fakes, room for them.

    Each has its place: a layout that is computed takes seconds.
    """
    k, panels = len(names), {}
    panel, width, height = _sizes(k)
    labels = [n if len(n) <= LABEL else n[: LABEL - 1] + "…" for n in names]
    whole = np.array([*figure.get_size_inches()] * 2)
    for i in range(k):
        for j in range(i + 1):
            left = part * width + LEFT + j * (panel + GAP)
            bottom = BELOW + (k - 1 - i) * (panel + GAP)
            axes = figure.add_axes(
                tuple(np.array([left, bottom, panel, panel]) / whole)
            )
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
                axes.locator_params(axis="y", nbins=5)
                axes.yaxis.set_major_formatter(NUMBER)
            axes.set_xlim(shown[j])
            axes.locator_params(axis="x", nbins=3 if k > 1 else 7)
            axes.xaxis.set_major_formatter(NUMBER)
            axes.tick_params(labelsize=7)
            axes.tick_params(labelbottom=i == k - 1, labelleft=j == 0 and i > 0)
            if i == k - 1:
                axes.set_xlabel(labels[j], fontsize=8, parse_math=False)
            if j == 0 and i > 0:
                axes.set_ylabel(labels[i], fontsize=8, parse_math=False)
                axes.yaxis.set_label_coords(-0.34, 0.5)
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


def _write(figure: Picture, title: str, names: Sequence[str], part: int = 0) -> None:
    """A title, and what the colours mean, above one pair plot."""
    _, width, height = _sizes(len(names))
    whole, top = figure.get_size_inches()[0], 1 - 0.12 / height
    figure.text(
        (part * width + 0.1) / whole,
        top,
        title,
        va="top",
        fontsize=10,
        parse_math=False,
    )
    handles = [
        Line2D([], [], color=colour, marker="o", linewidth=0, label=label)
        for colour, label in ((REAL, "real"), (FAKE, "generated"))
    ]
    figure.legend(
        handles=handles,
        loc="upper right",
        bbox_to_anchor=((part + 1) * width / whole, 1),
        ncols=2,
        frameon=False,
        fontsize=8,
    )


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
