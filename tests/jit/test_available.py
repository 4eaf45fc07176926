"""Whether compiled code can run: missing packages, and versions that are not known."""

import re
import sys
from pathlib import Path

import pytest

from minigan.errors import ArgumentError
from minigan.jit import available

backend = sys.modules["minigan.primitives.backend"]


def test_here_it_can():
    assert available.trouble() == ""


def test_the_bounds_are_those_of_the_package():
    text = (Path(__file__).parents[2] / "setup.cfg").read_text(encoding="utf-8")
    for name, (low, high) in (
        ("numba", available.NUMBA),
        ("llvmlite", available.LLVMLITE),
    ):
        (declared,) = re.findall(rf"^ +{name}>=([\d.]+),<([\d.]+)", text, re.M)
        assert declared == (".".join(map(str, low)), ".".join(map(str, high)))


@pytest.mark.parametrize("version", ["0.61.0", "0.69.3", "0.65.0rc1", "0+unknown"])
def test_versions_that_will_do(version):
    assert available.unknown("Numba", version, available.NUMBA) == ""


@pytest.mark.parametrize("version", ["0.60.9", "0.70.0", "0.70.0rc1", "1.0"])
def test_versions_that_are_not_known(version):
    said = available.unknown("Numba", version, available.NUMBA)
    assert said == (
        f"Numba {version} is installed, and minigan knows Numba from 0.61 to below 0.70"
    )


def test_a_notice_or_an_error(monkeypatch):
    """By default the formulas run; who asks for compiled code is told why not."""
    monkeypatch.setattr(backend, "trouble", lambda: "Numba 9.9 is installed, and so on")
    monkeypatch.delenv("MINIGAN_BACKEND", raising=False)
    default = backend.default_backend.__wrapped__
    with pytest.warns(UserWarning, match="minigan: Numba 9.9 is installed"):
        assert default() == "numpy"
    with pytest.raises(ArgumentError, match="since Numba 9.9"):
        backend.usable("Trainer", "backend", "jit")
    monkeypatch.setenv("MINIGAN_BACKEND", "jit")
    with pytest.raises(ArgumentError, match="MINIGAN_BACKEND.*since Numba 9.9"):
        default()
    monkeypatch.setenv("MINIGAN_BACKEND", "numpy")
    assert default() == "numpy"
