"""Objectives: losses and gradients against their formulas."""

import mpmath
import numpy as np
import pytest

from minigan.errors import MiniganError, NonFiniteError, StateError
from minigan.gan import OBJECTIVES, Minimax, NonSaturating, Objective

from .plain import cross_entropy, sigmoid


def scores(n=6, dtype=np.float64):
    return np.random.default_rng(1).standard_normal((n, 1)).astype(dtype) * 2


def gradient_by_differences(loss, s, h=1e-6):
    shifts = np.eye(len(s))[:, :, None] * h
    return np.array([[(loss(s + e) - loss(s - e)) / (2 * h)] for e in shifts])


@pytest.mark.parametrize("kind", OBJECTIVES.values(), ids=OBJECTIVES)
@pytest.mark.parametrize("real_label, fake_label", [(1, 0), (0.9, 0), (0.8, 0.2)])
def test_discriminator_losses(kind, real_label, fake_label):
    objective, s = kind(real_label, fake_label), scores()
    for name, label in (("real", real_label), ("fake", fake_label)):
        loss = getattr(objective, name)
        assert float(loss(s)) == pytest.approx(cross_entropy(s, label), rel=1e-12)
        expected = (sigmoid(s) - label) / len(s)
        np.testing.assert_allclose(objective.dscore(), expected, rtol=1e-12)
    labels = np.repeat([[real_label], [fake_label]], 3, axis=0)
    assert float(objective.mixed(s)) == pytest.approx(cross_entropy(s, labels))
    expected = gradient_by_differences(lambda x: cross_entropy(x, labels), s)
    np.testing.assert_allclose(objective.dscore(), expected, rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize(
    "kind, formula",
    [
        (NonSaturating, lambda s: -np.mean(np.log(sigmoid(s)))),
        (Minimax, lambda s: np.mean(np.log(1 - sigmoid(s)))),
    ],
)
def test_generator_losses(kind, formula):
    objective, s = kind(), scores()
    assert float(objective.generator(s)) == pytest.approx(formula(s), rel=1e-12)
    expected = gradient_by_differences(formula, s)
    np.testing.assert_allclose(objective.dscore(), expected, rtol=1e-6, atol=1e-9)


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
    for loss in (objective.real, objective.fake, objective.mixed, objective.generator):
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
    objective, s = kind(0.9), scores()
    s[2] = bad
    for loss in (objective.real, objective.mixed):
        with pytest.raises(NonFiniteError, match=f"{kind.__name__}.*finite"):
            loss(s)
    with pytest.raises(StateError):
        objective.dscore()


LOSSES = ("real", "fake", "mixed", "generator")
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
