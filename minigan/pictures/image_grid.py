"""Pictures of many small images: grids as PNG, and a GIF of them.

Drawn pixel by pixel, since a plotting library takes a second for a hundred images: each
image is enlarged by a whole number, without smoothing, and set beside the others on
black, as far apart as one of its own pixels is wide: strokes of small digits, which end
at an edge, do not run into those of the next image.

Without a path nothing is written.  All return what they drew: a PIL image, or an
`Animation`.

images: (n, height, width) grey or (n, height, width, 3), uint8.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .output import FAKE, REAL, Animation, Path, animation, font, save_image

__all__ = [
    "beside_png",
    "captioned_png",
    "grid",
    "images_gif",
    "progress_png",
    "samples_png",
    "sheet",
]

Panel = tuple[str, str, str, np.ndarray]  # title, note, colour, images
Frame = tuple[int, np.ndarray]  # step, images

SIDE = 460  # pixels of a panel, about
BORDER, GAP, HEAD = 16, 3, 40  # around panels, least between images, for a title
FOOT = 20  # for a caption
BLACK, INK, FAINT, LIGHT = 0, "#222222", "#6a6a6a", "#cccccc"
FIRST, EACH, LAST = 700, 90, 2600  # how long frames are shown, in milliseconds


def grid(
    images: np.ndarray, columns: int | None = None, side: int = SIDE, foot: int = 0
) -> np.ndarray:
    """All images in rows on black: (h, w) or (h, w, 3) uint8, about `side` wide.

    columns: by default as many as rows.   foot: pixels left free below each image.
    """
    n, height, width, *colours = images.shape
    columns = columns or -(-n // max(1, int(np.sqrt(n))))
    factor, gap = scale(width, columns, side)
    height, width = factor * height, factor * width
    down, right = height + foot + gap, width + gap
    shape = -(-n // columns) * down + gap, columns * right + gap
    whole = np.full((*shape, *colours), BLACK, np.uint8)
    for k, image in enumerate(images):
        top, left = gap + (k // columns) * down, gap + (k % columns) * right
        large = image.repeat(factor, axis=0).repeat(factor, axis=1)
        whole[top : top + height, left : left + width] = large
    return whole


def scale(width: int, columns: int, side: int = SIDE) -> tuple[int, int]:
    """(pixels that one pixel of an image becomes, pixels between images).

    width: of an image, in pixels.   columns, side: as of `grid`.
    """
    wide = (side - GAP) / columns - GAP  # of an image between gaps of GAP
    factor = max(1, round(min(wide / width, side / (columns * (width + 1) + 1))))
    return factor, max(GAP, factor)


def sheet(
    panels: Sequence[Panel], side: int = SIDE, columns: int | None = None, foot: int = 0
) -> Image.Image:
    """Panels beside each other on white, each below its title: a PIL image.

    panels: [(title, note, colour, images)]; the note stands flush right, faintly.
    """
    grids = [grid(images, columns, side, foot) for *_, images in panels]
    height = max(g.shape[0] for g in grids)
    width = sum(g.shape[1] for g in grids) + BORDER * (len(grids) + 1)
    whole = Image.new("RGB", (width, height + HEAD + BORDER), "white")
    pen = ImageDraw.Draw(whole)
    large, small = font(17), font(14)
    left = BORDER
    for (title, note, colour, _), pixels in zip(panels, grids, strict=True):
        whole.paste(Image.fromarray(pixels).convert("RGB"), (left, HEAD))
        right = left + pixels.shape[1]
        pen.text((left, HEAD - 11), title, fill=colour, font=large, anchor="ls")
        pen.text((right, HEAD - 11), note, fill=FAINT, font=small, anchor="rs")
        left = right + BORDER
    return whole


def samples_png(
    images: np.ndarray,
    path: Path | None = None,
    title: str = "",
    note: str = "",
    columns: int | None = None,
) -> Image.Image:
    """One grid of generated images.  Errors: OutputError."""
    return save_image(sheet([(title, note, INK, images)], columns=columns), path)


def captioned_png(
    images: np.ndarray,
    captions: Sequence[str],
    path: Path | None = None,
    title: str = "",
    columns: int = 5,
) -> Image.Image:
    """A grid of images with a text below each.  Errors: OutputError."""
    whole = sheet([(title, "", INK, images)], columns=columns, foot=FOOT)
    pen, small = ImageDraw.Draw(whole), font(12)
    rows = -(-len(images) // columns)
    _, gap = scale(images.shape[2], columns)
    width = (whole.width - 2 * BORDER - gap) / columns
    height = (whole.height - HEAD - BORDER - gap) / rows
    for k, caption in enumerate(captions):
        middle = BORDER + gap + (k % columns) * width + (width - gap) / 2
        base = HEAD + (k // columns + 1) * height - FOOT / 2
        pen.text((middle, base), caption, fill=LIGHT, font=small, anchor="mm")
    return save_image(whole, path)


def beside_png(
    real: np.ndarray,
    fake: np.ndarray,
    path: Path | None = None,
    note: str = "",
    columns: int | None = None,
) -> Image.Image:
    """Real images beside generated ones.  Errors: OutputError."""
    panels = [
        ("real", "", REAL, real),
        ("generated", note, FAKE, fake),
    ]
    return save_image(sheet(panels, columns=columns), path)


def progress_png(
    frames: Sequence[Frame],
    path: Path | None = None,
    note: str = "",
    columns: int | None = None,
) -> Image.Image:
    """What became of the same z.   frames: [(step, images)].  Errors: OutputError."""
    notes = ["" for _ in frames[1:]] + [note]
    panels = [
        (f"step {step:,}", text, INK, images)
        for (step, images), text in zip(frames, notes, strict=True)
    ]
    return save_image(sheet(panels, 320, columns), path)


def images_gif(
    frames: Sequence[Frame],
    path: Path | None = None,
    title: str = "",
    columns: int | None = None,
) -> Animation:
    """An animation of [(step, images)].  Errors: OutputError."""
    sheets = [
        sheet([(title, f"step {step:,}", INK, images)], columns=columns)
        for step, images in frames
    ]
    grey = frames[0][1].ndim == 3
    sheets = [s.convert("L") if grey else s.quantize(256) for s in sheets]
    return animation(sheets, path, FIRST, EACH, LAST)
