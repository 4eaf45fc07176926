"""Pictures of many small images: grids as PNG, and a GIF of them.

Drawn pixel by pixel, since a plotting library takes a second for a hundred images: each
image is enlarged by a whole number, without smoothing, and set beside the others.

images: (n, height, width) grey or (n, height, width, 3), uint8.
"""

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw

from .output import FAKE, REAL, Path, font, save_animation, save_image

Panel = tuple[str, str, str, np.ndarray]  # title, note, colour, images
Frame = tuple[int, np.ndarray]  # step, images

SIDE = 460  # pixels of a panel, about
BORDER, GAP, HEAD = 16, 3, 40  # around panels, between images, for a title
FOOT = 20  # for a caption
WHITE, INK, FAINT = 255, "#222222", "#6a6a6a"
FIRST, EACH, LAST = 700, 90, 2600  # how long frames are shown, in milliseconds


def grid(
    images: np.ndarray, columns: int | None = None, side: int = SIDE, foot: int = 0
) -> np.ndarray:
    """All images in rows: (h, w) or (h, w, 3) uint8, about `side` wide.

    columns: by default as many as rows.   foot: pixels left free below each image.
    """
    n, height, width, *colours = images.shape
    columns = columns or -(-n // max(1, int(np.sqrt(n))))
    rows = -(-n // columns)
    factor = max(1, round((side / columns - GAP) / width))
    height, width = factor * height, factor * width
    down, right = height + foot + GAP, width + GAP
    shape = rows * down - GAP, columns * right - GAP
    whole = np.full((*shape, *colours), WHITE, np.uint8)
    for k, image in enumerate(images):
        top, left = (k // columns) * down, (k % columns) * right
        large = image.repeat(factor, axis=0).repeat(factor, axis=1)
        whole[top : top + height, left : left + width] = large
    return whole


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
    path: Path,
    title: str,
    note: str = "",
    columns: int | None = None,
) -> None:
    """One grid of generated images.  Errors: OutputError."""
    save_image(sheet([(title, note, INK, images)], columns=columns), path)


def captioned_png(
    images: np.ndarray,
    captions: Sequence[str],
    path: Path,
    title: str,
    columns: int = 5,
) -> None:
    """A grid of images with a text below each.  Errors: OutputError."""
    whole = sheet([(title, "", INK, images)], columns=columns, foot=FOOT)
    pen, small = ImageDraw.Draw(whole), font(12)
    rows = -(-len(images) // columns)
    width = (whole.width - 2 * BORDER + GAP) / columns
    height = (whole.height - HEAD - BORDER + GAP) / rows
    for k, caption in enumerate(captions):
        middle = BORDER + (k % columns) * width + (width - GAP) / 2
        base = HEAD + (k // columns + 1) * height - GAP - FOOT / 2
        pen.text((middle, base), caption, fill=FAINT, font=small, anchor="mm")
    save_image(whole, path)


def beside_png(
    real: np.ndarray,
    fake: np.ndarray,
    path: Path,
    note: str = "",
    columns: int | None = None,
) -> None:
    """Real images beside generated ones.  Errors: OutputError."""
    panels = [
        ("real", "", REAL, real),
        ("generated", note, FAKE, fake),
    ]
    save_image(sheet(panels, columns=columns), path)


def progress_png(
    frames: Sequence[Frame], path: Path, note: str = "", columns: int | None = None
) -> None:
    """What became of the same z.   frames: [(step, images)].  Errors: OutputError."""
    notes = ["" for _ in frames[1:]] + [note]
    panels = [
        (f"step {step:,}", text, INK, images)
        for (step, images), text in zip(frames, notes, strict=True)
    ]
    save_image(sheet(panels, 320, columns), path)


def images_gif(
    frames: Sequence[Frame], path: Path, title: str, columns: int | None = None
) -> None:
    """An animation of [(step, images)].  Errors: OutputError."""
    sheets = [
        sheet([(title, f"step {step:,}", INK, images)], columns=columns)
        for step, images in frames
    ]
    grey = frames[0][1].ndim == 3
    sheets = [s.convert("L") if grey else s.quantize(256) for s in sheets]
    save_animation(sheets, path, FIRST, EACH, LAST)
