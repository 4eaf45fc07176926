"""Objectives: losses and gradients against their formulas."""

from contextlib import nullcontext

import mpmath
import numpy as np
import pytest

from minigan import use_backend
from minigan.errors import MiniganError, NonFiniteError, StateError
from minigan.gan import (
    OBJECTIVES,
    Hinge,
    Minimax,
    NonSaturating,
    Objective,
    Trainer,
    Wasserstein,
)

from . import plain
from .plain import sigmoid
from .small import build, state


def scores(n=6, dtype=np.float64):
    return np.random.default_rng(1).standard_normal((n, 1)).astype(dtype) * 2


def gradient_by_complex_step(loss, s, h=1e-30):
    """Exact to rounding, whatever h: nothing is subtracted."""
    shifts = np.eye(len(s))[:, :, None] * 1j * h
    return np.array([[loss(s + e).imag / h] for e in shifts])


def labels_of(kind):
    plain_labels = [(1, 0)]
    return plain_labels + [(0.9, 0), (0.8, 0.2)] if kind.labelled else plain_labels


LOSSES = ("real", "fake", "mixed", "generator")
ALONE = {name: kind for name, kind in OBJECTIVES.items() if not kind.compares}
COMPARING = {name: kind for name, kind in OBJECTIVES.items() if kind.compares}
LABELLED = [(k, *labels) for k in ALONE.values() for labels in labels_of(k)]


def losses_of(kind):
    """Names of its losses of D and G."""
    return LOSSES[2:] if kind.compares else LOSSES


@pytest.mark.parametrize("kind, real_label, fake_label", LABELLED)
def test_discriminator_losses(kind, real_label, fake_label):
    objective, s = kind(real_label, fake_label), scores()
    against, _ = plain.OBJECTIVES[kind.name]
    for name, label in (("real", real_label), ("fake", fake_label)):
        loss, gradient = against(s, label)
        assert float(getattr(objective, name)(s)) == pytest.approx(loss, rel=1e-12)
        np.testing.assert_allclose(objective.dscore(), gradient, rtol=1e-12)
    losses, gradients = zip(
        against(s[:3], real_label), against(s[3:], fake_label), strict=True
    )
    assert float(objective.mixed(s)) == pytest.approx(np.mean(losses), rel=1e-12)
    expected = np.vstack(gradients) / 2
    np.testing.assert_allclose(objective.dscore(), expected, rtol=1e-12)


@pytest.mark.parametrize("kind", ALONE.values(), ids=ALONE)
def test_generator_losses(kind):
    objective, s = kind(), scores()
    loss, gradient = plain.OBJECTIVES[kind.name][1](s)
    assert float(objective.generator(s)) == pytest.approx(loss, rel=1e-12)
    np.testing.assert_allclose(objective.dscore(), gradient, rtol=1e-12)


@pytest.mark.parametrize("backend", ["jit", "numpy"])
@pytest.mark.parametrize(
    "kind, real_label, fake_label, loss",
    [
        (kind, *labels, loss)
        for kind in OBJECTIVES.values()
        for labels in labels_of(kind)
        for loss in losses_of(kind)
    ],
)
def test_gradients_by_complex_step(kind, real_label, fake_label, loss, backend):
    objective, s = kind(real_label, fake_label), scores()
    expected = gradient_by_complex_step(getattr(objective, loss), s)
    with use_backend(backend):
        getattr(objective, loss)(s)
        gradient = objective.dscore()
    np.testing.assert_allclose(gradient, expected, rtol=1e-14, atol=1e-16)


@pytest.mark.parametrize("kind", COMPARING.values(), ids=COMPARING)
def test_losses_that_compare(kind):
    """D wants real rows above fakes, G the reverse; a shift of all changes nothing."""
    objective, s = kind(), scores()
    for name, upper, lower in (("mixed", s[:3], s[3:]), ("generator", s[3:], s[:3])):
        loss, *gradients = plain.COMPARING[kind.name](upper, lower)
        ordered = gradients if name == "mixed" else reversed(gradients)
        for shift in (0.0, 5.0):
            found = float(getattr(objective, name)(s + shift))
            assert found == pytest.approx(loss, rel=1e-12)
            gradient = objective.dscore()
        np.testing.assert_allclose(gradient, np.vstack([*ordered]), rtol=1e-9)
        assert gradient.sum() == pytest.approx(0, abs=1e-15)
    halves = objective.halves(s[:3], s[3:])
    assert np.mean(halves) == pytest.approx(float(objective.mixed(s)), rel=1e-12)


@pytest.mark.parametrize("kind", COMPARING.values(), ids=COMPARING)
def test_rows_of_one_kind_cannot_be_compared(kind):
    for loss, given in (("real", "real rows"), ("fake", "fake rows")):
        with pytest.raises(
            StateError, match=f"{kind.__name__}: .*`mixed`; got {given}"
        ):
            getattr(kind(), loss)(scores())
    for loss in losses_of(kind):
        with pytest.raises(MiniganError, match=f"{loss}: argument 'score'.*even"):
            getattr(kind(), loss)(scores(5))
    for batches in ("half", "separate"):
        expected = f"'batches': expected 'mixed' with objective='{kind.name}'"
        with pytest.raises(MiniganError, match=f"Trainer: argument {expected}"):
            build(objective=kind.name, batches=batches)


@pytest.mark.parametrize("kind", OBJECTIVES.values(), ids=OBJECTIVES)
def test_what_the_history_calls_an_answer(kind):
    """A probability, or the score itself; and the border between real and fake."""
    objective, s = kind(), scores()
    answers = s if objective.critic else sigmoid(s)
    mean, std = objective.moments(s)
    assert float(mean) == pytest.approx(answers.mean(), rel=1e-12)
    assert float(std) == pytest.approx(answers.std(), rel=1e-12)
    border = objective.threshold if objective.critic else sigmoid(objective.threshold)
    assert border == (0 if kind in (Hinge, Wasserstein) or kind.compares else 0.5)


@pytest.mark.parametrize("kind", [Hinge, Wasserstein, *COMPARING.values()])
@pytest.mark.parametrize("labels", [{"real_label": 0.9}, {"fake_label": 0.1}])
def test_objectives_without_labels(kind, labels):
    (name,) = labels
    with pytest.raises(MiniganError, match=f"{kind.__name__}: argument '{name}'.*no l"):
        kind(**labels)


@pytest.mark.parametrize(
    "real_label, d_loss, non_saturating, minimax",
    [(1.0, 0.6931, 0.6931, -0.6931), (0.9, 0.6881, 0.7985, -0.5978)],
)
def test_equilibrium_values(real_label, d_loss, non_saturating, minimax):
    """D = 1/2, or 0.45 for real labels of 0.9: the best answer to a perfect G."""
    best = real_label / 2
    s = np.full((4, 1), np.log(best / (1 - best)))
    one, other = NonSaturating(real_label), Minimax(real_label)
    assert float(one.mixed(s)) == pytest.approx(d_loss, abs=5e-5)
    np.testing.assert_allclose(one.dscore().sum(), 0, atol=1e-12)
    assert float(one.generator(s)) == pytest.approx(non_saturating, abs=5e-5)
    assert float(other.generator(s)) == pytest.approx(minimax, abs=5e-5)


def test_a_sure_discriminator_silences_minimax_only():
    """Early in training D(G(z)) is near 0: one gradient is full, the other nil."""
    s = np.full((1, 1), -20.0)
    alive, silent = NonSaturating(), Minimax()
    alive.generator(s), silent.generator(s)
    assert alive.dscore()[0, 0] == pytest.approx(-1 + 2.06e-9, rel=1e-9)
    exact = -1 / (1 + mpmath.exp(20))
    assert silent.dscore()[0, 0] == pytest.approx(float(exact), rel=1e-12)


@pytest.mark.parametrize("kind", OBJECTIVES.values(), ids=OBJECTIVES)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("s", [-1e3, 0.0, 1e3])
def test_finite_for_every_score(kind, dtype, s):
    objective, s = kind(), np.full((2, 1), s, dtype)
    for loss in (getattr(objective, name) for name in losses_of(kind)):
        assert np.isfinite(float(loss(s)))
        gradient = objective.dscore()
        assert gradient.dtype == dtype and np.isfinite(gradient).all()


def test_the_gradient_belongs_to_the_last_loss_and_is_taken_once():
    objective, s = NonSaturating(), scores()
    objective.real(s), objective.fake(s)
    np.testing.assert_allclose(objective.dscore(), sigmoid(s) / len(s))
    with pytest.raises(StateError, match="NonSaturating.dscore: expected a loss"):
        objective.dscore()


def test_the_base_class_has_no_generator():
    with pytest.raises(StateError, match="Objective: this objective defines no gen"):
        Objective().generator(scores())


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("kind", OBJECTIVES.values(), ids=OBJECTIVES)
def test_scores_that_are_not_finite(kind, bad):
    objective, s = kind(), scores()
    s[2] = bad
    for loss in (getattr(objective, name) for name in losses_of(kind)):
        with pytest.raises(NonFiniteError, match=f"{kind.__name__}.*finite"):
            loss(s)
    with pytest.raises(StateError):
        objective.dscore()


BAD_SCORES = {
    "a list": ([[1.0]], "'score': expected a numpy array, got list"),
    "shape (n,)": (np.zeros(3), r"'score': expected shape \(n, 1\), got \(3,\)"),
    "two columns": (np.zeros((3, 2)), r"expected shape \(n, 1\), got \(3, 2\)"),
    "no rows": (np.zeros((0, 1)), r"expected shape \(n, 1\), got \(0, 1\)"),
    "integers": (np.zeros((2, 1), int), "'score': expected float32 or float64"),
    "None": (None, "'score': expected a numpy array, got NoneType"),
}


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("score, message", BAD_SCORES.values(), ids=BAD_SCORES)
def test_bad_scores(loss, score, message):
    with pytest.raises(MiniganError, match=message):
        getattr(NonSaturating(), loss)(score)


def test_a_mixed_batch_has_two_halves():
    with pytest.raises(MiniganError, match="mixed: argument 'score': expected an even"):
        NonSaturating().mixed(scores(5))


@pytest.mark.parametrize("name", ["real_label", "fake_label"])
@pytest.mark.parametrize("value", [-0.1, 1.1, np.nan, np.inf, "1", None, True])
def test_bad_labels(name, value):
    with pytest.raises(MiniganError, match=f"Minimax: argument '{name}': expected a f"):
        Minimax(**{name: value})


# ---- an objective of one's own -----------------------------------------------------


@pytest.fixture
def softplus():
    """log(1 + exp(-+s)) in plain NumPy, registered for as long as a test runs."""

    class Softplus(Objective):
        name = "softplus"
        clip_value = 0.5

        def discriminator(self, score, real):
            return self.softplus(score, -1 if real else 1)

        def generator(self, score):
            return self.softplus(self.checked("generator", score), -1)

        def softplus(self, score, sign):
            loss = np.log(1 + np.exp(sign * score)).mean()
            return self.keep(
                loss, lambda: sign / (1 + np.exp(-sign * score)) / len(score)
            )

    OBJECTIVES.register()(Softplus)
    yield Softplus
    OBJECTIVES.unregister("softplus")


def test_an_objective_of_ones_own_equals_the_same_of_ours(softplus):
    """Its losses are those of "non-saturating", in other words."""
    own, ours = softplus(), NonSaturating()
    for loss in ("real", "fake", "mixed", "generator"):
        one, two = getattr(own, loss)(scores()), getattr(ours, loss)(scores())
        assert float(one) == pytest.approx(float(two), rel=1e-12)
        assert isinstance(one, np.ndarray) and one.dtype == np.float64
        np.testing.assert_allclose(own.dscore(), ours.dscore(), rtol=1e-12)
    assert np.isnan(own.equilibrium().d_loss) and own.clip_value == 0.5
    with pytest.raises(
        MiniganError, match="Softplus: argument 'real_label'.*no labels"
    ):
        softplus(real_label=0.9)


@pytest.mark.parametrize("batches", ["half", "mixed"])
def test_an_objective_of_ones_own_is_trained_saved_and_resumed(
    softplus, batches, tmp_path
):
    options = {"objective": "softplus", "batches": batches, "dtype": np.float64}
    trainer, ours = (build(**{**options, **more}) for more in ({}, SAME))
    said = pytest.warns(RuntimeWarning, match="trained step by step")
    with said if trainer.backend == "jit" else nullcontext():  # nothing to capture
        trainer.fit(4)
    np.testing.assert_allclose(trainer.history.table, ours.fit(4).table, rtol=1e-9)
    trainer.save(tmp_path / "c")
    resumed = Trainer.load(tmp_path / "c", capture=False)
    trainer.fit(2), resumed.fit(2)
    assert resumed.objective.name == "softplus" and state(resumed) == state(trainer)
    assert trainer.diagnose() is not None


SAME = {"objective": "non-saturating", "clip_value": 0.5}


@pytest.mark.parametrize("kind", OBJECTIVES.values(), ids=OBJECTIVES)
def test_nobody_gains_at_the_equilibrium(kind):
    """The mixed loss at D's best answer, and that this is its best."""
    for labels in labels_of(kind):
        objective = kind(*labels)
        balance = objective.equilibrium()
        s = 0.0 if np.isnan(balance.score) else balance.score
        if not objective.critic:
            s = np.log(s / (1 - s))
        s = np.full((4, 1), s)
        loss = float(objective.mixed(s))
        assert loss == pytest.approx(balance.d_loss, abs=1e-12)
        for step in (-0.1, 0.1):
            assert float(objective.mixed(s + step)) >= loss - 1e-12
        if not np.isnan(balance.g_loss):
            assert float(objective.generator(s)) == pytest.approx(balance.g_loss)


@pytest.mark.parametrize("label", [0.0, 1.0])
def test_labels_that_are_one_and_the_same_leave_nothing_to_learn(label):
    """D is sure of everything, and right: its loss is 0."""
    for name in ("non-saturating", "minimax"):
        balance = OBJECTIVES[name](label, label).equilibrium()
        assert (balance.score, balance.d_loss) == (label, 0.0)


@pytest.mark.parametrize("name", OBJECTIVES)
def test_a_score_on_the_threshold_does_not_call_a_row_real(name):
    """It lies in the middle of the labels where D answers with them, else at 0."""
    objective = OBJECTIVES[name]()
    assert objective.threshold == (0.5 if "least-squares" in name else 0.0)
