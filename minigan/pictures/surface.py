"""The training animation: D's decision surface, with the fakes moving over it.

Drawing each frame with a plotting library would take longer than training did.  So
axes, labels and legend are drawn once; each frame then fills the inside of the axes as
an array of palette indices: D's answers on a grid, enlarged, one colour a band, and
discs stamped for the points.  All frames share one palette.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from PIL import Image, ImageDraw

from . import output
from .output import Animation, Path, animation, font, pixels
from .points import Window
from .settings import own_settings

if TYPE_CHECKING:
    from ..gan.frames import PointSeries

__all__ = ["surface_gif"]

Shape = tuple[int, int]  # rows, columns

SIZE = 720, 480  # pixels
INSIDE = 70, 50, 610, 374  # the axes in it: left, top, right, bottom
BANDS = 24  # colours of the surface; D = 1/2 is a border between two of them
LOW, MIDDLE, HIGH = (138, 168, 236), (252, 250, 247), (244, 146, 128)  # D = 0, 1/2, 1
REAL, FAKE = (tuple(bytes.fromhex(c[1:])) for c in (output.REAL, output.FAKE))
LINE, WHITE = (50, 50, 50), (255, 255, 255)
FLAT = 1.5e-4  # slope of D, for each pixel, below which no line is drawn
FIRST, EACH, LAST = 600, 80, 2400  # how long frames are shown, in milliseconds


@own_settings()
def surface_gif(frames: "PointSeries", path: Path | None = None) -> Animation:
    """Draw an animated GIF of a run's frames.

    path: of the file; None writes none.
    Errors: OutputError where the file cannot be written.
    """
    painter = _Painter(frames)
    images = [painter.frame(k) for k in range(len(frames))]
    return animation(images, path, FIRST, EACH, LAST)


class _Painter:
    """Draws frames; everything that they share is made once, here."""

    def __init__(self, frames: "PointSeries") -> None:
        self.frames = frames
        left, top, right, bottom = INSIDE
        self.shape = bottom - top, right - left
        background = _surroundings(
            SIZE,
            INSIDE,
            frames.view,
            _band_colours() / 255,
            frames.fakes.shape[1],
            frames.names,
        )
        self.palette = _palette(background)
        self.background = self._indices(background)
        self.real = 0.6 * _discs(self.shape, self._place(frames.real), 2.4)
        self.font = font(16)

    def frame(self, k: int) -> Image.Image:
        """Frame k as a palette image."""
        surface = self.frames.surfaces[k, ::-1].astype(np.float32)
        points = self._place(self.frames.fakes[k])
        left, top, right, bottom = INSIDE
        whole = self.background.copy()
        whole[top:bottom, left:right] = self._inside(surface, points)
        text = f"step {int(self.frames.steps[k]):,}"
        self._write(whole[: top - 1], text, right)
        image = Image.frombytes("P", SIZE, whole.tobytes())
        image.putpalette(self.palette.tobytes())
        return image

    def _inside(self, surface: np.ndarray, points: np.ndarray) -> np.ndarray:
        """The inside of the axes, as palette indices: bands, then what lies on them."""
        layers = [
            (self.real, REAL),
            (_half_line(surface, self.shape), LINE),
            (_discs(self.shape, points, 4.2), WHITE),
            (_discs(self.shape, points, 3.2), FAKE),
        ]
        inside = (_enlarge(surface, self.shape) * BANDS).astype(np.uint8)
        inside = np.minimum(inside, BANDS - 1)
        touched = layers[0][0] > 0
        for cover, _ in layers[1:]:
            touched |= cover > 0
        colours = self.palette[inside[touched]].astype(np.float32)
        for cover, colour in layers:
            cover = cover[touched][:, None]
            colours += cover * (np.array(colour, np.float32) - colours)
        inside[touched] = self._indices(colours.round().astype(np.uint8)[None])[0]
        return inside

    def _write(self, strip: np.ndarray, text: str, right: int) -> None:
        """Write into a strip of the picture, flush right at its lower edge."""
        ink = Image.new("L", strip.shape[::-1])
        place = (right, len(strip) - 9)
        ImageDraw.Draw(ink).text(place, text, fill=255, font=self.font, anchor="rs")
        touched = np.asarray(ink) > 0
        grey = 255 - np.asarray(ink)[touched]
        strip[touched] = self._indices(np.stack([grey] * 3, axis=-1)[None])[0]

    def _indices(self, colours: np.ndarray) -> np.ndarray:
        """The nearest palette entries: (h, w, 3) uint8 -> (h, w) uint8."""
        palette = Image.new("P", (1, 1))
        palette.putpalette(self.palette.tobytes())
        image = Image.fromarray(colours)
        return np.array(image.quantize(palette=palette, dither=Image.Dither.NONE))

    def _place(self, points: np.ndarray) -> np.ndarray:
        """Data coordinates -> pixels inside the axes: (n, 2) as x, y."""
        left, right, bottom, top = self.frames.view
        height, width = self.shape
        x = (points[:, 0] - left) / (right - left) * width
        y = (top - points[:, 1]) / (top - bottom) * height
        return np.column_stack([x, y])


# ---- shapes ------------------------------------------------------------------------


def _enlarge(values: np.ndarray, shape: Shape) -> np.ndarray:
    """Interpolate linearly between grid values: (rows, columns) -> shape, float32."""
    for axis, (new, old) in enumerate(zip(shape, values.shape, strict=True)):
        place = np.linspace(0, old - 1, new, dtype=np.float32)
        below = np.minimum(place.astype(np.int64), old - 2)
        share = (place - below).reshape(-1, 1) if axis == 0 else place - below
        first = values.take(below, axis)
        values = first + share * (values.take(below + 1, axis) - first)
    return values.astype(np.float32)


def _discs(shape: Shape, centres: np.ndarray, radius: float) -> np.ndarray:
    """How much of each pixel the discs cover: (h, w) in [0, 1]."""
    height, width = shape
    reach = np.arange(-int(radius) - 2, int(radius) + 3)
    finite = np.isfinite(centres).all(axis=1)
    near = finite & (np.abs(centres) < 2 * (height + width)).all(axis=1)
    x, y = centres[near].T[..., None, None]
    column = np.floor(x).astype(np.int64) + reach[None, None, :]
    row = np.floor(y).astype(np.int64) + reach[None, :, None]
    distance = np.hypot(column + 0.5 - x, row + 0.5 - y)
    amount = np.clip(radius + 0.5 - distance, 0, 1).astype(np.float32)
    seen = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    seen &= amount > 0
    cover = np.zeros(shape, np.float32)
    where = np.broadcast_to(row * width + column, amount.shape)[seen]
    np.maximum.at(cover.reshape(-1), where, amount[seen])
    return cover


def _half_line(surface: np.ndarray, shape: Shape, width: float = 1.6) -> np.ndarray:
    """A line where the surface is 1/2, smooth at its edges: (h, w) in [0, 1]."""
    down, across = np.gradient(surface)
    scale = [
        (new - 1) / (old - 1) for new, old in zip(shape, surface.shape, strict=True)
    ]
    slope = np.hypot(down / scale[0], across / scale[1])  # for each pixel
    slope[slope < FLAT] = np.nan  # where D is 1/2 all over there is no line
    with np.errstate(invalid="ignore"):
        away = np.abs(_enlarge(surface, shape) - 0.5) / _enlarge(slope, shape)
    away[np.isnan(away)] = width
    return np.clip(width / 2 + 0.5 - away, 0, 1)


# ---- colours and background --------------------------------------------------------


def _band_colours() -> np.ndarray:
    """Blue where D says fake, red where it says real, white between: (BANDS, 3)."""
    side = np.linspace(-1, 1, BANDS)[:, None]
    ends = np.where(side < 0, LOW, HIGH)
    middle = np.array(MIDDLE)
    return (middle + np.abs(side) ** 0.8 * (ends - middle)).round().astype(np.uint8)


def _palette(background: np.ndarray) -> np.ndarray:
    """256 colours, the bands first: what the picture and its blends need."""
    bands = _band_colours()
    share = np.linspace(0, 1, 9)[:, None, None]
    blends = [bands + share * (np.array(c) - bands) for c in (REAL, LINE, WHITE, FAKE)]
    blends.append(WHITE + share * (np.array(FAKE) - WHITE))
    blended = np.concatenate([b.reshape(-1, 3) for b in blends]).round()
    shifts = np.array([16, 8, 0], np.uint32)
    codes = np.unique((background.astype(np.uint32) << shifts).sum(axis=-1))
    used = codes[:, None] >> shifts & 255
    all_of_them = np.concatenate([blended, used]).astype(np.uint8)[None]
    rest = Image.fromarray(all_of_them).quantize(256 - BANDS).getpalette()
    return np.concatenate([bands, np.array(rest, np.uint8).reshape(-1, 3)])


def _surroundings(
    size: tuple[int, int],
    inside: tuple[int, int, int, int],
    view: Window,
    bands: np.ndarray,
    points: int,
    names: Sequence[str],
) -> np.ndarray:
    """Axes, labels, legend and colour bar around an empty inside: an image.

    size: (width, height) in pixels.  inside: left, top, right, bottom of the axes.
    view: left, right, bottom, top in data coordinates.  bands: colours (n, 3) of D
    from 0 to 1.  points: how many are shown.  names: of the two axes.
    """
    (width, height), (left, top, right, bottom) = size, inside
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)

    def box(x0: float, y0: float, x1: float, y1: float) -> Window:
        return x0 / width, 1 - y1 / height, (x1 - x0) / width, (y1 - y0) / height

    axes = figure.add_axes(box(*inside))
    axes.set(xlim=view[:2], ylim=view[2:])
    axes.set_xlabel(names[0], parse_math=False)
    axes.set_ylabel(names[1], parse_math=False)
    axes.set_title(f"G moves {points} points over what D believes", loc="left")
    marks: dict[str, dict[str, Any]] = {
        "real": {"color": output.REAL, "marker": "o", "alpha": 0.6, "linewidth": 0},
        "generated": {"color": output.FAKE, "marker": "o", "linewidth": 0},
        "D = 1/2": {"color": "#323232"},
    }
    handles = [Line2D([], [], label=name, **style) for name, style in marks.items()]
    middle = ((left + right) / 2 / width, 8 / height)
    figure.legend(
        handles=handles,
        ncols=3,
        frameon=False,
        loc="lower center",
        bbox_to_anchor=middle,
    )
    bar = figure.add_axes(box(right + 20, top, right + 36, bottom))
    bar.imshow(bands[:, None], aspect="auto", origin="lower", extent=(0, 1, 0, 1))
    bar.yaxis.tick_right()
    bar.set(xticks=[], yticks=[0, 0.5, 1])
    bar.set_yticklabels(["0 fake", "1/2", "1 real"])
    bar.set_title("D", fontsize="medium")
    return pixels(figure)
