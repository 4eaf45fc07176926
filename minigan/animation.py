"""The training animation: D's decision surface, with the fakes moving over it.

Drawing each frame with a plotting library would take longer than training did.  So
axes, labels and legend are drawn once; each frame then fills the inside of the axes as
an array of palette indices: D's answers on a grid, enlarged, one colour a band, and
discs stamped for the points.  All frames share one palette.
"""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import plotting
from .files import write_atomically

SIZE = 720, 480  # pixels
INSIDE = 70, 50, 610, 374  # the axes in it: left, top, right, bottom
BANDS = 24  # colours of the surface; D = 1/2 is a border between two of them
LOW, MIDDLE, HIGH = (138, 168, 236), (252, 250, 247), (244, 146, 128)  # D = 0, 1/2, 1
REAL, FAKE = (tuple(bytes.fromhex(c[1:])) for c in (plotting.REAL, plotting.FAKE))
LINE, WHITE = (50, 50, 50), (255, 255, 255)
FLAT = 1.5e-4  # slope of D, for each pixel, below which no line is drawn
MILLISECONDS, FIRST, LAST = 80, 600, 2400  # how long frames are shown


def training_gif(frames, path):
    """Write a run's `gan.film.Frames` as an animated GIF.

    Errors: OutputError where the file cannot be written.
    """
    painter = _Painter(frames)
    images = [painter.frame(k) for k in range(len(frames))]
    durations = [FIRST, *[MILLISECONDS] * (len(frames) - 2), LAST][-len(frames) :]
    content = io.BytesIO()
    images[0].save(
        content,
        "GIF",
        save_all=True,
        append_images=images[1:],
        duration=durations,
        loop=0,
        optimize=False,
    )
    write_atomically(path, content.getvalue())


class _Painter:
    """Draws frames; everything that they share is made once, here."""

    def __init__(self, frames):
        self.frames = frames
        left, top, right, bottom = INSIDE
        self.shape = bottom - top, right - left
        background = plotting.surface_axes(
            SIZE, INSIDE, frames.view, _band_colours() / 255, frames.fakes.shape[1]
        )
        self.palette = _palette(background)
        self.background = self._indices(background)
        self.real = 0.6 * _discs(self.shape, self._place(frames.real), 2.4)
        self.font = ImageFont.truetype(plotting.font_file(), 16)

    def frame(self, k):
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

    def _inside(self, surface, points):
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
            colours += cover * (np.float32(colour) - colours)
        inside[touched] = self._indices(colours.round().astype(np.uint8)[None])[0]
        return inside

    def _write(self, strip, text, right):
        """Write into a strip of the picture, flush right at its lower edge."""
        ink = Image.new("L", strip.shape[::-1])
        place = (right, len(strip) - 9)
        ImageDraw.Draw(ink).text(place, text, fill=255, font=self.font, anchor="rs")
        touched = np.asarray(ink) > 0
        grey = 255 - np.asarray(ink)[touched]
        strip[touched] = self._indices(np.stack([grey] * 3, axis=-1)[None])[0]

    def _indices(self, colours):
        """The nearest palette entries: (h, w, 3) uint8 -> (h, w) uint8."""
        palette = Image.new("P", (1, 1))
        palette.putpalette(self.palette.tobytes())
        image = Image.fromarray(colours)
        return np.array(image.quantize(palette=palette, dither=Image.Dither.NONE))

    def _place(self, points):
        """Data coordinates -> pixels inside the axes: (n, 2) as x, y."""
        left, right, bottom, top = self.frames.view
        height, width = self.shape
        x = (points[:, 0] - left) / (right - left) * width
        y = (top - points[:, 1]) / (top - bottom) * height
        return np.column_stack([x, y])


# ---- shapes ------------------------------------------------------------------------


def _enlarge(values, shape):
    """Interpolate linearly between grid values: (rows, columns) -> shape, float32."""
    for axis, (new, old) in enumerate(zip(shape, values.shape, strict=True)):
        place = np.linspace(0, old - 1, new, dtype=np.float32)
        below = np.minimum(place.astype(np.int64), old - 2)
        share = (place - below).reshape(-1, 1) if axis == 0 else place - below
        first = values.take(below, axis)
        values = first + share * (values.take(below + 1, axis) - first)
    return values.astype(np.float32)


def _discs(shape, centres, radius):
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


def _half_line(surface, shape, width=1.6):
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


def _band_colours():
    """Blue where D says fake, red where it says real, white between: (BANDS, 3)."""
    side = np.linspace(-1, 1, BANDS)[:, None]
    ends = np.where(side < 0, LOW, HIGH)
    middle = np.array(MIDDLE)
    return (middle + np.abs(side) ** 0.8 * (ends - middle)).round().astype(np.uint8)


def _palette(background):
    """256 colours, the bands first: what the picture and its blends need."""
    bands = _band_colours()
    share = np.linspace(0, 1, 9)[:, None, None]
    blends = [bands + share * (np.array(c) - bands) for c in (REAL, LINE, WHITE, FAKE)]
    blends.append(WHITE + share * (np.array(FAKE) - WHITE))
    blends = np.concatenate([b.reshape(-1, 3) for b in blends]).round()
    counted = Image.fromarray(background).getcolors(background.size)
    used = np.array(sorted(colour for _, colour in counted), np.uint8)
    all_of_them = np.concatenate([blends.astype(np.uint8), used])[None]
    rest = Image.fromarray(all_of_them).quantize(256 - BANDS).getpalette()
    rest = np.array(rest, dtype=np.uint8).reshape(-1, 3)
    return np.concatenate([bands, rest])
