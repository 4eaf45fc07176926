"""Grids of images: each where it belongs, as it is; equal pictures, equal files."""

import numpy as np
import pytest
from PIL import Image

from minigan import mosaic, plotting
from minigan.errors import OutputError
from minigan.gan.history import COLUMNS, History


def images(n, height=4, width=3, *colours, seed=0):
    shape = (n, height, width, *colours)
    return np.random.default_rng(seed).integers(0, 256, shape).astype(np.uint8)


@pytest.mark.parametrize("colours", [(), (3,)])
@pytest.mark.parametrize(
    ("n", "columns", "rows"), [(25, 5, 5), (10, 4, 3), (1, 1, 1), (7, 4, 2)]
)
def test_images_stand_in_rows_enlarged_but_not_smoothed(n, columns, rows, colours):
    shown = images(n, 4, 3, *colours)
    whole = mosaic.grid(shown)
    height, width = (
        (whole.shape[0] + mosaic.GAP) // rows - mosaic.GAP,
        (whole.shape[1] + mosaic.GAP) // columns - mosaic.GAP,
    )
    factor = width // 3
    assert factor * 4 == height and whole.shape[2:] == colours
    assert abs(whole.shape[1] - mosaic.SIDE) < 3 * columns + 3
    for k, image in enumerate(shown):
        top = (k // columns) * (height + mosaic.GAP)
        left = (k % columns) * (width + mosaic.GAP)
        found = whole[top : top + height : factor, left : left + width : factor]
        np.testing.assert_array_equal(found, image)
    assert (whole[height : height + mosaic.GAP] == 255).all()


def test_columns_as_asked():
    assert mosaic.grid(images(12), 6).shape[1] > 2 * mosaic.grid(images(12), 6).shape[0]


def test_real_and_generated_have_their_colours(tmp_path):
    mosaic.beside_png(images(4), images(4), tmp_path / "a.png", "step 7")
    with Image.open(tmp_path / "a.png") as opened:
        head = np.asarray(opened.convert("RGB")).astype(int)[: mosaic.HEAD]
    middle = head.shape[1] // 2
    for colour, half in ((plotting.REAL, head[:, :middle]), (plotting.FAKE, head)):
        wanted = np.array(list(bytes.fromhex(colour[1:])))
        assert (np.abs(half - wanted).max(axis=-1) < 40).sum() > 20


def test_grey_files_are_grey_and_equal_pictures_equal_files(tmp_path):
    for name in ("a.png", "b.png"):
        mosaic.samples_png(images(9), tmp_path / name, "title", "step 1")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()
    with Image.open(tmp_path / "a.png") as opened:
        assert opened.mode == "L"
    mosaic.samples_png(images(9, 4, 3, 3), tmp_path / "c.png", "title")
    with Image.open(tmp_path / "c.png") as opened:
        assert opened.mode == "RGB"


@pytest.mark.parametrize("colours", [(), (3,)])
@pytest.mark.parametrize("count", [1, 2, 5])
def test_gif_has_a_frame_for_each(tmp_path, count, colours):
    frames = [(10 * k, images(4, 4, 3, *colours, seed=k)) for k in range(count)]
    mosaic.training_gif(frames, tmp_path / "a.gif", "digits")
    with Image.open(tmp_path / "a.gif") as opened:
        assert opened.n_frames == count


def test_progress_has_a_panel_for_each_step(tmp_path):
    frames = [(k, images(4, 4, 4, seed=k)) for k in (0, 50, 100)]
    mosaic.progress_png(frames, tmp_path / "a.png")
    with Image.open(tmp_path / "a.png") as opened:
        assert opened.width > 2.5 * opened.height


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        mosaic.samples_png(images(4), tmp_path / "nowhere" / "a.png", "title")


# ---- the other curves --------------------------------------------------------------


def history(n, **columns):
    table = 0.5 + 0.1 * np.random.default_rng(0).random((n, len(COLUMNS)))
    for name, value in columns.items():
        table[:, COLUMNS.index(name)] = value
    return History(table)


def pixels(path, colour):
    with Image.open(path) as opened:
        picture = np.asarray(opened.convert("RGB")).astype(int)
    wanted = np.array(list(bytes.fromhex(colour[1:])))
    return (np.abs(picture - wanted) < 40).all(axis=-1)


def test_gradients_and_split_accuracy_are_drawn(tmp_path):
    plotting.gradients(history(300), tmp_path / "g.png")
    for _, colour in [*plotting.GRADIENTS.values(), *plotting.RIGHT.values()]:
        assert pixels(tmp_path / "g.png", colour).sum() > 50


@pytest.mark.parametrize("steps", [0, 1, 7])
@pytest.mark.parametrize("length", [0.0, 1e-6, 1e6])
def test_gradients_of_short_runs_and_of_dead_networks(tmp_path, steps, length):
    plotting.gradients(history(steps, g_gradient=length), tmp_path / "g.png")
    assert (tmp_path / "g.png").stat().st_size > 1000


def test_the_band_around_an_answer_is_as_wide_as_its_spread(tmp_path):
    heights = []
    for spread in (0.05, 0.2):
        values = {"d_real": 0.5, "d_real_std": spread, "d_fake": 0, "d_fake_std": 0}
        plotting.losses(history(300, **values), tmp_path / "l.png")
        with Image.open(tmp_path / "l.png") as opened:
            picture = np.asarray(opened.convert("RGB")).astype(int)
        column = picture[picture.shape[0] * 3 // 5 :, picture.shape[1] // 3]
        pink = (column[:, 0] > 235) & (column[:, 1] < 235) & (column[:, 1] > 190)
        heights.append(pink.sum())
    assert 3 < heights[1] / heights[0] < 5
