"""The monitor: each verdict from figures made by hand, and from runs made to fail."""

import os

import numpy as np
import pytest

from benchmarks import monitor_accuracy, monitor_runs
from minigan.errors import ArgumentError, DTypeError, ShapeError
from minigan.gan import Diagnosis, History, Monitor, diagnose, monitor
from minigan.gan.diagnosis import (
    COLLAPSED,
    EARLY,
    EXPLODING,
    HEALTHY,
    LEARNING,
    MEANING,
    SHOWN,
    STRONG,
    UNJUDGED,
    UNSETTLED,
    VANISHING,
)
from minigan.gan.history import COLUMNS
from minigan.gan.monitor import Look
from minigan.modes import RING

from .small import build, state

LN2 = float(np.log(2))
BALANCED = {
    **dict.fromkeys(("d_loss_real", "d_loss_fake", "d_loss", "g_loss"), LN2),
    **dict.fromkeys(("d_real", "d_fake", "accuracy_real", "accuracy_fake"), 0.5),
    **dict.fromkeys(("d_real_std", "d_fake_std"), 0.01),
    "d_penalty": 0.0,
    **dict.fromkeys(("d_gradient", "g_gradient"), 1.0),
}
SURE = {
    **{"d_real": 0.99, "d_fake": 0.01, "accuracy_real": 1.0, "accuracy_fake": 1.0},
    **{"d_loss": 0.01, "g_loss": 4.6},
}


def history(steps=1000, **values):
    """A history whose columns are balanced but for these values."""
    values = BALANCED | values
    row = [np.broadcast_to(values[name], steps) for name in COLUMNS]
    return History(np.stack(row, axis=1))


def parabola(n, seed=0, low=-0.5, high=0.5, y=0.0):
    x = np.random.default_rng(seed).uniform(low, high, n)
    return np.stack([x, x * x + y], axis=1)


REAL = parabola(1000, seed=9)
GOOD, POINT = parabola(500), parabola(500, low=0.2, high=0.21)
WRONG = parabola(500, y=0.5)

CASES = {
    # name: curves, samples, the verdicts
    "balanced": ({}, None, [HEALTHY]),
    "balanced, good samples": ({}, GOOD, [HEALTHY]),
    "balanced, samples elsewhere": ({}, WRONG, [UNSETTLED]),
    "balanced, one point": ({}, POINT, [COLLAPSED]),
    "a part of the data": ({}, parabola(500, low=-0.2, high=0.5), [UNSETTLED]),
    "sure": (SURE, None, [STRONG]),
    "sure, samples elsewhere": (SURE, WRONG, [STRONG]),
    "sure, one point": (SURE, POINT, [COLLAPSED, STRONG]),
    "sure, good samples": (SURE, GOOD, [HEALTHY]),
    "no gradient": (SURE | {"g_gradient": 1e-6}, None, [VANISHING, STRONG]),
    "no gradient, elsewhere": (
        SURE | {"g_gradient": 1e-6},
        WRONG,
        [VANISHING, STRONG],
    ),
    "a flat D at balance": ({"g_gradient": 1e-6}, GOOD, [HEALTHY]),
    "one answer for all fakes": (
        {"d_real_std": 0.2, "d_fake_std": 0.01},
        None,
        [COLLAPSED],
    ),
    "huge gradients": ({"d_gradient": 1e6}, None, [EXPLODING]),
    "infinite samples": ({}, GOOD + np.inf, [EXPLODING]),
    "vast samples": ({}, GOOD * 1e200, [EXPLODING]),
    "NaN": ({"g_loss": np.nan}, None, [EXPLODING]),
    "overshot": ({"d_loss": 0.8}, None, [UNSETTLED]),
    "overshot, alike for the moment": ({"d_loss": 0.8}, POINT, [UNSETTLED, COLLAPSED]),
    "drifting": ({"d_fake": np.linspace(0.4, 0.6, 1000)}, None, [UNSETTLED]),
}


@pytest.mark.parametrize("curves, samples, expected", CASES.values(), ids=CASES)
def test_verdicts(curves, samples, expected):
    real = None if samples is None else REAL
    diagnosis = diagnose(history(**curves), samples=samples, real=real)
    assert list(diagnosis.verdicts) == expected
    assert diagnosis.healthy == (expected == [HEALTHY])
    assert set(diagnosis.reasons) == set(expected)


@pytest.mark.parametrize("pack, limit", [(1, 0.8), (2, 0.883), (4, 0.954)])
@pytest.mark.parametrize("samples", [WRONG, None])
def test_a_D_of_packs_must_be_surer_to_be_too_strong(pack, limit, samples):
    """Four rows tell D as much as one with twice the distance to the fakes."""
    curves = {"g_loss": 4.0} if samples is None else {}  # pushed, for the curves alone
    beside = {"samples": samples, "real": None if samples is None else REAL}
    for right, strong in ((limit - 0.001, False), (limit + 0.001, True)):
        sure = dict.fromkeys(("accuracy_real", "accuracy_fake"), right)
        found = diagnose(history(**curves, **sure), pack=pack, **beside)
        assert (STRONG in found.verdicts) is strong


def of_ring(*shares, sd=RING.sd, n=2500):
    """Samples of a ring whose modes have these shares of them."""
    rng = np.random.default_rng(0)
    which = rng.choice(len(shares), n, p=np.array(shares) / sum(shares))
    return RING.centres[which] + sd * rng.standard_normal((n, 2))


MIXTURES = {
    # name: curves, samples, the verdict
    "the ring itself": ({}, of_ring(*[1] * 8), HEALTHY),
    "a mode is missing": ({}, of_ring(*[1] * 7), UNSETTLED),
    "a mode is rare": ({}, of_ring(*[9] * 7, 1), UNSETTLED),
    "four modes": ({}, of_ring(1, 1, 1, 1), COLLAPSED),
    "one mode": ({}, of_ring(1), COLLAPSED),
    "all modes, too wide": ({}, of_ring(*[1] * 8, sd=3 * RING.sd), UNSETTLED),
    "a D that is sure": (SURE, of_ring(*[1] * 7), STRONG),
    "not finite": ({}, of_ring(1) + np.inf, EXPLODING),
}


@pytest.mark.parametrize("curves, samples, expected", MIXTURES.values(), ids=MIXTURES)
@pytest.mark.parametrize("objective", ["non-saturating", "hinge"])
def test_samples_of_a_mixture_are_judged_mode_by_mode(
    curves, samples, expected, objective
):
    real, _ = RING.drawn(np.random.default_rng(1), 1000)
    found = diagnose(
        history(**curves), objective=objective, samples=samples, real=real, modes=RING
    )
    if objective == "hinge" and expected == STRONG:
        expected = UNSETTLED  # a critic's accuracy says nothing
    assert found.verdict == expected
    if expected not in (STRONG, EXPLODING):
        assert "8 modes" in found.reasons[expected]
        assert 1 <= found.figures["modes"] <= found.figures["modes_of"] == 8


@pytest.mark.parametrize(
    "objective, real_label, d_loss, g_loss",
    [
        ("non-saturating", 1.0, LN2, LN2),
        ("minimax", 1.0, LN2, -LN2),
        ("non-saturating", 0.9, 0.68814, 0.79851),
        ("minimax", 0.9, 0.68814, -0.59784),
        ("least-squares", 1.0, 0.125, 0.125),
        ("least-squares", 0.9, 0.10125, 0.15125),
    ],
)
def test_the_equilibrium_knows_labels_and_objective(
    objective, real_label, d_loss, g_loss
):
    found = diagnose(history(), objective=objective, real_label=real_label).figures
    assert found["score"] == real_label / 2
    assert found["d_loss_balance"] == pytest.approx(d_loss, abs=1e-5)
    assert found["g_loss_balance"] == pytest.approx(g_loss, abs=1e-5)


CRITICS = ("least-squares", "hinge", "wasserstein")


@pytest.mark.parametrize("objective", CRITICS)
def test_scores_that_are_no_probabilities_are_not_judged(objective):
    """Curves that would mean a D too strong, were they of another objective."""
    curves = {"accuracy_real": 1.0, "accuracy_fake": 1.0, "g_gradient": 1e-5}
    diagnosis = diagnose(history(**curves), objective=objective)
    assert diagnosis.verdict == UNJUDGED and not diagnosis.healthy
    assert "under this objective" in str(diagnosis)
    wild = diagnose(history(d_gradient=1e6), objective=objective)
    assert wild.verdict == EXPLODING
    assert diagnose(History(), objective=objective).verdict == EARLY


@pytest.mark.parametrize("objective", CRITICS)
def test_a_critics_samples_are_judged(objective):
    found = [
        diagnose(history(), objective=objective, samples=samples, real=REAL).verdict
        for samples in (GOOD, WRONG, POINT)
    ]
    assert found == [HEALTHY, UNSETTLED, COLLAPSED]


@pytest.mark.parametrize("objective, d_loss", [("hinge", 1.0), ("wasserstein", 0.0)])
def test_a_balance_that_leaves_the_score_open(objective, d_loss):
    found = diagnose(history(), objective=objective).figures
    assert found["d_loss_balance"] == d_loss
    assert "score" not in found and "g_loss_balance" not in found


def test_smoothed_labels_at_balance_are_healthy():
    """D(x) = 0.45: hard labels call every real row wrong, and that is right."""
    curves = {"d_real": 0.45, "d_fake": 0.45, "d_loss": 0.6881, "g_loss": 0.7985}
    curves |= {"accuracy_real": 0.0, "accuracy_fake": 1.0}
    assert diagnose(history(**curves), real_label=0.9).verdict == HEALTHY


def test_only_the_last_steps_count():
    early = history(800, **SURE)
    early.append(history(200).table)
    assert diagnose(early).verdict == HEALTHY
    assert diagnose(early).first == 801 and diagnose(early).last == 1000
    assert diagnose(early, last=1000).verdict != HEALTHY
    assert diagnose(history(10**5)).first == 95_001


@pytest.mark.parametrize("steps", [0, 1, 99])
def test_too_early(steps):
    assert diagnose(history(steps)).verdict == EARLY
    assert "too early" in str(diagnose(history(steps)))


def test_an_explosion_is_seen_at_once():
    assert diagnose(history(3, g_loss=np.inf)).verdict == EXPLODING


def test_samples_of_other_sizes_and_shapes():
    for n, m in ((50, 100), (500, 120), (60, 1000)):
        found = diagnose(history(), samples=parabola(n), real=parabola(m, seed=9))
        assert not {COLLAPSED, STRONG} & set(found.verdicts)
    images = np.random.default_rng(0).uniform(-1, 1, (700, 6, 6, 1))
    found = diagnose(history(), samples=images[:200], real=images[200:])
    assert found.verdict == HEALTHY
    found = diagnose(history(), samples=images[:1].repeat(200, 0), real=images[200:])
    assert found.verdict == COLLAPSED


def test_units_do_not_matter():
    a = diagnose(history(), samples=WRONG, real=REAL).figures
    b = diagnose(history(), samples=1000 * WRONG - 3, real=1000 * REAL - 3).figures
    assert a == pytest.approx(b, rel=1e-6)


def test_real_rows_that_are_all_equal():
    same = np.ones((200, 3))
    there = diagnose(history(), samples=same[:60], real=same)
    assert there.figures["energy"] == 0 and there.healthy
    beside = diagnose(history(), samples=same[:60] + 1, real=same)
    assert beside.figures["spread"] == 1 and beside.verdict == "not converging"


@pytest.mark.parametrize("verdict", MEANING)
def test_each_verdict_is_explained(verdict):
    found = Diagnosis((verdict,), {verdict: "why"}, {"spread": 1.0}, 1, 10, True)
    text = str(found)
    assert text.startswith(f"{verdict} (steps 1 to 10)")
    assert "why" in text and f"remedy: {found.remedy}" in text
    assert text.splitlines() == [line.rstrip() for line in text.splitlines()]


def test_what_is_shown():
    rich = pytest.importorskip("rich.console")
    real, _ = RING.drawn(np.random.default_rng(1), 1000)
    given = {"samples": of_ring(*[1] * 8), "real": real, "modes": RING}
    found = diagnose(history(), **given, earlier=LOOKS)
    assert set(SHOWN) <= set(found.figures)
    assert len(found.table().splitlines()) == len(SHOWN)
    console = rich.Console(width=100)
    with console.capture() as capture:
        console.print(found)
    shown = capture.get()
    assert shown.startswith("healthy") and "G's gradient, median length" in shown
    assert "samples were not looked at" in str(diagnose(history()))


BAD = {
    "no history": ({"history": None}, DTypeError, "'history': expected a History"),
    "objective": ({"objective": "max"}, ArgumentError, "'objective': expected one of"),
    "label": ({"real_label": 2}, ArgumentError, "'real_label'"),
    "samples alone": ({"samples": GOOD}, ArgumentError, "'samples': .*with real"),
    "real alone": ({"real": GOOD}, ArgumentError, "'samples': .*with real"),
    "few samples": ({"samples": GOOD[:49], "real": REAL}, ShapeError, "n >= 50"),
    "few real": ({"samples": GOOD, "real": REAL[:99]}, ShapeError, "n >= 100"),
    "last": ({"last": 0}, ArgumentError, "'last'"),
}


@pytest.mark.parametrize("arguments, error, message", BAD.values(), ids=BAD)
def test_bad_arguments(arguments, error, message):
    given = {"history": history(), **arguments}
    with pytest.raises(error, match=message):
        diagnose(given.pop("history"), **given)


# ---- samples that come nearer ------------------------------------------------------

LOOKS = [Look(125, 100.0), Look(250, 90.0)]  # WRONG is at 46, POINT at 36
NEAR = {
    # name: curves, samples, looks before, the verdict
    "far, and nearer than ever": ({}, WRONG, LOOKS, LEARNING),
    "far, nearest of late": ({}, WRONG, [*LOOKS, Look(501, 1.0)], LEARNING),
    "far, nearest long ago": ({}, WRONG, [Look(50, 5.0), *LOOKS], UNSETTLED),
    "far, and nothing known": ({}, WRONG, [], UNSETTLED),
    "far, a look that is still to come": ({}, WRONG, [Look(1000, 99.0)], UNSETTLED),
    "there already": ({}, GOOD, [Look(50, 0.1)], HEALTHY),
    "one point, for the moment": ({}, POINT, [*LOOKS, Look(501, 1.0)], LEARNING),
    "one point, since long": ({}, POINT, [Look(50, 5.0), *LOOKS], COLLAPSED),
    "overshot": ({"d_loss": 0.8}, POINT, LOOKS, LEARNING),
    "a D that is sure": (SURE, WRONG, LOOKS, STRONG),
    "a D that is sure, one point": (SURE, POINT, LOOKS, COLLAPSED),
    "no gradient": (SURE | {"g_gradient": 1e-6}, WRONG, LOOKS, VANISHING),
    "not finite": ({"g_loss": np.nan}, WRONG, LOOKS, EXPLODING),
}


@pytest.mark.parametrize("curves, samples, looks, expected", NEAR.values(), ids=NEAR)
def test_samples_that_come_nearer_are_still_learning(curves, samples, looks, expected):
    found = diagnose(history(**curves), samples=samples, real=REAL, earlier=looks)
    assert found.verdict == expected
    if expected == LEARNING:
        assert found.verdicts == (LEARNING,) and "train on" in found.remedy
        assert "another seed" not in str(found) and "nearest at step" in str(found)


@pytest.mark.parametrize("objective", CRITICS)
def test_a_critics_samples_that_come_nearer(objective):
    given = {"objective": objective, "samples": WRONG, "real": REAL}
    assert diagnose(history(), **given, earlier=LOOKS).verdict == LEARNING
    assert diagnose(history(), **given).verdict == UNSETTLED


def test_a_mixtures_samples_that_come_nearer():
    real, _ = RING.drawn(np.random.default_rng(1), 1000)
    given = {"samples": of_ring(*[1] * 7), "real": real, "modes": RING}
    found = diagnose(history(), **given, earlier=[Look(50, 8.0)])
    assert found.verdict == LEARNING and found.figures["nearest_step"] == 1000
    assert diagnose(history(), **given, earlier=[Look(50, 2.0)]).verdict == UNSETTLED


def test_a_monitor_looks_more_and_more_seldom(monkeypatch):
    """At 1, 2, 4, 8, ... times its first look, and at reports."""
    monkeypatch.setattr(monitor, "FIRST_LOOK", 2)
    monkeypatch.setattr(Monitor, "every", 2)
    trainer, seen = build(), Monitor(lambda text: None)
    trainer.fit(20, report_every=7, callbacks=[seen])
    assert [look.step for look in seen.looks] == [2, 4, 7, 8, 14, 16]
    assert all(look.far > 0 for look in seen.looks)
    seen.diagnose(trainer)
    seen.diagnose(trainer)
    assert [look.step for look in seen.looks][-2:] == [16, 20]
    other = build()
    other.fit(5, report_every=None, callbacks=[seen])
    assert [look.step for look in seen.looks] == [2, 4]  # of this run


def test_a_monitor_moves_nothing(monkeypatch):
    monkeypatch.setattr(monitor, "FIRST_LOOK", 1)
    monkeypatch.setattr(Monitor, "every", 1)
    alone, watched = build(), build()
    alone.fit(5, report_every=None)
    watched.fit(5, report_every=None, callbacks=[Monitor(lambda text: None)])
    assert state(alone) == state(watched)


def test_a_monitor_of_few_rows_sees_nothing(monkeypatch):
    monkeypatch.setattr(monitor, "FIRST_LOOK", 1)
    seen = Monitor(lambda text: None)
    build(rows=21).fit(3, report_every=2, callbacks=[seen])
    assert not seen.looks and len(seen.changes) == 1


# ---- on a trainer ------------------------------------------------------------------


def test_a_diagnosis_moves_nothing():
    trainer = build()
    assert trainer.diagnose().verdict == EARLY
    trainer.fit(3, report_every=None)
    before = state(trainer)
    first, second = trainer.diagnose(), trainer.diagnose()
    assert state(trainer) == before
    assert first.figures == second.figures and first.sampled


def test_a_trainer_with_few_rows():
    trainer = build(rows=21)
    trainer.fit(2, report_every=None)
    assert not trainer.diagnose().sampled
    many = build(rows=150)
    samples, real = monitor.look(many)
    assert len(samples) == 500 and len(np.unique(real, axis=0)) == 150


def test_monitor_speaks_when_the_verdict_changes(monkeypatch):
    verdicts = iter([EARLY, EARLY, HEALTHY, HEALTHY, COLLAPSED])

    def of(trainer, earlier):
        verdict = next(verdicts)
        return Diagnosis((verdict,), {verdict: "why"}, {}, 1, 2, True)

    monkeypatch.setattr(monitor, "of", of)
    said = []
    callback = Monitor(said.append)
    build().fit(10, report_every=2, callbacks=[callback])
    assert [step for step, _ in callback.changes] == [2, 6, 10]
    assert [text.split(" (")[0] for text in said] == [
        f"step 2: {EARLY}",
        f"step 6: {HEALTHY}",
        f"step 10: {COLLAPSED}",
    ]


def test_monitor_writes_to_the_terminal(capsys):
    build().fit(2, report_every=1, callbacks=[Monitor()])
    assert capsys.readouterr().out.startswith(f"step 1: {EARLY}")


# ---- runs made to fail -------------------------------------------------------------

CAPTURED = (
    os.environ.get("NUMBA_DISABLE_JIT") != "1"
    and os.environ.get("MINIGAN_BACKEND", "jit") == "jit"
)


@pytest.mark.skipif(not CAPTURED, reason="thousands of steps, too slow uncaptured")
def test_runs_with_a_known_truth():
    """A few of benchmarks/monitor_accuracy.py; at most one may be called wrongly."""
    jobs = [
        ("minimax", 300),
        ("bottleneck", 300),
        ("sure discriminator", 300),
        ("weak discriminator", 300),
        ("slow generator", 300),
        ("bursting", 300),
    ]
    rows = [monitor_accuracy.judged(job) for job in jobs]
    right, of = monitor_accuracy.accuracy(rows, 3)
    assert of >= 5 and right >= of - 1, rows


def test_truth_of_outcomes():
    good = {"finite": True, "residual": 0.01, "energy": 0.004, "coverage": 1.0}
    good |= {"spread": 1.0, "moved": 1.0, "d_right": 0.5}
    truth = monitor_runs.truth
    assert truth(good, monitor_runs.COLLAPSED) == monitor_runs.HEALTHY
    assert truth(good | {"energy": 0.01}, "") == monitor_runs.IN_BETWEEN
    bad = good | {"energy": 0.1}
    assert truth(bad, monitor_runs.HEALTHY) == monitor_runs.UNSETTLED
    narrow = bad | {"spread": 0.2, "d_right": 0.9}
    assert truth(narrow, monitor_runs.HEALTHY) == monitor_runs.COLLAPSED
    assert truth(narrow, monitor_runs.STRONG) == monitor_runs.STRONG
    assert truth(narrow | {"moved": 0.001}, "") == monitor_runs.VANISHING
    assert truth({"finite": False}, monitor_runs.STRONG) == monitor_runs.EXPLODING


def test_what_was_measured_is_told_from_theory():
    diagnosis = diagnose(history())
    assert {"score", "d_loss_balance"} <= set(diagnosis.figures)
    assert diagnosis.measured["d_loss"] == diagnosis.figures["d_loss"]
    assert not {"score", "d_loss_balance", "g_loss_balance"} & set(diagnosis.measured)
