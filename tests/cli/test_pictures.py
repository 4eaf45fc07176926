"""Which pictures suit a run, and what they are drawn from."""

import numpy as np
import pytest
from PIL import Image

from minigan.cli import pictures
from minigan.cli.rundir import RunDir
from minigan.cli.session import Session
from minigan.gan import recipes


def session(tmp_path, recipe="digits", **options):
    trainer = recipes.load(recipe, backend="numpy", batch_size=4, **options)
    return Session(RunDir(tmp_path), trainer, 2, display=None)


def test_names_stand_once():
    assert pictures.POINTS.keys() == pictures.IMAGES.keys()
    assert pictures.NAMES == (*pictures.CURVES, *pictures.POINTS)


@pytest.mark.parametrize("recipe", ["parabola", "digits"])
def test_points_and_images_have_all(tmp_path, recipe):
    """Drawn at the end of the runs of `test_train` and `test_train_images`."""
    assert tuple(pictures.pictures_of(session(tmp_path, recipe))) == pictures.NAMES


def test_rows_of_many_columns_are_drawn_as_tables(tmp_path):
    data = np.random.default_rng(0).uniform(-1, 1, (9, 6)).astype(np.float32)
    drawn = pictures.pictures_of(session(tmp_path, data=data))
    assert list(drawn) == [*pictures.CURVES, *pictures.TABLES]


def test_the_picture_of_a_report(tmp_path):
    run = session(tmp_path)
    pictures.draw_report(run.trainer, run.frames, tmp_path / "r.png")
    with Image.open(tmp_path / "r.png") as opened:
        assert opened.mode == "L" and len(np.unique(np.asarray(opened))) > 20
