"""Small pictures of samples."""

import numpy as np

from minigan.gan import recipes
from minigan.study import thumbnail
from minigan.study.thumbnail import FAKE, REAL, SIDE, points


def test_points_lie_where_they_are():
    real = np.array([[0.0, 0.0], [1.0, 1.0]])
    whole = points(np.array([[0.0, 1.0], [np.nan, 0.0], [9.0, 0.5]]), real)
    assert whole.shape == (SIDE, SIDE, 3) and whole.dtype == np.uint8
    rows, columns = np.nonzero((whole == FAKE).all(axis=2))
    assert len(rows) == 1 and rows[0] < SIDE / 2 and columns[0] < SIDE / 2
    assert (whole == REAL).all(axis=2).sum() == 2


def test_one_column_and_real_points_that_are_all_the_same():
    real = np.full((5, 1), 3.0, np.float32)
    whole = points(real, real)
    assert (whole == FAKE).all(axis=2).sum() == 1


def test_images_stand_in_rows():
    trainer = recipes.load("digits", backend="numpy")
    samples = np.linspace(-1, 1, 9 * 64, dtype=np.float32).reshape(9, 64)
    whole = thumbnail.thumbnail(samples, trainer)
    assert whole.shape == (26, 26) and whole[0, 0] == 0 and whole[-1, -1] == 255
    assert (whole[8] == 128).all() and (whole[:, 17] == 128).all()


def test_large_images_are_thinned_out():
    images = np.zeros((9, 100, 60, 3), np.uint8)
    assert thumbnail._images(images).shape == (3 * 34 + 2, 3 * 20 + 2, 3)
