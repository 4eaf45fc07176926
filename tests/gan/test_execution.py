"""Captured and eager training leave the same bytes, whatever happens on the way."""

import copy
import dataclasses
import inspect
import itertools
import os
import pickle
import signal
import threading
import warnings
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from types import SimpleNamespace

import numpy as np
import pytest

from minigan import (
    SGD,
    Adam,
    BatchNorm,
    Conv2D,
    Dense,
    Dropout,
    LeakyReLU,
    OptimisticAdam,
    ReLU,
    RMSprop,
    Sequential,
    Sigmoid,
    Tanh,
    UpSampling2D,
    ZeroPadding2D,
    primitives,
)
from minigan.capture.schedule import Schedule
from minigan.errors import ArgumentError, CaptureError, MiniganError, NonFiniteError
from minigan.gan import (
    OBJECTIVES,
    Callback,
    Parabola,
    Rows,
    Trainer,
    conditional,
    execution,
    recipes,
)
from minigan.gan.game import AHEAD
from minigan.gan.options import RULES, Options
from minigan.gan.penalties import PENALTIES
from minigan.gan.rngs import rngs
from minigan.jit.compiling import JIT_DISABLED
from minigan.optimizers import base

from .. import helpers
from ..helpers import needs_proc, resident
from .small import OPTIONS as OF_SMALL
from .small import array, build, state

pytestmark = pytest.mark.skipif(JIT_DISABLED, reason="nothing can be captured")
MODES = (True, False)  # capture


@pytest.fixture(autouse=True)
def on_the_compiled_kernels(monkeypatch):
    monkeypatch.setenv("MINIGAN_BACKEND", "jit")


def pair(make=build, **options):
    """The same trainer twice: captured and eager."""
    return [make(backend="jit", capture=capture, **options) for capture in MODES]


def assert_equal(captured, eager):
    one, two = state(captured), state(eager)
    assert not {name for name in one if one[name] != two[name]}
    assert one.keys() == two.keys()
    assert captured.execution._program is not None  # it was not eager as well
    assert eager.execution._program is None


@pytest.fixture
def threads():
    """A function that sets the number of threads, until the test is over."""
    with ExitStack() as stack:
        yield lambda n: stack.enter_context(helpers.threads(n))


@pytest.mark.parametrize("options", ["half", "mixed", "batchnorm", "convolutions"])
def test_captured_equals_eager_by_tiles(options, by_tiles):
    captured, eager = pair(**OF_SMALL[options])
    for trainer in (captured, eager):
        trainer.fit(4)
    assert_equal(captured, eager)
    with primitives.use_products("chain"):
        chain = build(backend="jit", **OF_SMALL[options])
        chain.fit(4)
    assert state(chain)["generator/theta"] != state(eager)["generator/theta"]


def test_another_arithmetic_is_another_program(by_tiles):
    one, two = pair()
    for trainer in (one, two):
        trainer.fit(3)
        with primitives.use_products("chain"):
            trainer.fit(3)
        trainer.fit(3)
    assert_equal(one, two)


# ---- every option ------------------------------------------------------------------

OPTIONS = {
    "batches": ["half", "separate", "mixed"],
    "labels": [(1.0, 0.0), (0.9, 0.1)],
    "discriminator_steps": [1, 3],
    "latent": ["fresh", "shared"],
    "fakes": ["inference", "training"],
    "objective": list(OBJECTIVES),
    "generator_steps": [1, 2],
    "pretraining_steps": [0, 3],
    "clip_value": [None, 0.05],
    "penalty": [None, *PENALTIES],
    "ema": [None, 0.9],
    "noise": [(0.0, None), (0.1, None), (0.1, 5)],
    "updates": ["alternating", "simultaneous", "extragradient"],
    "rates": [("constant", None), ("linear", 5), ("step", 9)],
    "pack": [1, 2],
    "optimizers": [
        "Adam, Adam",
        "Adam, SGD",
        "SGD, Adam",
        "RMSprop, RMSprop",
        "OptimisticAdam, OptimisticAdam",
    ],
    "dtype": [np.float32, np.float64],
    "sampling": ["points", *Rows.SAMPLING],
    "network": [
        "norm",
        "dropout",
        "norm and dropout",
        "images",
        "no sigmoid",
        "convolutions",
        "norm and convolutions",
        "graph",
        *conditional.CONDITIONS,
        "alike",
    ],
    "auxiliary_weight": [1.0, 0.5],
    "auxiliary_rows": ["both", "real"],
    "threads": [1, 2],
}


ARGUMENTS = inspect.signature(Trainer).parameters


CONVOLUTIONS = ("convolutions", "norm and convolutions")

# one value above stands for several options
TOGETHER = {
    "labels": ("real_label", "fake_label"),
    "noise": ("instance_noise", "instance_noise_steps"),
    "rates": ("schedule", "schedule_steps"),
    "optimizers": ("generator_optimizer", "discriminator_optimizer"),
}
DEFAULTS = {known.name: known.default for known in dataclasses.fields(Options)}


def options_of(row):
    """name -> value of the options of a step in a row of choices."""
    single = {}
    for name, value in row.items():
        names = TOGETHER.get(name, (name,))
        single |= dict(
            zip(names, value if name in TOGETHER else (value,), strict=False)
        )
    return {name: value for name, value in single.items() if name in DEFAULTS}


def possible(choice):
    """True where nothing refuses these choices, whatever the others are."""
    chosen, network = options_of(choice), choice.get("network")
    heads = chosen.get("auxiliary_weight") == 0.5
    heads |= chosen.get("auxiliary_rows") == "real"
    if heads and network not in (None, "auxiliary"):
        return False
    needs_labels = network in conditional.CONDITIONS or heads
    packs_classes = choice.get("sampling", "replacement") == "replacement"
    if chosen.get("pack", 1) > 1 and needs_labels and not packs_classes:
        return False
    if choice.get("sampling") == "points" and needs_labels:
        return False
    if chosen.get("pack", 1) > 1 and network in ("graph", *CONVOLUTIONS):
        return False  # made for rows of two numbers
    if choice.get("penalty") and (network == "alike" or "norm" in (network or "")):
        return False  # rows of D that depend on others
    options = SimpleNamespace(**{**DEFAULTS, **chosen})
    for rule in RULES:
        if set(rule.names) <= chosen.keys() and rule.wants(options) is not None:
            return False
    labels = {name: chosen[name] for name in TOGETHER["labels"] if name in chosen}
    try:
        OBJECTIVES[options.objective](**labels)
    except ArgumentError:
        return "objective" not in chosen
    return True


def covering(options):
    """Rows of choices in which every possible pair of values occurs together.

    Greedy: a row begins with a pair not yet seen, and takes for each other option the
    value that completes the most new pairs.
    """

    values = [[(name, value) for value in found] for name, found in options.items()]
    missing = {
        frozenset((a, b))
        for one, two in itertools.combinations(values, 2)
        for a, b in itertools.product(one, two)
        if possible(dict((a, b)))
    }
    rows = []
    for two in sorted(missing, key=lambda two: sorted(map(str, two))):
        if two not in missing:
            continue
        row = dict(two)
        for name, found in options.items():
            if name not in row:
                items = [(name, v) for v in found if possible({**row, name: v})]
                new = [
                    sum(frozenset((one, item)) in missing for one in row.items())
                    for item in items
                ]
                row[name] = items[new.index(max(new))][1]
        missing -= {frozenset(two) for two in itertools.combinations(row.items(), 2)}
        rows.append(row)
    return rows


ROWS_OF_OPTIONS = covering(OPTIONS)


def trainer_of(row, capture):
    """A small GAN with the options of one row."""
    keywords = {
        **options_of(row),
        "dtype": row["dtype"],
        "norm": "norm" in row["network"],
        "dropout": "dropout" in row["network"],
        "images": row["network"] == "images",
        "convolutions": "convolutions" in row["network"],
        "alike": row["network"] == "alike",
        "sigmoid": row["network"] != "no sigmoid",
        "graph": row["network"] == "graph",
    }
    if row["network"] in conditional.CONDITIONS:
        keywords["condition"] = row["network"]
    if row["sampling"] != "points":
        keywords |= {"rows": 21, "sampling": row["sampling"]}
    kinds = {
        "Adam": lambda: Adam(0.01, beta_1=0.5),
        "SGD": lambda: SGD(0.01, 0.5),  # with penalties 0.1 may be too much
        "RMSprop": lambda: RMSprop(0.01, momentum=0.5),
        "OptimisticAdam": lambda: OptimisticAdam(0.01, beta_1=0.5),
    }
    one, two = row["optimizers"].split(", ")
    keywords["generator_optimizer"] = kinds[one]()
    keywords["discriminator_optimizer"] = kinds[two]()
    return build(**keywords, backend="jit", capture=capture)


def test_the_rows_cover_every_pair():
    seen = set()
    for row in ROWS_OF_OPTIONS:
        assert possible(row) and row.keys() == OPTIONS.keys()
        seen |= {frozenset(two) for two in itertools.combinations(row.items(), 2)}
    for one, two in itertools.combinations(OPTIONS, 2):
        for a, b in itertools.product(OPTIONS[one], OPTIONS[two]):
            choice = {one: a, two: b}
            assert (frozenset(choice.items()) in seen) == possible(choice)


def test_what_is_not_possible_is_refused_by_name_and_changes_nothing():
    """Each pair that a rule forbids, set on a trainer that has the rest."""
    refused = 0
    for one, two in itertools.combinations(OPTIONS, 2):
        for a, b in itertools.product(OPTIONS[one], OPTIONS[two]):
            choice = {one: a, two: b}
            of_networks = {"network", "auxiliary_weight", "auxiliary_rows"}
            if possible(choice) or of_networks & choice.keys():
                continue
            refused += 1
            with pytest.raises(MiniganError, match=r"argument '(\w+)': expected") as e:
                Options(**options_of(choice))
            name = str(e.value).split("'")[1]
            assert name in options_of(choice), (choice, e.value)
            trainer = build(batch_size=8)
            before, options = state(trainer), trainer.options
            with pytest.raises(MiniganError, match=f"argument '{name}': expected"):
                trainer.options = options.changed(**options_of(choice))
            assert trainer.options is options and state(trainer) == before
    assert refused > 10


def test_every_option_of_the_trainer_is_covered():
    fixed = {"generator", "discriminator", "data", "batch_size", "seed", "rngs"}
    fixed |= {"backend", "capture", "name", "penalty_weight"}
    fixed |= {"shards", "communicator"}  # for these see test_shards
    covered = {new for name in OPTIONS for new in TOGETHER.get(name, [name])}
    assert set(ARGUMENTS) - fixed <= covered


@pytest.mark.parametrize(
    "row", ROWS_OF_OPTIONS, ids=lambda row: f"{row['batches']}-{row['network']}"
)
def test_equal_bytes_for_every_pair_of_options(row, threads):
    threads(row["threads"])
    captured, eager = (trainer_of(row, capture) for capture in MODES)
    captured.fit(7, report_every=3)
    eager.fit(7, report_every=3)
    assert_equal(captured, eager)


def wide(capture, batch_size=80, **options):
    """Networks large enough for the parallel kernels, of the other layers."""
    rng, data = np.random.default_rng(0), np.random.default_rng(1)
    generator = [Dense(20, 450, rng=rng), ReLU(), BatchNorm(450)]
    generator += [Dense(450, 450, rng=rng), Tanh()]
    discriminator = [Dense(450, 300, rng=rng), Dropout(0.2, rng=data), LeakyReLU(0.3)]
    discriminator += [Dense(300, 1, rng=rng), Sigmoid()]
    rows = data.uniform(-1, 1, (100, 450)).astype("f4")
    return Trainer(
        Sequential(generator),
        Sequential(discriminator),
        rows,
        batch_size=batch_size,
        backend="jit",
        capture=capture,
        **options,
    )


def dcgan(capture, batches):
    """Convolutions large enough for the parallel kernels and for several blocks."""
    rng = np.random.default_rng(0)
    up = UpSampling2D((7, 7, 40), 2)
    first = Conv2D(up.output_image, 48, 3, padding="same", rng=rng)
    last = Conv2D(first.output_image, 1, 3, padding="same", rng=rng)
    generator = [Dense(20, 7 * 7 * 40, rng=rng), ReLU(), up, first]
    generator += [BatchNorm(48, positions=14 * 14), ReLU(), last, Tanh()]
    border = ZeroPadding2D((14, 14, 1), ((0, 1), (0, 1)))
    large = Conv2D(border.output_image, 32, 5, rng=rng)
    small = Conv2D(large.output_image, 64, 3, 2, "same", rng=rng)
    discriminator = [border, large, LeakyReLU(0.2), small]
    discriminator += [BatchNorm(64, positions=6 * 6), LeakyReLU(0.2)]
    discriminator += [Dense(6 * 6 * 64, 1, rng=rng), Sigmoid()]
    rows = np.random.default_rng(1).uniform(-1, 1, (40, 14 * 14)).astype("f4")
    networks = Sequential(generator), Sequential(discriminator)
    options = {"batches": batches, "backend": "jit", "capture": capture}
    return Trainer(*networks, rows, batch_size=16, **options)


@pytest.mark.parametrize("make", [wide, dcgan])
def test_one_and_two_threads_captured_and_eager(threads, make):
    found = []
    for number, capture in itertools.product((1, 2), MODES):
        threads(number)
        trainer = make(capture, batches="separate")
        trainer.fit(3, report_every=None)
        found.append(state(trainer))
    assert all(other == found[0] for other in found)


# ---- the recipes -------------------------------------------------------------------


def recipe(name, steps, capture, dtype=np.float32, **options):
    data = None
    if recipes.RECIPES[name].dataset:
        images = np.random.default_rng(3).uniform(-1, 1, (300, 28, 28, 1))
        data = images.astype(dtype)
        if recipes.RECIPES[name].condition is not None:
            data = data, np.arange(300) % 10
    trainer = recipes.load(
        name, seed=7, data=data, dtype=dtype, backend="jit", capture=capture, **options
    )
    trainer.fit(steps, report_every=None)
    return trainer


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parabola(dtype):
    assert_equal(*(recipe("parabola", 300, capture, dtype) for capture in MODES))


IMAGES = [name for name, recipe in recipes.RECIPES.items() if recipe.dataset]


def test_ring():
    assert_equal(*(recipe("ring", 20, capture) for capture in MODES))


@pytest.mark.parametrize("name", IMAGES)
def test_the_image_recipes_on_few_rows(name):
    assert_equal(*(recipe(name, 5, capture, batch_size=4) for capture in MODES))


@pytest.mark.soak
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_five_thousand_steps_of_parabola(dtype, number, threads):
    threads(number)
    assert_equal(*(recipe("parabola", 5000, capture, dtype) for capture in MODES))


@pytest.mark.soak
@pytest.mark.parametrize("number", [1, 2])
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("name", IMAGES)
def test_two_hundred_steps_of_the_image_recipes(name, dtype, number, threads):
    threads(number)
    assert_equal(*(recipe(name, 200, capture, dtype) for capture in MODES))


# ---- saving and resuming in either mode --------------------------------------------

RESUMED = {"norm": True, "dropout": True, "rows": 21, "sampling": "shuffled"}


@pytest.mark.parametrize("first", MODES)
@pytest.mark.parametrize("then", MODES)
def test_resumed_in_either_mode(first, then, tmp_path):
    whole = build(**RESUMED, backend="jit", capture=False)
    whole.fit(9)
    start = build(**RESUMED, backend="jit", capture=first)
    start.fit(4)
    start.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c", data=array(21), capture=then)
    resumed.fit(5)
    assert state(resumed) == state(whole)
    assert (resumed.execution._program is not None) == then
    whole.save(tmp_path / "whole")
    resumed.save(tmp_path / "resumed")
    files = [(tmp_path / name).read_bytes() for name in ("whole", "resumed")]
    assert files[0] == files[1]


# ---- what changes between two calls ------------------------------------------------


def set_layer(network, kind, **values):
    def change(trainer):
        for layer in getattr(trainer, network).walk():
            if isinstance(layer, kind):
                vars(layer).update(values)

    return change


def set_on(path, **values):
    def change(trainer):
        part = trainer
        for name in path.split():
            part = getattr(part, name)
        for name, value in values.items():
            setattr(part, name, value)

    return change


def fresh_optimizer(trainer):
    trainer.generator_optimizer = Adam(0.02, beta_1=0.3)


def other_rows(trainer):
    trainer.data = Rows(array(30), rng=trainer.rngs["data"], sampling="shuffled")


CHANGES = {
    "learning rate": set_on("generator_optimizer", learning_rate=0.3),
    "beta_1": set_on("discriminator_optimizer", beta_1=0.1),
    "BatchNorm momentum": set_layer("generator", BatchNorm, momentum=0.1),
    "BatchNorm epsilon": set_layer("discriminator", BatchNorm, epsilon=0.1),
    "slope": set_layer("discriminator", LeakyReLU, negative_slope=0.7),
    "dropout rate": set_layer("generator", Dropout, rate=0.6),
    "batch size": set_on("", batch_size=10),
    "discriminator steps": set_on("", discriminator_steps=2),
    "fakes": set_on("", fakes="training"),
    "batches": set_on("", batches="mixed"),
    "labels": set_on("", real_label=0.8),
    "sampling": set_on("data", sampling="ordered"),
    "optimizer": fresh_optimizer,
    "data": other_rows,
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_a_change_between_two_fits_is_noticed(change):
    unchanged, *two = (
        build(**RESUMED, backend="jit", capture=c) for c in (True, *MODES)
    )
    unchanged.fit(8)
    for trainer in two:
        trainer.fit(4)
        change(trainer)
        trainer.fit(4)
    assert_equal(*two)
    assert state(unchanged)["history"] != state(two[0])["history"]  # it had an effect


def test_a_callback_may_change_the_learning_rate():
    class Decay(Callback):
        every = 3

        def on_step(self, trainer):
            trainer.generator_optimizer.learning_rate *= 0.5

    captured, eager = pair()
    for trainer in (captured, eager):
        trainer.fit(10, callbacks=[Decay()])
    assert_equal(captured, eager)
    assert captured.generator_optimizer.learning_rate == 1e-3 / 8


# ---- numbers that are not finite ---------------------------------------------------

POISONS = {
    "generator theta": lambda t: t.generator.theta,
    "discriminator theta": lambda t: t.discriminator.theta,
    "generator m": lambda t: t.generator_optimizer.vectors(t.generator)["m"],
    "discriminator v": lambda t: t.discriminator_optimizer.vectors(t.discriminator)[
        "v"
    ],
    "moving variance": lambda t: t.generator.buffers,
    "data": lambda t: t.data.data[17],
}


@pytest.mark.parametrize("name", POISONS)
def test_poison_is_named_and_the_last_good_step_is_left(name):
    """Rows in order, four a step, five steps an epoch: row 17 is met in step 10."""
    captured, eager = pair(rows=21, sampling="ordered", norm=True)
    messages = []
    for trainer in (captured, eager):
        trainer.fit(7, report_every=None)
        POISONS[name](trainer)[0] = np.nan
        with pytest.raises(NonFiniteError, match=r"^step \d+: ") as caught:
            trainer.fit(10, report_every=None)
        messages.append(str(caught.value))
    assert messages[0] == messages[1]
    assert_equal(captured, eager)
    assert captured.step_count == (9 if name == "data" else 7)


@pytest.mark.parametrize("kind", ["Adam", "SGD"])
def test_a_run_that_diverges_in_the_middle_of_a_chunk(kind, monkeypatch):
    monkeypatch.setattr(execution, "CHUNK_SECONDS", 1e9)
    optimizers = {
        "Adam": lambda: Adam(1e6, beta_1=0.0),
        "SGD": lambda: SGD(50.0, momentum=0.9),
    }
    found = []
    for capture in MODES:
        trainer = build(
            backend="jit",
            capture=capture,
            generator_optimizer=optimizers[kind](),
            discriminator_optimizer=optimizers[kind](),
        )
        with pytest.raises(NonFiniteError, match=r"^step \d+: ") as caught:
            trainer.fit(100_000, report_every=None)
        found.append((str(caught.value), state(trainer)))
    assert found[0] == found[1]
    assert trainer.step_count > 2


def too_large_for_batchnorm(trainer):
    """G's second layer makes numbers whose variance leaves float32."""
    trainer.generator.layers[0].W.value[...] *= 1e25


def too_large_for_the_norm(trainer):
    """The squares of D's gradient leave float32, its steps of 1e-30 do not."""
    trainer.discriminator.layers[0].W.value[...] *= 1e-10
    trainer.data.data[...] *= 1e25


NORMAL = {
    "variance": (too_large_for_batchnorm, {"norm": True}, "BatchNorm.forward: "),
    "gradient": (
        too_large_for_the_norm,
        {"rows": 21, "objective": "wasserstein", "clip_value": 1e6, "batches": "mixed"},
        "expected a finite d_gradient, got inf",
    ),
}


@pytest.mark.parametrize("name", NORMAL)
def test_numbers_whose_squares_are_none_are_named(name):
    """Eagerly and captured alike; the second went on in silence when run eagerly."""
    spoil, options, expected = NORMAL[name]
    found = []
    for capture in MODES:
        trainer = build(
            backend="jit",
            capture=capture,
            discriminator_optimizer=SGD(1e-30),
            generator_optimizer=SGD(1e-30),
            **options,
        )
        trainer.fit(3, report_every=None)
        spoil(trainer)
        with pytest.raises(NonFiniteError, match=f"^step 4: {expected}") as caught:
            trainer.fit(5, report_every=None)
        found.append((str(caught.value), state(trainer)))
    assert found[0] == found[1]
    assert trainer.step_count == 3


class Leaps(SGD):
    """Its third step leads out of all numbers; nothing that it measures shows it."""

    def update(self, theta, dtheta, *rest):
        if self.t == 3:
            theta[0] = np.inf


def test_a_parameter_that_is_no_number_after_the_last_step():
    trainer = build(capture=False, generator_optimizer=Leaps(0.1))
    with pytest.raises(NonFiniteError, match="^step 3: Leaps.step: "):
        trainer.fit(3, report_every=None)
    assert trainer.step_count == 2 and np.isfinite(trainer.generator.theta).all()


@pytest.mark.filterwarnings("ignore:.*is not captured.*")
@pytest.mark.parametrize("capture", MODES)
@pytest.mark.parametrize("rule", [SGD, Leaps])  # the second one cannot be captured
def test_a_flag_that_was_left_behind_stops_no_run(rule, capture):
    trainer = build(backend="jit", capture=capture, generator_optimizer=rule(0.1))
    trainer.generator_optimizer.overflow[...] = 1
    trainer.fit(2, report_every=None)
    assert trainer.step_count == 2


def test_an_eager_step_copies_nothing(monkeypatch):
    """The run has a copy from its beginning."""
    trainer = build(capture=False)
    monkeypatch.setattr(base, "_copies", None)
    trainer.fit(3, report_every=None)
    assert trainer.step_count == 3


# ---- fit: chunks, callbacks, stopping ----------------------------------------------


def test_more_steps_than_the_table_holds(monkeypatch):
    """However fast the machine: every step is trained once, and kept."""
    monkeypatch.setattr(execution, "CHUNK_SECONDS", 1e9)
    steps = 4 * AHEAD
    trainer, other = (build(backend="jit") for _ in range(2))
    trainer.fit(steps, report_every=None)
    assert len(trainer.history) == steps == int(trainer.generator_optimizer.t)
    for _ in range(3):
        other.fit(1000)
    assert other.history.table.tobytes() == trainer.history.table[:3000].tobytes()


class Watcher(Callback):
    def __init__(self):
        self.steps, self.losses, self.reports, self.ends = [], [], [], 0

    def on_step(self, trainer):
        self.steps.append(trainer.step_count)
        self.losses.append(trainer.history.table[-1].tobytes())

    def on_report(self, trainer, report):
        self.reports.append(report)

    def on_end(self, trainer, history):
        self.ends += 1


def test_callbacks_and_reports_are_those_of_an_eager_run():
    captured, eager = pair(dropout=True)
    seen = []
    for trainer in (captured, eager):
        watcher = Watcher()
        trainer.fit(11, report_every=4, callbacks=[watcher])
        seen.append(vars(watcher))
    assert seen[0] == seen[1]
    assert seen[0]["steps"] == list(range(1, 12)) and seen[0]["ends"] == 1
    assert [report.step for report in seen[0]["reports"]] == [4, 8]
    assert_equal(captured, eager)


def test_on_step_every_third_step():
    watcher = Watcher()
    watcher.every = 3
    build(backend="jit").fit(10, report_every=None, callbacks=[watcher])
    assert watcher.steps == [3, 6, 9]


class Stopper(Callback):
    def on_step(self, trainer):
        if trainer.step_count == 6:
            trainer.stop()


def test_stopping_leaves_whole_steps():
    captured, eager = pair()
    for trainer in (captured, eager):
        trainer.fit(100, callbacks=[Stopper()])
    assert captured.step_count == 6
    assert_equal(captured, eager)


@pytest.mark.skipif(os.name != "posix", reason="POSIX signals")
def test_ctrl_c_in_a_captured_run_leaves_whole_steps(monkeypatch):
    monkeypatch.setattr(execution, "CHUNK_SECONDS", 0.02)
    trainer = build(backend="jit")
    trainer.fit(2)
    timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGINT))
    # a shell starts what runs in the background with Ctrl-C ignored
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            trainer.fit(500_000, report_every=None)
    finally:
        timer.join()
        signal.signal(signal.SIGINT, before)
    done = trainer.step_count
    assert int(trainer.generator_optimizer.t) == done > 2
    other = build(backend="jit")
    other.fit(done, report_every=None)
    assert state(trainer) == state(other)


# ---- memory and threads ------------------------------------------------------------


def grown(trainer, steps, pieces):
    """Bytes by which the process grows, but for the history, which keeps all steps."""
    trainer.fit(2 * AHEAD, report_every=None)
    before = resident() - trainer.history._table.nbytes
    for _ in range(pieces):
        trainer.fit(steps // pieces, report_every=None)
    return resident() - trainer.history._table.nbytes - before


@needs_proc
def test_training_does_not_eat_memory():
    trainer = build(backend="jit", dropout=True, norm=True)
    trainer.fit(10)
    assert grown(trainer, 6000, pieces=300) < 4e6


@needs_proc
@pytest.mark.soak
def test_a_million_steps_of_parabola_do_not_eat_memory():
    trainer = recipes.load("parabola", backend="jit")
    assert grown(trainer, 1_000_000, pieces=100) < 16e6
    assert trainer.step_count == 1_000_000 + 2 * AHEAD


def test_two_python_threads_train_as_if_alone():
    def train(seed, capture):
        trainer = build(backend="jit", norm=True, seed=seed, capture=capture)
        trainer.fit(60, report_every=7)
        large = wide(capture, seed=seed)
        large.fit(4)
        return state(trainer), state(large)

    seeds = (1, 2)
    alone = [train(seed, True) for seed in seeds]
    for capture in MODES:
        with ThreadPoolExecutor(2) as pool:
            together = [pool.submit(train, seed, capture) for seed in seeds]
        assert [future.result() for future in together] == alone


# ---- phases ------------------------------------------------------------------------

PHASES = {"discriminator_steps": 17, "generator_steps": 4}


def test_long_phases_are_a_schedule_of_programs_with_the_same_bytes():
    captured, eager = pair(norm=True, dropout=True, ema=0.9, **PHASES)
    for trainer in (captured, eager):
        trainer.fit(5, report_every=2)
    assert_equal(captured, eager)
    schedule = captured.execution._program
    assert type(schedule) is Schedule
    assert [times for _, times in schedule.parts] == [17, 3, 1]
    assert len(captured.program()) > sum(len(part) for part, _ in schedule.parts)
    assert repr(schedule).startswith("Schedule(17 x Program(")


def test_one_generator_step_after_many_of_the_discriminator():
    captured, eager = pair(discriminator_steps=30)
    for trainer in (captured, eager):
        trainer.fit(3)
    assert_equal(captured, eager)
    assert [times for _, times in captured.execution._program.parts] == [30, 1]


def test_a_schedule_that_cannot_be_recorded_leaves_the_state():
    class Plain(ReLU):
        def forward_pass(self, x, training):
            return np.maximum(x, 0), x

    rng = np.random.default_rng(0)
    generator = Sequential([Dense(3, 4, rng=rng), Dense(4, 2, rng=rng)])
    found = []
    for capture in MODES:
        twin = copy.deepcopy(generator)
        critic = Sequential([Dense(2, 4, rng=0), Plain(), Dense(4, 1, rng=1)])
        points = Parabola(3)
        options = {"capture": capture, "backend": "jit", **PHASES}
        trainer = Trainer(twin, critic, points, **options)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            trainer.fit(3)
        assert any("not captured" in str(w.message) for w in said) == capture
        found.append(state(trainer))
    assert found[0] == found[1]


def test_programs_change_with_the_phase():
    captured, eager = pair(fakes="training", dropout=True)
    for trainer in (captured, eager):
        trainer.pretrain(5)
        trainer.fit(3)
        trainer.pretrain(4)
        trainer.fit(2)
    assert_equal(captured, eager)


def test_a_long_chunk_of_falling_noise(monkeypatch):
    """The level of each step, across the end of the table."""
    monkeypatch.setattr(execution, "CHUNK_SECONDS", 1e9)
    options = {"instance_noise": 0.2, "instance_noise_steps": AHEAD + 10}
    captured, eager = pair(**options)
    captured.fit(AHEAD + 50, report_every=None)
    for _ in range(2):
        eager.fit(40)
    assert captured.history.table[:80].tobytes() == eager.history.table.tobytes()
    assert captured.program() is not None  # also with the cursor at the table's end


@pytest.mark.parametrize(
    "twin_of", [copy.deepcopy, lambda t: pickle.loads(pickle.dumps(t))]
)
def test_a_copy_of_a_trained_trainer_goes_on_by_itself(twin_of):
    """Before and after recording: nothing of a program is part of a copy."""
    trainer, through = build(), build()
    trainer.fit(5)
    through.fit(9)
    twin = twin_of(trainer)
    before = state(trainer)
    twin.fit(4)
    assert state(trainer) == before
    assert state(twin) == state(through)
    trainer.fit(4)
    assert state(trainer) == state(through)


# ---- parts of one's own that count -------------------------------------------------


class Counting:
    """For classes whose method `counted` runs in every step."""

    calls = 0

    def count(self):
        self.calls = self.calls + 1


class CountingReLU(Counting, ReLU):
    def forward_pass(self, x, training):
        self.count()
        return super().forward_pass(x, training)


class CountingSGD(Counting, SGD):
    def update(self, theta, dtheta, *rest):
        self.count()
        super().update(theta, dtheta, *rest)


class CountingParabola(Counting, Parabola):
    def batch(self, n):
        self.count()
        return super().batch(n)


def counting(kind, capture):
    part = {"layer": CountingReLU(), "optimizer": CountingSGD(0.1)}.get(kind)
    part = part or CountingParabola(rngs(0)["data"])
    part.calls = 0
    layers = [part] if kind == "layer" else []
    trainer = Trainer(
        Sequential([Dense(3, 4, rng=0), Dense(4, 2, rng=1)]),
        Sequential([Dense(2, 4, rng=2), *layers, Dense(4, 1, rng=3)]),
        part if kind == "source" else Parabola(rngs(0)["data"]),
        generator_optimizer=part if kind == "optimizer" else Adam(),
        batch_size=8,
        backend="jit",
        capture=capture,
    )
    return trainer, part


@pytest.mark.parametrize("kind", ["layer", "optimizer", "source"])
def test_a_part_that_counts_is_run_eagerly_and_named(kind):
    found = []
    for capture in MODES:
        trainer, part = counting(kind, capture)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            trainer.fit(3, report_every=None)
            trainer.fit(2, report_every=None)
        named = f"{type(part).__name__}.calls changes in a step"
        assert [named in str(w.message) for w in said] == [True] * capture
        found.append((state(trainer), part.calls))
    assert found[0] == found[1]


@pytest.mark.parametrize("kind", ["layer", "optimizer", "source"])
def test_looking_at_the_program_counts_nothing(kind):
    trainer, part = counting(kind, True)
    before = state(trainer)
    with pytest.raises(CaptureError, match=f"{type(part).__name__}.calls changes"):
        trainer.program()
    assert part.calls == 0 and state(trainer) == before


def test_a_number_of_an_optimizer_that_is_set_is_seen():
    class Scaled(SGD):
        def __init__(self, learning_rate=0.1):
            super().__init__(learning_rate)
            self.scale = 1.0

        def update(self, theta, dtheta, *rest):
            primitives.add_scaled(dtheta, dtheta, self.scale)
            primitives.clip(theta, self.scale)
            super().update(theta, dtheta, *rest)

    found = []
    for capture in MODES:
        trainer = build(backend="jit", capture=capture, generator_optimizer=Scaled())
        trainer.fit(3, report_every=None)
        trainer.generator_optimizer.scale = 0.01
        trainer.fit(3, report_every=None)
        assert (trainer.execution._program is not None) == capture
        found.append(state(trainer))
    assert found[0] == found[1]


def test_a_layer_that_remembers_a_shape_is_captured():
    class Shaped(ReLU):
        seen = ()

        def forward_pass(self, x, training):
            self.seen = x.shape
            return super().forward_pass(x, training)

    layer = Shaped()
    trainer = Trainer(
        Sequential([Dense(3, 4, rng=0), Dense(4, 2, rng=1)]),
        Sequential([Dense(2, 4, rng=2), layer, Dense(4, 1, rng=3)]),
        Parabola(0),
        batch_size=8,
        backend="jit",
    )
    layer.seen = (0,)
    trainer.fit(3, report_every=None)
    assert trainer.execution._program is not None


@pytest.mark.parametrize("options", ["half", "batchnorm", "average"])
def test_a_run_is_recorded_once(options, monkeypatch):
    """The first scope of frozen() is no change, though layers count in it."""
    trainer = build(backend="jit", **OF_SMALL[options])
    made, record = [], trainer.execution._record
    monkeypatch.setattr(
        trainer.execution, "_record", lambda step: made.append(0) or record(step)
    )
    trainer.fit(20, report_every=None)
    trainer.fit(20, report_every=10)
    assert len(made) == 1
