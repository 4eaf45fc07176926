"""docs/dark.py: what is white gets dark, hues stay, images in a picture stay."""

import colorsys

import numpy as np
import pytest
from PIL import Image

from minigan.pictures import image_grid

from .test_docs import script


@pytest.fixture(scope="module")
def dark():
    return script("dark")


def brightness(colour):
    return np.dot(colour, (0.2126, 0.7152, 0.0722))


def test_paper_gets_dark_ink_gets_light_and_greys_stay_in_order(dark):
    greys = np.arange(0, 256, 5, np.uint8)[:, None].repeat(3, axis=1)
    found = dark.darkened(greys).astype(int)
    assert (np.diff(found[:, 0]) < 0).all()
    assert np.ptp(found, axis=1).max() <= 1
    assert found[0, 0] > 220 and found[-1, 0] < 30


@pytest.mark.parametrize(
    "name", ["#d62222", "#1f4ed8", "#009e73", "#e69f00", "#56b4e9"]
)
def test_a_colour_keeps_its_hue_and_is_seen(dark, name):
    colour = np.array(list(bytes.fromhex(name[1:])), np.uint8)
    found = dark.darkened(colour)
    hues = [colorsys.rgb_to_hsv(*(c / 255.0))[0] for c in (colour, found)]
    assert abs(hues[0] - hues[1]) < 0.06
    paper = dark.darkened(np.full(3, 255, np.uint8))
    assert brightness(found) > brightness(paper) + 60


def test_images_in_a_picture_stay_as_they_are(dark, tmp_path):
    images = np.random.default_rng(0).integers(0, 256, (2, 9, 8, 8)).astype(np.uint8)
    image_grid.beside_png(*images, tmp_path / "a.png")
    dark.darken(tmp_path / "a.png", tmp_path / "b.png")
    light, found = (
        np.asarray(Image.open(tmp_path / name).convert("RGB"))
        for name in ("a.png", "b.png")
    )
    head = image_grid.HEAD
    inside = slice(head, light.shape[0] - image_grid.BORDER)
    places = dark.grids(light)
    assert [rows for rows, _ in places] == [inside, inside]
    for place in places:
        np.testing.assert_array_equal(light[place], found[place])
    assert (light[:head] == 255).mean() > 0.9 and (found[:head] < 30).mean() > 0.9
    assert found[inside, : image_grid.BORDER].max() < 30


def test_a_figure_has_no_images_in_it(dark):
    pixels = np.full((50, 50, 3), 255, np.uint8)
    pixels[10:12, 2:] = 0  # an axis
    pixels[40:42, 2:] = 0
    assert dark.grids(pixels) == []
