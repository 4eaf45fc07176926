"""Is it working?  Reads the history, and samples beside real rows, and says so.

    print(trainer.diagnose())

The figures are made here; the rules are in `verdicts`.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .. import validate
from ..modes import Modes
from . import metrics
from .callbacks import Callback, Report
from .diagnosis import Diagnosis
from .history import COLUMNS, History
from .objectives import OBJECTIVES
from .options import Options, option_of
from .verdicts import Figures, farness, hopeless, on_everything, on_samples, patient

if TYPE_CHECKING:
    from .trainer import Trainer

WINDOW = 0.2, 100, 5000  # share of the steps that is looked at, at least, at most
ROWS = 500, 1000  # samples and real rows that a trainer's diagnosis draws
MODES_ROWS = 2500, 1000  # the same of a mixture: as many samples as the papers take
ENOUGH_ROWS = 50  # fewer say too little
FIRST_LOOK = 125  # steps before a monitor's first look at samples


class Look(NamedTuple):
    """How far samples were from the data at a step, see `verdicts.farness`."""

    step: int
    far: float


def diagnose(
    history: History,
    *,
    objective: str = "non-saturating",
    real_label: float = 1.0,
    fake_label: float = 0.0,
    pack: int = 1,
    samples: NDArray | None = None,
    real: NDArray | None = None,
    modes: Modes | None = None,
    earlier: Sequence[Look] = (),
    last: int | None = None,
) -> Diagnosis:
    """A `Diagnosis` of a run: healthy, or what is wrong, why, and what helps.

    history: a `History`.   objective, real_label, fake_label: those of the trainer;
    they place the equilibrium.
    pack: rows that D judges together, the option of that name: it is surer of many.
    samples, real: (n, ...) generated rows and (m, ...) real ones, m >= 100 (best twice
    as many as samples).  Without them a generator that settled far from the data looks
    healthy: D(x) and D(G(z)) are 1/2 there too.
    modes: of the mixture that real rows are drawn from, if they are: samples are then
    judged mode by mode.
    earlier: what was seen of the samples before, see `Monitor.looks`, for a run that
    goes on: as long as samples come nearer the data it is "still learning".
    last: how many of the last steps to look at, by default a fifth of them.
    Errors: DTypeError, ArgumentError, ShapeError for arguments that do not fit.
    """
    where = "diagnose"
    if not isinstance(history, History):
        validate.complain(
            validate.DTypeError, where, "history", "a History", validate.shown(history)
        )
    labels = dict(real_label=real_label, fake_label=fake_label)
    for name, value in dict(objective=objective, pack=pack, **labels).items():
        option_of(Options.__dataclass_fields__[name]).check(where, name, value)
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
    figures["pack"] = pack
    sampled = samples is not None
    if samples is not None and real is not None:
        figures |= _of_samples(samples, real, modes)
        if "far" in figures:
            figures |= _nearest(earlier, Look(len(history), figures["far"]))
    judge = on_samples if kind.critic else on_everything
    found = hopeless(figures, len(history)) or judge(figures, sampled)
    found = patient(found, figures, len(history))
    first = len(history) - last + 1
    return Diagnosis(tuple(found), found, figures, first, len(history), sampled)


def of(trainer: "Trainer", earlier: Sequence[Look] = ()) -> Diagnosis:
    """The `Diagnosis` of a trainer; nothing that training uses moves.

    earlier: as for `diagnose`.
    """
    samples, real = look(trainer)
    game = trainer.objective
    return diagnose(
        trainer.history,
        objective=game.name,
        real_label=game.real_label,
        fake_label=game.fake_label,
        pack=trainer.pack,
        samples=samples,
        real=real,
        modes=trainer.data.modes,
        earlier=earlier,
    )


def look(trainer: "Trainer") -> tuple[NDArray, NDArray] | tuple[None, None]:
    """(samples, real rows) for a diagnosis; None for both if the data are too few."""
    many, more = ROWS if trainer.data.modes is None else MODES_ROWS
    rng = np.random.default_rng([trainer.seed, trainer.step_count])
    z = rng.standard_normal((many, trainer.latent_dim)).astype(trainer.generator.dtype)
    rows = getattr(trainer.data, "data", None)
    if rows is not None:  # no row twice: it would be its own nearest neighbour
        real = rows[rng.permutation(len(rows))[:more]]
    else:
        real = trainer.data.draw(more, rng)
    if len(real) < 2 * ENOUGH_ROWS:
        return None, None
    return trainer.sample(z=z, labels=trainer.draw_labels(many, rng)), real


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
        "spread": spread / unit if apart or spread else 1.0,
        "energy": (2 * between - spread - apart) / (2 * between or 1.0),
        "off": (near(fake, other) - near(one, other)) / unit,
        "missed": (near(other, fake) - near(other, one)) / unit,
    }


def _of_samples(samples: NDArray, real: NDArray, modes: Modes | None) -> Figures:
    """All figures of samples, and how far they are from the data in all."""
    figures = _distances(samples, real)
    if not np.isfinite(figures["spread"]):
        return figures
    if modes is not None:
        figures |= _by_mode(samples, modes)
    return figures | {"far": farness(figures)}


def _nearest(earlier: Sequence[Look], now: Look) -> Figures:
    """When samples were nearest the data, and how near; now included.

    None where nobody looked before.
    """
    before = [look for look in earlier if look.step < now.step]
    if not before:
        return {}
    step, far = min((*before, now), key=lambda look: (look.far, -look.step))
    return {"nearest": far, "nearest_step": step}


def _by_mode(samples: NDArray, modes: Modes) -> Figures:
    """Figures of samples of a mixture.   samples: (n, features)"""
    centres, sd = modes.centres, modes.sd
    return {
        "modes": metrics.modes_covered(samples, centres, sd),
        "modes_of": len(modes),
        "quality": metrics.high_quality(samples, centres, sd),
        "kl": metrics.modes_kl(samples, centres),
    }


# ---- while training ----------------------------------------------------------------


class Monitor(Callback):
    """Diagnoses a run at every report and says when the verdict changes.

        trainer.fit(10_000, callbacks=[Monitor()])

    write: called with a text; by default it goes to the terminal.
    `monitor.changes` lists (step, `Diagnosis`), one for each change; `monitor.looks`
    what it saw of the samples, at reports and at steps 125, 250, 500, 1,000, ...
    between them: by these it knows whether samples come nearer the data.
    """

    every = FIRST_LOOK

    def __init__(self, write: Callable[[str], object] | None = None) -> None:
        self.write = write
        self.changes: list[tuple[int, Diagnosis]] = []
        self.looks: list[Look] = []

    def on_step(self, trainer: "Trainer") -> None:
        count = trainer.step_count // FIRST_LOOK
        if count & (count - 1) == 0:  # 1, 2, 4, 8, ...
            samples, real = look(trainer)
            if samples is not None and real is not None:
                modes = trainer.data.modes
                self._remember(trainer, _of_samples(samples, real, modes))

    def on_report(self, trainer: "Trainer", report: Report) -> None:
        diagnosis = self.diagnose(trainer)
        if self.changes and self.changes[-1][1].verdict == diagnosis.verdict:
            return
        self.changes.append((trainer.step_count, diagnosis))
        write = self.write
        if write is None:
            from rich.console import Console

            write = Console(highlight=False, markup=False).print
        write(f"step {trainer.step_count:,}: {diagnosis}")

    def diagnose(self, trainer: "Trainer") -> Diagnosis:
        """The `Diagnosis` of a trainer, beside what was seen of it before."""
        diagnosis = of(trainer, self.looks)
        self._remember(trainer, diagnosis.figures)
        return diagnosis

    def _remember(self, trainer: "Trainer", figures: Figures) -> None:
        """Keep a look; those of this step or later ones are of another run."""
        step = trainer.step_count
        self.looks = [look for look in self.looks if look.step < step]
        if "far" in figures:
            self.looks.append(Look(step, figures["far"]))
