"""`minigan check`, `--help`, `--version`, `python -m minigan`."""

import subprocess
import sys

from minigan import __version__
from minigan.gradcheck import proofs

from .helpers import run


def test_check_prints_a_table():
    result = run("check", "--backend", "numpy")
    assert result.exit_code == 0
    names = "Dense, frozen", "BatchNorm, training", "Conv2D, same", "BCE", "Adam"
    for name in names:
        assert name in result.stdout
    total = len(list(proofs()))
    assert f"{total} of {total} agree" in result.stdout
    for proof in proofs():
        assert f"\n{proof.label} " in result.stdout


def test_check_fails_where_a_gradient_is_wrong(monkeypatch):
    from minigan.layers import Tanh

    right = Tanh.backward_pass

    def wrong(self, dy, cache, need_dx=True):
        return right(self, 1.001 * dy, cache, need_dx)

    monkeypatch.setattr(Tanh, "backward_pass", wrong)
    result = run("check", "--backend", "numpy")
    assert result.exit_code == 1
    total = len(list(proofs()))
    wrong = 1 + sum(proof.label.startswith("G ") for proof in proofs())
    assert "WRONG" in result.stdout
    assert f"{total - wrong} of {total} agree" in result.stdout


def test_version_and_help():
    assert run("--version").stdout == f"minigan {__version__}\n"
    for command in ((), ("train",), ("sample",), ("check",)):
        result = run(*command, "--help")
        assert result.exit_code == 0 and "minigan " + "".join(command) in result.stdout
    assert (
        "minigan train parabola --out runs/mine --resume" in run("train", "-h").stdout
    )


def test_as_a_module_without_matplotlib_and_rich_progress():
    code = (
        "import sys\nsys.argv = ['minigan', '--version']\n"
        "import runpy\n"
        "try:\n    runpy.run_module('minigan', run_name='__main__')\n"
        "except SystemExit as end:\n    assert not end.code\n"
        "assert not {'matplotlib', 'rich.progress', 'PIL'} & set(sys.modules)\n"
    )
    process = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True
    )
    assert process.returncode == 0, process.stderr
    assert process.stdout == f"minigan {__version__}\n"
