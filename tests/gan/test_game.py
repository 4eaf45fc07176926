"""The game: who learns when, from what, and what stands still meanwhile."""

import random

import numpy as np
import pytest

from minigan import Dense, Layer, LeakyReLU, Sequential, use_backend
from minigan.errors import MiniganError, NonFiniteError
from minigan.gan import Parabola, Trainer
from minigan.gan.rngs import rngs
from minigan.state import Snapshot

from . import plain
from .small import BATCH, LATENT, OPTIONS, build, side, state

every_option = pytest.mark.parametrize("options", OPTIONS.values(), ids=OPTIONS)
BACKENDS = ("jit", "numpy")


def latent_of(trainer, seed=5):
    z = np.random.default_rng(seed).standard_normal((BATCH, LATENT))
    labels = np.arange(BATCH) % (trainer.classes or 1)
    return trainer.game.draws.of_generator.given(
        z.astype(trainer.generator.dtype), labels
    )


# ---- who learns --------------------------------------------------------------------


@every_option
def test_a_generator_step_changes_no_byte_of_the_discriminator(options):
    trainer = build(**options)
    trainer.fit(2)
    trainer.discriminator.dtheta[:] = np.nan  # must neither be used nor cleared
    trainer.generator.dtheta[:] = np.nan  # must be cleared
    before, generator = side(trainer, "discriminator"), side(trainer, "generator")
    with use_backend(trainer.backend):
        trainer.game.generator_step(latent_of(trainer))
    assert side(trainer, "discriminator") == before
    assert not any(layer.is_frozen for layer in trainer.discriminator.walk())
    after = side(trainer, "generator")
    assert after["theta"] != generator["theta"] and after["t"] != generator["t"]
    dtheta = trainer.generator.dtheta
    assert np.isfinite(dtheta).all()
    for parameter in trainer.generator.parameters:
        assert np.abs(parameter.grad).max() > 0, parameter


@every_option
def test_a_discriminator_step_changes_no_byte_of_the_generator(options):
    trainer = build(**options)
    trainer.fit(2)
    trainer.discriminator.dtheta[:] = np.nan
    trainer.generator.dtheta[:] = np.nan
    before, discriminator = side(trainer, "generator"), side(trainer, "discriminator")
    with use_backend(trainer.backend):
        trainer.game.discriminator_step()
    assert side(trainer, "generator") == before
    assert not any(layer.is_frozen for layer in trainer.generator.walk())
    after = side(trainer, "discriminator")
    assert after["theta"] != discriminator["theta"]
    assert np.isfinite(trainer.discriminator.dtheta).all()


def test_moving_statistics_follow_their_own_players_batches_only():
    trainer = build(norm=True)
    start = trainer.generator.buffers.copy(), trainer.discriminator.buffers.copy()
    with use_backend(trainer.backend):
        trainer.game.discriminator_step()
        assert (trainer.generator.buffers == start[0]).all()
        moved = trainer.discriminator.buffers.copy()
        assert (moved != start[1]).any()
        trainer.game.generator_step()
    assert (trainer.discriminator.buffers == moved).all()
    assert (trainer.generator.buffers != start[0]).any()


def test_fakes_in_training_mode_come_from_batch_statistics():
    """Untrained moving statistics (mean 0, variance 1) would give other fakes."""
    trainer = build(norm=True)
    z = latent_of(trainer)
    with use_backend(trainer.backend):
        inference = trainer.game.fakes(z)
        trainer.fakes = "training"
        training = trainer.game.fakes(z)
    np.testing.assert_array_equal(inference, trainer.generator.predict(z))
    assert np.abs(training - inference).max() > 1e-3
    expected = trainer.generator.astype(np.float64).forward(
        z.astype(np.float64), training=True
    )
    np.testing.assert_allclose(training, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    "batches, updates", [("half", 2), ("separate", 2), ("mixed", 1)]
)
@pytest.mark.parametrize("k", [1, 3])
def test_number_of_updates_in_a_step(batches, updates, k):
    trainer = build(batches=batches, discriminator_steps=k)
    trainer.fit(2)
    assert int(trainer.discriminator_optimizer.t) == 2 * k * updates
    assert int(trainer.generator_optimizer.t) == 2


# ---- the gradient through the frozen discriminator ---------------------------------


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"objective": "minimax"},
        {"norm": True},
        {"norm": True, "dropout": True, "objective": "minimax"},
        {"images": True, "sigmoid": False},
    ],
    ids=str,
)
def test_the_generators_gradient_equals_finite_differences(options):
    trainer = build(dtype=np.float64, backend="numpy", **options)
    trainer.fit(3)
    z, generator = latent_of(trainer), trainer.generator
    before = Snapshot(trainer)
    with use_backend("numpy"):
        trainer.game.generator_step(z)
    gradient = generator.dtheta.copy()
    minimax = options.get("objective") == "minimax"

    def loss():
        """L(theta), on the masks and statistics that the step saw."""
        theta = generator.theta.copy()
        before.restore()
        generator.theta[:] = theta
        with use_backend("numpy"):
            fake = generator.forward(z, training=True)
            rows = fake.reshape(BATCH, *trainer.row_shape)
            s = trainer.critic.forward(rows, training=True)
        if minimax:
            return np.mean(np.log(1 - plain.sigmoid(s)))
        return -np.mean(np.log(plain.sigmoid(s)))

    before.restore()
    start, h = generator.theta.copy(), 1e-6
    for parameter in generator.parameters:
        numeric, analytic = [], []
        offset = parameter.value.ctypes.data - generator.theta.ctypes.data
        for k in range(offset // 8, offset // 8 + parameter.value.size):
            values = []
            for sign in (1, -1):
                generator.theta[:] = start
                generator.theta[k] += sign * h
                values.append(loss())
            numeric.append((values[0] - values[1]) / (2 * h))
            analytic.append(gradient[k])
        largest = max(map(abs, analytic))
        np.testing.assert_allclose(numeric, analytic, atol=1e-6 * max(largest, 1e-3))
    assert np.abs(gradient).max() > 1e-4


def test_a_frozen_discriminator_computes_no_weight_gradients():
    trainer = build()
    fake = np.zeros((BATCH, 2), np.float32)
    with trainer.discriminator.frozen():
        trainer.critic.forward(fake, training=True)
        dfake = trainer.critic.backward(np.ones((BATCH, 1), np.float32))
    assert (trainer.discriminator.dtheta == 0).all()
    assert np.abs(dfake).max() > 0


# ---- the numbers -------------------------------------------------------------------

GAMES = {
    "half": {},
    "separate": {"batches": "separate"},
    "mixed": {"batches": "mixed"},
    "smooth": {"batches": "mixed", "real_label": 0.9, "fake_label": 0.05},
    "two discriminator steps": {"discriminator_steps": 2},
    "shared": {"batches": "separate", "latent": "shared", "real_label": 0.9},
    "minimax": {"objective": "minimax"},
    "least squares": {"objective": "least-squares", "real_label": 0.9},
    "least squares, mixed": {"objective": "least-squares", "batches": "mixed"},
    "hinge": {"objective": "hinge", "batches": "separate"},
    "hinge, mixed": {"objective": "hinge", "batches": "mixed"},
    "wasserstein": {"objective": "wasserstein", "discriminator_steps": 5},
    "wasserstein, mixed": {"objective": "wasserstein", "batches": "mixed"},
    "clipped": {"clip_value": 0.2},
    "phases": {"discriminator_steps": 2, "generator_steps": 3},
    "noise": {"instance_noise": 0.3},
    "falling noise": {"instance_noise": 0.3, "instance_noise_steps": 2},
    "falling rates": {"schedule": "linear", "schedule_steps": 2, "clip_value": 0.2},
    "packed": {"pack": 2},
    "packed, relativistic": {
        "pack": 4,
        "objective": "relativistic",
        "batches": "mixed",
        "instance_noise": 0.1,
    },
    "simultaneous": {"updates": "simultaneous"},
    "simultaneous, separate, shared": {
        "updates": "simultaneous",
        "batches": "separate",
        "latent": "shared",
        "objective": "minimax",
    },
    "simultaneous, mixed": {"updates": "simultaneous", "batches": "mixed"},
    "extragradient": {"updates": "extragradient", "clip_value": 0.4},
    "extragradient, shared": {
        "updates": "extragradient",
        "batches": "mixed",
        "latent": "shared",
    },
    "relativistic": {"objective": "relativistic", "batches": "mixed"},
    "relativistic, phases": {
        "objective": "relativistic",
        "batches": "mixed",
        "discriminator_steps": 2,
        "generator_steps": 2,
        "instance_noise": 0.1,
    },
    "relativistic average": {"objective": "relativistic-average", "batches": "mixed"},
    "relativistic average, extragradient": {
        "objective": "relativistic-average",
        "batches": "mixed",
        "updates": "extragradient",
    },
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("options", GAMES.values(), ids=GAMES)
def test_three_steps_equal_plain_numpy(options, backend):
    trainer = build(dtype=np.float64, backend=backend, seed=4, **options)
    g, d = (
        plain.Net([p.value for p in network.parameters])
        for network in (trainer.generator, trainer.discriminator)
    )
    spawned = rngs(4)
    same = ("batches", "real_label", "fake_label", "objective", "updates")
    same += ("discriminator_steps", "generator_steps", "pack")
    last = options.get("schedule_steps")
    std, end = options.get("instance_noise", 0), options.get("instance_noise_steps")
    rows = [
        plain.step(
            g,
            d,
            spawned["latent"],
            spawned["data"],
            n=BATCH,
            latents=options.get("latent", "fresh"),
            clip=trainer.game.clip_value,
            noise=spawned["noise"],
            std=std * max(0, 1 - step / end) if end else std,
            rate=1e-3 * max(0, 1 - step / last) if last else 1e-3,
            **{name: options[name] for name in same if name in options},
        )
        for step in range(3)
    ]
    history = trainer.fit(3)
    assert {*rows[0], "d_penalty"} == set(history.columns)
    for name in rows[0]:
        expected = [row[name] for row in rows]
        np.testing.assert_allclose(history[name], expected, rtol=1e-9, err_msg=name)
    for network, net in ((trainer.generator, g), (trainer.discriminator, d)):
        for parameter, expected in zip(network.parameters, net.w, strict=True):
            np.testing.assert_allclose(parameter.value, expected, rtol=1e-7, atol=1e-12)


def test_step_returns_the_row_that_the_history_holds():
    trainer = build()
    trainer.fit(2)
    values = trainer.step()
    assert trainer.step_count == 3 == len(trainer.history)
    assert values == {name: trainer.history[name][-1] for name in values}


@every_option
def test_fit_equals_step_by_step_and_pieces(options):
    whole, single, pieces = (build(**options) for _ in range(3))
    whole.fit(5, report_every=None)
    for _ in range(5):
        single.step()
    for n in (1, 3, 0, 1):
        pieces.fit(n, report_every=None)
    assert state(whole) == state(single) == state(pieces)


# ---- determinism -------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("name", ["half", "dropout", "rows shuffled"])
def test_same_seed_same_bytes_other_seed_other_bytes(name, backend):
    one, two, other = (
        build(**OPTIONS[name], backend=backend, seed=seed) for seed in (3, 3, 4)
    )
    for trainer in (one, two, other):
        trainer.fit(4)
    assert state(one) == state(two)
    assert state(one)["generator/theta"] != state(other)["generator/theta"]
    assert one.sample(4).tobytes() == two.sample(4).tobytes()
    assert one.sample(4).tobytes() != other.sample(4).tobytes()


def test_both_backends_agree_up_to_rounding():
    one, two = (build(dtype=np.float64, norm=True, backend=b) for b in BACKENDS)
    np.testing.assert_allclose(one.fit(4).table, two.fit(4).table, rtol=1e-9)


def test_the_backend_in_force_is_kept():
    with use_backend("numpy"):
        trainer = build()
    assert trainer.backend == "numpy"
    with use_backend("jit"):
        assert build(backend="numpy").backend == "numpy"


def test_global_random_state_is_neither_used_nor_changed():
    before = np.random.get_state(), random.getstate()  # noqa: NPY002
    first = build(**OPTIONS["rows shuffled"])
    first.fit(3)
    first.sample(3)
    first.report()
    after = np.random.get_state(), random.getstate()  # noqa: NPY002
    assert repr(before) == repr(after)
    np.random.seed(1)  # noqa: NPY002
    second = build(**OPTIONS["rows shuffled"])
    second.fit(3)
    np.random.set_state(before[0])  # noqa: NPY002
    assert state(first)["generator/theta"] == state(second)["generator/theta"]


def test_looking_does_not_disturb_training():
    plain_run, watched = build(dropout=True, norm=True), build(dropout=True, norm=True)
    plain_run.fit(4)
    for _ in range(4):
        watched.step()
        watched.sample(3)
        watched.report()
        Snapshot(watched)
        watched.discriminator.predict(np.zeros((2, 2), np.float32))
    keep = ("theta", "buffers", "/m", "/v", "history")
    one, two = state(plain_run), state(watched)
    assert {k: v for k, v in one.items() if k.endswith(keep)} == {
        k: v for k, v in two.items() if k.endswith(keep)
    }
    assert all(one[f"random {k}"] == two[f"random {k}"] for k in ("latent", "data"))


def test_two_trainers_take_turns_without_a_trace():
    alone, one, two = build(seed=1), build(seed=1), build(seed=2)
    alone.fit(4)
    for _ in range(4):
        one.step()
        two.step()
    assert state(alone) == state(one)


# ---- samples -----------------------------------------------------------------------


def test_same_z_same_sample_and_sampling_draws_from_a_stream_of_its_own():
    trainer = build(norm=True, dropout=True)
    trainer.fit(2)
    before = {k: v for k, v in state(trainer).items() if k != "random sample"}
    z = latent_of(trainer)
    assert trainer.sample(z=z).tobytes() == trainer.sample(z=z).tobytes()
    assert trainer.sample(5).shape == (5, 2)
    assert trainer.sample(1).tobytes() != trainer.sample(1).tobytes()
    assert {k: v for k, v in state(trainer).items() if k != "random sample"} == before


def test_report_counts_shares_of_hundred_rows():
    trainer = build()
    assert np.isnan(trainer.report().d_loss) and trainer.report().step == 0
    trainer.fit(3)
    report = trainer.report()
    assert report.step == 3 and report.g_loss == trainer.history.g_loss[-1]
    for share in (report.accuracy_real, report.accuracy_fake):
        assert 0 <= share <= 1 and round(share * 100) == pytest.approx(share * 100)


def test_accuracies_are_taken_against_hard_labels():
    """Against labels of 0.9 no accuracy would ever be above zero."""
    trainer = build(real_label=0.9, sigmoid=False)
    trainer.discriminator.theta[:] = 0
    trainer.discriminator.parameters[-1].value[:] = 3.0  # D says real, always
    report = trainer.report()
    assert (report.accuracy_real, report.accuracy_fake) == (1.0, 0.0)


# ---- the moving average -----------------------------------------------------------


def test_the_average_follows_parameters_and_statistics():
    trainer = build(norm=True, ema=0.75, dtype=np.float64, generator_steps=1)
    names = ("theta", "buffers")
    mean = {name: getattr(trainer.generator, name).copy() for name in names}
    for _ in range(5):
        trainer.step()
        for name in names:
            now = getattr(trainer.generator, name)
            mean[name] = 0.75 * mean[name] + 0.25 * now
            np.testing.assert_allclose(
                getattr(trainer.average, name), mean[name], rtol=1e-13
            )
            assert (getattr(trainer.average, name) != now).any()


def test_averaging_changes_nothing_of_the_run():
    one, two = build(norm=True, ema=0.9), build(norm=True)
    one.fit(5), two.fit(5)
    mine, other = state(one), state(two)
    assert {name: mine[name] for name in other} == other


def test_samples_of_the_average(tmp_path):
    trainer = build(norm=True, dropout=True, ema=0.9)
    trainer.fit(4)
    z = np.ones((3, 3), np.float32)
    sample = trainer.sample(z=z, ema=True)
    assert sample.tobytes() == trainer.average.predict(z).tobytes()
    assert sample.tobytes() == trainer.sample(z=z, ema=True).tobytes()
    assert (sample != trainer.sample(z=z)).any()
    trainer.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c")
    assert resumed.ema == 0.9
    assert sample.tobytes() == resumed.sample(z=z, ema=True).tobytes()
    with pytest.raises(MiniganError, match="sample: argument 'ema': expected False"):
        build().sample(2, ema=True)
    with pytest.raises(MiniganError, match="Trainer.sample: argument 'ema'.*got 1"):
        trainer.sample(2, ema=1)


# ---- numbers that are not finite ---------------------------------------------------

POISONS = {
    "generator/theta": lambda t: t.generator.theta,
    "discriminator/theta": lambda t: t.discriminator.theta,
    "generator_optimizer/v": lambda t: t.generator_optimizer.vectors(t.generator)["v"],
    "discriminator_optimizer/v": lambda t: t.discriminator_optimizer.vectors(
        t.discriminator
    )["v"],
    "generator_optimizer/m": lambda t: t.generator_optimizer.vectors(t.generator)["m"],
    "data": lambda t: t.data.data.reshape(-1),
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("good", [0, 1, 4])
@pytest.mark.parametrize("name", POISONS)
def test_poison_is_reported_and_the_last_good_state_is_left(name, good, backend):
    trainer = build(rows=20, backend=backend)
    trainer.fit(good)
    poisoned = POISONS[name](trainer)
    poisoned[: 40 if name == "data" else 1] = np.nan
    before = state(trainer)
    with pytest.raises(NonFiniteError, match=rf"^step {good + 1}: "):
        trainer.fit(3)
    assert state(trainer) == before
    with pytest.raises(NonFiniteError, match=rf"^step {good + 1}: "):
        trainer.step()
    assert state(trainer) == before


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("bad_row, good", [(2, 0), (9, 2), (15, 3)])
def test_poison_in_the_middle_of_a_run(bad_row, good, backend):
    """Rows in order, four a step: the step that meets the bad one is known."""
    trainer, reference = (
        build(rows=21, sampling="ordered", backend=backend) for _ in range(2)
    )
    reference.fit(good, report_every=None)
    expected = state(reference)
    trainer.data.data[bad_row] = np.inf
    with pytest.raises(NonFiniteError, match=rf"^step {good + 1}: .*x"):
        trainer.fit(6, report_every=None)
    assert state(trainer) == expected
    trainer.data.data[bad_row] = 0  # mended: training goes on
    assert len(trainer.fit(2)) == good + 2


class Spoiler(Layer):
    """Passes everything on, until its third backward pass with weights below it."""

    calls = 0

    def forward_pass(self, x, training):
        return x.copy(), None

    def backward_pass(self, dy, cache, need_dx):
        self.calls += 1
        return dy * np.float32(np.nan if self.calls > 6 else 1)


@pytest.mark.parametrize("capture", [False, True])
def test_a_gradient_that_is_not_finite(capture):
    """The message names the network's tensor; and one's own layer trains eagerly."""
    rng = np.random.default_rng(0)
    generator = Sequential([Dense(3, 4, rng=rng), LeakyReLU(), Dense(4, 2, rng=rng)])
    discriminator = Sequential([Dense(2, 5, rng=rng), Spoiler(), Dense(5, 1, rng=rng)])
    trainer = Trainer(
        generator,
        discriminator,
        Parabola(rngs(0)["data"]),
        batch_size=BATCH,
        backend="numpy" if capture else "jit",
        capture=capture,
    )
    trainer.fit(2)
    before = state(trainer)
    with pytest.raises(NonFiniteError, match=r"^step 3: .*gradient of layer 0 .*W"):
        trainer.step()
    assert state(trainer) == before


# ---- what a step hands on ----------------------------------------------------------


@pytest.mark.parametrize("batches", ["half", "separate", "mixed"])
def test_every_lesson_is_in_training_mode(batches, monkeypatch):
    """BatchNorm takes the statistics of the batch, for D on real rows and fakes too."""
    trainer = build(batches=batches, norm=True, backend="numpy", capture=False)
    game, modes = trainer.game, []
    forward = game.critic.forward

    def noted(x, training=False):
        modes.append(training)
        return forward(x, training=training)

    monkeypatch.setattr(game.critic, "forward", noted)
    with use_backend("numpy"):
        game.step()
    assert modes == [True] * (2 if batches == "mixed" else 3)


# ---- another game ------------------------------------------------------------------


def test_a_new_network_gets_a_new_optimizer_and_the_other_player_keeps_its_own():
    one, other = build(ema=0.5, pretraining_steps=2), build(seed=1)
    one.fit(2)
    game = one.game
    for name, still in (
        ("generator", "discriminator"),
        ("discriminator", "generator"),
    ):
        made = game.changed(**{name: getattr(other, name)})
        of_new, of_still = (
            getattr(made, f"{player}_optimizer") for player in (name, still)
        )
        assert of_new is not getattr(game, f"{name}_optimizer") and int(of_new.t) == 0
        assert type(of_new) is type(getattr(game, f"{name}_optimizer"))
        assert of_still is getattr(game, f"{still}_optimizer")
        assert (made.average is game.average) == (name == "discriminator")
        assert int(made.pretrained) == (0 if name == "discriminator" else 2)
    new = game.changed(generator=other.generator).average
    assert new.theta.tobytes() == other.generator.theta.tobytes()
    assert game.changed(options=game.options).average is game.average


def test_an_array_in_the_place_of_another_is_sampled_as_that_was():
    game = build(rows=21, sampling="shuffled").game
    rows = np.linspace(-0.5, 0.5, 40, dtype=np.float32).reshape(20, 2)
    made = game.changed(data=rows)
    assert made.data.sampling == "shuffled" and made.data.rng is game.rngs["data"]
    made = build().game.changed(data=rows)
    assert made.data.sampling == "replacement"


def test_a_saved_state_that_training_could_not_go_on_from_is_refused():
    game = build(rows=21, sampling="shuffled", pretraining_steps=2).game
    good = {name: array.copy() for name, array in game.state().items()}
    game.check(good)
    for name, value in (
        ("data/cursor", 22),
        ("data/cursor", -1),
        ("data/order", 0),
        ("generator_optimizer/t", -1),
        ("discriminator_optimizer/learning_rate", 0.0),
        ("pretrained", -1),
    ):
        bad = {**good, name: np.full_like(good[name], value)}
        with pytest.raises(MiniganError):
            game.check(bad)
    game.check({**good, "pretrained": np.zeros_like(good["pretrained"])})


def test_a_generator_that_an_optimizer_draws_from_is_one_of_the_game():
    game = build().game
    rng = game.discriminator_optimizer.rng = np.random.default_rng(0)
    found = game.generators()
    assert found["discriminator_optimizer/rng"] is rng
    assert len({id(rng) for rng in found.values()}) == len(found)
