"""From figures and images to files, and what all pictures have in common.

Figures are drawn on Agg canvases directly, without pyplot, so that neither a display
nor a configured backend matters.  Colours are told apart by colour-blind readers too;
real rows are red and generated ones blue throughout.
"""

import base64
import io
import os
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from PIL import Image, ImageFont

from ..files import write_atomically
from .settings import own_settings

Path = str | os.PathLike[str]

REAL, FAKE = "#d62222", "#1f4ed8"  # red, blue
DPI = 120


class Picture(Figure):
    """A figure that a notebook shows, whatever backend is configured there."""

    @own_settings()
    def _repr_png_(self) -> bytes:
        content = io.BytesIO()
        with _any_letters():
            FigureCanvasAgg(self).print_png(content, metadata={"Software": None})
        return content.getvalue()


def save_figure(figure: Picture, path: Path | None, dpi: int = DPI) -> Picture:
    """Write a PNG, unless path is None, and return the figure.

    Equal figures give equal files.  Errors: OutputError.
    """
    figure.set_dpi(dpi)
    if path is not None:
        write_atomically(path, figure._repr_png_())
    return figure


def pixels(figure: Figure) -> np.ndarray:
    """The figure as an image: (height, width, 3) uint8."""
    canvas = FigureCanvasAgg(figure)
    with _any_letters():
        canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


@contextmanager
def _any_letters() -> Iterator[None]:
    """Names in letters that the font lacks are no reason for a warning at each."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def save_image(image: Image.Image, path: Path | None) -> Image.Image:
    """Write a PNG, unless path is None, and return the image, grey where all of it is.

    Equal images give equal files, grey ones small.  Errors: OutputError.
    """
    values = np.asarray(image)
    if (values == values[..., :1]).all():
        image = image.convert("L")
    if path is not None:
        content = io.BytesIO()
        image.save(content, "PNG", optimize=True)
        write_atomically(path, content.getvalue())
    return image


def png(pixels: np.ndarray) -> bytes:
    """A small image, (h, w) or (h, w, 3) uint8, as the bytes of a PNG.

    One of few colours has a palette, and so is a fraction as long.
    """
    image, content = Image.fromarray(pixels), io.BytesIO()
    if pixels.ndim == 3:
        rows = np.ascontiguousarray(pixels).reshape(-1, 3)
        colours, index = np.unique(rows, axis=0, return_inverse=True)
        if len(colours) <= 256:
            shape = pixels.shape[:2]
            image = Image.fromarray(index.reshape(shape).astype(np.uint8), "P")
            image.putpalette(colours.tobytes())
    image.save(content, "PNG", optimize=True)
    return content.getvalue()


@dataclass(frozen=True)
class Animation:
    """A GIF; a notebook plays it."""

    content: bytes = field(repr=False)  # of the file

    def _repr_html_(self) -> str:
        data = base64.b64encode(self.content).decode()
        return f'<img alt="an animation" src="data:image/gif;base64,{data}"/>'


def animation(
    images: Sequence[Image.Image], path: Path | None, first: int, each: int, last: int
) -> Animation:
    """A GIF that starts again at its end; written unless path is None.

    first, each, last: how long the first image is shown, each one after it, and the
    last, in milliseconds.  Errors: OutputError.
    """
    durations = [first, *[each] * (len(images) - 2), last][-len(images) :]
    content = io.BytesIO()
    images[0].save(
        content,
        "GIF",
        save_all=True,
        append_images=list(images[1:]),
        duration=durations,
        loop=0,
        optimize=False,
    )
    if path is not None:
        write_atomically(path, content.getvalue())
    return Animation(content.getvalue())


def font(size: int) -> ImageFont.FreeTypeFont:
    """The font that the figures are set in, for images."""
    return ImageFont.truetype(findfont("DejaVu Sans"), size)
