"""Grids of images: each where it belongs, as it is; equal pictures, equal files."""

import numpy as np
import pytest
from PIL import Image

from minigan.errors import OutputError
from minigan.pictures import image_grid, output


def images(n, height=4, width=3, *colours, seed=0):
    shape = (n, height, width, *colours)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("colours", [(), (3,)])
@pytest.mark.parametrize(
    ("n", "columns", "rows"), [(25, 5, 5), (10, 4, 3), (1, 1, 1), (7, 4, 2)]
)
def test_images_stand_in_rows_enlarged_but_not_smoothed(n, columns, rows, colours):
    shown = images(n, 4, 3, *colours)
    whole = image_grid.grid(shown)
    factor, gap = image_grid.scale(3, columns)
    height, width = 4 * factor, 3 * factor
    size = gap + rows * (height + gap), gap + columns * (width + gap)
    assert whole.shape == (*size, *colours)
    assert abs(whole.shape[1] - image_grid.SIDE) < 3 * columns + 3
    for k, image in enumerate(shown):
        top = gap + (k // columns) * (height + gap)
        left = gap + (k % columns) * (width + gap)
        found = whole[top : top + height : factor, left : left + width : factor]
        np.testing.assert_array_equal(found, image)
    for edge in (whole[:gap], whole[:, :gap], whole[-gap:], whole[:, -gap:]):
        assert not edge.any()


@pytest.mark.parametrize("width", [3, 8, 28, 64, 300])
@pytest.mark.parametrize("columns", [1, 5, 10])
def test_gaps_are_as_wide_as_a_pixel_of_an_image_or_three(width, columns):
    factor, gap = image_grid.scale(width, columns)
    assert factor >= 1 and gap == max(3, factor)


def test_columns_as_asked():
    assert (
        image_grid.grid(images(12), 6).shape[1]
        > 2 * image_grid.grid(images(12), 6).shape[0]
    )


def test_real_and_generated_have_their_colours(tmp_path):
    image_grid.beside_png(images(4), images(4), tmp_path / "a.png", "step 7")
    with Image.open(tmp_path / "a.png") as opened:
        head = np.asarray(opened.convert("RGB")).astype(int)[: image_grid.HEAD]
    middle = head.shape[1] // 2
    for colour, half in ((output.REAL, head[:, :middle]), (output.FAKE, head)):
        wanted = np.array(list(bytes.fromhex(colour[1:])))
        assert (np.abs(half - wanted).max(axis=-1) < 40).sum() > 20


def test_grey_files_are_grey_and_equal_pictures_equal_files(tmp_path):
    for name in ("a.png", "b.png"):
        image_grid.samples_png(images(9), tmp_path / name, "title", "step 1")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as opened:
        assert opened.mode == "L"
    image_grid.samples_png(images(9, 4, 3, 3), tmp_path / "c.png", "title")
    with Image.open(tmp_path / "c.png") as opened:
        assert opened.mode == "RGB"


@pytest.mark.parametrize("colours", [(), (3,)])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_gif_has_a_frame_for_each(tmp_path, count, colours):
    frames = [(10 * k, images(4, 4, 3, *colours, seed=k)) for k in range(count)]
    image_grid.images_gif(frames, tmp_path / "a.gif", "digits")
    with Image.open(tmp_path / "a.gif") as opened:
        assert opened.n_frames == count


def test_progress_has_a_panel_for_each_step(tmp_path):
    frames = [(k, images(4, 4, 4, seed=k)) for k in (0, 50, 100)]
    image_grid.progress_png(frames, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as opened:
        assert opened.width > 2.5 * opened.height


def test_without_a_path_the_picture_is_returned_and_nothing_written(
    tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    four = images(4)
    drawn = [
        image_grid.samples_png(four),
        image_grid.captioned_png(four, list("abcd"), title="title"),
        image_grid.beside_png(four, four),
        image_grid.progress_png([(0, four), (5, four)]),
    ]
    assert all(isinstance(image, Image.Image) for image in drawn)
    assert image_grid.images_gif([(0, four), (5, four)]).content[:3] == b"GIF"
    assert not list(tmp_path.iterdir())
    written = image_grid.samples_png(four, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as opened:
        np.testing.assert_array_equal(np.asarray(opened), np.asarray(written))


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        image_grid.samples_png(images(4), tmp_path / "nowhere" / "a.png", "title")
