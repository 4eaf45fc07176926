"""Curves over the steps of a run: what they show, not only that they exist."""

from math import log, nan

import numpy as np
import pytest

from minigan.gan.equilibrium import Equilibrium
from minigan.gan.history import History
from minigan.pictures import curves

from .looking import history, image, near

HALF = Equilibrium(0.5, log(2), log(2))
APART = Equilibrium(0.45, 0.6881, -0.5978)
UNKNOWN = Equilibrium(nan, 1.0, nan)


def test_losses_draw_every_curve(tmp_path):
    curves.losses(history(), tmp_path / "losses.png", HALF)
    picture = image(tmp_path / "losses.png")
    for _, colour in [*curves.CURVES.values(), *curves.ANSWERS.values()]:
        assert near(picture, colour).sum() > 50


def test_scores_of_a_critic_are_not_cut_to_probabilities(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(
        curves, "save_figure", lambda figure, path: drawn.append(figure)
    )
    table = history().table.copy()
    table[:, 4:6] += 3  # d_real, d_fake
    for balance, critic in ((UNKNOWN, True), (HALF, False)):
        curves.losses(History(table), tmp_path / "losses.png", balance, critic)
    (_, scores), (_, answers) = (figure.axes for figure in drawn)
    assert scores.get_ylim()[0] < 3.5 < scores.get_ylim()[1]
    assert answers.get_ylim() == (-0.02, 1.02)
    assert "1 is real" in answers.get_title("left")
    assert "1 is real" not in scores.get_title("left")


@pytest.mark.parametrize("steps", [0, 1, 7])
def test_losses_of_short_runs(tmp_path, steps):
    curves.losses(history(steps), tmp_path / "l.png", APART)
    assert image(tmp_path / "l.png").ndim == 3


def test_limits_include_the_equilibrium_but_not_single_wild_values():
    values = np.full(10_000, 0.5)
    values[:3] = 1000
    low, high = curves._limits([values], [0.6931])
    assert low < 0.5 and 0.6931 < high < 1


def test_smooth_is_a_mean_over_the_window():
    values = np.random.default_rng(0).random(50)
    smoothed = curves.smooth(values, 10)
    expected = [values[max(0, k - 5) : k + 6].mean() for k in range(50)]
    np.testing.assert_allclose(smoothed, expected, rtol=1e-12)
    np.testing.assert_allclose(curves.smooth(values, 1), values, rtol=1e-12)


def test_gradients_and_split_accuracy_are_drawn(tmp_path):
    curves.gradients(history(300), tmp_path / "g.png")
    for _, colour in [*curves.GRADIENTS.values(), *curves.RIGHT.values()]:
        assert near(image(tmp_path / "g.png"), colour).sum() > 50


@pytest.mark.parametrize("steps, length", [(0, 0.0), (1, 1e-6), (7, 0.0), (7, 1e6)])
def test_gradients_of_short_runs_and_of_dead_networks(tmp_path, steps, length):
    curves.gradients(history(steps, g_gradient=length), tmp_path / "g.png")
    assert (tmp_path / "g.png").stat().st_size > 1000


def test_the_band_around_an_answer_is_as_wide_as_its_spread(tmp_path):
    heights = []
    for spread in (0.05, 0.2):
        values = {"d_real": 0.5, "d_real_std": spread, "d_fake": 0, "d_fake_std": 0}
        curves.losses(history(300, **values), tmp_path / "l.png", HALF)
        picture = image(tmp_path / "l.png")
        column = picture[picture.shape[0] * 3 // 5 :, picture.shape[1] // 3]
        pink = (column[:, 0] > 235) & (column[:, 1] < 235) & (column[:, 1] > 190)
        heights.append(pink.sum())
    assert 3 < heights[1] / heights[0] < 5
