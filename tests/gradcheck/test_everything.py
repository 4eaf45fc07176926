"""`minigan.check()`: what `minigan check` prints, as an object."""

import sys

import pytest

import minigan
from minigan.errors import ArgumentError
from minigan.gradcheck import proofs


@pytest.fixture
def some(monkeypatch):
    """Three proofs in the place of all."""
    few = [proof for proof in proofs() if proof.label in ("Tanh", "Dense", "BCE")]
    module = sys.modules["minigan.gradcheck.everything"]
    monkeypatch.setattr(module, "proofs", lambda seed: few)
    return few


def test_all_is_well(some):
    checks = minigan.check("numpy")
    assert checks.ok and checks.wrong == []
    assert "3 of 3 agree" in str(checks)
    assert "<td" in checks._repr_html_() and repr(checks) == str(checks)


def test_what_is_wrong_is_shown_in_full(some, monkeypatch):
    right = minigan.Tanh.backward_pass

    def wrong(self, dy, cache, need_dx=True):
        return right(self, 1.001 * dy, cache, need_dx)

    monkeypatch.setattr(minigan.Tanh, "backward_pass", wrong)
    checks = minigan.check("numpy")
    assert not checks.ok and "2 of 3 agree" in str(checks)
    assert "Gradient check of Tanh" in str(checks)


def test_bad_arguments():
    with pytest.raises(ArgumentError, match="check: argument 'seed'"):
        minigan.check(seed=-1)
    with pytest.raises(ArgumentError, match="use_backend"):
        minigan.check("cuda")
