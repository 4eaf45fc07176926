"""Pictures of a run: bars for each recipe, curves of growth, a roofline of minigan.

Colours are those of Okabe and Ito, which people with any colour vision can tell apart;
curves differ by marker as well.
"""

import matplotlib

from .registry import CONTESTANTS
from .results import OURS
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
MARKERS = {"minigan": "o", "minigan-eager": "s", "torch": "^", "jax-step": "D"}
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


def caution(results):
    """A few words below a picture that must not be quoted."""
    if results.content["forced"]:
        return "  [measured on a busy machine: not to be quoted]"
    return ""


# ---- bars --------------------------------------------------------------------------


def draw_steps(results, plt):
    """One panel a recipe: time of a step, the fastest on top, logarithmic."""
    workloads = results.workloads("recipes")
    if not workloads:
        return None
    most = max(len(results.contestants(w)) for w in workloads)
    across = min(2, len(workloads))
    down = -(-len(workloads) // across)
    size = (6.5 * across, (0.27 * most + 1.2) * down)
    figure, axes = plt.subplots(down, across, figsize=size, squeeze=False)
    for axis in axes.flat[len(workloads) :]:
        axis.set_visible(False)
    for axis, workload in zip(axes.flat, workloads, strict=False):
        _bars(axis, results, workload)
    figure.suptitle(
        f"Time of one GAN step: median, spread as a line{caution(results)}",
        weight="bold",
    )
    return figure


def _bars(axis, results, workload):
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
        axis.barh(place, s.median, color=colour(name), height=0.72)
        axis.plot([s.least, s.most], [place, place], color="black", linewidth=1.2)
        text = f" {duration(s.median)}"
        if ours and name != OURS:
            text += f"   {times(s.median / ours)}"
        bold = {"weight": "bold"} if name == OURS else {}
        axis.text(s.most * 1.05, place, text, va="center", fontsize=8.5, **bold)
    axis.set_yticks(range(len(ranked)), [CONTESTANTS[name].label for name, _ in ranked])
    axis.tick_params(axis="y", labelsize=8.5)
    axis.invert_yaxis()
    axis.set_xscale("log")
    if ranked:
        least, most = ranked[0][1].least, max(s.most for _, s in ranked)
        axis.set_xlim(least / 2.5, most * 12)
    axis.set_xlabel("microseconds a step (logarithmic)")
    axis.set_title(workload.name, loc="left")
    axis.grid(axis="x", alpha=0.3)


def duration(microseconds):
    """A time with the unit that fits."""
    for unit, size in (("s", 1e6), ("ms", 1e3)):
        if microseconds >= size:
            return f"{microseconds / size:.3g} {unit}"
    return f"{microseconds:.3g} us"


def times(ratio):
    """How many times as long as minigan."""
    return f"{ratio:,.0f}x" if ratio >= 10 else f"{ratio:.2f}x"


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
        axis.set_ylabel("milliseconds a step")
        ticks = [int(w.name.split("-")[1]) for w in family]
        axis.set_xticks(ticks, [f"{t:,}" for t in ticks])
        axis.grid(alpha=0.3)
        if family:
            axis.legend(frameon=False)
    figure.suptitle(f"Growth{caution(results)}", weight="bold")
    return figure


def _curve(axis, results, family, name):
    points = [
        (int(w.name.split("-")[1]), results.spread(w, name))
        for w in family
        if results.spread(w, name)
    ]
    x = [size for size, _ in points]
    low, middle, high = (
        [getattr(s, part) / 1e3 for _, s in points]
        for part in ("least", "median", "most")
    )
    style = {"color": PURPLE if name == "minigan-eager" else colour(name)}
    label = CONTESTANTS[name].label
    axis.plot(x, middle, marker=MARKERS.get(name, "v"), label=label, **style)
    axis.fill_between(x, low, high, alpha=0.2, linewidth=0, **style)


# ---- products ----------------------------------------------------------------------


def draw_products(results, plt):
    """GFLOP/s of the products: single ones, and the recipes' in step order."""
    workloads = results.workloads("step order") + results.workloads("products")
    if not workloads:
        return None
    figure, axis = plt.subplots(figsize=(9, 0.42 * len(workloads) + 1.4))
    names = [
        n for n in CONTESTANTS if any(n in results.contestants(w) for w in workloads)
    ]
    height = 0.8 / len(names)
    for k, name in enumerate(names):
        for place, workload in enumerate(workloads):
            found = results.median(workload, name)
            if found:
                rate = workload.flops / found / 1e3
                y = place + (k - (len(names) - 1) / 2) * height
                axis.barh(y, rate, height, color=colour(name))
        label = {"numpy": "NumPy (its BLAS)", "torch": "PyTorch mm, addmm (its BLAS)"}
        axis.barh(0, 0, color=colour(name), label=label.get(name, "minigan"))
    axis.set_yticks(range(len(workloads)), [w.name for w in workloads], fontsize=8.5)
    axis.set_ylim(len(workloads) - 0.4, -0.6)
    axis.set_xlabel("GFLOP/s")
    axis.grid(axis="x", alpha=0.3)
    axis.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=3)
    figure.suptitle(f"Matrix products{caution(results)}", weight="bold")
    return figure
