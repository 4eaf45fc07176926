"""Layers as boxes: as large as their text, one below the other, frames around some."""

import numpy as np

from minigan.pictures.model import FILL, Box, draw

from .looking import image, near

LAYERS = [Box(["Dense", "(None, 3)"]), Box(["ReLU"])]


def test_boxes_are_as_large_as_what_they_hold():
    (width, height), (narrow, low) = (box.size() for box in LAYERS)
    assert width > narrow and height > low
    outer = Box(["G (Sequential)"], LAYERS).size()
    assert outer[0] > width and outer[1] > height + low


def test_boxes_stand_below_each_other(tmp_path):
    draw(LAYERS, tmp_path / "m.png", 100)
    filled = near(image(tmp_path / "m.png"), FILL, 6).any(axis=1)
    starts = np.count_nonzero(filled[1:] & ~filled[:-1])
    assert starts == 2


def test_frames_hold_boxes(tmp_path):
    draw([Box(["model"], [Box(["inner"], LAYERS), LAYERS[1]])], tmp_path / "m.png", 50)
    picture = image(tmp_path / "m.png")
    assert near(picture, FILL, 6).mean() > 0.1
    width, height = Box(["model"], [Box(["inner"], LAYERS), LAYERS[1]]).size()
    assert abs(picture.shape[0] / 50 - height) < 0.5
    assert abs(picture.shape[1] / 50 - width) < 0.5
