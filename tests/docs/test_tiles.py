"""The page about tiles: its script runs, and its table says what the page says."""

import re

import numpy as np
import pytest

from minigan.gemm import choice
from minigan.jit.compiling import JIT_DISABLED

from .test_docs import PAGES, script

PAGE = PAGES["tiles.md"]


def test_tiles_are_the_more_exact_in_every_row():
    rows = re.findall(r"^\| [a-z ]+ \| (\d+) \| (.*) \|$", PAGE, re.M)
    assert len(rows) == 12
    for depth, numbers in rows:
        chain_mean, chain_worst, mean, worst = map(float, numbers.split(" | "))
        assert int(depth) >= choice.DEEP
        assert mean < chain_mean and worst < chain_worst


def test_the_limits_are_those_of_the_code():
    assert choice.LARGE == 1 << 20 and choice.DEEP == 32 and choice.WIDE == 16
    assert "k of 32 at least, 16 rows and columns, and 2^20 multiply-adds" in PAGE


@pytest.mark.skipif(JIT_DISABLED, reason="measures the kernels")
@pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="needs exact sums")
def test_the_script_measures_and_draws(monkeypatch, tmp_path):
    page = script("tiles")
    monkeypatch.setattr(page, "SIDE", 17)
    monkeypatch.setattr(page, "DEPTHS", (8, 32))
    page.draw(tmp_path / "tiles.png")
    assert (tmp_path / "tiles.png").stat().st_size > 10_000
    made = page.with_table(PAGE)
    assert made.replace(page.table(), "") == PAGE.replace(
        PAGE[PAGE.index(page.START) + len(page.START) : PAGE.index(page.END)], ""
    )
