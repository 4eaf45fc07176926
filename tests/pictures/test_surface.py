"""The animation of D's surface with the points that move over it."""

import numpy as np
import pytest
from PIL import Image, ImageSequence

from minigan.gan.frames import COLUMNS, POINTS, ROWS, PointSeries, view
from minigan.pictures import output, surface

from .looking import image, near, parabola_points


def frames(n=5):
    """Fakes that slide to the right; D rises from bottom (0) to top (1)."""
    real = parabola_points(POINTS)
    window = view(real)
    rising = np.repeat(np.linspace(0, 1, ROWS)[:, None], COLUMNS, axis=1)
    fakes = np.stack([np.full((POINTS, 2), (0.2 * k - 0.4, -0.2)) for k in range(n)])
    return PointSeries(np.arange(n) * 200, fakes, np.stack([rising] * n), window, real)


def test_gif_shows_the_surface_and_moves_the_fakes(tmp_path):
    drawn = surface.surface_gif(frames(), tmp_path / "t.gif")
    assert drawn.content == (tmp_path / "t.gif").read_bytes()
    left, top, right, bottom = surface.INSIDE
    with Image.open(tmp_path / "t.gif") as opened:
        assert opened.n_frames == 5 and opened.size == surface.SIZE
        assert opened.info["loop"] == 0
        pictures = [
            np.asarray(frame.convert("RGB")).astype(int)[top:bottom, left:right]
            for frame in ImageSequence.Iterator(opened)
        ]
    places = []
    for picture in pictures:
        np.testing.assert_allclose(picture[2, 5], surface.HIGH, atol=12)
        np.testing.assert_allclose(picture[-3, 5], surface.LOW, atol=12)
        places.append(np.argwhere(near(picture, output.FAKE)).mean(axis=0))
    places = np.array(places)
    left_end, right_end, low_end, high_end = frames().view
    expected = (0.2 * np.arange(5) - 0.4 - left_end) / (right_end - left_end)
    np.testing.assert_allclose(places[:, 1], expected * (right - left), atol=1)
    up = (high_end + 0.2) / (high_end - low_end)
    np.testing.assert_allclose(places[:, 0], up * (bottom - top), atol=1)


def test_gif_of_one_frame_and_of_points_that_are_far_or_not_finite(tmp_path):
    one = frames(1)
    one.fakes[0, :3] = [[1e30, 0], [np.nan, 0], [0, -np.inf]]
    surface.surface_gif(one, tmp_path / "t.gif")
    assert near(image(tmp_path / "t.gif"), output.FAKE).sum() > 20


def test_gif_says_the_step(tmp_path):
    """The pictures of two frames that differ in nothing but the step differ there."""
    still = frames(2)
    still.fakes[1] = still.fakes[0]
    surface.surface_gif(still, tmp_path / "t.gif")
    with Image.open(tmp_path / "t.gif") as opened:
        first, second = (
            np.asarray(f.convert("RGB")).astype(int)
            for f in ImageSequence.Iterator(opened)
        )
    rows, columns = np.nonzero((first != second).any(axis=-1))
    left, top, right, _ = surface.INSIDE
    assert len(rows) and rows.max() < top
    assert columns.min() > (left + right) / 2 and columns.max() <= right


def test_enlarging_is_linear_interpolation():
    values = np.arange(12.0).reshape(3, 4)
    large = surface._enlarge(values, (9, 13))
    expected = np.linspace(0, 8, 9)[:, None] + np.linspace(0, 3, 13)
    np.testing.assert_allclose(large, expected, atol=1e-5)


def test_discs_cover_their_area():
    cover = surface._discs((40, 40), np.array([[20.0, 15.0]]), 5.0)
    assert cover.sum() == pytest.approx(np.pi * 25, rel=0.03)
    row, column = np.average(np.indices(cover.shape), axis=(1, 2), weights=[cover] * 2)
    assert (column + 0.5, row + 0.5) == pytest.approx((20, 15), abs=0.01)
