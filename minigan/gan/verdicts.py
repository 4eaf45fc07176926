"""From figures to verdicts: the thresholds and the rules.

The thresholds were chosen on 66 parabola runs, 6 seeds of each family in
benchmarks/monitor_runs.py, and tried on others: see benchmarks/monitor_accuracy.py.
Those of samples are in units of the mean distance between two real rows.

D's answers and the gradients are judged where D answers with a probability
("non-saturating", "minimax").  The scores of the other objectives have no such scale:
there the verdict rests on the samples alone.
"""

from math import log, sqrt
from statistics import NormalDist

import numpy as np

from ..modes import GOOD, UNEVEN
from .diagnosis import (
    COLLAPSED,
    EARLY,
    EXPLODING,
    HEALTHY,
    LEARNING,
    STRONG,
    UNJUDGED,
    UNSETTLED,
    VANISHING,
)

Figures = dict[str, float]  # by name, see `diagnosis.SHOWN`
Reasons = dict[str, str]  # verdict -> the figures that led to it, in words

ENOUGH_STEPS = 100  # fewer say too little

# ---- thresholds: the gap in the 66 runs that each of them lies in ------------------
EXPLODED = 1e4  # largest gradient; below 400 in runs that stayed finite
VANISHED = 1e-3  # median length of G's gradient; 3e-5 and less, or 0.05 and more
SURE = 0.8  # D's lower accuracy with samples far off; 0.80 to 0.93 where G was slow
CERTAIN = 0.95  # the same without samples: on images a good run may reach 0.9, ...
PUSHED = 3.5  # ... unless G's loss is this high: 4 and more where G was slow
ALIKE = 0.5  # spread of samples; collapsed runs below 0.47, healthy ones above 0.93
NO_ANSWER = 0.35  # D(G(z)) spread / D(x) spread; collapsed below but one, others above
ANSWERS = 0.01  # spread of D(x) from which that ratio says something
OVERSHOT = 0.01  # d_loss above equilibrium; 0.02 where rates were too high
WANDERED = 0.004  # drift of mean D(G(z)); healthy runs below 0.003
# Of samples, for up to `FEW` features (points) and for more (images, on which good
# networks stay further away: chosen on `mnist-mixed`, poor at step 500, fair at 1,000).
FEW = 16
FAR = 0.01, 0.035  # energy distance / its most; healthy points below 0.004
OFF = 0.04, 0.13  # fakes beside the data; points healthy to 0.033, failed from 0.046
MISSED = 0.04, 0.13  # data without fakes near; healthy points below 0.023
PATIENCE = 16  # times as long as it took to come nearest the data, ...
# ... so long samples may be far or alike for the moment: see docs/monitor.md

FEW_MODES = log(2)  # KL of samples that are all at half of the modes of a mixture


def hopeless(f: Figures, steps: int) -> Reasons:
    """verdict -> reason where nothing else needs to be asked.   f: figures"""
    if f.get("spread") == np.inf or (steps and not f["finite"]):
        return {EXPLODING: "losses, gradients or samples are not finite any more"}
    if steps and f["largest_gradient"] > EXPLODED:
        return {EXPLODING: f"a gradient was {f['largest_gradient']:.3g} long"}
    if steps < ENOUGH_STEPS:
        return {EARLY: f"{steps} of the {ENOUGH_STEPS} it takes"}
    return {}


def on_samples(f: Figures, sampled: bool) -> Reasons:
    """The same from samples alone, for scores that are no probabilities."""
    if not sampled:
        return {UNJUDGED: "there are no samples to look at"}
    if _collapsed(f):
        return {COLLAPSED: _alike(f)}
    return {UNSETTLED if _far(f) else HEALTHY: _beside(f)}


def patient(found: Reasons, f: Figures, steps: int) -> Reasons:
    """The verdicts of a run that goes on: what passes is no failure yet.

    Samples that are far from the data, or alike, are so for the moment in most runs
    that end well; the run is still learning as long as it came nearer of late.
    steps: how many are trained.
    """
    if set(found) <= {COLLAPSED, UNSETTLED} and _learning(f, steps):
        nearest = f"nearest at step {f['nearest_step']:,.0f}"
        return {LEARNING: f"{'; '.join(found.values())}; {nearest}"}
    return found


def on_everything(f: Figures, sampled: bool) -> Reasons:
    """verdict -> reason, the most important first."""
    found = {}
    right = min(f["accuracy_real"], f["accuracy_fake"])
    sure, certain = (of_packs(share, f.get("pack", 1)) for share in (SURE, CERTAIN))
    answer = (
        f"D is right on {f['accuracy_real']:.0%} of real rows and on "
        f"{f['accuracy_fake']:.0%} of fakes, D(G(z)) is {f['d_fake']:.3g}"
    )
    if f["g_gradient"] < VANISHED and right >= sure:
        found[VANISHING] = f"G's gradient is {f['g_gradient']:.2g} long; {answer}"
    overshot = f["d_loss"] > f.get("d_loss_balance", np.inf) + OVERSHOT
    constant = (
        f["d_real_std"] > ANSWERS and f["d_fake_std"] < NO_ANSWER * f["d_real_std"]
    )
    far = sampled and _far(f)
    alike = _collapsed(f) if sampled else constant
    if alike:
        found[COLLAPSED] = (
            _alike(f)
            if sampled
            else f"D(G(z)) varies by {f['d_fake_std']:.2g} in a batch, "
            f"D(x) by {f['d_real_std']:.2g}"
        )
    hopeless = far if sampled else right >= certain or f["g_loss"] > PUSHED
    if right >= sure and hopeless:
        found[STRONG] = answer
    drifts = overshot or f["wander"] > WANDERED
    if far if sampled else drifts and not found:
        found[UNSETTLED] = _unsettled(f, sampled, overshot)
    if overshot and not constant and UNSETTLED in found:  # alike for the moment only
        found = {UNSETTLED: found.pop(UNSETTLED), **found}
    elif len(found) > 1:
        found.pop(UNSETTLED, None)  # the other verdicts say why
    return found or {HEALTHY: _balanced(f, sampled)}


def of_packs(share: float, pack: float) -> float:
    """How often D is right on packs of rows, if it is so often right on single ones.

    A score that is normal on real rows and on fakes, as wide on both, tells m
    independent rows apart as well as one with sqrt(m) times the distance between them.
    """
    normal = NormalDist()
    return share if pack == 1 else normal.cdf(sqrt(pack) * normal.inv_cdf(share))


def farness(f: Figures) -> float:
    """How far samples are from the data: the worst of their figures, as a multiple of
    what a healthy run may have.
    """
    if "modes" in f:
        lost = f["modes_of"] - f["modes"]
        return max((1 - f["quality"]) / (1 - GOOD), f["kl"] / UNEVEN, 2 * lost)
    kind = int(f["features"] > FEW)
    limits = {"energy": FAR, "off": OFF, "missed": MISSED}
    return max(f[name] / limit[kind] for name, limit in limits.items())


def _far(f: Figures) -> bool:
    return f["far"] > 1


def _learning(f: Figures, steps: int) -> bool:
    """Did samples still come nearer of late?  Where nobody looked before, no."""
    return "nearest" in f and steps <= PATIENCE * f["nearest_step"]


def _collapsed(f: Figures) -> bool:
    return f["spread"] <= ALIKE or f.get("kl", 0) > FEW_MODES


def _alike(f: Figures) -> str:
    if "modes" in f:
        return _beside(f)
    return f"samples are {f['spread']:.2f} times as far apart as real rows"


def _beside(f: Figures) -> str:
    if "modes" in f:
        return (
            f"samples at {f['modes']:.0f} of {f['modes_of']:.0f} modes, "
            f"{f['quality']:.0%} of them within 3 sd, KL of their counts {f['kl']:.3f}"
        )
    return (
        f"energy distance {f['energy']:.3f} of its most, fakes {f['off']:.3f} "
        f"beside the data, data {f['missed']:.3f} away from the fakes"
    )


def _unsettled(f: Figures, sampled: bool, overshot: bool) -> str:
    reasons = []
    if sampled:
        reasons.append(_beside(f))
    if overshot:
        reasons.append(
            f"D's loss {f['d_loss']:.3f} is worse than {f['d_loss_balance']:.3f}, "
            "that of always saying the same: the players overshoot"
        )
    elif f["wander"] > WANDERED:
        reasons.append(f"mean D(G(z)) drifts by {f['wander']:.3f}")
    return "; ".join(reasons)


def _balanced(f: Figures, sampled: bool) -> str:
    text = f"D(x) is {f['d_real']:.3f}, D(G(z)) {f['d_fake']:.3f}"
    if "score" in f:
        text += f" (equilibrium {f['score']:.3g})"
    if "modes" in f:
        text += f", {_beside(f)}"
    elif sampled:
        text += (
            f", samples {f['spread']:.2f} times as far apart as real rows, energy "
            f"distance {f['energy']:.4f} of its most"
        )
    return text
