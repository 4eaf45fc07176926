"""How long training goes on, pre-training, and checkpoints on the way."""

import math
import time

import numpy as np
import pytest

from minigan import Adam
from minigan.errors import MiniganError, NonFiniteError, OutputError, StateError
from minigan.gan import Callback, Rows, Trainer, fitting
from minigan.gan.history import COLUMNS

from .small import BATCH, array, build, side, state

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
    monkeypatch.setattr(fitting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(fitting, "CHUNK_SECONDS", 1e9)
    chunk = fitting.Chunk(deadline=10.0)
    sizes = []
    while not chunk.late():
        sizes.append(chunk.steps)
        with chunk.of(chunk.steps):
            now[0] += sizes[-1]
    assert sizes == [1, 2, 4, 3]


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
    from .test_state import UNSAVABLE

    trainer = UNSAVABLE["source"][0]()
    with pytest.raises(StateError, match="Trainer.save: data: expected Parabola or"):
        trainer.fit(4, save_every=2, path=tmp_path / "c")
    assert trainer.step_count == 0
    trainer = build()
    with pytest.raises(OutputError, match="cannot be written"):
        trainer.fit(4, save_every=2, path=tmp_path / "no such folder" / "c")
    assert trainer.step_count == 2


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
            two._discriminator_step()
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
    pretrain = first._runner.pretrain
    monkeypatch.setattr(
        first._runner, "pretrain", lambda n, h: (pretrain(n, h), first.stop())
    )
    first.fit(3)
    assert first.step_count == 0 and int(first.pretrained) == 1
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
    with pytest.raises(NonFiniteError, match=r"^pre-training step 5: .*layer 0"):
        trainer.pretrain(3)
    assert state(trainer) == before and int(trainer.pretrained) == 4


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
