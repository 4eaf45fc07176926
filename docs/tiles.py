"""Measures the errors in docs/tiles.md, and draws its picture:  python docs/tiles.py

Errors are |C - A B| / (|A| |B|), against sums of 64 digits, over 256 x 256 elements.
"""

from pathlib import Path

import matplotlib.lines
import matplotlib.patches
import numpy as np

from minigan.gemm import gemm_nn, machine, model, tiles
from minigan.gemm.choice import DEEP

PAGE = Path(__file__).with_name("tiles.md")
PICTURE = PAGE.parent / "images" / "tiles.png"
START, END = "<!-- errors -->\n", "<!-- end of errors -->\n"
DEPTHS = 8, 16, 32, 64, 128, 256, 512, 1024
COLOURS = {"chain": "#b4552d", "tiles": "#27618f"}
SIDE = 256


def operands(kind, depth, scale=1.0):
    """(A, B) whose products have signs that cancel, equal signs, or many sizes."""
    rng = np.random.default_rng(depth)
    A, B = rng.standard_normal((SIDE, depth)), rng.standard_normal((depth, SIDE))
    if kind == "equal signs":
        A, B = abs(A), abs(B)
    if kind == "terms over twelve decades":
        A *= 10.0 ** rng.uniform(-3, 3, A.shape)
        B *= 10.0 ** rng.uniform(-3, 3, B.shape)
    if kind == "pairs that cancel to a thousandth":
        half = depth // 2
        A[:, half:] = A[:, :half]
        B[half:] = -B[:half] * (1 + 1e-3 * rng.standard_normal((half, SIDE)))
    return (A * scale).astype(np.float32), (B / scale).astype(np.float32)


KINDS = (
    "normal numbers",
    "equal signs",
    "terms over twelve decades",
    "pairs that cancel to a thousandth",
)


def errors(A, B):
    """{"chain", "tiles": (mean, worst error)}."""
    a, b = A.astype(np.longdouble), B.astype(np.longdouble)
    exact, size = a @ b, abs(a) @ abs(b)
    chain, found = np.empty((2, SIDE, SIDE), np.float32)
    bias = np.zeros(SIDE, np.float32)
    gemm_nn(A, B, chain, bias, 0, 0.0)
    tiles.tiles_nn(A, B, found, bias, 0, 0.0, machine.EMULATED)
    result = {}
    for name, C in (("chain", chain), ("tiles", found)):
        error = abs(C - exact) / size
        result[name] = float(error.mean()), float(error.max())
    return result


def table():
    """Markdown: a row for each kind and depth."""
    lines = [
        "| terms | k | chain: mean | worst | tiles: mean | worst |",
        "|---|---|---|---|---|---|",
    ]
    for kind in KINDS:
        for depth in (DEEP, 128, 1024):
            found = errors(*operands(kind, depth))
            numbers = [f"{x:.1e}" for name in COLOURS for x in found[name]]
            lines.append(f"| {kind} | {depth} | {' | '.join(numbers)} |")
    return "\n".join(lines) + "\n"


def with_table(page):
    """The page with the table of now between its marks."""
    head, _, rest = page.partition(START)
    return head + START + table() + END + rest.partition(END)[2]


def draw_digits(axes):
    """The digits of a float32 in three parts, a row for each of x and y."""
    x, y = np.float32(2 / 3), np.float32(np.pi / 4)
    shades = "#27618f", "#5f93bb", "#a9c8e0"
    for row, (name, value) in enumerate((("x", x), ("y", y))):
        digits = f"{int(value.view(np.uint32)) & 0x7FFFFF | 0x800000:024b}"
        for k, digit in enumerate(digits):
            place = k, -1.6 * row
            axes.add_patch(
                matplotlib.patches.Rectangle(place, 0.94, 1, color=shades[k // 8])
            )
            colour = "white" if k < 16 else "black"
            axes.text(k + 0.47, place[1] + 0.47, digit, color=colour, **MIDDLE)
        axes.text(-0.6, place[1] + 0.47, name, fontsize=13, ha="right", va="center")
    for k, part in enumerate(("hi", "mid", "lo")):
        axes.text(8 * k + 4, 1.5, part, fontsize=12, **MIDDLE)
    axes.set(xlim=(-2, 24.5), ylim=(-2.2, 2.4))
    axes.set_title("24 digits are three times 8", fontsize=12)
    axes.axis("off")


MIDDLE = {"ha": "center", "va": "center"}


def draw_products(axes):
    """The nine partial products: what each counts for, and which are multiplied."""
    names = "hi", "mid", "lo"
    for i, left in enumerate(names):
        axes.text(-0.15, 2.5 - i, f"{left} of x", ha="right", va="center", fontsize=11)
        axes.text(i + 0.5, 3.2, f"{names[i]} of y", fontsize=11, **MIDDLE)
        for j, _ in enumerate(names):
            used = (i, j) in model.ORDER
            colour = "#27618f" if used else "#e4e4e4"
            axes.add_patch(
                matplotlib.patches.Rectangle((j, 2 - i), 0.95, 0.95, color=colour)
            )
            size = "1" if i + j == 0 else f"$2^{{-{8 * (i + j)}}}$"
            text = {"color": "white" if used else "#808080", **MIDDLE}
            axes.text(j + 0.47, 2.6 - i, size, fontsize=13, **text)
            order = f"{model.ORDER.index((i, j)) + 1}." if used else "left out"
            axes.text(j + 0.47, 2.22 - i, order, fontsize=9, **text)
    axes.set(xlim=(-1.3, 3.1), ylim=(-0.1, 3.5))
    axes.set_title("six of nine products, small ones first", fontsize=12)
    axes.axis("off")


def draw_errors(axes):
    """Mean and worst error of normal numbers and of equal signs, by depth."""
    for kind, style in (("normal numbers", "-"), ("equal signs", "--")):
        found = [errors(*operands(kind, depth)) for depth in DEPTHS]
        for name, colour in COLOURS.items():
            means = [one[name][0] for one in found]
            worst = [one[name][1] for one in found]
            axes.loglog(DEPTHS, means, style, color=colour, marker="o", ms=4)
            axes.loglog(DEPTHS, worst, style, color=colour, marker="^", ms=4, alpha=0.5)
    lines = matplotlib.lines.Line2D
    handles = [lines([], [], color=c, label=n) for n, c in COLOURS.items()]
    handles += [
        lines([], [], color="black", label="normal numbers"),
        lines([], [], color="black", ls="--", label="equal signs"),
        lines([], [], color="black", marker="o", ls="", ms=4, label="mean"),
        lines([], [], color="black", marker="^", ls="", ms=4, label="worst"),
    ]
    axes.legend(handles=handles, fontsize=8, ncols=3, loc="upper left", frameon=False)
    axes.axvline(DEEP, ymax=0.85, color="grey", lw=0.8, ls=":")
    axes.text(DEEP * 1.05, 3.2e-9, "tiles are used\nfrom here on", fontsize=8)
    axes.set(xlabel="k, terms of a sum", ylabel="|error| / sum of |a||b|")
    axes.set(ylim=(3e-9, 9e-6), xticks=DEPTHS, xticklabels=DEPTHS)
    axes.minorticks_off()
    axes.spines[["top", "right"]].set_visible(False)
    axes.set_title("measured, beside a chain of multiply-adds", fontsize=12)


def draw(path):
    """The picture: digits, products, errors."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 7), layout="constrained", dpi=110)
    places = figure.add_gridspec(2, 2, height_ratios=(1, 2.3), width_ratios=(1, 1.25))
    draw_digits(figure.add_subplot(places[0, :]))
    draw_products(figure.add_subplot(places[1, 0]))
    draw_errors(figure.add_subplot(places[1, 1]))
    figure.savefig(path)


if __name__ == "__main__":
    draw(PICTURE)
    text = with_table(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
