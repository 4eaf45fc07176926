"""The layers of a network as boxes, from the input down to the output."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from matplotlib.axes import Axes

from .output import Path, Picture, save_figure
from .settings import own_settings

# All sizes in inches.
LETTER, LINE, PAD = 0.094, 0.21, 0.11  # width and height of the text; around it
GAP, MARGIN, INSET = 0.34, 0.18, 0.16  # between boxes; around all; inside a frame
INK, FILL, FRAME = "#1b2a41", "#eaf0f8", "#8a97a8"


@dataclass
class Box:
    """A layer: its lines of text.  Or a frame around boxes, with a title."""

    lines: list[str]
    boxes: "list[Box] | None" = None  # what a frame holds

    def size(self) -> tuple[float, float]:
        """(width, height)."""
        width = LETTER * max(map(len, self.lines)) + 2 * PAD
        if self.boxes is None:
            return width, LINE * len(self.lines) + 2 * PAD
        sizes = [box.size() for box in self.boxes]
        width = max(width, *(w for w, _ in sizes)) + 2 * INSET
        heights = sum(h for _, h in sizes) + GAP * (len(sizes) - 1)
        return width, LINE + heights + 3 * INSET


@own_settings()
def draw(boxes: Sequence[Box], path: Path | None, dpi: int) -> Picture:
    """Write a PNG of boxes, from top to bottom with arrows between them.

    Errors: OutputError.
    """
    sizes = [box.size() for box in boxes]
    width = max(w for w, _ in sizes) + 2 * MARGIN
    height = sum(h for _, h in sizes) + GAP * (len(sizes) - 1) + 2 * MARGIN
    figure = Picture(figsize=(width, height))
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set(xlim=(0, width), ylim=(0, height))
    axes.axis("off")
    _column(axes, boxes, width / 2, height - MARGIN)
    return save_figure(figure, path, dpi)


def _column(axes: Axes, boxes: Sequence[Box], x: float, top: float) -> None:
    """Draw boxes from `top` downwards around x, with arrows between them."""
    for k, box in enumerate(boxes):
        width, height = box.size()
        if k:
            arrow = {"arrowstyle": "-|>", "color": INK, "shrinkA": 0, "shrinkB": 0}
            axes.annotate("", (x, top), (x, top + GAP), arrowprops=arrow)
        left, right, bottom = x - width / 2, x + width / 2, top - height
        corners = [left, right, right, left], [bottom, bottom, top, top]
        if box.boxes is None:
            axes.fill(*corners, facecolor=FILL, edgecolor=INK, linewidth=1)
            for line, text in enumerate(box.lines):
                y = top - PAD - LINE * (line + 0.5)
                weight = "bold" if line == 0 else "normal"
                style: dict[str, Any] = {
                    "fontsize": 9.5,
                    "color": INK,
                    "weight": weight,
                }
                axes.text(x, y, text, ha="center", va="center", **style)
        else:
            axes.fill(*corners, facecolor="none", edgecolor=FRAME, linestyle="--")
            y = top - INSET - LINE / 2
            style = {"fontsize": 9.5, "color": INK, "style": "italic"}
            axes.text(x, y, box.lines[0], ha="center", va="center", **style)
            _column(axes, box.boxes, x, top - 2 * INSET - LINE)
        top = bottom - GAP
