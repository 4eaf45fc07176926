"""Is it working?  Reads the history, and samples beside real rows, and says so.

    print(trainer.diagnose())

The thresholds were chosen on 66 parabola runs, 6 seeds of each family in
benchmarks/monitor_runs.py, and tried on others: see benchmarks/monitor_accuracy.py.
Those of samples are in units of the mean distance between two real rows.
"""

import numpy as np

from .. import validate
from . import metrics
from .callbacks import Callback
from .diagnosis import (
    COLLAPSED,
    EARLY,
    EXPLODING,
    HEALTHY,
    STRONG,
    UNSETTLED,
    VANISHING,
    Diagnosis,
)
from .equilibrium import equilibrium
from .history import COLUMNS, History
from .objectives import OBJECTIVES

WINDOW = 0.2, 100, 5000  # share of the steps that is looked at, at least, at most
ROWS = 500, 1000  # samples and real rows that a trainer's diagnosis draws
ENOUGH_STEPS, ENOUGH_ROWS = 100, 50  # fewer say too little

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
FAR = 0.01, 0.06  # energy distance / its most; healthy points below 0.004
OFF = 0.04, 0.13  # fakes beside the data; points healthy to 0.033, failed from 0.046
MISSED = 0.04, 0.13  # data without fakes near; healthy points below 0.023


def diagnose(
    history,
    *,
    objective="non-saturating",
    real_label=1.0,
    fake_label=0.0,
    samples=None,
    real=None,
    last=None,
):
    """A `Diagnosis` of a run: healthy, or what is wrong, why, and what helps.

    history: a `History`.   objective, real_label, fake_label: those of the trainer;
    they place the equilibrium.
    samples, real: (n, ...) generated rows and (m, ...) real ones, m >= 100 (best twice
    as many as samples).  Without them a generator that settled far from the data looks
    healthy: D(x) and D(G(z)) are 1/2 there too.
    last: how many of the last steps to look at, by default a fifth of them.
    Errors: DTypeError, ArgumentError, ShapeError for arguments that do not fit.
    """
    where = "diagnose"
    if not isinstance(history, History):
        validate.complain(
            validate.DTypeError, where, "history", "a History", repr(history)[:60]
        )
    validate.choice(where, "objective", objective, tuple(OBJECTIVES))
    for name, label in (("real_label", real_label), ("fake_label", fake_label)):
        validate.number(where, name, label, least=0, most=1)
    if (samples is None) != (real is None):
        validate.complain(
            validate.ArgumentError, where, "samples", "with real, or neither", "one"
        )
    if last is None:
        share, least, most = WINDOW
        last = min(most, max(least, int(share * len(history))))
    last = min(validate.integer(where, "last", last), len(history))
    figures = _curves(history.table[len(history) - last :])
    if objective in ("non-saturating", "minimax"):  # the two with an equilibrium in D
        balance = equilibrium(real_label, fake_label, objective)
        figures["score"] = balance.score
        figures["d_loss_balance"] = balance.d_loss
        figures["g_loss_balance"] = balance.g_loss
    sampled = samples is not None
    if sampled:
        figures |= _distances(samples, real)
    found = _verdicts(figures, len(history), sampled)
    first = len(history) - last + 1
    return Diagnosis(tuple(found), found, figures, first, len(history), sampled)


def of(trainer):
    """The `Diagnosis` of a trainer; nothing that training uses moves."""
    samples, real = look(trainer)
    game = trainer.objective
    return diagnose(
        trainer.history,
        objective=game.name,
        real_label=getattr(game, "real_label", 1.0),
        fake_label=getattr(game, "fake_label", 0.0),
        samples=samples,
        real=real,
    )


def look(trainer):
    """(samples, real rows) for a diagnosis; None for both if the data are too few."""
    many, more = ROWS
    rng = np.random.default_rng([trainer.seed, trainer.step_count])
    z = rng.standard_normal((many, trainer.latent_dim)).astype(trainer.generator.dtype)
    rows = getattr(trainer.data, "data", None)
    if rows is not None:  # no row twice: it would be its own nearest neighbour
        real = rows[rng.permutation(len(rows))[:more]]
    else:
        real = trainer.data.draw(more, rng)
    if len(real) < 2 * ENOUGH_ROWS:
        return None, None
    return trainer.sample(z=z), real


# ---- figures -----------------------------------------------------------------------


def _curves(table):
    """Figures of the last steps, by name.   table: (steps, columns of History)"""
    if not len(table):
        return {}
    column = dict(zip(COLUMNS, table.T, strict=True))
    gradients = column["d_gradient"], column["g_gradient"]
    with np.errstate(over="ignore", invalid="ignore"):
        figures = {
            name: float(column[name].mean())
            for name in COLUMNS
            if not name.endswith("gradient")
        }
        figures["d_gradient"], figures["g_gradient"] = map(_median, gradients)
    figures["largest_gradient"] = float(np.max(gradients))
    parts = np.array_split(column["d_fake"], min(20, len(table)))
    figures["wander"] = float(np.std([part.mean() for part in parts]))
    figures["finite"] = float(np.isfinite(table).all())
    return figures


def _median(values):
    return float(np.median(values))


def _distances(samples, real):
    """Figures of samples beside real rows, in units of the distance of real rows."""
    where = "diagnose"
    real = metrics.rows(where, "real", real, least=2 * ENOUGH_ROWS)
    samples = validate.array(where, "samples", samples)
    if not float(np.abs(samples).max()) < 1e100:  # whose squares are still numbers
        return {"spread": np.inf}
    samples = metrics.rows(where, "samples", samples, least=ENOUGH_ROWS)
    n, m = len(samples), len(real)
    apart = metrics.mean_distance(real, real) * m / (m - 1)  # of two different rows
    spread = metrics.mean_distance(samples, samples) * n / (n - 1)
    between = metrics.mean_distance(samples, real)
    k = min(n, m // 2)  # as many of each, since nearest neighbours depend on it
    fake, one, other = samples[:k], real[:k], real[k : 2 * k]
    near, unit = metrics.nearest_distance, apart or 1.0  # 0: all real rows are equal
    return {
        "features": samples.shape[1],
        "spread": spread / unit,
        "energy": (2 * between - spread - apart) / (2 * between or 1.0),
        "off": (near(fake, other) - near(one, other)) / unit,
        "missed": (near(other, fake) - near(other, one)) / unit,
    }


# ---- rules -------------------------------------------------------------------------


def _verdicts(f, steps, sampled):
    """verdict -> reason, the most important first.   f: figures"""
    if f.get("spread") == np.inf or (steps and not f["finite"]):
        return {EXPLODING: "losses, gradients or samples are not finite any more"}
    if steps and f["largest_gradient"] > EXPLODED:
        return {EXPLODING: f"a gradient was {f['largest_gradient']:.3g} long"}
    if steps < ENOUGH_STEPS:
        return {EARLY: f"{steps} of the {ENOUGH_STEPS} it takes"}
    found = {}
    right = min(f["accuracy_real"], f["accuracy_fake"])
    answer = (
        f"D is right on {f['accuracy_real']:.0%} of real rows and on "
        f"{f['accuracy_fake']:.0%} of fakes, D(G(z)) is {f['d_fake']:.3g}"
    )
    if f["g_gradient"] < VANISHED and right >= SURE:
        found[VANISHING] = f"G's gradient is {f['g_gradient']:.2g} long; {answer}"
    overshot = f["d_loss"] > f.get("d_loss_balance", np.inf) + OVERSHOT
    constant = (
        f["d_real_std"] > ANSWERS and f["d_fake_std"] < NO_ANSWER * f["d_real_std"]
    )
    far = sampled and _far(f)
    alike = f["spread"] <= ALIKE if sampled else constant
    if alike:
        found[COLLAPSED] = (
            f"samples are {f['spread']:.2f} times as far apart as real rows"
            if sampled
            else f"D(G(z)) varies by {f['d_fake_std']:.2g} in a batch, "
            f"D(x) by {f['d_real_std']:.2g}"
        )
    hopeless = far if sampled else right >= CERTAIN or f["g_loss"] > PUSHED
    if right >= SURE and hopeless:
        found[STRONG] = answer
    drifts = overshot or f["wander"] > WANDERED
    if far if sampled else drifts and not found:
        found[UNSETTLED] = _unsettled(f, sampled, overshot)
    if overshot and not constant and UNSETTLED in found:  # alike for the moment only
        found = {UNSETTLED: found.pop(UNSETTLED), **found}
    elif len(found) > 1:
        found.pop(UNSETTLED, None)  # the other verdicts say why
    return found or {HEALTHY: _balanced(f, sampled)}


def _far(f):
    kind = int(f["features"] > FEW)
    return f["energy"] > FAR[kind] or f["off"] > OFF[kind] or f["missed"] > MISSED[kind]


def _unsettled(f, sampled, overshot):
    reasons = []
    if sampled:
        reasons.append(
            f"energy distance {f['energy']:.3f} of its most, fakes {f['off']:.3f} "
            f"beside the data, data {f['missed']:.3f} away from the fakes"
        )
    if overshot:
        reasons.append(
            f"D's loss {f['d_loss']:.3f} is worse than {f['d_loss_balance']:.3f}, "
            "that of always saying the same: the players overshoot"
        )
    elif f["wander"] > WANDERED:
        reasons.append(f"mean D(G(z)) drifts by {f['wander']:.3f}")
    return "; ".join(reasons)


def _balanced(f, sampled):
    text = f"D(x) is {f['d_real']:.3f}, D(G(z)) {f['d_fake']:.3f}"
    if "score" in f:
        text += f" (equilibrium {f['score']:.3g})"
    if sampled:
        text += (
            f", samples {f['spread']:.2f} times as far apart as real rows, energy "
            f"distance {f['energy']:.4f} of its most"
        )
    return text


# ---- while training ----------------------------------------------------------------


class Monitor(Callback):
    """Diagnoses a run at every report and says when the verdict changes.

        trainer.fit(10_000, callbacks=[Monitor()])

    write: called with a text; by default it goes to the terminal.
    `monitor.changes` lists (step, `Diagnosis`), one for each change.
    """

    def __init__(self, write=None):
        self.write = write
        self.changes = []

    def on_report(self, trainer, report):
        diagnosis = of(trainer)
        if self.changes and self.changes[-1][1].verdict == diagnosis.verdict:
            return
        self.changes.append((trainer.step_count, diagnosis))
        write = self.write
        if write is None:
            from rich.console import Console

            write = Console(highlight=False, markup=False).print
        write(f"step {trainer.step_count:,}: {diagnosis}")
