"""Draws images/parabola.gif, the training that moves on the README's first screen, and
its twin for dark screens.

    python docs/moving.py

It is the training.gif of `minigan train parabola`, with every other frame.
"""

import tempfile
from pathlib import Path

from dark import dark_path, darken, save_animation
from PIL import Image, ImageSequence

from minigan.cli import cli

PICTURE = Path(__file__).parent / "images" / "parabola.gif"


def shrink(source, target):
    """Every other frame of an animation, in the colours of all of them."""
    with Image.open(source) as animation:
        frames = [f.convert("RGB") for f in ImageSequence.Iterator(animation)][::2]
    save_animation(frames, [160] * (len(frames) - 1) + [2500], target)


def main():
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "run"
        cli.main(["train", "parabola", "--out", str(out)], standalone_mode=False)
        shrink(out / "training.gif", PICTURE)
    darken(PICTURE, dark_path(PICTURE))
    print(f"{PICTURE}: {PICTURE.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
