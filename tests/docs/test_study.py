"""docs/study.md: its code runs, and what it names is there."""

import re
from pathlib import Path

import pytest

from minigan.cli import cli
from minigan.gan import Parabola
from minigan.study import wilson

PAGE = (Path(__file__).parents[2] / "docs" / "study.md").read_text()
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE, re.S)


def test_its_code_runs(monkeypatch, capsys):
    monkeypatch.setenv("MINIGAN_BACKEND", "numpy")
    names = {}
    for block in BLOCKS:
        exec(block, names)
    assert len(BLOCKS) == 2 and "noise=0.2" in capsys.readouterr().out


def test_its_numbers_are_right():
    assert wilson(118, 200) == pytest.approx((0.52, 0.66), abs=0.005)
    for threshold in (Parabola.ON_THE_CURVE, Parabola.COVERED):
        assert str(threshold) in PAGE


def test_its_options_are_those_of_the_command():
    known = {o for p in cli.commands["study"].params for o in p.opts}
    assert set(re.findall(r"--[a-z]+", PAGE)) - {"--help"} <= known
