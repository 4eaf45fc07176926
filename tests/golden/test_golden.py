"""The engine against the golden file, files that are broken, and the command."""

import subprocess
import sys

import numpy as np
import pytest

import minigan as mg
from minigan import checkpoint, golden
from minigan.errors import CheckpointError, OutputError
from minigan.golden.steps import BATCH, LATENT, OPTIONS, TEN, Game
from minigan.gradcheck.registered import registries
from tests.cli.helpers import expect_error, run
from tests.golden.plain import PATH

LOSSES = ("d_loss_real", "d_loss_fake", "g_loss")  # columns of the history


def rewritten(tmp_path, change):
    """A copy of the golden file after change(arrays, meta)."""
    arrays, meta = checkpoint.read(PATH)
    change(arrays, meta)
    path = tmp_path / "changed.npz"
    checkpoint.write(path, arrays, meta)
    return path


def case_of(meta, name):
    return next(case for case in meta["cases"] if case["name"] == name)


def test_this_engine_agrees_with_the_file():
    """On the backend in force; the suite runs on all of them."""
    verdict = golden.verify(PATH)
    assert not verdict.wrong, str(verdict.wrong[0])
    assert len(verdict.differences) > 200 and verdict.worst.gap < 1e-10


@pytest.mark.parametrize("kind", ["layer", "loss", "objective", "optimizer"])
def test_everything_of_ours_that_is_registered_has_a_case(kind):
    subjects = {case.subject for case in golden.CASES.values() if case.kind == kind}
    registry = registries()[kind]
    ours = {k: v for k, v in registry.items() if v.__module__.startswith("minigan.")}
    missing = [name for name, thing in ours.items() if thing not in subjects]
    assert ours and not missing, f"no golden case: {', '.join(missing)}"
    assert subjects <= set(registry.values())


def test_an_objective_of_ones_own_is_no_case():
    """The file is a contract: what a user registers does not change it."""
    code = (
        "from minigan.gan.objectives import OBJECTIVES, NonSaturating\n"
        "OBJECTIVES.register(name='own')(type('Own', (NonSaturating,), {}))\n"
        "from minigan import golden\n"
        "assert 'objective-hinge' in golden.CASES\n"
        "assert 'objective-own' not in golden.CASES\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_writing_it_again_gives_the_same_bytes(tmp_path):
    for name in ("a.npz", "b.npz"):
        golden.write(tmp_path / name, seed=7)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    assert not golden.verify(tmp_path / "a.npz").wrong
    arrays, _ = golden.read(tmp_path / "a.npz")
    shipped, _ = golden.read(PATH)
    assert arrays.keys() == shipped.keys()
    assert not (arrays["dense/x"] == shipped["dense/x"]).any()


def test_no_input_lies_near_a_kink():
    arrays, _ = golden.read(PATH)
    for name in ("relu", "leaky-relu"):
        assert np.abs(arrays[f"{name}/x"]).min() > 0.1
    for kink in (0.5, 1.5):  # threshold and max_value
        assert np.abs(arrays["clipped-relu/x"] - kink).min() > 0.1
    assert np.abs(arrays["mae/pred"] - arrays["mae/target"]).min() > 0.1
    assert np.abs(np.abs(arrays["objective-hinge/score"]) - 1).min() > 0.1
    for name in golden.CASES:
        if name.startswith("gan"):
            x = arrays[f"{name}/real"][0]
            hidden = x @ arrays[f"{name}/D.0.W"] + arrays[f"{name}/D.0.b"]
            assert np.abs(hidden).min() > 1e-3


def test_the_trainer_takes_the_steps_of_the_file():
    """Those of "gan-ten-steps", with rows and z as the trainer draws them."""
    case, game = golden.CASES["gan-ten-steps"], Game()
    given = case.draw(np.random.default_rng(3))
    for key, array in game.values().items():
        array[...] = given[key]
    points = np.concatenate(given["real"])
    streams = mg.gan.rngs.rngs(0)
    source = mg.gan.Rows(points, rng=streams["data"], dtype=np.float64)
    for k in range(TEN):
        given["real"][k] = source.batch(BATCH)
        for name in ("z_d", "z_g"):
            given[name][k] = streams["latent"].standard_normal((BATCH, LATENT))
    trainer = mg.gan.Trainer(
        game.G,
        game.D,
        points,
        batch_size=BATCH,
        batches="separate",
        real_label=OPTIONS["real_label"],
        generator_optimizer=game.adams["G"],
        discriminator_optimizer=game.adams["D"],
        capture=False,
    )
    trainer.fit(TEN)
    expected = case.compute(given)
    for key, array in game.values().items():
        np.testing.assert_allclose(array, expected[f"new/{key}"], rtol=1e-10)
    losses = np.stack([trainer.history[k] for k in LOSSES], axis=1)
    np.testing.assert_allclose(losses, expected["losses"], rtol=1e-10)


# ---- files that are not as they should be ------------------------------------------


def test_the_first_array_that_differs_is_named(tmp_path):
    def change(arrays, meta):
        arrays["batchnorm-training/dx"][2, 1] += 1e-6
        arrays["sgd/velocity"][0, 0] += 1.0

    verdict = golden.verify(rewritten(tmp_path, change))
    assert [d.name for d in verdict.wrong] == ["batchnorm-training/dx", "sgd/velocity"]
    first = verdict.wrong[0]
    assert first.place == (2, 1) and 1e-8 < first.gap < 1e-5
    assert "batchnorm-training/dx: differs by" in str(first)
    assert str(first.expected) in str(first) and str(first.got) in str(first)


def test_a_wrong_engine_is_found(monkeypatch):
    right = mg.BatchNorm.backward_pass

    def wrong(self, dy, cache, need_dx):
        xhat, rstd, _ = cache
        return right(self, dy, (xhat, rstd, True), need_dx)

    monkeypatch.setattr(mg.BatchNorm, "backward_pass", wrong)
    wrong = [d.name for d in golden.verify(PATH).wrong]
    assert wrong == ["batchnorm-inference/dx", "batchnorm-image-inference/dx"]


def test_nan_differs(tmp_path):
    def change(arrays, meta):
        arrays["tanh/y"][0, 0] = np.nan

    (wrong,) = golden.verify(rewritten(tmp_path, change)).wrong
    assert wrong.name == "tanh/y" and "NaN" in str(wrong)


def pop_array(arrays, meta):
    del arrays["dense/dW"]


def pop_described_array(arrays, meta):
    del arrays["dense/dW"]
    rows = case_of(meta, "dense")["arrays"]
    rows.remove(next(row for row in rows if row["name"] == "dW"))


def pop_given(arrays, meta):
    del arrays["dense/b"]
    rows = case_of(meta, "dense")["arrays"]
    rows.remove(next(row for row in rows if row["name"] == "b"))


def pop_case(arrays, meta):
    meta["cases"].remove(case_of(meta, "relu"))
    for name in [name for name in arrays if name.startswith("relu/")]:
        del arrays[name]


def add_case(arrays, meta):
    meta["cases"].append({**case_of(meta, "relu"), "name": "conv", "arrays": []})


def add_array(arrays, meta):
    arrays["dense/extra"] = np.ones(2)


def reshape(arrays, meta):
    arrays["dense/x"] = arrays["dense/x"].ravel()


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda a, m: m.update(version=2), "expected version 1, got 2"),
        (lambda a, m: m.update(kind="film"), "got one of kind 'film'"),
        (lambda a, m: m.update(cases=[{}]), "its description is not one"),
        (lambda a, m: m.update(cases=3), "its description is not one"),
        (pop_array, "array 'dense/dW' is missing"),
        (pop_described_array, "expected array of 'dense': 'dW' is missing"),
        (pop_given, "given array of 'dense': 'b' is missing"),
        (pop_case, "case: 'relu' is missing"),
        (add_case, "case: 'conv' is unknown"),
        (add_array, "'dense/extra' is not described"),
        (reshape, r"'dense/x': expected float64 \(5, 4\) as described"),
        (
            lambda a, m: case_of(m, "sgd")["options"].update(momentum=0.5),
            "case 'sgd': expected options .*0.9.*, got .*0.5",
        ),
    ],
)
def test_broken_files(tmp_path, change, words):
    with pytest.raises(CheckpointError, match=words):
        golden.verify(rewritten(tmp_path, change))


def test_damaged_and_foreign_files(tmp_path):
    path = tmp_path / "golden.npz"
    content = bytearray(PATH.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    with pytest.raises(CheckpointError, match="damaged: expected sha256"):
        golden.read(path)
    np.savez(path, x=np.ones(3))
    with pytest.raises(CheckpointError, match="file of reference vectors, got another"):
        golden.read(path)
    with pytest.raises(CheckpointError, match="cannot be read"):
        golden.read(tmp_path / "none.npz")
    with pytest.raises(OutputError):
        golden.write(tmp_path / "no" / "folder.npz")


# ---- the command -------------------------------------------------------------------


def test_list_and_show():
    listed = run("golden", "--list", "--backend", "numpy")
    assert listed.exit_code == 0 and f"{len(golden.CASES)} cases" in listed.stdout
    for name in golden.CASES:
        assert name in listed.stdout
    shown = run("golden", "--show", "adam-keras", "--backend", "numpy").stdout
    assert "new_w" in shown and "(12, 8)" in shown and "epsilon 1e-07" in shown
    with pytest.raises(mg.MiniganError, match="one of 'dense'"):
        golden.arrays_of("conv")


def test_out_and_verify(tmp_path):
    path = tmp_path / "mine.npz"
    result = run("golden", "--out", path, "--backend", "numpy", "--seed", 1)
    assert result.exit_code == 0 and f"{len(golden.CASES)} cases" in result.stdout
    result = run("golden", "--verify", path, "--backend", "numpy")
    assert result.exit_code == 0 and "arrays agree" in result.stdout
    expect_error(run("golden", "--out", path), 2, "add --force to overwrite")
    assert run("golden", "--out", path, "--backend", "numpy", "--force").exit_code == 0
    arrays, meta = golden.read(path)  # of the default seed, as the shipped file is
    shipped, shipped_meta = golden.read(PATH)
    shipped_meta["minigan"] = meta["minigan"]  # the version that wrote each
    assert meta == shipped_meta and list(arrays) == list(shipped)
    for name, array in shipped.items():  # the last digits depend on NumPy's BLAS
        bound = 1e-13 * np.abs(array).max(initial=1)
        np.testing.assert_allclose(arrays[name], array, rtol=1e-13, atol=bound)


def test_verify_fails_with_the_first_difference(tmp_path):
    def change(arrays, meta):
        arrays["mse/dpred"] *= 1.001

    path = rewritten(tmp_path, change)
    result = run("golden", "--verify", path, "--backend", "numpy")
    assert result.exit_code == 1
    count = len(golden.verify(PATH).differences)
    assert f"1 of {count} arrays differ" in result.stdout
    assert "mse/dpred: differs by 1.0e-03" in result.stdout
    path.write_bytes(b"PK")
    expect_error(run("golden", "--verify", path), 2, "got another file")


def test_wrong_commands(tmp_path):
    expect_error(run("golden", "--list", "--show", "relu"), 2, "one of --out")
    expect_error(run("golden", "--backend", "numpy"), 2, "one of --out")
    expect_error(run("golden", "--show", "conv"), 2, "no case 'conv'")
    expect_error(run("golden", "--list", "--seed", "3"), 2, "only beside --out")
    expect_error(run("golden", "--list", "--force"), 2, "only beside --out")
    expect_error(run("golden", "--out", tmp_path / "a.txt"), 2, ".npz file")
