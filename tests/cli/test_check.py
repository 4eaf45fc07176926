"""`minigan check`: a row for each proof, exit code 1 where one fails."""

import sys

from minigan.gradcheck import proofs
from minigan.gradcheck.registered import Proof

from .helpers import run


def test_check_prints_a_table(monkeypatch):
    """A row for each proof, each of which has tests of its own: one of them is run."""
    names = {"Dense, frozen", "BatchNorm, training", "Conv2D, same", "BCE", "Adam"}
    every = list(proofs())
    assert names <= {proof.label for proof in every}
    report = next(proof.run for proof in every if proof.label == "Tanh")()
    some = [
        Proof(p.label, p.run if p.label in names else lambda: report) for p in every
    ]
    monkeypatch.setattr(
        sys.modules["minigan.gradcheck.everything"], "proofs", lambda seed: some
    )
    result = run("check", "--backend", "numpy")
    assert result.exit_code == 0
    assert f"{len(every)} of {len(every)} agree" in result.stdout
    for proof in every:
        assert f"\n{proof.label} " in result.stdout


def test_check_fails_where_a_gradient_is_wrong(monkeypatch):
    from minigan.layers import Tanh

    right = Tanh.backward_pass

    def wrong(self, dy, cache, need_dx=True):
        return right(self, 1.001 * dy, cache, need_dx)

    names = "Tanh", "Dense", "BCE", "Adam"
    steps = [proof for proof in proofs() if proof.label.startswith("G ")]
    some = [proof for proof in proofs() if proof.label in names] + steps[:2]
    assert len(some) == 6
    monkeypatch.setattr(Tanh, "backward_pass", wrong)
    monkeypatch.setattr(
        sys.modules["minigan.gradcheck.everything"], "proofs", lambda seed: some
    )
    result = run("check", "--backend", "numpy")
    assert result.exit_code == 1
    assert "WRONG" in result.stdout
    assert "3 of 6 agree" in result.stdout  # the layer, and G's steps through it
