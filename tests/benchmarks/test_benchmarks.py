"""The benchmarks: complete, honest, and every contestant computes the same step."""

import copy
import json

import numpy as np
import pytest

from benchmarks import child, docs, guard, machine, plot, registry, run, verify
from benchmarks.checks import BrokenContestant, check, errors
from benchmarks.contestants import products
from benchmarks.games import GAMES, NAMED, images
from benchmarks.products import Product, in_step_order
from benchmarks.registry import CONTESTANTS, WORKLOADS, pairs
from benchmarks.results import NotResults, Results, Spread

# ---- the registry ------------------------------------------------------------------


def test_every_workload_has_minigan_and_a_peer():
    for workload, contestants in pairs().items():
        names = [contestant.name for contestant in contestants]
        assert names[0] == "minigan", workload
        assert any(contestant.peer for contestant in contestants), workload
    assert set(pairs()) == set(WORKLOADS.values())


def test_every_class_is_there_and_shows_its_code():
    for contestant in CONTESTANTS.values():
        for place in contestant.classes.values():
            assert isinstance(docs.step_code(place), str)
    assert "fused" in (docs.HERE / "contestants" / "gan_torch.py").read_text()
    assert "loss.backward()" in docs.step_code("gan_torch:Eager")
    shown = docs.methods(docs.GAME, "Game", docs.GAME_SHOWN)
    assert "def generator_step" in shown


def test_patterns_choose_workloads_groups_and_contestants():
    (workload,) = pairs(["parabola:minigan*"])
    assert workload.name == "parabola"
    assert {c.name for c in pairs(["parabola:torch"])[workload]} == {"torch"}
    assert {w.group for w in pairs(["growth"])} == {"growth"}


@pytest.mark.parametrize(
    "name, billions",
    [("mnist-mixed", 1.2), ("mnist-wide", 1.2), ("mnist-smooth", 0.385)],
)
def test_products_of_a_step(name, billions):
    found = sum(product.flops for product in in_step_order(NAMED[name]))
    assert found / 2e9 == pytest.approx(billions, rel=0.01)


@pytest.mark.parametrize("name", GAMES)
def test_games_say_what_their_recipe_says(name):
    if name in ("batch-4096", "width-4096", "width-2048"):
        pytest.skip("large, and made like the others")
    game = GAMES[name]
    generator, discriminator = game.networks()
    assert discriminator.output_shape() == (1,)
    assert game.rows == game.batch // 2 if name == "parabola" else game.batch
    features = np.prod(generator.output_shape((generator.layers[0].inputs,)))
    assert features == (game.features or 2)


def test_images_are_scaled_and_differ():
    rows = images(20)
    assert rows.shape == (20, 784) and rows.dtype == np.float32
    assert rows.min() >= -1 and rows.max() <= 1
    assert len(np.unique(rows, axis=0)) == 20


# ---- measuring ---------------------------------------------------------------------


def tiny_run(monkeypatch, only, force=True):
    """A run whose children are this process."""

    def measure(workload, contestant, plan, python):
        measured = child.measure(workload, contestant, 1e-3, size=300)
        return json.loads(json.dumps(measured)) | {"other_cores": 0.0}

    monkeypatch.setattr(run, "_measure", measure)
    monkeypatch.setattr(run, "packages_of", lambda python: machine.versions())
    monkeypatch.setattr(run, "_json_of", lambda command: None)
    plan = run.Plan(quick=True, repetitions=2)
    return run.run(only, plan, run.interpreters(), force, say=lambda line: None)


def test_who_is_far_behind_runs_once(monkeypatch):
    measured = []

    def measure(workload, contestant, plan, python):
        measured.append(contestant.name)
        return {"microseconds": [1.0]}

    monkeypatch.setattr(run, "_measure", measure)
    monkeypatch.setattr(run, "packages_of", lambda python: {"numba": ""})
    plan = run.Plan(quick=True, repetitions=2)
    only = ["layer-tanh-784:minigan*"]
    run.run(only, plan, run.interpreters(), True, say=lambda line: None)
    assert measured == ["minigan", "minigan-eager", "minigan-numpy", "minigan"]


@pytest.fixture
def content(monkeypatch):
    monkeypatch.setattr(machine, "load", lambda: 2.0)
    return tiny_run(monkeypatch, ["parabola:minigan-numpy", "product-64*forward:numpy"])


@pytest.mark.parametrize(
    ("others", "kept", "runs"),
    [
        ([0.0], 0.0, 1),
        ([None], None, 1),
        ([0.5, 0.05], 0.05, 2),
        ([0.5, 0.2, 0.3], 0.2, 3),
    ],
)
def test_what_was_disturbed_is_run_again(monkeypatch, others, kept, runs):
    asked = []

    def once(*arguments):
        asked.append(arguments)
        return {"other_cores": others[len(asked) - 1]}

    monkeypatch.setattr(run, "_measure_once", once)
    workload, contestant = WORKLOADS["parabola"], CONTESTANTS["minigan"]
    found = run._measure(workload, contestant, run.Plan(quick=True), "python")
    assert found["other_cores"] == kept and len(asked) == runs


def test_whole_commands_and_failures_are_not_run_again(monkeypatch):
    for name, found in {
        "command-parabola": {"other_cores": 0.9},
        "parabola": {"error": "it failed"},
    }.items():
        monkeypatch.setattr(run, "_measure_once", lambda *_, found=found: found)
        plan, contestant = run.Plan(quick=True), CONTESTANTS["minigan"]
        assert run._measure(WORKLOADS[name], contestant, plan, "python") is found


def test_a_run_is_interleaved_and_complete(content):
    assert content["format"] == 1 and content["forced"] and content["load"] == 2.0
    assert content["machine"]["cores"] >= 1 and content["machine"]["cpu"]
    assert content["packages"]["minigan"]["numpy"] == np.__version__
    rows = content["results"]
    assert [row["repetition"] for row in rows] == [0, 0, 1]  # the first runs once
    for row in rows:
        assert len(row["microseconds"]) == child.BLOCKS
        assert min(row["microseconds"]) > 0 and row["peak_rss_mb"] > 10
        assert row["first_run_seconds"] > 0 and row["versions"]["python"]
    assert rows[0]["checked"] and "checked" not in rows[-1]
    json.dumps(content)


def test_tables_page_and_warnings(content):
    results = Results(content)
    recipe, product = results.tables()
    assert "minigan, in NumPy alone" in str(recipe) and "FORCED" in str(recipe)
    assert "forward of a Dense(784, 512), batch 64" in str(product)
    page = docs.page(results)
    assert "**FORCED" in page and "| minigan, in NumPy alone" in page
    assert "class" not in docs.step_code("gan_minigan:Numpy")


def test_contestants_that_are_absent_or_fail_are_listed(content):
    content["absent"] = {"jax-scan": ["jax"]}
    content["results"].append(
        {
            "workload": "parabola",
            "contestant": "torch",
            "repetition": 0,
            "error": "boom",
        }
    )
    results = Results(content)
    table = str(results.table(WORKLOADS["parabola"]))
    assert "JAX, many steps compiled" in table and "absent" in table
    assert "boom" in table and "failed" in table


def test_ratios_are_to_minigan(content):
    workload = WORKLOADS["parabola"]
    for name, time in (("minigan", 10.0), ("torch", 15.0)):
        row = {"workload": "parabola", "contestant": name, "microseconds": [time] * 3}
        content["results"].append(row)
    table = Results(content).table(workload)
    assert table.rows[0][:4] == ["minigan", "10.00", "", "1.00"]
    assert table.rows[1][3] == "1.50"
    assert "1.50 times as fast" in docs.page(Results(content))


def test_pictures(content, tmp_path):
    for workload, time in (("batch-64", 4.0), ("batch-128", 8.0), ("width-128", 2.0)):
        row = {"workload": workload, "contestant": "minigan", "microseconds": [time]}
        content["results"].append(row)
    content["roofline"] = {
        "workload": "mnist-mixed",
        "peak_gflops": 400.0,
        "bandwidth_gbs": 100.0,
        "points": [["products", 30.0, 300.0, 0.8], ["everything else", 0.2, 9.0, 0.1]],
    }
    drawn = plot.plot(Results(content), tmp_path)
    assert len(drawn) == 4 and all(path.stat().st_size > 5000 for path in drawn)
    assert plot.duration(1234) == "1.23 ms" and plot.times(12.34) == "12x"


def test_spread_and_foreign_files():
    assert Spread.of([3.0, 1.0, 2.0]) == Spread(1.0, 2.0, 3.0, 3)
    with pytest.raises(NotResults):
        Results({"format": 7})


def test_runs_of_one_machine_are_read_as_one(content, tmp_path):
    one, two, other = (copy.deepcopy(content) for _ in range(3))
    two["forced"], two["load"] = True, one["load"] + 1
    other["machine"]["cores"] += 1
    paths = [tmp_path / name for name in ("one.json", "two.json", "other.json")]
    for path, found in zip(paths, (one, two, other), strict=True):
        path.write_text(json.dumps(found))
    results = Results.read(*paths[:2])
    assert len(results.content["results"]) == 2 * len(content["results"])
    assert results.content["forced"] and results.content["load"] == two["load"]
    alone = Results(content).processes("recipes")
    assert results.processes("recipes") == tuple(2 * count for count in alone)
    with pytest.raises(NotResults, match="machine"):
        Results.read(paths[0], paths[2])


def test_a_busy_machine_is_refused(monkeypatch):
    monkeypatch.setattr(machine, "load", lambda: 0.31)
    with pytest.raises(run.Busy, match="0.31"):
        tiny_run(monkeypatch, ["parabola:minigan-numpy"], force=False)
    assert run.refuse_under_load(force=True) == 0.31
    monkeypatch.setattr(machine, "load", lambda: 0.3)
    assert run.refuse_under_load() == 0.3


def test_children_choose_their_blas_kernels_themselves(monkeypatch):
    for name in machine.FORBIDDEN:
        monkeypatch.setenv(name, "1")
    assert not set(machine.FORBIDDEN) & set(machine.environment())
    assert machine.environment({"A": "b"})["A"] == "b"


def test_absent_packages_make_absent_contestants(monkeypatch):
    monkeypatch.setattr(run, "packages_of", lambda python: {"python": "3"})
    plan = run.Plan(quick=True)
    found = run.run(["parabola:torch"], plan, run.interpreters(), True, print)
    assert found["absent"] == {"torch": ["torch"]} and not found["results"]


# ---- contestants that cheat --------------------------------------------------------


class Pretend:
    """A contestant whose steps do what they are told."""

    def __init__(self, in_D_step=(0, 1), in_G_step=(1, 0), loss=0.7):
        self.moves, self.loss = (np.array(in_D_step), np.array(in_G_step)), loss
        self.at = np.zeros(2)

    def discriminator_step(self):
        self.at = self.at + self.moves[0]

    def generator_step(self):
        self.at = self.at + self.moves[1]

    def run(self, steps):
        self.discriminator_step()
        self.generator_step()

    def state(self):
        return [self.at[:1]], [self.at[1:]]

    def losses(self):
        return self.loss, 0.7


def test_the_check_finds_who_moves():
    check(Pretend())
    for wrong, text in (
        (Pretend(in_D_step=(0, 0)), "D moves in the discriminator's step"),
        (Pretend(in_D_step=(1, 1)), "G stands still in the discriminator's"),
        (Pretend(in_G_step=(1, 1)), "D stands still in the generator's"),
        (Pretend(in_G_step=(0, 0)), "G moves in the generator's step"),
        (Pretend(loss=float("nan")), "losses are finite"),
    ):
        with pytest.raises(BrokenContestant, match=text):
            check(wrong)


# ---- products ----------------------------------------------------------------------


LIBRARIES = (products.Numpy, products.Minigan, products.Torch)


@pytest.mark.parametrize("form", ["forward", "dW", "dx"])
@pytest.mark.parametrize("library", LIBRARIES)
def test_products_are_equal(library, form):
    if library is products.Torch:
        pytest.importorskip("torch")
    listed = [Product(form, 6, 5, 7)]
    ((_, given),) = products.operands(listed)
    subject = library(listed)
    subject.run(1)
    first, second, *_, result = given
    if form == "forward":
        expected = first @ second + given[2]
    else:
        expected = first.T @ second if form == "dW" else first @ second.T
    found = np.asarray(subject.calls[0][1][-1])
    assert found.shape == result.shape
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)
    if library is products.Torch:
        import torch

        torch.set_grad_enabled(True)


@pytest.mark.parametrize("library", [*LIBRARIES, products.TorchBfloat16, products.Jax])
def test_how_far_a_product_is_from_the_exact_one(library):
    needs = {"Torch": "torch", "TorchBfloat16": "torch", "Jax": "jax"}
    if library.__name__ in needs:
        pytest.importorskip(needs[library.__name__])
    listed = [Product("forward", 6, 50, 7)]
    ((_, given),) = products.operands(listed)
    found = errors(library(listed).first_result(), *given[:-1])
    assert 0 < found["mean"] < found["worst"] < 0.01
    if library is not products.TorchBfloat16:
        assert found["worst"] < 1e-6
    else:
        import torch

        torch.backends.mkldnn.matmul.fp32_precision = "none"
    if needs.get(library.__name__) == "torch":
        import torch

        torch.set_grad_enabled(True)


def test_errors_are_measured_in_sums_of_absolute_values():
    x, W, b = np.array([[1.0, -2.0]]), np.array([[3.0], [4.0]]), np.array([1.0])
    found = errors(np.array([[-4.0 + 0.12]]), x, W, b)
    assert found["worst"] == pytest.approx(0.01) == found["mean"]
    again = errors(np.array([[-4.0 + 0.12]]), x, W, b)
    assert found["bits"] == again["bits"] != errors(np.array([[-4.0]]), x, W, b)["bits"]


def test_what_was_disturbed_is_marked(content):
    for name, others in (("minigan", 0.05), ("torch", 0.4)):
        row = {"workload": "parabola", "contestant": name, "microseconds": [10.0]}
        content["results"].append({**row, "other_cores": others})
    results = Results(content)
    rows = {row[0]: row[1] for row in results.table(WORKLOADS["parabola"]).rows}
    assert rows["minigan"] == "10.00"
    assert rows["PyTorch, layer by layer from Python"] == "10.00*"
    assert "1 of 5 measurements" in results.warnings()[-1]
    assert "Disturbed, so not to be quoted: minigan is 1.00 times" in docs.page(results)


def test_settings_that_change_no_bit_are_named(content):
    for name, bits in {"torch": "a", "torch-bf16": "b", "jax-step": "c"}.items():
        far = {"mean": 1e-8, "worst": 2e-7, "bits": bits}
        row = {"workload": "accuracy", "contestant": name, "microseconds": [1.0]}
        content["results"].append({**row, "repetition": 0, "errors": far})
    jax = content["results"][-1]
    content["results"].append({**jax, "contestant": "jax-x6"})
    rows = Results(content).accuracy_table().rows
    assert [row[3] for row in rows] == ["", "", "", "all as JAX without the setting"]
    assert rows[0][1:3] == ["1.0e-08", "2.0e-07"]
    assert "## How exact products are" in docs.page(Results(content))


def test_who_rounds_is_no_rival_and_python_has_a_price(content):
    for name, time in (("minigan", 10.0), ("torch-bf16", 5.0), ("torch", 20.0)):
        row = {"workload": "parabola", "contestant": name, "microseconds": [time]}
        content["results"].append(row)
    row = {"workload": "parabola", "contestant": "minigan-eager"}
    content["results"].append({**row, "microseconds": [1010.0]})
    page = docs.page(Results(content))
    assert "minigan is 2.00 times as fast as the fastest other (PyTorch, layer" in page
    assert "takes 1,010 us, 1.00 ms more than recorded; PyTorch" in page


# ---- the same mathematics: `python -m benchmarks verify` compares all of them ------


@pytest.mark.parametrize("name", ["parabola", "mnist-smooth", "dcgan"])
@pytest.mark.parametrize("contestant", ["torch", "jax-step"])
def test_losses_are_those_of_minigan(contestant, name):
    pytest.importorskip({"torch": "torch", "jax-step": "jax"}[contestant])
    if (contestant, name) == ("jax-step", "dcgan"):
        pytest.skip("a minute: convolutions one by one; `verify` compares them")
    assert verify.difference(name, CONTESTANTS[contestant]) < verify.CLOSE


def test_the_guard_prints_one_line(capsys):
    assert guard.main(lambda listed: 1.0) == 0
    assert guard.main(lambda listed: 0.9 * guard.LEAST) == 1
    good, bad = capsys.readouterr().out.splitlines()
    assert good.endswith("ok") and f"below {guard.LEAST}: forward, dW" in bad


def test_the_registry_names_match():
    for name, entry in {**WORKLOADS, **CONTESTANTS}.items():
        assert name == entry.name
    assert registry.GROWTH and len({c.label for c in CONTESTANTS.values()}) == len(
        CONTESTANTS
    )
