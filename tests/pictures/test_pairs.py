"""Pair plots: what they show, not only that they exist."""

import numpy as np
import pytest
from PIL import Image

from minigan.gan.frames import TableSeries
from minigan.pictures import output, pairs

from .looking import image, near

NAMES = "height (cm)", "weight, $x$ kg", "年齢"


def rows(seed=0, shift=0.0, columns=3):
    values = np.random.default_rng(seed).normal(size=(80, columns))
    return values * [10, 5, 1][:columns] + [170, 70, 3][:columns] + shift


@pytest.mark.parametrize("columns", [1, 3])
def test_both_kinds_of_rows_are_seen(tmp_path, columns):
    real, fake = rows(columns=columns), rows(1, 2.0, columns)
    path = tmp_path / "p.png"
    pairs.pair_plot(real, fake, NAMES[:columns], path, "the first of all")
    picture = image(path)
    height, width, _ = picture.shape
    assert abs(height - width) < 20
    assert near(picture, output.REAL, 110).sum() > 100
    assert near(picture, output.FAKE, 110).sum() > 100


def test_only_real_rows_where_fakes_are_elsewhere(tmp_path):
    pairs.pair_plot(rows(), rows(shift=1e6), NAMES, tmp_path / "far.png")
    pairs.pair_plot(rows(), rows(), NAMES, tmp_path / "near.png")
    far, close = (
        near(image(tmp_path / f"{name}.png"), output.FAKE, 90).sum()
        for name in ("far", "near")
    )
    assert far < close / 3


@pytest.mark.parametrize("low", [0.0, 5.0, -1e9, 1e-12])
def test_a_column_of_one_number(tmp_path, low):
    real = np.column_stack([rows(columns=1), np.full(80, low)])
    for (left, right), column in zip(pairs.limits(real), real.T, strict=True):
        assert left < column.min() and column.max() < right
    pairs.pair_plot(real, real, ("a", "b"), tmp_path / "p.png")


def test_sets_side_by_side(tmp_path):
    fakes = [("step 0", rows(1)), ("step 9", rows(2))]
    pairs.pair_row(rows(), fakes, NAMES, tmp_path / "r.png")
    pairs.pair_row(rows(), fakes[:1], NAMES, tmp_path / "one.png")
    both, one = (image(tmp_path / f"{name}.png") for name in ("r", "one"))
    assert both.shape[0] == one.shape[0]
    assert abs(both.shape[1] - 2 * one.shape[1]) < 3  # pixels are whole


@pytest.mark.parametrize("columns", [1, 3])
def test_the_animation_shows_each_frame(tmp_path, columns):
    real, path = rows(columns=columns), tmp_path / "t.gif"
    fakes = np.stack([real + 99, rows(1, 0, columns), np.full_like(real, np.nan)])
    steps = np.array([0, 50, 100])
    pairs.pairs_gif(TableSeries(steps, fakes, real, NAMES[:columns]), path, "own")
    with Image.open(path) as opened:
        assert opened.n_frames == 3
        blue = []
        for k in range(3):
            opened.seek(k)
            picture = np.asarray(opened.convert("RGB")).astype(int)
            blue.append(near(picture, output.FAKE, 30).sum())
    assert blue[1] > 1.5 * blue[0]
