"""`minigan train` on the real MNIST: a short run shows the tutorial's early dip."""

import csv
import json
import os

import numpy as np
import pytest

from minigan.cli.rundir import RunDir
from minigan.data import catalog, sources
from minigan.gan import Generator

from .helpers import run

pytestmark = [
    pytest.mark.data,
    pytest.mark.skipif(
        os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="hours without the compiler"
    ),
]


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    if sources.search(catalog.DATASETS["mnist"])[0] is None:
        pytest.skip("mnist is not on this machine (docs/data.md)")
    out = RunDir(tmp_path_factory.mktemp("mnist") / "run")
    options = ("--steps", 60, "--report-every", 30, "--out", out)
    result = run("train", "mnist-mixed", *options)
    assert result.exit_code == 0, result.output
    return out


def test_d_wins_early(trained):
    """D's loss falls from the order of ln 2; the tutorial's, at step 25, is 0.066."""
    with open(trained.history, newline="") as file:
        loss = np.array([float(row["d_loss"]) for row in csv.DictReader(file)])
    assert loss[0] > 0.4
    assert (loss[19:60] < 0.2).all()


def test_it_knows_its_data_and_its_images(trained):
    assert json.loads(trained.config.read_text())["source"] == "mnist"
    assert Generator.load(trained.generator).image_shape == (28, 28)
    assert (trained / "samples" / "step-000060.png").stat().st_size > 5000


def test_it_goes_on_from_there(trained):
    resume = ("train", "mnist-mixed", "--out", trained, "--resume")
    assert "the run is done" in run(*resume).stdout
