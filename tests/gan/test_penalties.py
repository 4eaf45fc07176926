"""Penalties on D's gradient: values, gradients, rows, and known mistakes."""

import numpy as np
import pytest

import minigan as mg
from minigan import Conv2D, Dense, LeakyReLU, Sequential, Tanh
from minigan.errors import ArgumentError, StateError
from minigan.gan import PENALTIES, Penalty, Trainer, conditional
from minigan.gan.penalties import R1, R1R2, R2, WassersteinGP
from minigan.gan.players import critic_of
from minigan.gradcheck.registered import proofs_of
from minigan.gradcheck.tangents import Penalised

from ..bugs import penalties as bugs
from .small import build, state

STEP = 1e-30


def critic(curve=Tanh, dropout=False, shape=None):
    rng = np.random.default_rng(0)
    layers = [mg.Flatten()] if shape else []
    layers += [Dense(4, 3, rng=rng, dtype="f8"), curve()]
    layers += [mg.Dropout(0.4, rng=1)] if dropout else []
    return Sequential([*layers, Dense(3, 1, rng=rng, dtype="f8")])


def rows(shape=(4,), seed=0):
    rng = np.random.default_rng(seed)
    return [3 * rng.standard_normal((5, *shape)) for _ in range(2)]


def masked(net):
    """Its generators begin anew, so that all forwards have one mask."""
    for rng in net.generators().values():
        rng.bit_generator.state = np.random.default_rng(1).bit_generator.state
    return net


def slopes(net, x):
    """g = ds/dx, from forward and backward of the net alone."""
    score, cache = masked(net).forward_pass(x.astype(net.dtype), True)
    with net.frozen():
        return net.backward_pass(np.ones_like(score), cache, True).reshape(len(x), -1)


def by_the_paper(name, weight, net, real, fake, alpha):
    """P as the papers write it."""
    between = alpha * real + (1 - alpha) * fake
    r1, r2 = np.split(slopes(net, np.concatenate([real, fake])), 2)
    gp = slopes(net, between)
    squared = [weight / 2 * np.mean(np.sum(g * g, axis=1)) for g in (r1, r2)]
    length = np.sqrt(np.sum(gp * gp, axis=1))
    return {
        "r1": squared[0],
        "r2": squared[1],
        "r1+r2": sum(squared),
        "wgan-gp": weight * np.mean((length - 1) ** 2),
    }[name]


def complex_step(f, net):
    """df/dtheta, one parameter after the other."""
    twin, found = net.astype(np.complex128), []
    with mg.use_backend("numpy"):
        for value in (p.value.reshape(-1) for p in twin.parameters):
            for k in range(value.size):
                value[k] += 1j * STEP
                found.append(f(twin).imag / STEP)
                value[k] -= 1j * STEP
    return np.array(found)


def gradient_of(net):
    """All parameters' gradients in one vector, without the gaps of dtheta."""
    return np.concatenate([p.grad.ravel() for p in net.parameters])


def learned(penalty, net, kinds, weights=None, share=1.0, shape=(4,)):
    """(P of each kind, D's gradient) behind a step on rows of these kinds.

    weights: the gradient of a loss, for each score.
    """
    real, fake = rows(shape)
    x = {("real",): real, ("fake",): fake}.get(kinds)
    x = np.concatenate([real, fake]) if x is None else x
    score = masked(net).forward(x, training=True)
    dscore = np.zeros_like(score) if weights is None else weights
    net.zero_grad()
    found = penalty.learn(net, dscore, kinds, share)
    alpha = np.random.default_rng(7).random((len(real), 1))
    if "fake" in kinds:
        found += penalty.learn_between(masked(net), real, fake, alpha, share)
    return found, gradient_of(net)


def assert_right(penalty, net, share=1.0, shape=(4,)):
    """Value and gradient are those of the paper, to 1e-11."""
    real, fake = rows(shape)
    alpha = np.random.default_rng(7).random((5, *(1,) * len(shape)))
    name, weight = type(penalty).name, penalty.weight

    def f(twin):
        return by_the_paper(name, weight, twin, real, fake, alpha)

    found, gradient = learned(penalty, net, ("real", "fake"), share=share, shape=shape)
    expected = share * complex_step(f, net)
    assert float(sum(found)) == pytest.approx(float(f(net)), rel=1e-12)
    assert np.abs(gradient - expected).max() <= 1e-11 * np.abs(expected).max()
    assert np.abs(expected).max() > 0


@pytest.mark.parametrize("shape", [(4,), (2, 2)], ids=str)
@pytest.mark.parametrize("dropout", [False, True], ids=["", "dropout"])
@pytest.mark.parametrize("curve", [Tanh, LeakyReLU, mg.Sigmoid, mg.Softmax])
@pytest.mark.parametrize("name", PENALTIES)
def test_value_and_gradient_are_those_of_the_paper(name, curve, dropout, shape):
    net = critic(curve, dropout, len(shape) > 1)
    assert_right(PENALTIES[name](0.7), net, share=0.5, shape=shape)


def test_separate_batches_have_the_penalty_of_their_own_rows():
    net = critic()
    (r1,), of_r1 = learned(R1(0.7), net, ("real",))
    (r2,), of_r2 = learned(R2(0.7), net, ("fake",))
    both, of_both = learned(R1R2(0.7), net, ("real", "fake"))
    assert both == [r1, r2]
    np.testing.assert_allclose(of_both, of_r1 + of_r2, rtol=1e-12, atol=1e-15)
    for penalty, kinds in ((R1(), ("fake",)), (R2(), ("real",))):
        found, gradient = learned(penalty, net, kinds)
        assert found == [] and not gradient.any()


@pytest.mark.parametrize("kinds", [("real",), ("fake",), ("real", "fake")])
@pytest.mark.parametrize("name", PENALTIES)
def test_the_gradient_of_the_loss_is_added(name, kinds):
    net = critic(dropout=True)
    weights = np.random.default_rng(3).standard_normal((5 * len(kinds), 1))
    penalty = PENALTIES[name]()
    parts = [learned(penalty, net, kinds)[1]]
    real, fake = rows()
    x = {"real": real, "fake": fake}
    masked(net).forward(np.concatenate([x[kind] for kind in kinds]), training=True)
    net.zero_grad()
    net.backward(weights)
    parts.append(gradient_of(net))
    _, total = learned(penalty, net, kinds, weights)
    np.testing.assert_allclose(total, sum(parts), rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize("name", PENALTIES)
def test_proofs(name):
    for proof in proofs_of("penalty", name):
        report = proof.run().assert_ok()
        assert report.worst <= 1e-11 and {r.method for r in report.rows} == {"complex"}


def test_wrong_formulas_are_found_by_the_proofs():
    class Half(R1):
        def of_gradient(self, g):
            P, u = super().of_gradient(g)
            return P, u / 2

    report = mg.gradcheck(Penalised(critic(), Half()))
    assert not report.ok and report.worst == pytest.approx(0.5)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_gradient_of_zero_has_no_direction(dtype):
    net = critic().astype(dtype)
    net.theta[:] = 0
    real, fake = (x.astype(dtype) for x in rows())
    alpha = np.zeros((len(real), 1), dtype)
    (P,) = WassersteinGP(10.0).learn_between(net, real, fake, alpha, 1.0)
    assert P == 10 and not net.dtheta.any()


# ---- labels -------------------------------------------------------------------------

CLASSES = np.arange(5) % 3


def judge(condition, convolved):
    """A conditional critic of rows (4,) of three classes."""
    make = conditional.Making(3, np.random.default_rng(0), np.float64, units=2)
    front, features = [], None
    if convolved:
        seen = Conv2D((2, 2, 1), 2, 2, padding="same", rng=make.rng, dtype=make.dtype)
        front, features = [seen, Tanh()], 8

    def hidden(inputs):
        return [make.dense(inputs, 3), Tanh()]

    net = conditional.discriminator(make, condition, (4,), hidden, 3, front, features)
    net.theta[:] = np.random.default_rng(1).standard_normal(net.theta.size)  # E as well
    return critic_of(net)


def answered(net, x, labels):
    """(answer, cache) behind a forward of numbers of any type."""
    given = (x.astype(net.dtype), labels) if net.joins else x.astype(net.dtype)
    return net.forward_pass(given, True)


def score_slopes(net, x, labels):
    """g of the score alone."""
    answer, cache = answered(net, x, labels)
    dy = (np.ones_like(answer[0]), 0 * answer[1]) if net.splits else 1 + 0 * answer
    with net.frozen():
        dx = net.backward_pass(dy, cache, True)
    return dx[0] if net.joins else dx


@pytest.mark.parametrize("condition", conditional.CONDITIONS)
@pytest.mark.parametrize("convolved", [False, True])
@pytest.mark.parametrize("name", PENALTIES)
def test_a_critic_that_looks_at_labels(name, convolved, condition):
    """P for rows of their classes, and dP/dtheta, E included, by complex step."""
    net, penalty = judge(condition, convolved), PENALTIES[name](0.7)
    (real, fake), both = rows(), np.concatenate([CLASSES, CLASSES[::-1]])
    alpha = np.random.default_rng(7).random((5, 1))

    def f(twin):
        g = score_slopes(twin, np.concatenate([real, fake]), both)
        between = alpha * real + (1 - alpha) * fake
        found = dict(zip(("real", "fake"), np.split(g, 2), strict=True))
        found["between"] = score_slopes(twin, between, CLASSES)
        return sum(penalty.of_gradient(found[kind])[0] for kind in penalty.rows)

    given = (np.concatenate([real, fake]), both)
    answer = net.forward(given if net.joins else given[0], training=True)
    danswer = tuple(map(np.zeros_like, answer)) if net.splits else 0 * answer
    net.zero_grad()
    found = penalty.learn(net, danswer, ("real", "fake"), 1.0)
    labels = CLASSES if net.joins else None
    found += penalty.learn_between(net, real, fake, alpha, 1.0, labels)
    expected = complex_step(f, net)
    assert float(sum(found)) == pytest.approx(float(f(net)), rel=1e-12)
    off = np.abs(gradient_of(net) - expected).max()
    assert off <= 1e-11 * np.abs(expected).max() and np.abs(expected).max() > 0


@pytest.mark.parametrize("condition", conditional.CONDITIONS)
@pytest.mark.parametrize("batches", ["mixed", "separate"])
def test_what_is_between_two_rows_is_of_one_class(condition, batches):
    seen = []

    class Spy(WassersteinGP):
        name = "spy"

        def learn_between(self, critic, real, fake, alpha, share, labels=None):
            seen.append(labels)
            return super().learn_between(critic, real, fake, alpha, share, labels)

    PENALTIES.register()(Spy)
    try:
        options = {"rows": 21, "batches": batches, "capture": False}
        trainer = build(condition=condition, penalty="spy", **options)
        made, drawn = [], []
        G, batch = trainer.generator, trainer.data.batch
        predict = G.predict
        G.predict = lambda z: made.append(z[1]) or predict(z)
        trainer.data.batch = lambda n: drawn.append(batch(n)) or drawn[-1]
        trainer.game.discriminator_gradient()
    finally:
        PENALTIES.unregister("spy")
    ((_, labels),) = drawn
    if condition == "auxiliary":  # D asks of no class
        assert seen == [None] and (made[0] != labels).any()
    else:
        assert (seen[0] == labels).all() and (made[0] == labels).all()


# ---- mistakes of public code -------------------------------------------------------


@pytest.mark.parametrize(
    "wrong",
    [
        bugs.NoBackward,
        bugs.WholeBatch,
        bugs.AlphaForEachNumber,
        bugs.OneAxis,
        bugs.SquareOfTheMean,
        bugs.OfTheProbability,
    ],
)
def test_known_mistakes_are_found(wrong):
    net = critic(shape=(2, 2))
    assert_right(wrong.__bases__[0](), net, shape=(2, 2))
    with pytest.raises(AssertionError):
        assert_right(wrong(), net, shape=(2, 2))


def test_zero_over_zero_is_found():
    g = np.zeros((3, 2))
    assert np.isnan(bugs.NoDirection().of_gradient(g)[1]).all()
    assert not bugs.Right().of_gradient(g)[1].any()


# ---- in the trainer ----------------------------------------------------------------


@pytest.mark.parametrize("batches", ["half", "separate", "mixed"])
@pytest.mark.parametrize("name", PENALTIES)
def test_history_has_the_penalty(name, batches):
    trainer = build(penalty=name, penalty_weight=0.5, batches=batches, capture=False)
    trainer.fit(2, report_every=None)
    assert (trainer.history.d_penalty > 0).all()
    trainer.penalty_weight = 5.0
    assert trainer.game.penalty.weight == 5.0
    trainer.options = trainer.options.changed(penalty=None, penalty_weight=None)
    trainer.fit(2, report_every=None)
    assert (trainer.history.d_penalty[2:] == 0).all()


def test_a_heavy_penalty_makes_d_flat():
    def flatness(**options):
        fast = mg.Adam(0.05)
        trainer = build(discriminator_optimizer=fast, capture=False, **options)
        trainer.fit(60, report_every=None)
        x = trainer.data.draw(50, np.random.default_rng(0))
        score = trainer.critic.forward(x)
        return np.square(trainer.critic.backward(np.ones_like(score))).sum()

    assert flatness(penalty="r1", penalty_weight=100) < 0.5 * flatness()


@pytest.mark.parametrize("objective", ["relativistic", "hinge"])
def test_share_of_a_mixed_batch(objective):
    """Half of P where the loss is the mean of two halves, all of it in pairs."""
    shares = []

    class Spy(R1):
        name = "spy"

        def learn(self, critic, dscore, kinds, share):
            shares.append(share)
            return super().learn(critic, dscore, kinds, share)

    PENALTIES.register()(Spy)
    try:
        for batches in ("mixed", "half") if objective == "hinge" else ("mixed",):
            options = {"objective": objective, "batches": batches}
            build(penalty="spy", capture=False, **options).step()
    finally:
        PENALTIES.unregister("spy")
    assert shares == ([1.0] if objective == "relativistic" else [0.5, 1.0, 1.0])


@pytest.mark.parametrize("name", [None, *PENALTIES])
def test_a_penalty_takes_the_place_of_clipping(name):
    trainer = build(objective="wasserstein", penalty=name)
    assert trainer.game.clip_value == (0.01 if name is None else None)
    trainer = build(objective="wasserstein", penalty=name, clip_value=0.2)
    assert trainer.game.clip_value == 0.2


def test_a_discriminator_with_batchnorm_is_refused_by_name():
    match = "Trainer: argument 'discriminator': expected layers that take each row by "
    match += "itself, got BatchNorm, .*: leave it out, or normalise weights"
    with pytest.raises(ArgumentError, match=match):
        build(norm=True, penalty="r1")
    trainer = build(norm=True)
    before = state(trainer)
    with pytest.raises(ArgumentError, match=match):
        trainer.penalty = "wgan-gp"
    assert state(trainer) == before and trainer.penalty is None


def test_a_layer_of_ones_own_without_a_tangent_is_refused_by_name():
    class Twice(mg.Layer):
        def forward_pass(self, x, training):
            return 2 * x, None

        def backward_pass(self, dy, cache, need_dx):
            return 2 * dy

    D = Sequential([Dense(2, 1), Twice()])
    G, data = Sequential([Dense(3, 2)]), np.zeros((8, 2), "f4")
    Trainer(G, D, data, batch_size=4)
    with pytest.raises(ArgumentError, match="tangent_pass, got Twice, which defines"):
        Trainer(G, D, data, batch_size=4, penalty="r2")


def test_a_weight_without_a_penalty_is_refused():
    with pytest.raises(ArgumentError, match="'penalty_weight': expected None without"):
        build(penalty_weight=3.0)


def test_a_penalty_without_a_formula_says_so():
    with pytest.raises(StateError, match="Penalty: this penalty defines no of_grad"):
        Penalty().of_gradient(np.ones((2, 2)))


@pytest.mark.parametrize("name", ["r1+r2", "wgan-gp"])
def test_resumed_runs_end_with_the_same_bytes(name, tmp_path):
    options = {"penalty": name, "penalty_weight": 0.3, "dropout": True}
    whole, half = (build(capture=False, **options) for _ in range(2))
    whole.fit(5, report_every=None)
    half.fit(2, report_every=None)
    half.save(tmp_path / "run.npz")
    again = Trainer.load(tmp_path / "run.npz", capture=False)
    again.fit(3, report_every=None)
    assert state(again) == state(whole)
    assert again.penalty == name and again.penalty_weight == 0.3


def test_pre_training_with_a_penalty():
    trainer = build(penalty="wgan-gp", pretraining_steps=2, capture=False)
    history = trainer.pretrain(3)
    assert (history.d_penalty > 0).all()
