"""A study on one page of HTML: tables, distributions, and a picture of each run.

The page is whole in itself: styles and pictures stand in it, and it asks for nothing.
"""

import base64
from collections.abc import Callable, Iterator, Sequence
from html import escape
from math import isfinite

from .outcome import Outcome
from .plan import label
from .report import Group, Results
from .statistics import quantiles

PICTURES = 400  # at most, of each configuration
WIDTH, LINE, LEFT = 460, 22, 4  # of a drawing, in pixels
STYLE = """
:root { color-scheme: light; }
body { font: 15px/1.5 system-ui, sans-serif; color: #222; background: #fff;
  max-width: 1080px; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin-bottom: .3rem; }
h2 { font-size: 1.15rem; margin-top: 2.2rem; }
h3 { font-size: 1rem; margin: 1.4rem 0 .4rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
caption { display: none; }
th, td { padding: .15rem .9rem .15rem 0; white-space: nowrap; }
th { border-bottom: 1px solid #888; font-weight: 600; }
th.left { text-align: left; }
td.name { padding-top: .7rem; }
p, .faint { color: #555; }
svg { display: block; }
svg text { font: 12px system-ui, sans-serif; fill: #555; }
.runs { display: flex; flex-wrap: wrap; gap: 6px; }
figure { margin: 0; width: 74px; }
figure img { width: 72px; height: 72px; object-fit: contain; display: block;
  border: 2px solid #1f4ed8; border-radius: 3px; image-rendering: pixelated; }
figure.bad img { border: 2px dashed #d9730d; }
figure .none { width: 72px; height: 72px; border: 2px dotted #999;
  border-radius: 3px; display: grid; place-items: center; color: #777;
  font-size: 12px; box-sizing: content-box; }
figcaption { font-size: 12px; color: #555; text-align: center; }
"""


def page(results: Results) -> str:
    """The whole of it."""
    from ..pictures.output import png

    body = "\n".join(_body(results, png))
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width">\n'
        f"<title>{escape(results.title)}</title>\n<style>{STYLE}</style>\n</head>\n"
        f"<body>\n{body}\n</body>\n</html>\n"
    )


def _body(results: Results, png: Callable[..., bytes]) -> Iterator[str]:
    """The page, piece by piece."""
    yield f"<h1>{escape(results.title)}</h1>"
    yield _wide(results.health()._repr_html_())
    if any(group.judged for group in results.groups):
        yield "<h2>Share of healthy runs, with its 95 % interval</h2>"
        yield _shares(results.groups)
    yield "<h2>Verdicts</h2>" + _wide(results.verdicts()._repr_html_())
    if results.metrics:
        yield "<h2>Distributions over the seeds</h2>"
        yield (
            "<p>The line goes from the 5 % to the 95 % quantile, the box from the "
            "first to the third quartile; the bar in it is the median.</p>"
        )
        yield _wide(_distributions(results))
    yield "<h2>Runs</h2>"
    yield (
        "<p>The number is the seed. A dashed frame is a run that is not healthy; "
        "real points are light red, generated ones blue.</p>"
    )
    for group in results.groups:
        if len(results.groups) > 1:
            yield f"<h3>{escape(label(group.settings))}</h3>"
        figures = "\n".join(_figure(run, png) for run in group.runs[:PICTURES])
        yield f'<div class="runs">\n{figures}\n</div>'
        if len(group.runs) > PICTURES:
            yield f"<p>The first {PICTURES} of {len(group.runs):,} runs.</p>"


def _wide(text: str) -> str:
    return f'<div class="wide">{text}</div>'


def _figure(run: Outcome, png: Callable[..., bytes]) -> str:
    what = escape(f"seed {run.seed}: {run.error or run.verdict}", quote=True)
    kind = ' class="bad"' if run.healthy is False else ""
    if run.picture is None:
        inside = f'<div class="none">{"failed" if run.failed else "no picture"}</div>'
    else:
        data = base64.b64encode(png(run.picture)).decode()
        inside = f'<img alt="{what}" src="data:image/png;base64,{data}">'
    caption = f"<figcaption>{run.seed}</figcaption>"
    return f'<figure{kind} title="{what}">{inside}{caption}</figure>'


# ---- drawings ----------------------------------------------------------------------


def _shares(groups: Sequence[Group]) -> str:
    """A line with a dot for each configuration, between 0 and 100 %."""
    judged = [group for group in groups if group.judged]
    height = LINE * len(judged) + 20
    parts = []
    for share in (0, 0.25, 0.5, 0.75, 1):
        x = LEFT + share * WIDTH
        anchor = "start" if share == 0 else "end" if share == 1 else "middle"
        parts.append(_line(x, 0, x, height - 18, "#ddd"))
        parts.append(_text(x, height - 4, f"{share:.0%}", anchor))
    for k, group in enumerate(judged):
        y = LINE * k + LINE / 2
        low, high = group.interval
        parts.append(_line(LEFT + low * WIDTH, y, LEFT + high * WIDTH, y, "#1f4ed8", 3))
        x = LEFT + group.share * WIDTH
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#1f4ed8"/>')
        name = f"{label(group.settings)}: {group.healthy} of {group.judged}"
        parts.append(_text(2 * LEFT + WIDTH + 12, y + 4, name))
    return _svg(WIDTH + 420, height, parts, "share of healthy runs")


def _distributions(results: Results) -> str:
    """A table: for each metric and configuration a box, and the median as a number."""
    rows = []
    for metric in results.metrics:
        found = [(group, group.values(metric)) for group in results.groups]
        known = [(group, quantiles(values)) for group, values in found if values]
        ends = [q for _, numbers in known for q in (numbers[1], numbers[5])]
        finite = [value for value in ends if isfinite(value)]
        low, high = min(finite, default=0.0), max(finite, default=0.0)
        for k, (group, numbers) in enumerate(known):
            name = escape(metric) if not k else ""
            style = ' class="name"' if not k else ""
            cells = [name, escape(label(group.settings)), _box(numbers, low, high)]
            row = "".join(f"<td{style}>{cell}</td>" for cell in cells)
            rows.append(f"<tr>{row}<td{style}>{numbers[3]:.4g}</td></tr>")
    titles = "metric", "settings", "", "median"
    head = "".join(f'<th class="left">{title}</th>' for title in titles)
    body = "\n".join(rows)
    return f"<table><tr>{head}</tr>\n{body}\n</table>"


def _box(numbers: Sequence[float], low: float, high: float) -> str:
    """Quantiles as a box between `low` and `high`; what is infinite stays outside."""
    width, middle = WIDTH * 0.6, LINE / 2

    def place(value: float) -> float:
        share = 0.5 if high <= low else (value - low) / (high - low)
        return LEFT + width * min(1.02, max(-0.01, share))

    _, p5, p25, p50, p75, p95, _ = map(place, numbers)
    parts = [
        _line(p5, middle, p95, middle, "#888"),
        f'<rect x="{p25:.1f}" y="4" width="{max(1, p75 - p25):.1f}" '
        f'height="{LINE - 8}" fill="#c9d4f8" stroke="#1f4ed8"/>',
        _line(p50, 3, p50, LINE - 3, "#d62222", 2),
    ]
    if p95 > p5:
        text = f"{numbers[1]:.3g} to {numbers[5]:.3g}"
        parts.append(_text(width + 16, middle + 4, text))
    return _svg(width + 130, LINE, parts, "distribution")


def _line(
    x1: float, y1: float, x2: float, y2: float, colour: str, width: float = 1
) -> str:
    return (
        f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" '
        f'stroke="{colour}" stroke-width="{width}"/>'
    )


def _text(x: float, y: float, text: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{escape(text)}</text>'


def _svg(width: float, height: float, parts: Sequence[str], what: str) -> str:
    return (
        f'<svg width="{width:.0f}" height="{height:.0f}" role="img" '
        f'aria-label="{what}">{"".join(parts)}</svg>'
    )
