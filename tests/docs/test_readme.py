"""README.md: its speeds are those of the page of results, and its picture is there."""

import re

import numpy as np
from PIL import Image

from .test_docs import README, ROOT, script


def test_the_speeds_are_those_of_the_page_of_results():
    """`python docs/readme_table.py` writes them anew."""
    page = script("readme_table")
    assert page.TABLE.search(README)[1] == page.table()


def test_the_picture_that_moves_is_there_for_light_and_for_dark_screens(tmp_path):
    (picture,) = re.findall(r"<picture>(.*?)</picture>", README, re.S)
    dark, light = (
        ROOT / path for path in re.findall(r'(?:srcset|src)="([^"]*)"', picture)
    )
    page = script("dark")
    assert dark == page.dark_path(light)
    page.darken(light, tmp_path / "made.gif")
    with Image.open(dark) as one, Image.open(tmp_path / "made.gif") as other:
        assert one.n_frames == other.n_frames > 20
        for k in (0, one.n_frames - 1):
            one.seek(k), other.seek(k)
            pair = [np.asarray(image.convert("RGB"), float) for image in (one, other)]
            assert np.abs(pair[0] - pair[1]).mean() < 3, "python docs/moving.py"


def test_it_is_short():
    assert len(README.split()) < 1100
