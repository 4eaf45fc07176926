"""Scatter plots: what they show, not only that they exist."""

import numpy as np

from minigan.gan.frames import view
from minigan.pictures import output, points

from .looking import image, near, parabola_points


def test_scatter_draws_real_red_and_generated_blue(tmp_path):
    real = parabola_points(100)
    points.scatter(real, real + (0.0, 0.2), tmp_path / "s.png", title="a title")
    picture = image(tmp_path / "s.png")
    red, blue = (near(picture, c, 70) for c in (output.REAL, output.FAKE))
    assert red.sum() > 500 and blue.sum() > 500
    assert np.argwhere(red)[:, 0].mean() > np.argwhere(blue)[:, 0].mean()  # below


def test_scatter_row_has_one_panel_for_each_entry(tmp_path):
    real = parabola_points(50)
    far = real + (9.0, 9.0)
    row = [("start", far), ("end", real + 0.2)]
    points.scatter_row(real, row, view(real), tmp_path / "r.png")
    picture = image(tmp_path / "r.png")
    width = picture.shape[1]
    red = near(picture, output.REAL, 70)
    assert red[:, : width // 2].sum() > 100 and red[:, width // 2 :].sum() > 100
    points.scatter_row(real, [("only", real)], view(real), tmp_path / "r.png")
