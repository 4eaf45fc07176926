"""The statistics behind the scripts about `parabola`, and that the scripts run."""

import importlib.util
import os
import runpy
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

SCRIPTS = Path(__file__).parents[2] / "benchmarks"


def script(name):
    spec = importlib.util.spec_from_file_location(name, SCRIPTS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


health = script("parabola_health")


@pytest.mark.parametrize(
    "hits, trials, low, high",
    [(50, 100, 0.4038, 0.5962), (0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0)],
)
def test_wilson_intervals(hits, trials, low, high):
    assert health.wilson(hits, trials) == pytest.approx((low, high), abs=5e-5)


def test_energy_distance_by_hand():
    """One point against one point: twice their distance."""
    x, y = np.array([[0.0, 0.0]]), np.array([[3.0, 4.0]])
    assert health.energy_distance(x, y) == 10
    assert health.energy_distance(x, x) == 0
    rng = np.random.default_rng(0)
    a, b = rng.random((300, 2)), rng.random((300, 2))
    assert 0 <= health.energy_distance(a, b) < 0.01
    assert health.energy_distance(a, b + 0.5) > 0.2


def test_thresholds_are_those_that_were_fixed():
    assert (health.ON_THE_CURVE, health.COVERED, health.POINTS) == (0.012, 0.005, 2000)


@pytest.mark.parametrize(
    "name, arguments, says",
    [
        (
            "parabola_health",
            ["--seeds", "2", "--steps", "3", "--processes", "1"],
            "95 %",
        ),
        ("parabola_step", ["--rounds", "2"], "jit, captured"),
    ],
)
@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="takes minutes")
def test_the_scripts_run(name, arguments, says, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", [name, *arguments])
    runpy.run_path(str(SCRIPTS / f"{name}.py"), run_name="__main__")
    assert says in capsys.readouterr().out


@pytest.mark.skipif(os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="takes minutes")
def test_by_tiles_is_for_a_process_of_its_own():
    """It changes what products are done by tiles until the end."""
    command = [sys.executable, "-m", "benchmarks.parabola_health", "--tiles"]
    done = subprocess.run(
        [*command, "--seeds", "1", "--steps", "3", "--processes", "1"],
        cwd=SCRIPTS.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "by tiles" in done.stdout, done.stderr
