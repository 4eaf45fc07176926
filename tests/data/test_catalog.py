"""The registry of data sets: those of ours, and one of a user's own."""

import runpy
import subprocess
import sys

import numpy as np
import pytest

from minigan import data
from minigan.cli import session
from minigan.data import DATASETS, catalog
from minigan.errors import ArgumentError, DatasetError
from minigan.gan import recipes
from minigan.modes import GRID, RING
from tests.cli.helpers import empty_pictures, run
from tests.helpers import replaced

ROWS = np.linspace(-1, 1, 40 * 64, dtype=np.float32).reshape(40, 64)
LABELS = np.arange(40)


@pytest.fixture
def mine(monkeypatch):
    """A function that registers under the name "mine" what it is given."""

    def register(x, y=LABELS):
        replaced(monkeypatch, DATASETS, "mine", lambda: ((x, y), (x[:4], y[:4])))

    return register


def test_ours():
    images = ["digits", "mnist", "fashion_mnist"]
    assert list(DATASETS) == ["parabola", "ring", "grid", *images]
    assert [d.name for d in catalog.image_files()] == images
    assert [d.name for d in catalog.image_files() if d.bundled] == ["digits"]
    with pytest.raises(ArgumentError, match="a new data set, got 'digits'"):
        DATASETS.register(name="digits")(lambda: None)


def test_floats_are_taken_as_they_are(mine):
    mine(ROWS)
    (x_train, y_train), (x_test, _) = data.load("mine")
    assert x_train is ROWS and y_train is LABELS and len(x_test) == 4
    np.testing.assert_array_equal(data.images("mine"), ROWS)
    assert data.images("mine", dtype=np.float64).dtype == np.float64


@pytest.mark.parametrize("name, modes", [("ring", RING), ("grid", GRID)])
def test_mixtures_are_in_their_own_units_and_scaled_to_train_on(name, modes):
    (x, labels), (x_test, _) = data.load(name)
    assert x.shape == (10_000, 2) and x_test.shape == (2_000, 2)
    apart = np.linalg.norm(x[:, None] - modes.centres, axis=2)
    np.testing.assert_array_equal(apart.argmin(axis=1), labels)
    assert len(np.unique(labels)) == len(modes)
    with pytest.raises(DatasetError, match=r"floats in \[-1, 1\]"):
        data.images(name)
    trainer = recipes.load("parabola", data=name, backend="numpy")
    assert np.abs(trainer.data.data).max() == 1
    np.testing.assert_allclose(trainer.data.columns.high, x.max(axis=0))


def test_bytes_are_scaled_and_colours_keep_their_place(mine):
    colours = np.arange(40 * 4 * 4 * 3).reshape(40, 4, 4, 3).astype(np.uint8)
    mine(colours)
    rows = data.images("mine")
    np.testing.assert_array_equal(rows, data.scale(colours))
    assert recipes.load("digits", data="mine").generator.output_shape() == (4, 4, 3)
    mine(colours[..., 0])
    assert data.images("mine").shape == (40, 16)


def test_a_recipe_trains_on_it(mine):
    mine(ROWS)
    trainer = recipes.load("digits", data="mine", backend="numpy", batch_size=4)
    trainer.fit(2, report_every=None)
    assert trainer.step_count == 2 and trainer.data.features == 64


def test_errors_name_it(mine):
    with pytest.raises(ArgumentError) as without:
        data.load("nothing")
    assert "'mine'" not in str(without.value)
    mine(ROWS)
    with pytest.raises(ArgumentError, match="'fashion_mnist', 'mine', got 'nothing'"):
        recipes.load("digits", data="nothing")
    with pytest.raises(ArgumentError, match="'path': expected None .'mine' needs no"):
        data.load("mine", "somewhere")


@pytest.mark.parametrize(
    ("made", "words"),
    [
        (None, "found NoneType"),
        (ROWS, r"\(x_train, y_train\), \(x_test, y_test\), found ndarray"),
        (((ROWS, LABELS),), "found tuple"),
        (((ROWS, LABELS[:3]), (ROWS, LABELS)), "as many rows as labels"),
        (((ROWS, 3), (ROWS, LABELS)), "as many rows as labels"),
    ],
)
def test_what_is_no_data_set(monkeypatch, made, words):
    replaced(monkeypatch, DATASETS, "mine", lambda: made)
    with pytest.raises(DatasetError, match=f"^mine: expected .*{words}"):
        data.load("mine")


@pytest.mark.parametrize(
    ("x", "words"),
    [
        (3 * ROWS, "floats in .-1, 1.*-3 to 3"),
        (ROWS * np.nan, "finite numbers"),
        (ROWS.astype(np.int64), "uint8, float32 or float64"),
        (ROWS[:0], "at least one row"),
    ],
)
def test_rows_that_nobody_can_train_on(mine, x, words):
    mine(x, LABELS[: len(x)])
    with pytest.raises(DatasetError, match=f"^mine: expected .*{words}"):
        data.images("mine")


FILE = """
import numpy as np
from minigan.data import DATASETS

@DATASETS.register()
def stripes():
    rng = np.random.default_rng(0)
    x = 255 * (np.arange(8) % 2 == rng.integers(0, 2, (60, 1, 1))) * np.ones((8, 1))
    x, y = x.astype(np.uint8), x[:, 0, 0] > 0
    return (x[:50], y[:50]), (x[50:], y[50:])

if __name__ == "__main__":
    from minigan.cli import main
    main()
"""


def test_one_file_outside_the_package_adds_one(tmp_path, monkeypatch):
    """It is chosen, listed and drawn by the command line as ours are."""
    (tmp_path / "mine.py").write_text(FILE)
    command = [sys.executable, "mine.py", "train", "-h"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    words = done.stdout.replace("\N{BOX DRAWINGS LIGHT VERTICAL}", "").split()
    assert "fashion_mnist, stripes; a CSV" in " ".join(words)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(session.Session, "_pictures", empty_pictures)
    runpy.run_path("mine.py")
    try:
        text = run("data", "list").output
        assert "stripes" in text and "8 x 8" in text and "computed" in text
        unknown = run("data", "preview", "nothing")
        assert unknown.exit_code == 2 and "'stripes'" in unknown.output
        drawn = run("data", "preview", "stripes")
        assert drawn.exit_code == 0 and drawn.output == "preview.png\n"
        numpy = ("--out", "run", "--backend", "numpy", "-q")
        for chosen, steps in (("--data", "stripes"), 2), (("--resume",), 3):
            trained = run("train", "digits", *chosen, "--steps", steps, *numpy)
            assert trained.exit_code == 0, trained.output
    finally:
        DATASETS.unregister("stripes")
