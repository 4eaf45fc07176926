"""Pictures of a run: dots for each recipe, curves of growth, a roofline of minigan.

Colours are those of Okabe and Ito, which people with any colour vision can tell apart;
curves differ by marker as well.
"""

import matplotlib
from matplotlib import ticker

from .registry import BESIDE, CONTESTANTS
from .results import OURS, SINGLE
from .roofline import draw_roofline

BLUE, ORANGE, GREEN, GREY = "#0072B2", "#E69F00", "#009E73", "#BDBDBD"
PURPLE, RED, SKY = "#CC79A7", "#D55E00", "#56B4E9"
FAMILIES = {
    "minigan": BLUE,
    "torch": RED,
    "jax": ORANGE,
    "keras": GREEN,
    "keras2": SKY,
    "numpy": GREY,
}
MARKERS = {
    "minigan": "o",
    "minigan-one": "P",
    "minigan-eager": "s",
    "numpy": "s",
    "torch": "^",
    "jax-step": "D",
    "jax-scan": "D",
}
STYLE = {
    "font.size": 10,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.axisbelow": True,
    "figure.dpi": 120,
    "figure.constrained_layout.use": True,
}


def plot(results, folder):
    """Write the pictures that the results allow; their paths."""
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    drawn = []
    with matplotlib.rc_context(STYLE):
        for name, draw in (
            ("benchmark-steps.png", draw_steps),
            ("benchmark-busy.png", draw_busy),
            ("benchmark-growth.png", draw_growth),
            ("benchmark-products.png", draw_products),
            ("benchmark-roofline.png", draw_roofline),
        ):
            figure = draw(results, plt)
            if figure is not None:
                figure.savefig(folder / name)
                plt.close(figure)
                drawn.append(folder / name)
    return drawn


def colour(name):
    return FAMILIES[name.split("-")[0]]


def variant(name):
    """The colour, another one where two of a family stand in one diagram."""
    return PURPLE if name in ("minigan-eager", "minigan-one") else colour(name)


def caution(results):
    """A few words below a picture that must not be quoted."""
    if results.content["forced"]:
        return "  [measured on a busy machine: not to be quoted]"
    return ""


# ---- dots --------------------------------------------------------------------------


def draw_steps(results, plt):
    """One panel a workload: time of a step, the fastest on top, logarithmic."""
    workloads = [w for group in SINGLE for w in results.workloads(group)]
    if not workloads:
        return None
    most = max(len(results.contestants(w)) for w in workloads)
    across = min(2, len(workloads))
    down = -(-len(workloads) // across)
    size = (7.5 * across, (0.25 * most + 1.2) * down)
    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False)
    for axis in axes.flat[len(workloads) :]:
        axis.set_visible(False)
    for axis, workload in zip(axes.flat, workloads, strict=False):
        _dots(axis, results, workload)
    figure.suptitle(
        "Time of one GAN step: median, and least to most as a line; "
        f"hollow: another accuracy{caution(results)}",
        weight="bold",
    )
    return figure


def _dots(axis, results, workload):
    spreads = {
        name: results.spread(workload, name)
        for name in results.contestants(workload)
        if not CONTESTANTS[name].start_only
    }
    ranked = sorted(
        ((name, s) for name, s in spreads.items() if s), key=lambda item: item[1].median
    )
    ours = results.median(workload, OURS)
    for place, (name, s) in enumerate(ranked):
        own = colour(name)
        axis.plot([s.least, s.most], [place, place], color=own, linewidth=2)
        fill = "white" if CONTESTANTS[name].rounded else own
        axis.plot(s.median, place, "o", markersize=8, color=own, markerfacecolor=fill)
        text = duration(s.median)
        if ours and name != OURS:
            text += f"   {times(s.median / ours)}"
        bold = {"weight": "bold"} if name == OURS else {}
        beside = {"xytext": (9, 0), "textcoords": "offset points", "va": "center"}
        axis.annotate(text, (s.most, place), fontsize=8.5, **beside, **bold)
    axis.set_yticks(range(len(ranked)), [CONTESTANTS[name].label for name, _ in ranked])
    axis.tick_params(axis="y", labelsize=8.5)
    axis.set_ylim(len(ranked) - 0.4, -0.6)
    axis.set_xscale("log")
    if ranked:
        least, most = ranked[0][1].least, max(s.most for _, s in ranked)
        axis.set_xlim(least / 1.5, most * 1.5 * (most / least) ** 0.3)
    _durations(axis.xaxis)
    axis.set_xlabel("time of a step (logarithmic)")
    axis.set_title(workload.name, loc="left")
    axis.grid(axis="x", alpha=0.3)
    axis.grid(axis="y", alpha=0.15)


def _durations(axis):
    """Marks of a logarithmic axis, named as times; fewer where it is long."""
    low, high = axis.get_view_interval()
    between = (1,) if high > 300 * low else (1, 3)
    axis.set_major_locator(ticker.LogLocator(subs=between))
    axis.set_major_formatter(lambda value, _: duration(value))
    axis.set_minor_formatter(ticker.NullFormatter())


def duration(microseconds):
    """A time with the unit that fits."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{microseconds / size:.3g} {unit}"
    return f"{microseconds:.3g} us"


def times(ratio):
    """How many times as long as minigan."""
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.2f}x"


def draw_busy(results, plt):
    """One panel a recipe: time of a step beside 0, 1 and 2 busy processes."""
    workloads = results.workloads("busy")
    if not workloads:
        return None
    games = list(dict.fromkeys(w.game for w in workloads))
    across = min(2, len(games))
    down = -(-len(games) // across)
    size = (5 * across, 3.2 * down + 0.8)
    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False)
    for axis in axes.flat[len(games) :]:
        axis.set_visible(False)
    for axis, game in zip(axes.flat, games, strict=False):
        _beside(axis, results, [w for w in workloads if w.game == game])
        axis.set_title(game, loc="left")
    handles, labels = axes[0, 0].get_legend_handles_labels()
    style = {"loc": "outside lower center", "ncols": 2, "frameon": False}
    figure.legend(handles, labels, **style)
    figure.suptitle("Time of one GAN step beside busy processes", weight="bold")
    return figure


def _beside(axis, results, family):
    names = [n for n in CONTESTANTS if any(n in results.contestants(w) for w in family)]
    for k, name in enumerate(names):
        points = [(w.beside, results.spread(w, name)) for w in family]
        style = {"color": variant(name)}
        x = [b + 0.09 * (k - (len(names) - 1) / 2) for b, s in points if s]
        y = [s.median for _, s in points if s]
        for at, (_, s) in zip(x, [p for p in points if p[1]], strict=True):
            axis.plot([at, at], [s.least, s.most], linewidth=2, **style)
        marker, label = MARKERS.get(name, "v"), CONTESTANTS[name].label
        axis.plot(x, y, marker, markersize=8, label=label, **style)
    axis.set_xticks(BESIDE)
    axis.set_xlim(-0.5, len(BESIDE) - 0.5)
    axis.set_xlabel("busy processes beside it")
    axis.set_yscale("log")
    _durations(axis.yaxis)
    axis.grid(axis="y", alpha=0.3)


# ---- curves ------------------------------------------------------------------------


def draw_growth(results, plt):
    """Time over batch and over width, both axes logarithmic."""
    workloads = results.workloads("growth")
    if not workloads:
        return None
    figure, axes = plt.subplots(1, 2, figsize=(11, 4.2))
    for axis, key, label in (
        (axes[0], "batch", "batch (mnist-mixed)"),
        (axes[1], "width", "width of the hidden layers (batch 128)"),
    ):
        family = [w for w in workloads if w.name.startswith(key)]
        for name in dict.fromkeys(n for w in family for n in results.contestants(w)):
            _curve(axis, results, family, name)
        axis.set_xscale("log", base=2)
        axis.set_yscale("log")
        axis.set_xlabel(label)
        _durations(axis.yaxis)
        axis.set_ylabel("time of a step (logarithmic)")
        ticks = [int(w.name.split("-")[1]) for w in family]
        axis.set_xticks(ticks, [f"{t:,}" for t in ticks])
        axis.grid(alpha=0.3)
        if family:
            axis.legend(frameon=False)
    figure.suptitle(f"Time of a step as it grows{caution(results)}", weight="bold")
    return figure


def _curve(axis, results, family, name):
    points = [
        (int(w.name.split("-")[1]), results.spread(w, name))
        for w in family
        if results.spread(w, name)
    ]
    x = [size for size, _ in points]
    low, middle, high = (
        [getattr(s, part) for _, s in points] for part in ("least", "median", "most")
    )
    style = {"color": variant(name)}
    label = CONTESTANTS[name].label
    axis.plot(x, middle, marker=MARKERS.get(name, "v"), label=label, **style)
    axis.fill_between(x, low, high, alpha=0.2, linewidth=0, **style)


# ---- products ----------------------------------------------------------------------


def draw_products(results, plt):
    """GFLOP/s of the products: single ones, and the recipes' in step order."""
    workloads = results.workloads("step order") + results.workloads("products")
    if not workloads:
        return None
    figure, axis = plt.subplots(figsize=(10, 0.3 * len(workloads) + 1.6))
    names = [
        n for n in CONTESTANTS if any(n in results.contestants(w) for w in workloads)
    ]
    labels = {"numpy": "NumPy (its BLAS)", "torch": "PyTorch mm, addmm (its BLAS)"}
    for name in names:
        rates = [
            (workload.flops / found / 1e3, place)
            for place, workload in enumerate(workloads)
            if (found := results.median(workload, name))
        ]
        label = labels.get(name, CONTESTANTS[name].label)
        marker = MARKERS.get(name, "v")
        style = {"markersize": 8, "alpha": 0.8, "color": colour(name)}
        axis.plot(*zip(*rates, strict=True), marker, label=label, **style)
    axis.set_yticks(range(len(workloads)), [w.title for w in workloads], fontsize=8.5)
    axis.set_ylim(len(workloads) - 0.4, -0.6)
    axis.set_xscale("log")
    axis.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axis.xaxis.set_minor_formatter(lambda value, _: f"{value:g}")
    axis.set_xlabel("GFLOP/s (logarithmic)")
    axis.grid(axis="x", which="both", alpha=0.3)
    axis.grid(axis="y", alpha=0.15)
    axis.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    figure.suptitle(f"Matrix products{caution(results)}", weight="bold")
    return figure
