"""Curves over the steps of a run: losses, what D answers, gradients."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.axes import Axes
from matplotlib.ticker import FuncFormatter, PercentFormatter

from .output import FAKE, REAL, Path, Picture, save_figure
from .settings import own_settings

if TYPE_CHECKING:
    from ..gan.equilibrium import Equilibrium
    from ..gan.history import History

__all__ = ["gradients", "losses", "plain_numbers", "smooth"]

Labels = Mapping[str, tuple[str, str]]  # column of History -> label, colour

CURVES = {
    "d_loss_real": ("D on real", "#e69f00"),
    "d_loss_fake": ("D on fakes", "#56b4e9"),
    "d_loss": ("D (mean of both)", "#222222"),
    "g_loss": ("G", "#009e73"),
}
ANSWERS = {"d_real": ("D(x), real", REAL), "d_fake": ("D(G(z)), fakes", FAKE)}
RIGHT = {"accuracy_real": ("on real", REAL), "accuracy_fake": ("on fakes", FAKE)}
GRADIENTS = {"d_gradient": ("of D", "#222222"), "g_gradient": ("of G", "#009e73")}
GREY = "#777777"
WIDTHS = {"d_loss_real": 3.4, "d_loss_fake": 2.0, "d_loss": 0.8}  # none hides another
FAINT = 0.08  # of single values; ten thousand of them are a smear in any case


@own_settings()
def losses(
    history: "History",
    path: Path | None = None,
    balance: "Equilibrium | None" = None,
    critic: bool = False,
) -> Picture:
    """Draw losses and D's answers over steps, with the values of the equilibrium.

    The bands around the answers are as wide as their spread in a batch, a standard
    deviation to each side.

    path: of the file; None writes none.   Returns the figure.
    balance: what the lines are drawn at; None, or NaN, where there is no such value.
    critic: whether D's answers are scores; else they are probabilities.
    Errors: OutputError where the file cannot be written.
    """
    figure = Picture(figsize=(8, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _curves(above, history, CURVES)
    nowhere = float("nan")
    d_loss = balance.d_loss if balance else nowhere
    g_loss = balance.g_loss if balance else nowhere
    score = balance.score if balance else nowhere
    if d_loss == g_loss:
        _level(above, d_loss, f"equilibrium {_value(d_loss)}")
    else:
        _level(above, d_loss, f"D at equilibrium {_value(d_loss)}")
        _level(above, g_loss, f"G at equilibrium {_value(g_loss)}")
    levels = [d_loss, g_loss]
    above.set_ylim(_limits([history[name] for name in CURVES], levels))
    above.set_ylabel("loss")
    above.set_title("Losses", loc="left")
    for name, (label, colour) in ANSWERS.items():
        _band(below, history, name, colour, clipped=not critic)
        _curve(below, history, name, label, colour)
    half = "1/2" if score == 0.5 else f"{score:.3g}"
    _level(below, score, f"equilibrium {half}")
    below.set_ylim(-0.02, 1.02)
    meaning = "1 is real, 0 is fake"
    if critic:
        below.set_ylim(_limits([history[name] for name in ANSWERS], [score]))
        meaning = "higher is more real"
    below.set_ylabel("score of D" if critic else "answer of D")
    below.set_title(f"What D says: {meaning}; mean and spread", loc="left")
    _steps(history, above, below)
    return save_figure(figure, path)


@own_settings()
def gradients(history: "History", path: Path | None = None) -> Picture:
    """Draw how long both gradients are, and how often D is right on real and on fakes.

    path: of the file; None writes none.   Returns the figure.
    Errors: OutputError where the file cannot be written.
    """
    figure = Picture(figsize=(8, 5.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _curves(above, history, GRADIENTS)
    above.set_yscale("log")
    plain_numbers(above)
    above.set_ylabel("length of the gradient")
    above.set_title("Gradients of the last update in each step", loc="left")
    for name, (label, colour) in RIGHT.items():  # single values of both are a smear
        _curve(below, history, name, label, colour)
    _level(below, 0.5, "by chance 1/2")
    below.set_ylim(-0.02, 1.02)
    below.yaxis.set_major_formatter(PercentFormatter(1))
    below.set_ylabel("D is right")
    below.set_title("Accuracy of D, real rows and fakes apart", loc="left")
    _steps(history, above, below)
    return save_figure(figure, path)


def plain_numbers(axes: Axes) -> None:
    """0.5 instead of 5 x 10^-1 on a logarithmic axis, between powers of ten too."""
    low, high = axes.get_ylim()
    between = "25" if high < 300 * low else ""
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(
        FuncFormatter(lambda y, _: f"{y:g}" if f"{y:e}"[0] in between else "")
    )


def _steps(history: "History", *panels: Axes) -> None:
    """What panels over steps have in common."""
    panels[-1].set_xlabel("step")
    panels[-1].xaxis.set_major_formatter("{x:,.0f}")
    for axes in panels:
        axes.set_xlim(0, max(1, len(history)))
        axes.set_title(axes.get_title(loc="left"), loc="left", pad=26)
        axes.legend(
            loc="lower left",
            bbox_to_anchor=(-0.01, 0.99),
            ncols=5,
            frameon=False,
            fontsize="small",
            borderpad=0.2,
            columnspacing=1.4,
            handlelength=1.4,
        )
        axes.grid(color="#eeeeee")
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)


def smooth(values: np.ndarray, window: int) -> np.ndarray:
    """Centred moving average, over fewer values near the ends: (n,) -> (n,)."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    place = np.arange(len(values))
    low = np.maximum(place - window // 2, 0)
    high = np.minimum(place + window // 2 + 1, len(values))
    return (sums[high] - sums[low]) / (high - low)


def _curves(axes: Axes, history: "History", columns: Labels) -> None:
    """Each column twice: every value faintly, its moving average on top."""
    for name, (label, colour) in columns.items():
        axes.plot(history.step, history[name], color=colour, alpha=FAINT, linewidth=0.4)
        _curve(axes, history, name, label, colour)


def _curve(axes: Axes, history: "History", name: str, label: str, colour: str) -> None:
    """The moving average of a column."""
    values = smooth(history[name], _window(history))
    width = WIDTHS.get(name, 1.4)
    axes.plot(history.step, values, color=colour, linewidth=width, label=label)


def _band(
    axes: Axes, history: "History", mean: str, colour: str, clipped: bool
) -> None:
    """One standard deviation to each side of the mean, both as moving averages."""
    columns = mean, f"{mean}_std"
    middle, half = (smooth(history[name], _window(history)) for name in columns)
    low, high = middle - half, middle + half
    if clipped:
        low, high = np.clip((low, high), 0, 1)
    axes.fill_between(history.step, low, high, color=colour, alpha=0.13, linewidth=0)


def _window(history: "History") -> int:
    """Over how many steps the averages go."""
    return max(1, len(history.table) // 100)


def _level(axes: Axes, value: float, label: str) -> None:
    """A dashed line, where there is such a value."""
    if np.isfinite(value):
        axes.axhline(value, color=GREY, linewidth=1.1, linestyle="--", label=label)


def _value(loss: float) -> str:
    """A loss as text; that of a guess by its name."""
    sign = "-" if loss < 0 else ""
    if abs(abs(loss) - np.log(2)) < 1e-9:
        return f"{sign}ln 2 = {loss:.4f}"
    return f"{loss:.4f}"


def _limits(
    series: Sequence[np.ndarray], levels: Sequence[float]
) -> tuple[float, float]:
    """Axis limits that a few wild values do not stretch."""
    values = np.concatenate(series)
    values = values[np.isfinite(values)]
    inner = np.quantile(values, (0.002, 0.998)) if len(values) else ()
    inside = [v for v in (*inner, *levels) if np.isfinite(v)]
    low, high = min(inside, default=0.0), max(inside, default=1.0)
    margin = 0.06 * (high - low) or 0.1
    return low - margin, high + margin
