"""Pictures: what they hold, not only that they exist."""

import os
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image, ImageSequence

from minigan import animation, plotting
from minigan.errors import OutputError
from minigan.gan.equilibrium import equilibrium
from minigan.gan.film import COLUMNS, POINTS, ROWS, Frames, grid, stride, view
from minigan.gan.history import History


def parabola_points(n, seed=0):
    x = np.random.default_rng(seed).random(n) - 0.5
    return np.column_stack([x, x * x])


def history(n=300, seed=0):
    return History(0.5 + 0.1 * np.random.default_rng(seed).random((n, 12)))


def frames(n=5):
    """Fakes that slide to the right; D rises from bottom (0) to top (1)."""
    real = parabola_points(POINTS)
    window = view(real)
    surface = np.repeat(np.linspace(0, 1, ROWS)[:, None], COLUMNS, axis=1)
    fakes = np.stack([np.full((POINTS, 2), (0.2 * k - 0.4, -0.2)) for k in range(n)])
    return Frames(np.arange(n) * 200, fakes, np.stack([surface] * n), window, real)


def image(path):
    with Image.open(path) as opened:
        return np.asarray(opened.convert("RGB")).astype(int)


def near(picture, colour, tolerance=40):
    """Which pixels have about this colour, given as #rrggbb."""
    wanted = np.array(list(bytes.fromhex(colour[1:])))
    return (np.abs(picture - wanted) < tolerance).all(axis=-1)


@pytest.mark.parametrize(
    ("options", "score", "d_loss", "g_loss"),
    [
        ({}, 0.5, 0.6931, 0.6931),
        ({"objective": "minimax"}, 0.5, 0.6931, -0.6931),
        ({"real_label": 0.9}, 0.45, 0.6881, 0.7985),
        ({"real_label": 0.9, "objective": "minimax"}, 0.45, 0.6881, -0.5978),
    ],
)
def test_equilibrium(options, score, d_loss, g_loss):
    balance = equilibrium(**options)
    assert balance.score == score
    assert balance.d_loss == pytest.approx(d_loss, abs=5e-5)
    assert balance.g_loss == pytest.approx(g_loss, abs=5e-5)


@pytest.mark.parametrize("labels", [(0, 0), (1, 1)])
def test_equilibrium_of_labels_that_say_nothing(labels):
    balance = equilibrium(*labels)
    assert balance.d_loss == 0 and balance.score == labels[0]


def test_equilibrium_is_where_the_loss_of_d_is_smallest():
    a, b = 0.9, 0.05
    answers = np.linspace(0.01, 0.99, 9801)
    loss = -((a + b) * np.log(answers) + (2 - a - b) * np.log(1 - answers)) / 2
    balance = equilibrium(a, b)
    assert answers[loss.argmin()] == pytest.approx(balance.score, abs=1e-4)
    assert loss.min() == pytest.approx(balance.d_loss, abs=1e-6)


def test_losses_draw_every_curve(tmp_path):
    plotting.losses(history(), tmp_path / "losses.png")
    picture = image(tmp_path / "losses.png")
    for _, colour in [*plotting.CURVES.values(), *plotting.ANSWERS.values()]:
        assert near(picture, colour).sum() > 50


def test_scores_of_a_critic_are_not_cut_to_probabilities(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(plotting, "save", lambda figure, path: drawn.append(figure))
    table = history().table.copy()
    table[:, 4:6] += 3  # d_real, d_fake
    for objective in ("hinge", "non-saturating"):
        plotting.losses(History(table), tmp_path / "losses.png", objective=objective)
    (_, scores), (_, answers) = (figure.axes for figure in drawn)
    assert scores.get_ylim()[0] < 3.5 < scores.get_ylim()[1]
    assert answers.get_ylim() == (-0.02, 1.02)
    assert "1 is real" in answers.get_title("left")
    assert "1 is real" not in scores.get_title("left")


@pytest.mark.parametrize("steps", [0, 1, 7])
def test_losses_of_short_runs(tmp_path, steps):
    options = {"real_label": 0.9, "objective": "minimax"}
    plotting.losses(history(steps), tmp_path / "l.png", **options)
    assert image(tmp_path / "l.png").ndim == 3


def test_limits_include_the_equilibrium_but_not_single_wild_values():
    values = np.full(10_000, 0.5)
    values[:3] = 1000
    low, high = plotting._limits([values], [0.6931])
    assert low < 0.5 and 0.6931 < high < 1


def test_smooth_is_a_mean_over_the_window():
    values = np.random.default_rng(0).random(50)
    smoothed = plotting.smooth(values, 10)
    expected = [values[max(0, k - 5) : k + 6].mean() for k in range(50)]
    np.testing.assert_allclose(smoothed, expected, rtol=1e-12)
    np.testing.assert_allclose(plotting.smooth(values, 1), values, rtol=1e-12)


def test_scatter_draws_real_red_and_generated_blue(tmp_path):
    real = parabola_points(100)
    plotting.scatter(real, real + (0.0, 0.2), tmp_path / "s.png", title="a title")
    picture = image(tmp_path / "s.png")
    red, blue = (near(picture, c, 70) for c in (plotting.REAL, plotting.FAKE))
    assert red.sum() > 500 and blue.sum() > 500
    assert np.argwhere(red)[:, 0].mean() > np.argwhere(blue)[:, 0].mean()  # below


def test_scatter_row_has_one_panel_for_each_entry(tmp_path):
    real = parabola_points(50)
    far = real + (9.0, 9.0)
    plotting.scatter_row(
        real, [("start", far), ("end", real + 0.2)], tmp_path / "r.png"
    )
    picture = image(tmp_path / "r.png")
    width = picture.shape[1]
    red = near(picture, plotting.REAL, 70)
    assert red[:, : width // 2].sum() > 100 and red[:, width // 2 :].sum() > 100
    plotting.scatter_row(real, [("only", real)], tmp_path / "r.png")


def test_equal_figures_are_equal_files(tmp_path):
    for name in ("a.png", "b.png"):
        plotting.losses(history(), tmp_path / name)
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def test_a_folder_that_is_not_there(tmp_path):
    with pytest.raises(OutputError, match="nowhere"):
        plotting.losses(history(), tmp_path / "nowhere" / "l.png")
    with pytest.raises(OutputError, match="nowhere"):
        animation.training_gif(frames(), tmp_path / "nowhere" / "t.gif")


# ---- animation ---------------------------------------------------------------------


def test_gif_shows_the_surface_and_moves_the_fakes(tmp_path):
    animation.training_gif(frames(), tmp_path / "t.gif")
    left, top, right, bottom = animation.INSIDE
    with Image.open(tmp_path / "t.gif") as opened:
        assert opened.n_frames == 5 and opened.size == animation.SIZE
        assert opened.info["loop"] == 0
        pictures = [
            np.asarray(frame.convert("RGB")).astype(int)[top:bottom, left:right]
            for frame in ImageSequence.Iterator(opened)
        ]
    places = []
    for picture in pictures:
        np.testing.assert_allclose(picture[2, 5], animation.HIGH, atol=12)
        np.testing.assert_allclose(picture[-3, 5], animation.LOW, atol=12)
        places.append(np.argwhere(near(picture, plotting.FAKE)).mean(axis=0))
    places = np.array(places)
    left_end, right_end, low_end, high_end = frames().view
    expected = (0.2 * np.arange(5) - 0.4 - left_end) / (right_end - left_end)
    np.testing.assert_allclose(places[:, 1], expected * (right - left), atol=1)
    up = (high_end + 0.2) / (high_end - low_end)
    np.testing.assert_allclose(places[:, 0], up * (bottom - top), atol=1)


def test_gif_of_one_frame_and_of_points_that_are_far_or_not_finite(tmp_path):
    one = frames(1)
    one.fakes[0, :3] = [[1e30, 0], [np.nan, 0], [0, -np.inf]]
    animation.training_gif(one, tmp_path / "t.gif")
    assert near(image(tmp_path / "t.gif"), plotting.FAKE).sum() > 20


def test_gif_says_the_step(tmp_path):
    """The pictures of two frames that differ in nothing but the step differ there."""
    still = frames(2)
    still.fakes[1] = still.fakes[0]
    animation.training_gif(still, tmp_path / "t.gif")
    with Image.open(tmp_path / "t.gif") as opened:
        first, second = (
            np.asarray(f.convert("RGB")).astype(int)
            for f in ImageSequence.Iterator(opened)
        )
    rows, columns = np.nonzero((first != second).any(axis=-1))
    left, top, right, _ = animation.INSIDE
    assert len(rows) and rows.max() < top
    assert columns.min() > (left + right) / 2 and columns.max() <= right


def test_enlarging_is_linear_interpolation():
    values = np.arange(12.0).reshape(3, 4)
    large = animation._enlarge(values, (9, 13))
    expected = np.linspace(0, 8, 9)[:, None] + np.linspace(0, 3, 13)
    np.testing.assert_allclose(large, expected, atol=1e-5)


def test_discs_cover_their_area():
    cover = animation._discs((40, 40), np.array([[20.0, 15.0]]), 5.0)
    assert cover.sum() == pytest.approx(np.pi * 25, rel=0.03)
    row, column = np.average(np.indices(cover.shape), axis=(1, 2), weights=[cover] * 2)
    assert (column + 0.5, row + 0.5) == pytest.approx((20, 15), abs=0.01)


# ---- film --------------------------------------------------------------------------


def test_strides_are_nested_and_few():
    strides = [stride(steps) for steps in range(1, 30_000)]
    assert stride(10_000) == 200 and stride(50) == 1
    assert all(n // every <= 50 for n, every in enumerate(strides, start=1))
    known = sorted(set(strides))
    assert all(b % a == 0 for a, b in zip(known[:-1], known[1:], strict=True))


def test_grid_goes_row_by_row_from_below():
    points = grid((-1.0, 1.0, -2.0, 3.0))
    assert points.shape == (ROWS * COLUMNS, 2)
    assert points[0].tolist() == [-1, -2] and points[-1].tolist() == [1, 3]
    assert points[1, 0] > points[0, 0] and points[1, 1] == points[0, 1]


# ---- surroundings ------------------------------------------------------------------


def test_no_display_and_a_backend_that_needs_one(tmp_path):
    code = (
        "import numpy as np, sys\n"
        "from minigan import plotting\n"
        "plotting.scatter(np.eye(2), np.eye(2), 'p.png')\n"
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


def test_matplotlib_has_one_importer():
    """Everything else asks `plotting`, so that training never needs it."""
    package = os.path.dirname(plotting.__file__)
    importers = []
    for folder, _, names in os.walk(package):
        for name in names:
            path = os.path.join(folder, name)
            if name.endswith(".py") and "import matplotlib" in open_text(path):
                importers.append(name)
            elif name.endswith(".py") and "from matplotlib" in open_text(path):
                importers.append(name)
    assert importers == ["plotting.py"]


def open_text(path):
    with open(path, encoding="utf-8") as file:
        return file.read()
