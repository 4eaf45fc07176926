"""Pictures of many small images: grids as PNG, and a GIF of them.

Drawn pixel by pixel, since a plotting library takes a second for a hundred images: each
image is enlarged by a whole number, without smoothing, and set beside the others.

images: (n, height, width) grey or (n, height, width, 3), uint8.
"""

import io

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from . import plotting
from .files import write_atomically

SIDE = 460  # pixels of a panel, about
BORDER, GAP, HEAD = 16, 3, 40  # around panels, between images, for a title
FOOT = 20  # for a caption
WHITE, INK, FAINT = 255, "#222222", "#6a6a6a"
MILLISECONDS, FIRST, LAST = 90, 700, 2600  # how long frames are shown


def grid(images, columns=None, side=SIDE, foot=0):
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


def sheet(panels, side=SIDE, columns=None, foot=0):
    """Panels beside each other on white, each below its title: a PIL image.

    panels: [(title, note, colour, images)]; the note stands flush right, faintly.
    """
    grids = [grid(images, columns, side, foot) for *_, images in panels]
    height = max(g.shape[0] for g in grids)
    width = sum(g.shape[1] for g in grids) + BORDER * (len(grids) + 1)
    whole = Image.new("RGB", (width, height + HEAD + BORDER), "white")
    pen = ImageDraw.Draw(whole)
    large, small = _font(17), _font(14)
    left = BORDER
    for (title, note, colour, _), pixels in zip(panels, grids, strict=True):
        whole.paste(Image.fromarray(pixels).convert("RGB"), (left, HEAD))
        right = left + pixels.shape[1]
        pen.text((left, HEAD - 11), title, fill=colour, font=large, anchor="ls")
        pen.text((right, HEAD - 11), note, fill=FAINT, font=small, anchor="rs")
        left = right + BORDER
    return whole


def samples_png(images, path, title, note="", columns=None):
    """One grid of generated images.  Errors: OutputError."""
    _save_png(sheet([(title, note, INK, images)], columns=columns), path)


def captioned_png(images, captions, path, title, columns=5):
    """A grid of images with a text below each.  Errors: OutputError."""
    whole = sheet([(title, "", INK, images)], columns=columns, foot=FOOT)
    pen, font = ImageDraw.Draw(whole), _font(12)
    rows = -(-len(images) // columns)
    width = (whole.width - 2 * BORDER + GAP) / columns
    height = (whole.height - HEAD - BORDER + GAP) / rows
    for k, caption in enumerate(captions):
        middle = BORDER + (k % columns) * width + (width - GAP) / 2
        base = HEAD + (k // columns + 1) * height - GAP - FOOT / 2
        pen.text((middle, base), caption, fill=FAINT, font=font, anchor="mm")
    _save_png(whole, path)


def beside_png(real, fake, path, note=""):
    """Real images beside generated ones.  Errors: OutputError."""
    panels = [
        ("real", "", plotting.REAL, real),
        ("generated", note, plotting.FAKE, fake),
    ]
    _save_png(sheet(panels), path)


def progress_png(frames, path, note=""):
    """What became of the same z.   frames: [(step, images)].  Errors: OutputError."""
    notes = ["" for _ in frames[1:]] + [note]
    panels = [
        (f"step {step:,}", text, INK, images)
        for (step, images), text in zip(frames, notes, strict=True)
    ]
    _save_png(sheet(panels, 320), path)


def training_gif(frames, path, title):
    """An animation of [(step, images)].  Errors: OutputError."""
    sheets = [
        sheet([(title, f"step {step:,}", INK, images)]) for step, images in frames
    ]
    grey = frames[0][1].ndim == 3
    sheets = [s.convert("L") if grey else s.quantize(256) for s in sheets]
    durations = [FIRST, *[MILLISECONDS] * (len(sheets) - 2), LAST][-len(sheets) :]
    content = io.BytesIO()
    sheets[0].save(
        content,
        "GIF",
        save_all=True,
        append_images=sheets[1:],
        duration=durations,
        loop=0,
        optimize=False,
    )
    write_atomically(path, content.getvalue())


def _font(size):
    return ImageFont.truetype(plotting.font_file(), size)


def _save_png(picture, path):
    """Equal pictures give equal files; grey ones are small."""
    pixels = np.asarray(picture)
    if (pixels == pixels[..., :1]).all():
        picture = picture.convert("L")
    content = io.BytesIO()
    picture.save(content, "PNG", optimize=True)
    write_atomically(path, content.getvalue())
