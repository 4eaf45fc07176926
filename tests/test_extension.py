"""What a user adds in a file outside the package is as good as what is built in.

The file is docs/extension.py: an activation, a loss, an optimizer, an objective and a
recipe in NumPy.  docs/extension_twins.py adds compiled twins.
"""

import importlib.util
import re
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest

import minigan as mg
from minigan import checks, gradcheck, primitives
from minigan.capture import program
from minigan.gan import Trainer, recipes
from minigan.gan.objectives import OBJECTIVES
from minigan.gan.recipes import RECIPES
from minigan.gradcheck import proofs
from minigan.jit.compiling import JIT_DISABLED
from minigan.layers import LAYERS
from minigan.losses import LOSSES
from minigan.optimizers import OPTIMIZERS
from minigan.primitives import PRIMITIVES

from .cli.helpers import run
from .helpers import assert_same_bits

DOCS = Path(__file__).parent.parent / "docs"
REGISTRIES = LAYERS, LOSSES, OPTIMIZERS, OBJECTIVES, RECIPES, PRIMITIVES
OWN = "parabola-gelu"
needs_jit = pytest.mark.skipif(JIT_DISABLED, reason="a twin is compiled")


def imported(name):
    """A script of the documents, as a module of that name."""
    spec = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module


def loaded(*names):
    """The first of these modules, with all that they register; forgotten afterwards."""
    before = [set(registry) for registry in REGISTRIES]
    modules = [imported(name) for name in names]
    yield modules[0]
    for registry, known in zip(REGISTRIES, before, strict=True):
        for name in set(registry) - known:
            registry.unregister(name)
    for name in names:
        del sys.modules[name]


@pytest.fixture
def formulas():
    yield from loaded("extension")


@pytest.fixture
def twins():
    yield from loaded("extension", "extension_twins")


@pytest.fixture(params=[["extension"], ["extension", "extension_twins"]])
def either(request):
    yield from loaded(*request.param)


WAYS = {
    "formulas on NumPy": ("numpy", "extension"),
    "formulas beside kernels": ("jit", "extension"),
    "twins": ("jit", "extension", "extension_twins"),
}


@pytest.fixture(params=WAYS)
def way(request):
    """The module and the backend that it runs on."""
    backend, *names = WAYS[request.param]
    for module in loaded(*names):
        yield module, backend


def trained(steps, **options):
    """A trainer of the extension's recipe and objective after so many steps."""
    trainer = recipes.load(OWN, objective="squared-hinge", **options)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # says that it runs eagerly
        trainer.fit(steps, report_every=None)
    return trainer


def whole(trainer):
    """All bytes of a trainer's state, and its history."""
    arrays = {**trainer.state(), "history": trainer.history.table}
    return {name: array.copy() for name, array in arrays.items()}


# ---- trained -----------------------------------------------------------------------


def test_it_trains(way, request):
    if JIT_DISABLED and request.node.callspec.params["way"] == "twins":
        pytest.skip("300 steps of Python's loops take minutes: see the next test")
    (_, backend), distances = way, []
    for steps in (1, 300):
        trainer = trained(steps, backend=backend, seed=1)
        x, y = trainer.sample(500).T.astype(np.float64)
        distances.append(np.abs(y - x * x).mean())
    assert np.isfinite(trainer.history.table).all()
    assert distances[1] < 0.5 * distances[0], distances  # towards the curve


@pytest.mark.skipif(not JIT_DISABLED, reason="compiled twins train above")
def test_uncompiled_twins_train_as_the_formulas_do():
    found = []
    for names in (["extension"], ["extension", "extension_twins"]):
        for _ in loaded(*names):
            found.append(whole(trained(10, backend="jit")))
    for name, expected in found[0].items():
        np.testing.assert_allclose(found[1][name], expected, 1e-3, 1e-5, err_msg=name)


@needs_jit
def test_without_twins_it_runs_eagerly_and_says_so_once(formulas):
    trainer = recipes.load(OWN, backend="jit")
    with pytest.warns(RuntimeWarning, match="not captured.*gelu_forward") as said:
        for _ in range(3):
            trainer.fit(2, report_every=None)
    assert len(said) == 1


@needs_jit
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_with_twins_it_is_captured_to_the_same_bits(twins, dtype):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        captured, eager = (
            recipes.load(
                OWN, objective="squared-hinge", backend="jit", dtype=dtype, capture=c
            )
            for c in (True, False)
        )
        for trainer in (captured, eager):
            trainer.fit(40, report_every=None)
    for name, array in whole(captured).items():
        assert_same_bits(array, whole(eager)[name])
    names = {i.name for i in captured.program().instructions}
    assert {"gelu_forward", "gelu_backward", "adamw_update"} <= names
    assert "squared_hinge_forward" in names


@needs_jit
def test_the_twins_compute_what_the_formulas_do(twins):
    rng = np.random.default_rng(0)
    x, dy = rng.standard_normal((2, 7, 5))
    t = np.sign(dy)
    for primitive, arguments in (
        (twins.gelu_forward, (x,)),
        (twins.gelu_backward, (dy, x, np.tanh(x))),
        (twins.squared_hinge_forward, (x, t)),
        (twins.squared_hinge_backward, (x, t)),
    ):
        with primitives.use_backend("numpy"):
            want = primitive(*arguments)
        with primitives.use_backend("jit"):
            got = primitive(*arguments)
        for a, b in zip(np.atleast_1d(got), np.atleast_1d(want), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-14)


def test_the_loss_and_the_optimizer_train_a_classifier(way):
    module, backend = way
    rng = np.random.default_rng(0)
    x = rng.standard_normal((64, 3))
    y = np.sign(x[:, :1] + x[:, 1:2])
    dense = [mg.Dense(*sizes, rng=rng, dtype=np.float64) for sizes in ((3, 8), (8, 1))]
    network = mg.Sequential([dense[0], module.TanhGELU(), dense[1]])
    loss, optimizer = module.SquaredMargin(), module.DecayingAdam(0.02)
    losses = []
    with primitives.use_backend(backend):
        for _ in range(60):
            losses.append(float(loss.forward(network.forward(x, training=True), y)))
            network.zero_grad()
            network.backward(loss.backward(), need_dx=False)
            optimizer.step(network)
    assert losses[-1] < 0.3 * losses[0]


@needs_jit
def test_a_step_with_the_loss_is_captured(twins):
    rng = np.random.default_rng(0)
    x, y = rng.standard_normal((16, 3)), np.sign(rng.standard_normal((16, 1)))
    network = mg.Sequential([mg.Dense(3, 1, rng=rng, dtype=np.float64)])
    loss, optimizer = twins.SquaredMargin(), twins.DecayingAdam()
    optimizer.vectors(network)

    def step():
        y_hat, cache = network.forward_pass(x, True)
        _, kept = loss.forward_pass(y_hat, y)
        primitives.fill(network.dtheta, 0.0)
        network.backward_pass(loss.backward_pass(kept), cache, False)
        optimizer.apply(network)

    class Both:
        def state(self):
            return {**network.state(), **optimizer.state()}

        def generators(self):
            return {}

    with primitives.use_backend("jit"):
        recorded = program.capture(
            step, Both(), {"x": x, "y": y, "dtheta": network.dtheta}
        )
    assert "squared_hinge_backward" in {i.name for i in recorded.instructions}


# ---- saved -------------------------------------------------------------------------


def test_it_is_saved_loaded_and_resumed_to_the_bit(way, tmp_path):
    _, backend = way
    through = trained(12, backend=backend)
    trainer = trained(5, backend=backend)
    trainer.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz")
    assert type(again.generator_optimizer).__name__ == "DecayingAdam"
    assert again.objective.name == "squared-hinge"
    assert type(again.generator.layers[1]).__name__ == "TanhGELU"
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        again.fit(7, report_every=None)
    for name, array in whole(through).items():
        assert_same_bits(array, whole(again)[name])


def test_what_is_not_registered_any_more_is_named(tmp_path):
    for _ in loaded("extension"):
        trained(1, backend="numpy").save(tmp_path / "run.npz")
    with pytest.raises(
        mg.MiniganError, match="run.npz.*(TanhGELU|DecayingAdam|squared-hinge)"
    ):
        Trainer.load(tmp_path / "run.npz")


# ---- proven ------------------------------------------------------------------------


def test_it_is_proven(either):
    for subject, shape in (
        (either.TanhGELU(), (5, 6)),
        (either.SquaredMargin(), (8, 1)),
    ):
        report = gradcheck(subject, shape=shape)
        assert report.ok and report.worst < 1e-11, report
    recipe = RECIPES[OWN]
    G, D = (
        build(np.random.default_rng(k), np.float64, (2,))
        for k, build in enumerate((recipe.generator, recipe.discriminator))
    )
    assert gradcheck(G, through=D, shape=(16, 5), objective="squared-hinge").ok


def test_it_is_listed_and_proven_by_minigan_check(either, monkeypatch):
    own = [
        proof
        for proof in proofs(0)
        if re.search("TanhGELU|SquaredMargin|DecayingAdam|squared-hinge", proof.label)
    ]
    assert len(own) >= 4
    monkeypatch.setattr(
        sys.modules["minigan.gradcheck.everything"], "proofs", lambda seed: own
    )
    listed = run("check", "--backend", "numpy")
    assert listed.exit_code == 0, listed.output
    for name in ("TanhGELU", "SquaredMargin", "DecayingAdam", "squared-hinge"):
        assert name in listed.output
    assert f"{len(own)} of {len(own)} agree" in listed.output


def test_it_passes_the_checks_of_all_that_is_registered(either):
    things = (
        either.TanhGELU,
        either.SquaredMargin,
        either.DecayingAdam,
        either.SquaredHingeGAN,
    )
    for thing in things:
        found = checks.of(thing)
        assert found
        for check in found:
            check()


def test_a_wrong_one_is_found(formulas):
    class Wrong(formulas.TanhGELU):
        def backward_pass(self, dy, cache, need_dx):
            return dy * 0.5

    assert not gradcheck(Wrong(), shape=(5, 6)).ok


# ---- profiled ----------------------------------------------------------------------


@needs_jit
def test_it_is_profiled(twins):
    trainer = recipes.load(OWN, objective="squared-hinge", backend="jit")
    text = str(trainer.program().profile(0.05))
    for name in ("gelu_forward", "adamw_update", "squared_hinge_backward"):
        assert name in text
