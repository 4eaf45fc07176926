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
def test_each_is_drawn(tmp_path, recipe):
    run = session(tmp_path, recipe)
    run.trainer.fit(2, report_every=None, callbacks=[run.frames])
    suited = pictures.pictures_of(run)
    assert tuple(suited) == pictures.NAMES
    for name, draw in suited.items():
        draw(tmp_path / name)
        with Image.open(tmp_path / name) as opened:
            assert opened.format == name[-3:].upper() and min(opened.size) > 200


def test_rows_that_cannot_be_drawn_have_curves_alone(tmp_path):
    data = np.random.default_rng(0).uniform(-1, 1, (9, 6)).astype(np.float32)
    assert tuple(pictures.pictures_of(session(tmp_path, data=data))) == tuple(
        pictures.CURVES
    )


def test_the_picture_of_a_report(tmp_path):
    run = session(tmp_path)
    pictures.draw_report(run.trainer, run.frames, tmp_path / "r.png")
    with Image.open(tmp_path / "r.png") as opened:
        assert opened.mode == "L" and len(np.unique(np.asarray(opened))) > 20
