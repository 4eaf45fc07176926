"""Pictures of a training run: loss curves and scatter plots, as PNG files.

Figures are drawn on Agg canvases directly, without pyplot, so that neither a display
nor a configured backend matters.  Colours are told apart by colour-blind readers too;
real points are red and generated ones blue throughout.

This is the only module that imports matplotlib.
"""

import io

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.font_manager import findfont
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, PercentFormatter

from .files import write_atomically
from .gan.equilibrium import equilibrium
from .gan.film import view
from .gan.objectives import OBJECTIVES

REAL, FAKE = "#d62222", "#1f4ed8"  # red, blue
CURVES = {  # column of History -> label, colour
    "d_loss_real": ("D on real", "#e69f00"),
    "d_loss_fake": ("D on fakes", "#56b4e9"),
    "d_loss": ("D (mean of both)", "#222222"),
    "g_loss": ("G", "#009e73"),
}
ANSWERS = {"d_real": ("D(x), real", REAL), "d_fake": ("D(G(z)), fakes", FAKE)}
RIGHT = {"accuracy_real": ("on real", REAL), "accuracy_fake": ("on fakes", FAKE)}
GRADIENTS = {"d_gradient": ("of D", "#222222"), "g_gradient": ("of G", "#009e73")}
GREY = "#777777"
DPI = 120


# ---- losses ------------------------------------------------------------------------


def losses(
    history, path, *, real_label=1.0, fake_label=0.0, objective="non-saturating"
):
    """Draw losses and D's answers over steps, with the values of the equilibrium.

    The bands around the answers are as wide as their spread in a batch, a standard
    deviation to each side.  Answers are probabilities, or scores if D is a critic.

    history: a `History`.  The labels and the objective place the equilibrium lines:
    ln 2 for both losses without label smoothing.
    Errors: OutputError where the file cannot be written.
    """
    balance = equilibrium(real_label, fake_label, objective)
    figure = Figure(figsize=(8, 6.4), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _curves(above, history, CURVES)
    if balance.d_loss == balance.g_loss:
        _level(above, balance.d_loss, f"equilibrium {_value(balance.d_loss)}")
    else:
        _level(above, balance.d_loss, f"D at equilibrium {_value(balance.d_loss)}")
        _level(above, balance.g_loss, f"G at equilibrium {_value(balance.g_loss)}")
    levels = [balance.d_loss, balance.g_loss]
    above.set_ylim(_limits([history[name] for name in CURVES], levels))
    above.set_ylabel("loss")
    above.set_title("Losses", loc="left")
    critic = OBJECTIVES[objective].critic
    for name, (label, colour) in ANSWERS.items():
        _band(below, history, name, f"{name}_std", colour, clipped=not critic)
        _curve(below, history, name, label, colour)
    half = "1/2" if balance.score == 0.5 else f"{balance.score:.3g}"
    _level(below, balance.score, f"equilibrium {half}")
    below.set_ylim(-0.02, 1.02)
    meaning = "1 is real, 0 is fake"
    if critic:
        below.set_ylim(_limits([history[name] for name in ANSWERS], [balance.score]))
        meaning = "higher is more real"
    below.set_ylabel("score of D" if critic else "answer of D")
    below.set_title(f"What D says: {meaning}; mean and spread", loc="left")
    _steps(figure, history, above, below)
    save(figure, path)


def gradients(history, path):
    """Draw how long both gradients are, and how often D is right on real and on fakes.

    Errors: OutputError where the file cannot be written.
    """
    figure = Figure(figsize=(8, 5.6), layout="constrained")
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=(3, 2))
    _curves(above, history, GRADIENTS)
    above.set_yscale("log")
    _plain_numbers(above)
    above.set_ylabel("length of the gradient")
    above.set_title("Gradients of the last update in each step", loc="left")
    _curves(below, history, RIGHT)
    _level(below, 0.5, "by chance 1/2")
    below.set_ylim(-0.02, 1.02)
    below.yaxis.set_major_formatter(PercentFormatter(1))
    below.set_ylabel("D is right")
    below.set_title("Accuracy of D, real rows and fakes apart", loc="left")
    _steps(figure, history, above, below)
    save(figure, path)


def _plain_numbers(axes):
    """0.5 instead of 5 x 10^-1 on a logarithmic axis, between powers of ten too."""
    low, high = axes.get_ylim()
    between = "25" if high < 300 * low else ""
    axes.yaxis.set_major_formatter("{x:g}")
    axes.yaxis.set_minor_formatter(
        FuncFormatter(lambda y, _: f"{y:g}" if f"{y:e}"[0] in between else "")
    )


def _steps(figure, history, *panels):
    """What panels over steps have in common."""
    panels[-1].set_xlabel("step")
    panels[-1].xaxis.set_major_formatter("{x:,.0f}")
    for axes in panels:
        axes.set_xlim(0, max(1, len(history)))
        axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5), frameon=False)
        axes.grid(color="#eeeeee")
        axes.set_axisbelow(True)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)


def smooth(values, window):
    """Centred moving average, over fewer values near the ends: (n,) -> (n,)."""
    sums = np.concatenate([[0.0], np.cumsum(values, dtype=np.float64)])
    place = np.arange(len(values))
    low = np.maximum(place - window // 2, 0)
    high = np.minimum(place + window // 2 + 1, len(values))
    return (sums[high] - sums[low]) / (high - low)


def _curves(axes, history, columns):
    """Each column twice: every value faintly, its moving average on top."""
    for name, (label, colour) in columns.items():
        faint = {"color": colour, "alpha": 0.15, "linewidth": 0.4}
        axes.plot(history.step, history[name], **faint)
        _curve(axes, history, name, label, colour)


def _curve(axes, history, name, label, colour):
    values = smooth(history[name], _window(history))
    axes.plot(history.step, values, color=colour, linewidth=1.4, label=label)


def _band(axes, history, mean, spread, colour, clipped):
    """One standard deviation to each side of the mean, both as moving averages."""
    middle, half = (smooth(history[n], _window(history)) for n in (mean, spread))
    low, high = middle - half, middle + half
    if clipped:
        low, high = np.clip((low, high), 0, 1)
    axes.fill_between(history.step, low, high, color=colour, alpha=0.13, linewidth=0)


def _window(history):
    return max(1, len(history) // 100)


def _level(axes, value, label):
    if np.isfinite(value):
        axes.axhline(value, color=GREY, linewidth=1.1, linestyle="--", label=label)


def _value(loss):
    sign = "-" if loss < 0 else ""
    if abs(abs(loss) - np.log(2)) < 1e-9:
        return f"{sign}ln 2 = {loss:.4f}"
    return f"{loss:.4f}"


def _limits(series, levels):
    """Axis limits that a few wild values do not stretch."""
    values = np.concatenate(series)
    values = values[np.isfinite(values)]
    inner = np.quantile(values, (0.002, 0.998)) if len(values) else ()
    inside = [v for v in (*inner, *levels) if np.isfinite(v)]
    low, high = min(inside, default=0.0), max(inside, default=1.0)
    margin = 0.06 * (high - low) or 0.1
    return low - margin, high + margin


# ---- points ------------------------------------------------------------------------


def scatter(real, fake, path, title=None):
    """Draw real points (red) and generated ones (blue): each (n, 2).

    Errors: OutputError where the file cannot be written.
    """
    figure = Figure(figsize=(6.4, 4.8), layout="constrained")
    axes = figure.subplots()
    _points(axes, real, fake)
    axes.legend(loc="upper center")
    if title:
        axes.set_title(title)
    save(figure, path)


def scatter_row(real, fakes, path):
    """Draw several sets of generated points side by side, on the same axes.

    real: (n, 2).  fakes: list of (title, points (n, 2)).
    Errors: OutputError where the file cannot be written.
    """
    figure = Figure(figsize=(3.9 * len(fakes), 3.9), layout="constrained")
    left, right, low, high = view(real)
    row = figure.subplots(1, len(fakes), sharex=True, sharey=True, squeeze=False)[0]
    for axes, (title, fake) in zip(row, fakes, strict=True):
        _points(axes, real, fake)
        axes.set(xlim=(left, right), ylim=(low, high))
        axes.locator_params(nbins=5)
        axes.set_title(title, loc="left")
        outside = np.count_nonzero(
            (np.abs(fake[:, 0] - (left + right) / 2) > (right - left) / 2)
            | (np.abs(fake[:, 1] - (low + high) / 2) > (high - low) / 2)
        )
        if outside:
            text = f"{outside} of {len(fake)} outside"
            axes.set_title(text, loc="right", color=FAKE, fontsize="small")
        axes.label_outer()
    row[0].legend(loc="upper left")
    save(figure, path)


def _points(axes, real, fake):
    order = np.argsort(real[:, 0])
    x, y = real[order].T
    if np.allclose(y, x * x, atol=1e-5):
        line = np.linspace(-0.5, 0.5, 101)
        axes.plot(line, line * line, color=REAL, alpha=0.3, linewidth=1, zorder=1)
    for points, colour, label in ((real, REAL, "real"), (fake, FAKE, "generated")):
        axes.scatter(
            *points.T, s=16, color=colour, alpha=0.75, linewidths=0, label=label
        )
    axes.set(xlabel="x", ylabel="y")
    axes.grid(color="#eeeeee")
    axes.set_axisbelow(True)


# ---- the frame of the animation ----------------------------------------------------


def surface_axes(size, inside, view, bands, points):
    """Axes, labels, legend and colour bar around an empty inside: an image.

    size: (width, height) in pixels.  inside: left, top, right, bottom of the axes.
    view: left, right, bottom, top in data coordinates.  bands: colours (n, 3) of D
    from 0 to 1.  points: how many are shown.
    """
    (width, height), (left, top, right, bottom) = size, inside
    figure = Figure(figsize=(width / 100, height / 100), dpi=100)

    def box(x0, y0, x1, y1):
        return x0 / width, 1 - y1 / height, (x1 - x0) / width, (y1 - y0) / height

    axes = figure.add_axes(box(*inside))
    axes.set(xlim=view[:2], ylim=view[2:], xlabel="x", ylabel="y")
    axes.set_title(f"G moves {points} points over what D believes", loc="left")
    marks = {
        "real": {"color": REAL, "marker": "o", "alpha": 0.6, "linewidth": 0},
        "generated": {"color": FAKE, "marker": "o", "linewidth": 0},
        "D = 1/2": {"color": "#323232"},
    }
    handles = [Line2D([], [], label=name, **style) for name, style in marks.items()]
    middle = ((left + right) / 2 / width, 8 / height)
    figure.legend(
        handles=handles,
        ncols=3,
        frameon=False,
        loc="lower center",
        bbox_to_anchor=middle,
    )
    bar = figure.add_axes(box(right + 20, top, right + 36, bottom))
    bar.imshow(bands[:, None], aspect="auto", origin="lower", extent=(0, 1, 0, 1))
    bar.yaxis.tick_right()
    bar.set(xticks=[], yticks=[0, 0.5, 1])
    bar.set_yticklabels(["0 fake", "1/2", "1 real"])
    bar.set_title("D", fontsize="medium")
    return pixels(figure)


def font_file():
    """The path of the font that the figures are set in."""
    return findfont("DejaVu Sans")


# ---- files -------------------------------------------------------------------------


def pixels(figure):
    """The figure as an image: (height, width, 3) uint8."""
    canvas = FigureCanvasAgg(figure)
    canvas.draw()
    return np.asarray(canvas.buffer_rgba())[..., :3].copy()


def save(figure, path, dpi=DPI):
    """Write a PNG; equal figures give equal files."""
    content = io.BytesIO()
    figure.set_dpi(dpi)
    FigureCanvasAgg(figure).print_png(content, metadata={"Software": None})
    write_atomically(path, content.getvalue())
