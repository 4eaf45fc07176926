"""Pictures are the same whatever a user has set for matplotlib."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

from minigan.gan.equilibrium import Equilibrium
from minigan.gan.history import COLUMNS, History
from minigan.pictures import curves, pairs, points, settings
from tests.whole.reading import ROOT

NAMES = "points.png", "losses.png", "pairs.png"
WILD = {
    "text.usetex": True,
    "font.family": "no such font",
    "axes.prop_cycle": matplotlib.cycler(color=["red"]),
    "figure.dpi": 7,
    "savefig.facecolor": "black",
    "axes.facecolor": "green",
    "lines.linewidth": 30,
    "figure.constrained_layout.use": True,
    "axes.formatter.use_locale": True,
    "path.sketch": (3, 100, 2),
}


def scattered(folder):
    """Draw the first of three pictures, of rows that are returned."""
    rows = np.linspace(-1, 1, 20).reshape(10, 2)
    points.scatter(rows, rows**2, folder / NAMES[0])
    return rows


def drawn(folder):
    """The bytes of three pictures."""
    rows = scattered(folder)
    history = History(np.linspace(0.1, 0.9, 5 * len(COLUMNS)).reshape(5, -1))
    curves.losses(history, folder / "losses.png", Equilibrium(0.5, 0.7, 0.7))
    pairs.pair_plot(rows, rows**2, ("a", "b"), folder / "pairs.png")
    return [(folder / name).read_bytes() for name in NAMES]


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The bytes of three pictures, as this process draws them."""
    return drawn(tmp_path_factory.mktemp("plain"))


def test_wild_settings_change_nothing(tmp_path, plain):
    with matplotlib.rc_context(WILD):
        before = dict(matplotlib.rcParams)
        assert drawn(tmp_path) == plain
        assert dict(matplotlib.rcParams) == before


DRAW = """
import sys, pathlib
import minigan.pictures
from tests.pictures.test_settings import scattered
scattered(pathlib.Path(sys.argv[1]))
import os
print(os.environ["MPLBACKEND"])
"""


@pytest.mark.parametrize(
    "content", [b"text.usetex: True\nno.such.key: 3\n", b"\xff\xfe\x00"]
)
def test_a_backend_and_a_file_that_are_none(tmp_path, plain, content):
    """What notebooks export, and a matplotlibrc that is damaged."""
    (tmp_path / "rc").write_bytes(content)
    backend = "module://matplotlib_inline.no_such_backend"
    variables = {"MPLBACKEND": backend, "MATPLOTLIBRC": str(tmp_path / "rc")}
    done = subprocess.run(
        [sys.executable, "-c", DRAW, str(tmp_path)],
        env={**os.environ, **variables, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert backend in done.stdout
    assert (tmp_path / NAMES[0]).read_bytes() == plain[0]


@pytest.mark.parametrize("place", ["matplotlibrc", "config/matplotlibrc"])
def test_damaged_files_where_matplotlib_looks_by_itself(tmp_path, plain, place):
    """In the current folder, and in the folder of its settings; and a style."""
    for name in (place, "config/stylelib/damaged.mplstyle"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"\xff\xfe\x00")
    for fonts in Path(matplotlib.get_cachedir()).glob("fontlist-*.json"):
        shutil.copy(fonts, tmp_path / "config")  # finding them again takes seconds
    own = {"MPLCONFIGDIR": str(tmp_path / "config"), "MPLBACKEND": "agg"}
    done = subprocess.run(
        [sys.executable, "-c", DRAW, str(tmp_path)],
        env={**os.environ, **own, "PYTHONPATH": str(ROOT)},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    assert (tmp_path / NAMES[0]).read_bytes() == plain[0]


def test_variables_come_back(monkeypatch):
    monkeypatch.setenv("A", "1")
    monkeypatch.delenv("B", raising=False)
    with settings.environment(A=None, B="2"):
        assert "A" not in os.environ and os.environ["B"] == "2"
    assert os.environ["A"] == "1" and "B" not in os.environ
