"""Scatter plots: what they show, not only that they exist."""

import numpy as np
import pytest

from minigan.gan.frames import view
from minigan.pictures import output, points

from .looking import image, near, parabola_points


def reddish(picture):
    """Which pixels have the colour of real points, pale as they are."""
    red, green, blue = np.moveaxis(picture, -1, 0)
    return (red > 180) & (red > green + 40) & (red > blue + 40)


def test_scatter_draws_real_red_and_generated_blue(tmp_path):
    real = parabola_points(100)
    points.scatter(real, real + (0.0, 0.2), tmp_path / "s.png", title="a title")
    picture = image(tmp_path / "s.png")
    red, blue = reddish(picture), near(picture, output.FAKE, 70)
    assert red.sum() > 500 and blue.sum() > 500
    assert np.argwhere(red)[:, 0].mean() > np.argwhere(blue)[:, 0].mean()  # below


def test_neither_kind_of_points_hides_the_other(tmp_path):
    real = parabola_points(300)
    points.scatter(real, real, tmp_path / "s.png")
    picture = image(tmp_path / "s.png")
    picture = picture[:, : picture.shape[1] // 2]  # beside the legend
    assert reddish(picture).sum() > 500 and near(picture, output.FAKE, 70).sum() > 500


def test_a_panel_is_as_near_as_its_points_let_it():
    real, widest = parabola_points(200), (-1.2, 1.2, -0.6, 0.9)
    alone = points.near(real, real, widest)
    assert -0.7 < alone[0] < -0.5 and 0.25 < alone[3] < 0.4
    stray = np.vstack([real, [[1.1, 0.8]]])  # of 201
    assert points.near(real, stray, widest) == pytest.approx(alone, abs=0.01)
    assert points.inside(stray, alone).sum() == 200
    spread = real + np.random.default_rng(0).normal(0, 0.8, real.shape)
    left, right, bottom, top = points.near(real, spread, widest)
    assert left < -0.9 and right > 0.9 and bottom < -0.4 and top > 0.7
    far = np.full((5, 2), np.nan)
    far[1:] = np.inf
    assert points.near(real, far, widest)[:2] == pytest.approx(alone[:2], abs=0.02)
    assert not points.inside(far, widest).any()


def test_a_panel_of_a_constant_column_has_a_height():
    real = np.column_stack([np.linspace(0, 1, 50), np.zeros(50)])
    left, right, bottom, top = points.near(real, real, (-1.0, 2.0, -1.0, 1.0))
    assert left < 0 < 1 < right and bottom < 0 < top


def test_a_panel_shows_what_the_next_one_does(tmp_path):
    real = parabola_points(200)
    row = [("start", 3 * real), ("end", real)]
    first, second = points.scatter_row(real, row, view(real)).axes
    (frame,) = [line for line in first.lines if line.get_color() == "#888888"]
    assert frame.get_xdata()[0] == second.get_xlim()[0]
    assert not [line for line in second.lines if line.get_color() == "#888888"]


def test_scatter_row_has_one_panel_for_each_entry(tmp_path):
    real = parabola_points(50)
    far = real + (9.0, 9.0)
    row = [("start", far), ("end", real + 0.2)]
    points.scatter_row(real, row, view(real), tmp_path / "r.png")
    picture = image(tmp_path / "r.png")
    width = picture.shape[1]
    red = reddish(picture)
    assert red[:, : width // 2].sum() > 100 and red[:, width // 2 :].sum() > 100
    points.scatter_row(real, [("only", real)], view(real), tmp_path / "r.png")
