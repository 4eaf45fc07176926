"""`minigan check`: a row for each proof, exit code 1 where one fails."""

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
