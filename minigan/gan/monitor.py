"""Is it working?  Reads the history, and samples beside real rows, and says so.

    print(trainer.diagnose())

The figures are made here; the rules are in `verdicts`.
"""

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from .. import validate
from . import metrics
from .callbacks import Callback, Report
from .diagnosis import Diagnosis
from .history import COLUMNS, History
from .objectives import OBJECTIVES
from .verdicts import Figures, hopeless, on_everything, on_samples

if TYPE_CHECKING:
    from .trainer import Trainer

WINDOW = 0.2, 100, 5000  # share of the steps that is looked at, at least, at most
ROWS = 500, 1000  # samples and real rows that a trainer's diagnosis draws
ENOUGH_ROWS = 50  # fewer say too little


def diagnose(
    history: History,
    *,
    objective: str = "non-saturating",
    real_label: float = 1.0,
    fake_label: float = 0.0,
    samples: NDArray | None = None,
    real: NDArray | None = None,
    last: int | None = None,
) -> Diagnosis:
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
            validate.DTypeError, where, "history", "a History", validate.shown(history)
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
    figures = _curves(history.table[-last:] if last else history.table[:0])
    kind = OBJECTIVES[objective]
    balance = kind(real_label, fake_label).equilibrium()
    known = {
        "score": balance.score,
        "d_loss_balance": balance.d_loss,
        "g_loss_balance": balance.g_loss,
    }
    figures |= {name: value for name, value in known.items() if np.isfinite(value)}
    sampled = samples is not None
    if samples is not None and real is not None:
        figures |= _distances(samples, real)
    judge = on_samples if kind.critic else on_everything
    found = hopeless(figures, len(history)) or judge(figures, sampled)
    first = len(history) - last + 1
    return Diagnosis(tuple(found), found, figures, first, len(history), sampled)


def of(trainer: "Trainer") -> Diagnosis:
    """The `Diagnosis` of a trainer; nothing that training uses moves."""
    samples, real = look(trainer)
    game = trainer.objective
    return diagnose(
        trainer.history,
        objective=game.name,
        real_label=game.real_label,
        fake_label=game.fake_label,
        samples=samples,
        real=real,
    )


def look(trainer: "Trainer") -> tuple[NDArray, NDArray] | tuple[None, None]:
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


def _curves(table: NDArray) -> Figures:
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


def _median(values: NDArray) -> float:
    return float(np.median(values))


def _distances(samples: NDArray, real: NDArray) -> Figures:
    """Figures of samples beside real rows, in units of the distance of real rows."""
    where = "diagnose"
    real = metrics.rows(where, "real", real, least=2 * ENOUGH_ROWS)
    samples = validate.array(where, "samples", samples)
    if not float(np.abs(samples).max()) <= metrics.LARGEST:
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


# ---- while training ----------------------------------------------------------------


class Monitor(Callback):
    """Diagnoses a run at every report and says when the verdict changes.

        trainer.fit(10_000, callbacks=[Monitor()])

    write: called with a text; by default it goes to the terminal.
    `monitor.changes` lists (step, `Diagnosis`), one for each change.
    """

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self.write = write
        self.changes: list[tuple[int, Diagnosis]] = []

    def on_report(self, trainer: "Trainer", report: Report) -> None:
        diagnosis = of(trainer)
        if self.changes and self.changes[-1][1].verdict == diagnosis.verdict:
            return
        self.changes.append((trainer.step_count, diagnosis))
        write = self.write
        if write is None:
            from rich.console import Console

            write = Console(highlight=False, markup=False).print
        write(f"step {trainer.step_count:,}: {diagnosis}")
