"""Pictures for readers with a dark screen, made from those for a light one.

    python docs/dark.py IMAGE...     writes IMAGE-dark.png (or .gif) beside each

Neutral colours have their lightness turned round, from white to the ground of the site;
those with a hue keep it and become light enough to be seen on that ground.  Photographs
and other images in a picture, which stand on black, stay as they are.
"""

import argparse
from pathlib import Path

import numpy as np
from PIL import Image

GROUND, INK = 0.19, 0.93  # lightness of what was white and of what was black
CURVE = 1.4  # above 1: greys come out lighter, so that thin grey lines are seen
HUED = 0.12  # the chroma from which on a colour counts as one with a hue
BLACK_ROWS = 3  # that images stand on at least, see minigan.pictures.image_grid

# Oklab (Ottosson, 2020): linear sRGB -> cone responses -> (lightness, a, b)
CONES = np.array(
    [
        [0.4122214708, 0.5363325363, 0.0514459929],
        [0.2119034982, 0.6806995451, 0.1073969566],
        [0.0883024619, 0.2817188376, 0.6299787005],
    ]
)
LAB = np.array(
    [
        [0.2104542553, 0.7936177850, -0.0040720468],
        [1.9779984951, -2.4285922050, 0.4505937099],
        [0.0259040371, 0.7827717662, -0.8086757660],
    ]
)


def darkened(colours):
    """The colours of a dark picture: (..., 3) uint8 -> the same shape."""
    srgb = colours / 255.0
    linear = np.where(srgb <= 0.04045, srgb / 12.92, ((srgb + 0.055) / 1.055) ** 2.4)
    lab = np.cbrt(linear @ CONES.T) @ LAB.T
    lightness, chroma = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    turned = INK + (GROUND - INK) * lightness**CURVE
    seen = 0.95 - 0.45 * lightness
    share = np.clip(chroma / HUED, 0, 1)
    lab[..., 0] = turned + share * (seen - turned)
    linear = (lab @ np.linalg.inv(LAB).T) ** 3 @ np.linalg.inv(CONES).T
    linear = np.clip(linear, 0, 1)
    srgb = np.where(
        linear <= 0.0031308, 12.92 * linear, 1.055 * linear ** (1 / 2.4) - 0.055
    )
    return (255 * srgb).round().astype(np.uint8)


def grids(pixels):
    """Where images stand on black: [(rows, columns)], slices of (h, w, 3) pixels."""
    black = (pixels == 0).all(axis=-1)
    rows = np.flatnonzero(black.mean(axis=1) > 0.8)
    if len(rows) < 2 * BLACK_ROWS or rows[BLACK_ROWS - 1] != rows[0] + BLACK_ROWS - 1:
        return []
    edge = np.diff(black[rows[0]].astype(int), prepend=0, append=0)
    starts, ends = np.flatnonzero(edge > 0), np.flatnonzero(edge < 0)
    across = [slice(*ends) for ends in zip(starts, ends, strict=True)]
    return [(slice(rows[0], rows[-1] + 1), columns) for columns in across]


def dark_path(path):
    """a.png -> a-dark.png"""
    return path.with_name(f"{path.stem}-dark{path.suffix}")


def darken(path, target):
    """Write the dark twin of a PNG or of a GIF, whose frames share one palette."""
    with Image.open(path) as image:
        if path.suffix == ".gif":
            return darken_animation(image, target)
        pixels = np.asarray(image.convert("RGB"))
    found = darkened(pixels)
    for place in grids(pixels):
        found[place] = pixels[place]
    Image.fromarray(found).save(target, "PNG", optimize=True)


def darken_animation(image, target):
    """Write the frames of a GIF in other colours, each as long as it was shown."""
    frames, times = [], []
    for k in range(image.n_frames):
        image.seek(k)
        times.append(image.info["duration"])
        frames.append(Image.fromarray(darkened(np.asarray(image.convert("RGB")))))
    save_animation(frames, times, target)


def save_animation(frames, times, target):
    """Write a GIF whose frames share the 128 colours of three of them.

    times: milliseconds that each is shown.
    """
    width, height = frames[0].size
    sheet = Image.new("RGB", (width, height * 3))
    for k, frame in enumerate((frames[0], frames[len(frames) // 8], frames[-1])):
        sheet.paste(frame, (0, k * height))
    palette = sheet.quantize(128, method=Image.Quantize.MAXCOVERAGE)
    frames = [f.quantize(palette=palette, dither=Image.Dither.NONE) for f in frames]
    frames[0].save(
        target,
        save_all=True,
        append_images=frames[1:],
        duration=times,
        loop=0,
        optimize=True,
    )


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("images", nargs="+", type=Path)
    for path in parser.parse_args().images:
        darken(path, dark_path(path))


if __name__ == "__main__":
    main()
