"""Two versions side by side: their bytes (`same_bits`) and their speed (`versions`)."""

import json
import os
import shutil
from types import SimpleNamespace

import numpy as np
import pytest

from benchmarks import digests, same_bits, timings, trees, versions
from benchmarks.processes import Failed
from benchmarks.run import ROOT
from minigan.gan import recipes

ENVIRONMENT = {"python": "3", "images": "0"}


def result(theta="a", m="b", latent="c", **more):
    found = {"generator/theta": theta, "generator_optimizer/m": m}
    return {"steps": 3, "found": found, "random": {"latent": latent}, **more}


# ---- digests -----------------------------------------------------------------------


def test_cases_are_all_recipes_in_every_type_and_form():
    cases = digests.cases()
    names = [case.name for case in cases]
    assert len(set(names)) == len(names)
    for name in recipes.RECIPES:
        for dtype in digests.TYPES:
            for form in digests.FORMS:
                assert f"{name}/{dtype}/{form}" in names
    steps = {case.subject: case.steps for case in cases}
    assert steps["parabola"] == 3_000 and steps["mnist-wide"] == 300
    assert {"objective-hinge", "option-ema", "option-many-d", "images"} <= set(steps)
    assert [case.form for case in cases if case.subject == "golden"] == [
        "eager",
        "numpy",
    ]


def few(subject, form="numpy"):
    """The result of three steps."""
    name = f"{subject}/float32/{form}"
    (case,) = (case for case in digests.cases() if case.name == name)
    return digests.line(case, 3 / case.steps)


@pytest.mark.parametrize("subject", ["parabola", "option-digits-shuffled", "images"])
def test_a_run_names_all_that_training_changes(subject):
    found = few(subject)
    assert found["case"] == f"{subject}/float32/numpy" and found["steps"] == 3
    assert found == few(subject)
    players = ("generator", "discriminator")
    expected = {
        f"{player}/{part}" for player in players for part in ("theta", "buffers")
    }
    expected |= {
        f"{player}_optimizer/{part}"
        for player in players
        for part in ("t", "learning_rate", "overflow", "m", "v")
    }
    assert expected | {"history"} <= set(found["found"])
    assert ("data/order" in found["found"]) == (subject == "option-digits-shuffled")
    assert len(found["random"]) >= 7 + (subject == "images")  # a layer's own generator


@pytest.mark.skipif(
    os.environ.get("NUMBA_DISABLE_JIT") == "1", reason="nothing can be captured"
)
def test_the_forms_of_the_compiled_kernels_agree():
    eager, captured = (few("option-ema", form) for form in ("eager", "captured"))
    assert "average/theta" in eager["found"]
    for key in ("found", "random"):
        assert eager[key] == captured[key]


def test_one_step_more_or_another_seed_is_another_digest():
    trainers = [recipes.load("parabola", seed, backend="numpy") for seed in (0, 0, 1)]
    for trainer, steps in zip(trainers, (1, 2, 1), strict=True):
        trainer.fit(steps, report_every=None)
    thetas, latents = [], []
    for trainer in trainers:
        arrays, generators = digests.memory(trainer)
        thetas.append(digests.digest(arrays["generator/theta"]))
        latents.append(digests.random_digest(generators["latent"]))
    assert len(set(thetas)) == 3 and len(set(latents)) == 3


def test_memory_is_read_from_the_old_and_the_new_interface():
    theta, table = np.ones(3), np.zeros((2, 12))
    latent, mask = np.random.default_rng(0), np.random.default_rng(1)
    history = SimpleNamespace(table=table)
    old = SimpleNamespace(
        history=history,
        streams={"latent": latent},
        memory=lambda: {"generator/theta": theta},
        generators=lambda: [latent, mask],
    )
    new = SimpleNamespace(
        history=history,
        state=lambda: {"generator/theta": theta},
        generators=lambda: {"latent": latent, "generator/3.rng": mask},
    )
    arrays = {"generator/theta": theta, "history": table}
    assert digests.memory(old) == (arrays, {"latent": latent, "layer 1": mask})
    assert digests.memory(new) == (arrays, {"latent": latent, "generator/3.rng": mask})


def test_a_digest_knows_type_shape_and_every_bit():
    x = np.array([0.0, 1.0])
    others = [x.astype(np.float32), x.reshape(1, 2), np.array([-0.0, 1.0]), x[:1]]
    assert digests.digest(x) == digests.digest(x.copy())
    assert len({digests.digest(array) for array in (x, *others)}) == 5
    assert digests.digest(np.zeros(())) != digests.digest(np.zeros(1))


def test_a_run_that_fails_says_so_and_the_others_go_on():
    case = digests.Case("odd", "float32", "numpy", 5, "parabola", {"batch_size": 3})
    assert "even number" in digests.line(case, 1.0)["error"]


# ---- the comparison ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (result(), []),
        (result(m="x"), ["generator_optimizer/m"]),
        (result(latent="x"), ["random state of latent"]),
        ({**result(), "random": {"rngs/latent": "c"}}, []),  # another name
        ({**result(), "found": {**result()["found"], "more": "d"}}, []),
        ({**result(), "found": {"generator/theta": "a"}}, ["generator_optimizer/m"]),
        ({"steps": 3, "error": "ValueError: no"}, ["ValueError: no"]),
    ],
)
def test_differences_are_named(now, expected):
    assert same_bits.differences(result(), now) == expected


def side(results):
    """What `same_bits.digests` finds for one version."""
    return {"environment": ENVIRONMENT, "scale": 1.0, "results": results}


NAMES = ("parabola/float32/eager/1", "parabola/float32/captured/2")


@pytest.mark.parametrize(
    ("now", "code", "shown"),
    [
        ({name: result() for name in NAMES}, 0, "2 runs, 0 differ"),
        ({NAMES[0]: result(), NAMES[1]: result(theta="x")}, 1, "2 runs, 1 differ"),
        ({NAMES[0]: result()}, 1, f"{NAMES[1]}: missing"),
        ({**{name: result() for name in NAMES}, "x/f/eager/1": {}}, 0, "version: x"),
    ],
)
def test_the_table_and_the_exit_code(capsys, now, code, shown):
    before = side({name: result() for name in NAMES})

    def made_up(folders, patterns, scale):
        return [before, side(now)]

    assert same_bits.main(["--before", str(ROOT)], made_up) == code
    printed = capsys.readouterr().out
    assert shown in printed
    assert ("differs" in printed) == bool(code)


def test_nothing_run_is_no_success(capsys):
    found = [side({}), side({})]
    assert same_bits.main(["--before", str(ROOT)], lambda *_: found) == 1
    assert "nothing was run" in capsys.readouterr().out


def test_digests_are_kept_for_this_environment_alone(tmp_path, capsys):
    path = tmp_path / "before.json"
    before = side({name: result() for name in NAMES})

    def pieces(folders, patterns, scale, keep):
        (folder,) = folders
        for name in NAMES:
            keep(side({name: result()}))
            assert name in json.loads(path.read_text())["results"]

    assert same_bits.main(["--before", str(ROOT), "--keep", str(path)], pieces) == 0
    assert json.loads(path.read_text()) == before
    with pytest.raises(Failed, match="another environment"):
        same_bits.keep(path, {**side({}), "environment": {"python": "4"}})

    against = ["--against", str(path)]
    assert same_bits.main(against, lambda *_: [before]) == 0
    only = [*against, "--only", "*/captured"]
    assert same_bits.main(only, lambda *_: [side({NAMES[1]: result()})]) == 0
    capsys.readouterr()
    other = {**before, "environment": {**ENVIRONMENT, "python": "4"}}
    assert same_bits.main(against, lambda *_: [other]) == 1
    assert "python 3, now 4" in capsys.readouterr().err
    assert same_bits.main([*against, "--steps-scale", "0.5"], lambda *_: []) == 1
    assert "kept with --steps-scale 1.0" in capsys.readouterr().err


def test_a_version_is_a_folder_or_a_revision():
    with trees.tree(ROOT) as folder:
        assert folder == ROOT.resolve()
    with pytest.raises(Failed, match="no revision"), trees.tree("no-such-thing"):
        pass
    if not (ROOT / ".git").exists() or not shutil.which("git"):
        pytest.skip("no repository here")
    with trees.tree("HEAD") as folder:
        assert folder != ROOT and (folder / "minigan" / "version.py").is_file()
    assert not folder.exists()


def test_children_see_one_version_alone(tmp_path, monkeypatch):
    monkeypatch.setenv("OPENBLAS_CORETYPE", "Haswell")
    monkeypatch.setenv("MINIGAN_BACKEND", "numpy")
    package = tmp_path / "minigan"
    package.mkdir()
    (package / "__init__.py").write_text("where = __file__")
    env = trees.environment(tmp_path, threads=1, blas_threads=1)
    assert not {"OPENBLAS_CORETYPE", "MINIGAN_BACKEND"} & set(env)
    assert env["NUMBA_NUM_THREADS"] == env["OPENBLAS_NUM_THREADS"] == "1"
    command = trees.python("-c", "import minigan; print(minigan.where)")
    assert trees.output(command, env).strip() == str(package / "__init__.py")
    with pytest.raises(Failed, match="ZeroDivisionError"):
        trees.output(trees.python("-c", "1 / 0"), env)


# ---- speed -------------------------------------------------------------------------


def test_turns_alternate():
    order = []

    def take(name):
        order.append(name)
        return len(order)

    pairs = versions.in_turns([lambda: take("A"), lambda: take("B")], 3)
    assert "".join(order) == "ABBAAB" and pairs == [(1, 2), (4, 3), (5, 6)]


def test_calls_inside_a_folder_are_counted():
    def twice():
        json.dumps(1)
        few_calls()
        few_calls()

    def few_calls():
        pass

    assert timings.calls(twice, ROOT / "tests") == 3
    trainer = recipes.load("parabola", backend="numpy", capture=False)
    assert 100 < timings.calls(trainer.step, ROOT / "minigan") < 2_000


def test_the_table_of_speeds_takes_ratios_by_pairs(capsys):
    pairs = [(1.0, 2.0), (10.0, 5.0), (4.0, 4.0)]
    made_up = {"parabola, captured": pairs, versions.IMPORT: [(0.1, 0.2)]}
    step, imported = versions.table(made_up).rows
    assert step == ["parabola, captured", "us", "4.00", "4.00", "1.000"] + step[5:]
    assert step[5:] == ["0.750-1.500", "2.000", "3"]
    assert imported[1:5] == ["ms", "100.00", "200.00", "2.000"]
    chosen = ["--before", str(ROOT), "--only", "import", "--force"]
    assert versions.main(chosen, lambda folders, names, *_: made_up) == 0
    assert "2.000" in capsys.readouterr().out
