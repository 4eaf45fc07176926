"""How long training goes on, pre-training, and checkpoints on the way."""

import math
import time
from contextlib import suppress

import numpy as np
import pytest

from minigan import Adam
from minigan.errors import MiniganError, NonFiniteError, OutputError, StateError
from minigan.gan import Callback, Rows, Trainer, execution
from minigan.gan.history import COLUMNS
from minigan.jit.compiling import JIT_DISABLED

from .small import BATCH, OPTIONS, array, build, side, state

OF_G = ("g_loss", "g_gradient")

# ---- steps, epochs, seconds --------------------------------------------------------


@pytest.mark.parametrize("sampling", Rows.SAMPLING)
@pytest.mark.parametrize(
    "options, per_epoch",
    [
        ({"batches": "separate"}, 5),  # floor(43 / 8)
        ({"batches": "half"}, 10),  # D sees 4 real rows
        ({"batches": "mixed", "discriminator_steps": 2}, 2),  # floor(43 / 16)
    ],
    ids=str,
)
def test_epochs_are_whole_passes_in_steps(options, per_epoch, sampling):
    trainer, other = (build(rows=43, sampling=sampling, **options) for _ in range(2))
    assert trainer.steps_per_epoch == per_epoch
    trainer.fit(epochs=2)
    trainer.fit(epochs=0)
    trainer.fit(epochs=1)
    other.fit(3 * per_epoch)
    assert trainer.step_count == 3 * per_epoch and state(trainer) == state(other)


def test_an_epoch_sees_every_row_once():
    trainer = build(
        rows=4 * BATCH, sampling="shuffled", batches="separate", capture=False
    )
    seen = []
    batch = trainer.data.batch
    trainer.data.batch = lambda n: seen.append(batch(n)) or seen[-1]
    trainer.fit(epochs=1)
    rows = np.concatenate(seen)
    assert np.unique(rows, axis=0).tobytes() == array(4 * BATCH).tobytes()


def test_a_time_budget_ends_between_two_steps():
    trainer = build()
    trainer.step()  # compiled, or loaded from the cache
    started = time.monotonic()
    trainer.fit(seconds=0.3, report_every=None)
    assert trainer.step_count > 1 and time.monotonic() - started >= 0.3
    other = build()
    other.fit(trainer.step_count, report_every=None)
    assert state(trainer) == state(other)
    before = trainer.step_count
    trainer.fit(seconds=0)
    assert trainer.step_count == before


def test_a_budget_leaves_no_chunk_that_it_cannot_pay(monkeypatch):
    """A step takes a second: the next chunk is as long as what is left."""
    now = [0.0]
    monkeypatch.setattr(execution.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(execution, "CHUNK_SECONDS", 1e9)
    chunk = execution.Chunk()
    chunk.begin(deadline=10.0)
    sizes = []
    while not chunk.late():
        sizes.append(chunk.steps)
        now[0] += sizes[-1]
        chunk.learn(sizes[-1], sizes[-1], 0.0)
    assert sizes == [1, 2, 4, 3]
    chunk.begin(deadline=now[0] + 3.5)
    assert chunk.steps == 3  # the pace is known
    chunk.begin()
    assert chunk.steps == 8


def test_looks_are_rarer_where_they_take_long(monkeypatch):
    """A copy of the state takes 0.1 s, as of 30 million parameters: 3 s for steps."""
    now = [0.0]
    monkeypatch.setattr(execution.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(execution, "CHUNK_SECONDS", 0.25)
    chunk, step = execution.Chunk(), 1 / 128
    for n in (1, 2, 4, 8, 16, 32, 64, 128, 256):
        chunk.learn(n, n * step, 0.0)
    assert chunk.steps == 32
    chunk.learn(32, 0.125 + 32 * step, 0.125)
    assert chunk.steps == execution.LOOK_SHARE * 16
    chunk.begin(deadline=0.625)
    assert chunk.steps == 64  # the next look takes its share


def test_the_pace_is_known_in_the_next_training(monkeypatch):
    monkeypatch.setattr(execution, "CHUNK_SECONDS", 1e9)
    sizes, run = [], execution.Execution.run

    def counted(self, steps):
        sizes.append(steps)
        run(self, steps)

    monkeypatch.setattr(execution.Execution, "run", counted)
    trainer = build()
    trainer.fit(20, report_every=None)
    trainer.fit(20, report_every=None)
    assert sizes == [1, 2, 4, 8, 5, 16, 4]
    sizes.clear()
    trainer.options = trainer.options.changed(batch_size=8)  # other steps
    trainer.fit(4, report_every=None)
    assert sizes == [1, 2, 1]


BAD_LENGTHS = {
    "none": ({}, "'steps': expected exactly one of steps, epochs.*got None"),
    "two": ({"steps": 1, "epochs": 1}, "exactly one.*got steps and epochs"),
    "three": ({"steps": 1, "epochs": 1, "seconds": 1}, "steps and epochs and seconds"),
    "epochs -1": ({"epochs": -1}, "'epochs': expected an integer >= 0, got -1"),
    "epochs 1.5": ({"epochs": 1.5}, "'epochs': expected an integer >= 0, got 1.5"),
    "seconds -1": ({"seconds": -1}, "'seconds': expected a finite number >= 0"),
    "seconds inf": ({"seconds": math.inf}, "'seconds'.*got inf"),
    "seconds text": ({"seconds": "1"}, "'seconds'.*got '1'"),
    "save_every alone": ({"steps": 1, "save_every": 1}, "'path'.*got None"),
    "path alone": ({"steps": 1, "path": "x"}, "'save_every'.*got None"),
    "save_every 0": ({"steps": 1, "save_every": 0, "path": "x"}, "'save_every'.*>= 1"),
    "path 3": ({"steps": 1, "save_every": 1, "path": 3}, "'path'.*a path, got 3"),
}


@pytest.mark.parametrize("given, message", BAD_LENGTHS.values(), ids=BAD_LENGTHS)
def test_bad_lengths(given, message):
    trainer = build(rows=21)
    before = state(trainer)
    with pytest.raises(MiniganError, match=rf"^Trainer\.fit: .*{message}"):
        trainer.fit(**given)
    assert state(trainer) == before


def test_epochs_need_rows():
    with pytest.raises(MiniganError, match="'epochs': expected data of so many rows"):
        build().fit(epochs=1)
    few = build(rows=20, discriminator_steps=6)
    with pytest.raises(MiniganError, match="at least the 24 rows .* got 20"):
        few.fit(epochs=1)
    with pytest.raises(MiniganError, match="Trainer.steps_per_epoch: argument 'data'"):
        few.steps_per_epoch  # noqa: B018


# ---- checkpoints on the way --------------------------------------------------------


class Keeper(Callback):
    """Keeps every file that appears."""

    def __init__(self, path):
        self.path, self.files = path, {}

    def on_progress(self, trainer):
        if self.path.exists():
            self.files[self.path.read_bytes()] = trainer.step_count


def test_a_checkpoint_every_n_steps_is_that_of_the_step(tmp_path):
    path, keeper = tmp_path / "c.npz", Keeper(tmp_path / "c.npz")
    whole = build(dropout=True)
    whole.fit(11, report_every=2, callbacks=[keeper], save_every=3, path=path)
    steps = []
    for content in keeper.files:
        path.write_bytes(content)
        resumed = Trainer.load(path)
        steps.append(resumed.step_count)
        resumed.fit(11 - resumed.step_count, report_every=2)
        assert state(resumed) == state(whole)
    assert steps == [3, 6, 9]


def test_saving_disturbs_nothing(tmp_path):
    one, two = build(), build()
    one.fit(7, save_every=2, path=tmp_path / "c")
    two.fit(7)
    assert state(one) == state(two)
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_what_cannot_be_saved_is_said_before_training(tmp_path):
    from .test_saving import UNSAVABLE

    trainer = UNSAVABLE["source"][0]()
    with pytest.raises(StateError, match="Trainer.save: data: expected Parabola or"):
        trainer.fit(4, save_every=2, path=tmp_path / "c")
    assert trainer.step_count == 0
    trainer = build()
    with pytest.raises(OutputError, match="cannot be written"):
        trainer.fit(4, save_every=2, path=tmp_path / "no such folder" / "c")
    assert trainer.step_count == 2


# ---- warming up --------------------------------------------------------------------


@pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
def test_warming_up_changes_nothing(options):
    one, two = build(**options), build(**options)
    before = state(one)
    one.warm_up()
    assert state(one) == before and one.step_count == 0
    one.fit(3), two.fit(3)
    assert state(one) == state(two)


@pytest.mark.skipif(JIT_DISABLED, reason="needs compiled kernels")
def test_what_was_warmed_up_is_not_recorded_again(monkeypatch):
    trainer = build(backend="jit")
    trainer.warm_up()
    monkeypatch.setattr(trainer.execution, "_record", None)
    trainer.fit(3)


def test_warming_up_leaves_an_error_to_the_training():
    trainer = build()
    trainer.discriminator.layers[0].W.value[0, 0] = np.inf
    before = state(trainer)
    trainer.warm_up()
    assert state(trainer) == before
    with pytest.raises(NonFiniteError, match="^step 1: .*discriminator 0.W "):
        trainer.fit(1)


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_what_was_interrupted_is_recorded_later(monkeypatch, error):
    trainer, other = build(backend="jit"), build(backend="jit")

    def end(step):
        raise error

    with monkeypatch.context() as patch, suppress(KeyboardInterrupt):
        patch.setattr(trainer.execution, "_record", end)
        trainer.warm_up()
    trainer.fit(3), other.fit(3)
    assert state(trainer) == state(other)
    assert (trainer.execution._program is None) == JIT_DISABLED


def test_what_a_bad_step_wrote_is_forgotten():
    trainer = build(pretraining_steps=3)
    W = trainer.generator.layers[0].W.value
    kept, W[0, 0] = W[0, 0], np.inf
    trainer.warm_up()
    W[0, 0] = kept
    assert not trainer.execution.table.any()
    trainer.fit(2)


# ---- pre-training ------------------------------------------------------------------


def test_pretraining_moves_the_discriminator_alone():
    trainer = build(norm=True, ema=0.9)
    before, average = side(trainer, "generator"), trainer.average.theta.tobytes()
    history = trainer.pretrain(5)
    assert side(trainer, "generator") == before
    assert trainer.average.theta.tobytes() == average
    assert int(trainer.discriminator_optimizer.t) == 10  # two updates each
    assert trainer.step_count == 0 and len(history) == 5
    for name in COLUMNS:
        assert np.isnan(history[name]).all() == (name in OF_G), name
        assert np.isfinite(history[name]).all() == (name not in OF_G), name
    assert history.d_loss[-1] != history.d_loss[0]


@pytest.mark.parametrize("capture", [True, False])
def test_pretraining_is_a_run_of_discriminator_steps(capture):
    from minigan import use_backend

    one, two = build(dropout=True, capture=capture), build(dropout=True)
    one.pretrain(3)
    one.pretrain(2)
    with use_backend(two.backend):
        for _ in range(5):
            two.game.discriminator_step()
    assert state(one) == state(two)


def test_the_option_pretrains_before_the_first_step():
    one, two = build(pretraining_steps=6), build()
    one.step(), one.fit(3)
    two.pretrain(6), two.fit(4)
    mine = state(one)
    assert mine.pop("pretrained") == np.int64(6).tobytes()
    assert mine == state(two)


def test_no_steps_no_pretraining():
    trainer = build(pretraining_steps=6)
    before = state(trainer)
    trainer.fit(0)
    assert state(trainer) == before


def test_pretraining_is_resumed_where_it_stopped(tmp_path, monkeypatch):
    whole, first = (build(pretraining_steps=9, dropout=True) for _ in range(2))
    whole.fit(3)
    pretrain = first.execution.pretrain
    monkeypatch.setattr(
        first.execution, "pretrain", lambda n, h: (pretrain(n, h), first.stop())
    )
    first.fit(3)
    assert first.step_count == 0 and int(first.game.pretrained) == 1
    first.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c")
    resumed.fit(3)
    assert state(resumed) == state(whole)


def test_a_step_after_a_stop_pretrains_to_the_end():
    one, two = build(pretraining_steps=5), build(pretraining_steps=5)
    one.stop()
    one.step(), two.fit(1)
    assert state(one) == state(two)


@pytest.mark.parametrize("capture", [True, False])
def test_poison_in_pretraining_is_named(capture):
    trainer = build(capture=capture, backend="jit")
    trainer.pretrain(4)
    trainer.discriminator.layers[0].W.value[0, 0] = np.inf
    before = state(trainer)
    with pytest.raises(
        NonFiniteError, match=r"^pre-training step 5: .*discriminator 0.W "
    ):
        trainer.pretrain(3)
    assert state(trainer) == before and int(trainer.game.pretrained) == 4


@pytest.mark.parametrize("steps", [-1, 1.5, None, "3", True])
def test_bad_pretraining(steps):
    with pytest.raises(MiniganError, match="Trainer.pretrain: argument 'steps'"):
        build().pretrain(steps)


# ---- interrupted at random, resumed, the same bytes --------------------------------

RUNS = {
    "parabola": {"norm": True, "ema": 0.9, "pretraining_steps": 3},
    "shuffled rows": {
        "rows": 21,
        "sampling": "shuffled",
        "dropout": True,
        "instance_noise": 0.1,
        "instance_noise_steps": 25,
    },
}


class StopAt(Callback):
    def __init__(self, step):
        self.step = step

    def on_step(self, trainer):
        if trainer.step_count == self.step:
            trainer.stop()


@pytest.mark.parametrize("options", RUNS.values(), ids=RUNS)
def test_twenty_interruptions_leave_no_trace(options, tmp_path):
    """Stopped after random steps, in either mode, saved, resumed: 20 times."""
    steps, rng = 60, np.random.default_rng(len(options))
    data = array(options["rows"]) if "rows" in options else None
    whole = build(**options)
    whole.fit(steps, report_every=7)
    pieces = build(**options)
    stops = np.sort(rng.choice(np.arange(1, steps), 20, replace=False))
    for stop in stops.tolist():
        pieces.fit(steps - pieces.step_count, report_every=7, callbacks=[StopAt(stop)])
        assert pieces.step_count == stop
        pieces.save(tmp_path / "c.npz")
        pieces = Trainer.load(
            tmp_path / "c.npz", data=data, capture=bool(rng.integers(2))
        )
    pieces.fit(steps - pieces.step_count, report_every=7)
    assert state(pieces) == state(whole)
    whole.save(tmp_path / "whole"), pieces.save(tmp_path / "pieces")
    assert (tmp_path / "whole").read_bytes() == (tmp_path / "pieces").read_bytes()


# ---- what a sure discriminator leaves of the gradient ------------------------------


def test_minimax_starves_the_generator_of_a_sure_discriminator():
    """At least 10 times less gradient, from the same networks, data and random numbers.

    Fakes far from the data, as early in training, and a D that was trained alone.
    """
    lengths, answers = {}, {}
    for objective in ("non-saturating", "minimax"):
        trainer = build(
            objective=objective,
            batches="separate",
            discriminator_optimizer=Adam(0.01),
        )
        trainer.generator.layers[-1].b.value[...] = (2.0, -2.0)
        trainer.pretrain(1000)
        values = trainer.step()
        lengths[objective], answers[objective] = values["g_gradient"], values["d_fake"]
    assert answers["minimax"] == answers["non-saturating"] < 0.01
    assert lengths["non-saturating"] > 0.1
    assert lengths["non-saturating"] > 10 * lengths["minimax"]


# ---- one player's step -------------------------------------------------------------


@pytest.mark.parametrize("capture", [True, False])
def test_a_step_is_one_of_d_and_one_of_g(capture):
    one, two = (
        build(norm=True, dropout=True, capture=capture),
        build(norm=True, dropout=True),
    )
    values = one.step()
    assert values.pop("d_penalty") == 0
    assert two.discriminator_step() | two.generator_step() == values
    mine, other = state(one), state(two)
    assert mine.pop("history") != other.pop("history") == b""
    assert mine == other and two.step_count == 0


def test_a_generator_step_from_given_z():
    one, two = build(), build()
    z = one.draw_latent(BATCH, "latent")
    assert one.generator_step(z) == two.generator_step()
    assert state(one) == state(two)
    assert one.generator_step(z[:3])["g_loss"] > 0
    before = state(one)
    for bad, message in ((z[:, :2], "shape"), (z.astype("f8"), "dtype"), (3, "array")):
        with pytest.raises(MiniganError, match=f"generator_step: arg.*'z'.*{message}"):
            one.generator_step(bad)
    assert state(one) == before


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_poison_in_a_players_step_changes_nothing(player):
    trainer = build(norm=True)
    trainer.fit(2)
    getattr(trainer, player).theta[0] = np.nan
    before = state(trainer)
    for name in ("discriminator_step", "generator_step"):
        message = rf"^Trainer.{name}: .*\(before the step, {player} 0.W was not finite"
        with pytest.raises(NonFiniteError, match=message):
            getattr(trainer, name)()
        assert state(trainer) == before


# ---- parts that are set ------------------------------------------------------------


def other(seed=9, **options):
    """The parts of another trainer."""
    return build(seed=seed, **options)


def parts(trainer):
    """What a trainer is made of, by identity."""
    names = ("generator", "discriminator", "generator_optimizer", "data", "options")
    names += ("discriminator_optimizer", "objective", "critic", "average", "game")
    return [getattr(trainer, name) for name in names]


@pytest.mark.parametrize("capture", [True, False])
@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_network_that_is_set_takes_everything_with_it(player, capture):
    """As from two trainers that begin with it, but for streams and history."""
    trainer, fresh = (
        build(
            norm=True,
            ema=0.9,
            capture=capture,
            pretraining_steps=2,
            generator_optimizer=Adam(0.01, beta_1=0.3),
        )
        for _ in range(2)
    )
    trainer.fit(3)
    rates = trainer.generator_optimizer.config()
    network = getattr(other(norm=True), player)
    setattr(trainer, player, network)
    assert getattr(trainer, player) is network
    assert trainer.critic.layers == trainer.discriminator.layers[:-1]
    assert trainer.critic[0].W is trainer.discriminator[0].W
    optimizer = getattr(trainer, f"{player}_optimizer")
    assert int(optimizer.t) == 0 and optimizer.networks in ((), (network,))
    assert trainer.generator_optimizer.config() == rates
    assert int(trainer.game.pretrained) == (2 if player == "generator" else 0)
    assert trainer.step_count == 3
    if player == "generator":
        assert trainer.average.theta.tobytes() == network.theta.tobytes()
    else:
        assert trainer.average is not None
        assert trainer.average.theta.tobytes() != trainer.generator.theta.tobytes()
    before = network.theta.copy()
    trainer.fit(2)
    assert (network.theta != before).any() and int(optimizer.t) > 0
    assert sorted(trainer.state()) == sorted(fresh.state())


@pytest.mark.parametrize("player", ["generator", "discriminator"])
def test_a_network_that_is_set_trains_the_same_captured_and_eagerly(player):
    found = []
    for capture in (True, False):
        trainer = build(norm=True, capture=capture)
        trainer.fit(3)
        setattr(trainer, player, getattr(other(norm=True), player))
        trainer.fit(3)
        found.append(state(trainer))
    assert found[0] == found[1]


def test_the_same_network_again_changes_nothing():
    trainer, twin = build(ema=0.9), build(ema=0.9)
    trainer.fit(2), twin.fit(2)
    trainer.generator = trainer.generator
    trainer.discriminator = trainer.discriminator
    trainer.fit(2), twin.fit(2)
    assert state(trainer) == state(twin)


def test_an_optimizer_that_is_set_is_used():
    trainer = build()
    trainer.fit(2)
    adam = trainer.discriminator_optimizer = Adam(0.5)
    trainer.fit(2)
    assert trainer.discriminator_optimizer is adam and int(adam.t) == 4


def test_data_that_are_set_are_seen(tmp_path):
    trainer = build(rows=21, sampling="shuffled")
    trainer.fit(2)
    trainer.data = array(30)
    assert isinstance(trainer.data, Rows) and trainer.data.rows == 30
    assert trainer.data.sampling == "shuffled"
    assert trainer.data.rng is trainer.rngs["data"]
    trainer.data = Rows(array(25), rng=7)
    assert trainer.rngs["data"] is trainer.data.rng
    trainer.fit(2)
    trainer.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c", data=array(25))
    trainer.fit(2), resumed.fit(2)
    assert state(trainer) == state(resumed)


@pytest.mark.parametrize("capture", [True, False])
def test_an_objective_that_is_set_brings_its_own(capture):
    trainer = build(capture=capture)
    trainer.fit(2)
    trainer.objective = "wasserstein"
    assert trainer.options.objective == trainer.objective.name == "wasserstein"
    trainer.fit(1)
    assert np.abs(trainer.discriminator.theta).max() == np.float32(0.01)
    trainer.objective = "minimax"
    trainer.fit(2)
    assert np.abs(trainer.discriminator.theta).max() > 0.01


REFUSED = {
    "G of another size": ("generator", lambda t: t.discriminator, "other network|feat"),
    "D of another type": (
        "discriminator",
        lambda t: other(dtype=np.float64).discriminator,
        "'discriminator': expected dtype float32",
    ),
    "D a layer": ("discriminator", lambda t: t.critic[0], "expected a network"),
    "D is G": ("discriminator", lambda t: t.generator, "than the generator"),
    "G None": ("generator", lambda t: None, "'generator': expected a network"),
    "one optimizer": (
        "generator_optimizer",
        lambda t: t.discriminator_optimizer,
        "expected an optimizer of its own",
    ),
    "text": ("discriminator_optimizer", lambda t: "adam", "expected an Optimizer"),
    "data None": ("data", lambda t: None, "'data': expected a numpy array"),
    "data of another width": (
        "data",
        lambda t: np.zeros((9, 3)),
        "expected 3 features",
    ),
    "too few rows": (
        "data",
        lambda t: Rows(array(3), sampling="ordered"),
        "at most the 3 rows",
    ),
    "labels": (
        "data",
        lambda t: Rows(array(9), np.arange(9)),
        "'data': expected rows without labels.*got Rows with labels",
    ),
    "objective": ("objective", lambda t: "chess", "'objective': expected one of"),
    "objective object": ("objective", lambda t: t.objective, "'objective': expected o"),
    "labels of hinge": (
        "objective",
        lambda t: "hinge",
        "Hinge: argument 'real_label': expected 1",
    ),
}


@pytest.mark.parametrize("name, make, message", REFUSED.values(), ids=REFUSED)
def test_a_part_that_does_not_fit_changes_nothing(name, make, message):
    trainer, twin = (build(real_label=0.9, ema=0.9) for _ in range(2))
    trainer.fit(2), twin.fit(2)
    before = parts(trainer)
    with pytest.raises(MiniganError, match=message):
        setattr(trainer, name, make(trainer))
    assert all(one is two for one, two in zip(before, parts(trainer), strict=True))
    trainer.fit(2), twin.fit(2)
    assert state(trainer) == state(twin)


@pytest.mark.parametrize(
    "name", ["critic", "average", "history", "rngs", "game", "latent_dim", "backend"]
)
def test_what_follows_from_the_rest_cannot_be_set(name):
    trainer = build()
    with pytest.raises(AttributeError, match=name):
        setattr(trainer, name, getattr(trainer, name))


def test_labels_of_an_objective_are_options():
    trainer = build()
    with pytest.raises(AttributeError, match="real_label"):
        trainer.objective.real_label = 0.5
    trainer.real_label = 0.5
    assert trainer.objective.real_label == 0.5
