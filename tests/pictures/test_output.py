"""From figures to files: the same anywhere, and whole or not at all."""

import base64
import io
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from minigan.errors import OutputError
from minigan.pictures import output

from .looking import image


def figure():
    figure = output.Picture(figsize=(2, 1))
    figure.subplots().plot([1, 3, 2])
    return figure


def test_equal_figures_are_equal_files(tmp_path):
    for name in ("a.png", "b.png"):
        output.save_figure(figure(), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_notebook_shows_a_figure(tmp_path):
    drawn = output.save_figure(figure(), None)
    written = output.save_figure(figure(), tmp_path / "a.png")
    assert drawn._repr_png_() == written._repr_png_()
    assert drawn._repr_png_() == (tmp_path / "a.png").read_bytes()


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        output.save_figure(figure(), tmp_path / "nowhere" / "l.png")
    with pytest.raises(OutputError, match="nowhere"):
        blank = Image.new("L", (2, 2))
        output.animation([blank], tmp_path / "nowhere" / "t.gif", 1, 1, 1)


def test_a_notebook_plays_an_animation(tmp_path):
    images = [Image.new("L", (4, 4), 40 * k) for k in range(3)]
    found = output.animation(images, None, 700, 90, 2600)
    written = output.animation(images, tmp_path / "a.gif", 700, 90, 2600)
    assert found == written and found.content == (tmp_path / "a.gif").read_bytes()
    (data,) = re.findall('src="data:image/gif;base64,(.*?)"', found._repr_html_())
    assert base64.b64decode(data) == found.content and len(repr(found)) < 80


@pytest.mark.parametrize("count", [1, 2, 5])
def test_how_long_each_image_is_shown(tmp_path, count):
    images = [Image.new("L", (4, 4), 40 * k) for k in range(count)]
    output.animation(images, tmp_path / "a.gif", first=700, each=90, last=2600)
    with Image.open(tmp_path / "a.gif") as opened:
        assert getattr(opened, "n_frames", 1) == count
        shown = []
        for k in range(count):
            opened.seek(k)
            shown.append(opened.info.get("duration"))
    assert count == 1 or shown == [700, *[90] * (count - 2), 2600]


def test_grey_images_are_small_and_coloured_ones_keep_their_colours(tmp_path):
    noise = np.random.default_rng(0).integers(0, 256, (20, 20), np.uint8)
    grey = Image.fromarray(np.stack([noise] * 3, axis=-1))
    output.save_image(grey, tmp_path / "grey.png")
    coloured = np.stack([noise, noise.T, noise], axis=-1)
    output.save_image(Image.fromarray(coloured), tmp_path / "coloured.png")
    with Image.open(tmp_path / "grey.png") as opened:
        assert opened.mode == "L"
    np.testing.assert_array_equal(image(tmp_path / "coloured.png"), coloured)


def test_no_display_and_a_backend_that_needs_one(tmp_path):
    code = (
        "import numpy as np, sys\n"
        "from minigan.pictures import points\n"
        "points.scatter(np.eye(2), np.eye(2), 'p.png')\n"
        "assert 'matplotlib.pyplot' not in sys.modules\n"
    )
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment["MPLBACKEND"] = "TkAgg"
    run = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stderr
    assert image(tmp_path / "p.png").ndim == 3


@pytest.mark.parametrize("shape", [(5, 7), (5, 7, 3), (40, 40, 3)])
def test_a_small_image_keeps_its_pixels(shape):
    """Of few colours, of one grey, and of more than 256 colours."""
    pixels = np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)
    image = Image.open(io.BytesIO(output.png(pixels)))
    expected = {(5, 7): "L", (5, 7, 3): "P", (40, 40, 3): "RGB"}[shape]
    assert image.mode == expected
    image = image.convert("RGB") if pixels.ndim == 3 else image
    np.testing.assert_array_equal(np.asarray(image), pixels)


def test_a_figure_is_returned_and_written_only_where_a_path_is_given(tmp_path):
    """What a plot function returns; a notebook shows it."""
    figure = output.Picture(figsize=(1, 1))
    assert output.save_figure(figure, None) is figure
    assert output.save_figure(figure, tmp_path / "a.png") is figure
    assert (tmp_path / "a.png").exists()
