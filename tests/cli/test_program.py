"""`minigan check`, `--help`, `--version`, `python -m minigan`."""

import subprocess
import sys

from minigan import __version__, layers, losses
from minigan.cli.check import cases

from .helpers import run


def test_check_prints_a_table():
    result = run("check", "--backend", "numpy")
    assert result.exit_code == 0
    names = "Dense, frozen", "BatchNorm, training", "Conv2D, same", "minimax"
    for name in names:
        assert name in result.stdout
    total = len(list(cases(0)))
    assert f"{total} of {total} agree" in result.stdout


def test_check_covers_every_layer_and_loss():
    labels = {label.partition(",")[0] for label, _ in cases(0)}
    public = set(layers.LAYERS)
    public |= {kind.__name__ for kind in losses.Loss.__subclasses__()}
    assert public <= labels


def test_check_fails_where_a_gradient_is_wrong(monkeypatch):
    from minigan.layers import Tanh

    right = Tanh.backward_pass

    def wrong(self, dy, cache, need_dx=True):
        return right(self, 1.001 * dy, cache, need_dx)

    monkeypatch.setattr(Tanh, "backward_pass", wrong)
    result = run("check", "--backend", "numpy")
    assert result.exit_code == 1
    total = len(list(cases(0)))
    assert "WRONG" in result.stdout and f"{total - 6} of {total} agree" in result.stdout


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
