"""docs/keras.md: its table is the code's, and its script shows what it says."""

import importlib.util
import re
from pathlib import Path

import pytest

from minigan import keras
from tests.parity.engines import interpreter

DOCS = Path(__file__).parent.parent.parent / "docs"
PAGE = (DOCS / "keras.md").read_text(encoding="utf-8")


def script(name):
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_table_of_names_is_up_to_date():
    assert script("keras_table").with_table(PAGE) == PAGE


def test_the_first_example_runs():
    exec(re.search(r"```python\n(.*?)```", PAGE, re.S)[1], {})


def test_the_trap_does_not_catch_minigan(capsys):
    trap = script("trap")
    moved = {(step, network): change for step, network, change in trap.run(keras, 3)}
    assert moved["D step", "D"] > 0 and moved["gan step", "G"] > 0
    assert moved["D step", "G"] == moved["gan step", "D"] == 0
    trap.main()
    assert "in a gan step D did not move" in capsys.readouterr().out


@pytest.mark.parametrize("engine", ["keras", "tf_keras"])
def test_the_trap_elsewhere(engine):
    import subprocess

    python = interpreter(engine)
    if python is None:
        pytest.skip(f"{engine} is not installed")
    command = [python, str(DOCS / "trap.py"), engine]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300)
    moves = "did not move" if engine == "keras" else "moved by"
    assert f"in a D step   D {moves}" in done.stdout, done.stderr[-2000:]
