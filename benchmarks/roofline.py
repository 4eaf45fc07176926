"""A roofline: every instruction of a captured step against the limits of the machine.

Across stands arithmetic intensity, FLOPs for each byte read and written; up stands the
rate.  Under the slope memory is the limit, under the flat roof arithmetic.  The roofs
are what `Program.profile` measures, in the same run.
"""

import math

from .contestants.gan_minigan import Captured
from .games import NAMED

# kind of a primitive -> how it is called and drawn
KINDS = {
    "product": ("products", "#0072B2", "o"),
    "update": ("optimizers", "#D55E00", "s"),
    "draw": ("random draws", "#009E73", "D"),
}
OTHER = ("everything else", "#CC79A7", "^")


def points(profile):
    """[(kind, intensity, GFLOP/s, share of the step)] of what counts FLOPs."""
    found = []
    for instruction, seconds in zip(
        profile.program.instructions, profile.seconds, strict=True
    ):
        if instruction.flops and instruction.bytes and seconds > 0:
            found.append(
                (
                    kind_of(instruction.primitive),
                    instruction.flops / instruction.bytes,
                    instruction.flops / seconds / 1e9,
                    seconds / profile.total,
                )
            )
    return found


def kind_of(primitive):
    """The name of its kind in the picture."""
    return KINDS.get(primitive.kind, OTHER)[0]


def measure(name="mnist-mixed", seconds=1.0, rows=60_000):
    """What a picture needs, as JSON holds it: roofs, and a point an instruction."""
    game = NAMED[name]
    trainer = Captured(game, game.data(rows=rows)).trainer
    trainer.fit(3, report_every=None)
    profile = trainer.program().profile(seconds)
    return {
        "workload": name,
        "peak_gflops": profile.machine.flops / 1e9,
        "bandwidth_gbs": profile.machine.bandwidth / 1e9,
        "microseconds": profile.total * 1e6,
        "floor_microseconds": profile.floor * 1e6,
        "points": points(profile),
    }


def draw_roofline(results, plt):
    """The picture, where the results hold a profile."""
    found = results.content.get("roofline")
    if not found:
        return None
    figure, axis = plt.subplots(figsize=(8.5, 5))
    peak, bandwidth = found["peak_gflops"], found["bandwidth_gbs"]
    left, right = 0.02, 200
    ridge = peak / bandwidth
    line = {"color": "black", "linewidth": 1.5}
    axis.plot([left, ridge, right], [left * bandwidth, peak, peak], **line)
    above = {"va": "bottom", "fontsize": 9}
    axis.text(right, peak * 1.06, f"{peak:,.0f} GFLOP/s, products", ha="right", **above)
    styles = {kind: (c, m) for kind, c, m in (*KINDS.values(), OTHER)}
    for kind, (colour, marker) in styles.items():
        mine = [point[1:] for point in found["points"] if point[0] == kind]
        if not mine:
            continue
        x, y, share = zip(*mine, strict=True)
        size = [20 + 2500 * part for part in share]
        label = f"{kind}, {sum(share):.0%} of the step"
        style = {"color": colour, "marker": marker, "alpha": 0.6, "linewidth": 0}
        axis.scatter(x, y, s=size, **style)
        axis.scatter([], [], s=50, label=label, **style)
    axis.set_xscale("log")
    axis.set_yscale("log")
    axis.set_xlim(left, right)
    axis.set_ylim(0.02, peak * 3)
    _label_slope(axis, bandwidth)
    axis.set_xlabel("FLOPs for each byte read and written")
    axis.set_ylabel("GFLOP/s")
    axis.grid(alpha=0.3)
    axis.legend(frameon=False, loc="lower right")
    axis.set_title(
        f"A step of {found['workload']}, instruction by instruction "
        f"(area: share of its time)",
        loc="left",
    )
    return figure


def _label_slope(axis, bandwidth):
    """The bandwidth, written along its line."""
    ends = axis.transAxes.inverted().transform(
        axis.transData.transform([(0.1, 0.1 * bandwidth), (1.0, bandwidth)])
    )
    width, height = axis.figure.get_size_inches()
    right, up = (ends[1] - ends[0]) * (width, height)
    axis.text(
        0.03,
        0.03 * bandwidth * 1.4,
        f"{bandwidth:,.0f} GB/s, memory (Adam)",
        rotation=math.degrees(math.atan2(up, right)),
        rotation_mode="anchor",
        fontsize=9,
    )
