"""README.md: its speeds are those of the page of results, and its picture is there."""

import re

import numpy as np
from PIL import Image

from .test_docs import README, ROOT, script


def test_the_speeds_are_those_of_the_page_of_results():
    """`python docs/readme_table.py` writes them anew."""
    page = script("readme_table")
    assert page.TABLE.search(README)[1] == page.table()


def test_the_picture_that_moves_is_there_for_light_and_for_dark_screens():
    (picture,) = re.findall(r"<picture>(.*?)</picture>", README, re.S)
    dark, light = (
        ROOT / path for path in re.findall(r'(?:srcset|src)="([^"]*)"', picture)
    )
    page = script("dark")
    assert dark == page.dark_path(light)
    with Image.open(light) as one, Image.open(dark) as other:
        assert one.n_frames == other.n_frames > 20
        for k in (0, one.n_frames - 1):
            one.seek(k), other.seek(k)
            made = page.darkened(np.asarray(one.convert("RGB"))).astype(float)
            there = np.asarray(other.convert("RGB"))
            assert np.abs(made - there).mean() < 3, "python docs/moving.py"


def test_it_is_short():
    assert len(README.split()) < 1100
