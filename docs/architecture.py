"""Draws the units of the package and what each imports, from the code itself.

python docs/architecture.py            rewrites the table in docs/architecture.md
                                       and draws docs/images/architecture.png
"""

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "minigan"
PAGE = ROOT / "docs" / "architecture.md"
PICTURE = ROOT / "docs" / "images" / "architecture.png"
TABLE = re.compile(r"(?<=<!-- units -->\n)(.*?)(?=<!-- end of units -->)", re.S)


@cache
def units():
    """Name -> its files: a module of the package, or a folder with all in it."""
    found = {}
    for path in sorted(PACKAGE.rglob("*.py")):
        name = path.relative_to(PACKAGE).with_suffix("").parts[0]
        found.setdefault(name, []).append(path)
    return {name: files for name, files in found.items() if name[:2] != "__"}


@cache
def imports():
    """Name -> the other units that its files import, anywhere in them."""
    return {
        name: {u for path in files for u in imported(path)} - {name}
        for name, files in units().items()
    }


def imported(path):
    """The units that a file imports when it runs, not those for its annotations."""
    inside = ["minigan", *path.relative_to(PACKAGE).parts[:-1]]
    tree = ast.parse(path.read_text())
    for node in tree.body:
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            node.body = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else []
            module = [*base, *(node.module.split(".") if node.module else [])]
            if module[:1] == ["minigan"]:
                names = module[1:2] or [alias.name for alias in node.names]
                yield from (name for name in names if name in units())
        elif isinstance(node, ast.Import):
            modules = (alias.name.split(".") for alias in node.names)
            yield from (m[1] for m in modules if m[0] == "minigan" and len(m) > 1)


def levels(graph):
    """Name -> 0 for what imports nothing, else one more than the highest it imports.

    Errors: ValueError that names the units of a circle.
    """
    found = {}

    def level(name, above):
        if name in above:
            circle = " -> ".join([*above[above.index(name) :], name])
            raise ValueError(f"units import each other in a circle: {circle}")
        if name not in found:
            below = [level(other, [*above, name]) for other in sorted(graph[name])]
            found[name] = 1 + max(below, default=-1)
        return found[name]

    for name in graph:
        level(name, [])
    return found


def purpose(name):
    """The first sentence of a unit's docstring."""
    folder, module = PACKAGE / name / "__init__.py", PACKAGE / f"{name}.py"
    text = ast.get_docstring(
        ast.parse((folder if folder.exists() else module).read_text())
    )
    assert text, f"{name} has no docstring"
    first = re.split(r":?\n\n|(?<=\.)\s", text, maxsplit=1)[0].replace("\n", " ")
    return first if first.endswith(".") else f"{first}."


def table():
    """The units as a table, the lowest first: what each is for and what it imports."""
    graph = imports()
    order = sorted(graph, key=lambda name: (levels(graph)[name], name))
    rows = ["| unit | what it is | imports |", "|---|---|---|"]
    for name in order:
        below = ", ".join(sorted(graph[name], key=order.index)) or "-"
        place = f"{name}/" if (PACKAGE / name).is_dir() else f"{name}.py"
        rows.append(f"| `{place}` | {purpose(name)} | {below} |")
    return "\n".join(rows) + "\n"


def reached(graph, name):
    """All units that a unit imports, or that these import, and so on."""
    return graph[name].union(*(reached(graph, other) for other in graph[name]))


def direct(graph):
    """The same arrows without those that follow from others."""
    return {
        name: {o for o in below if not any(o in reached(graph, x) for x in below)}
        for name, below in graph.items()
    }


def draw(path=PICTURE):
    """A row for each level, and an arrow to what is imported.

    What needs no compiled code is a tool that all may use: it stands below, in a frame,
    without arrows.
    """
    from matplotlib.figure import Figure

    graph = imports()
    tools = [name for name in graph if "jit" not in reached(graph, name) | {name}]
    graph = {n: below - set(tools) for n, below in graph.items() if n not in tools}
    arrows, rows = direct(graph), {}
    for name, level in sorted(levels(graph).items()):
        rows.setdefault(level, []).append(name)
    widest = max(4, *map(len, rows.values()))
    places = {}
    for level, names in sorted(rows.items()):
        if level:  # near what it imports, so that arrows are short and seldom cross
            near = {n: [places[o][0] for o in arrows[n]] for n in names}
            names.sort(key=lambda n: sum(near[n]) / len(near[n]))
        step = widest / len(names)
        places |= {name: ((k + 0.5) * step, level) for k, name in enumerate(names)}
    lines = -(-len(tools) // widest)
    for k, name in enumerate(tools):
        places[name] = (k % widest + 0.5, -1.3 - 0.6 * (k // widest))
    figure = Figure((1.5 * widest, 0.85 * (len(rows) + 0.6 * lines + 0.7)))
    axes = figure.subplots()
    axes.set_position([0, 0, 1, 1])
    for name, below in arrows.items():
        for other in sorted(below):
            (x, y), (to, down) = places[name], places[other]
            style = {"arrowstyle": "-|>", "color": "#7d8894", "lw": 1}
            axes.annotate(
                "", (to, down + 0.2), (x, y - 0.2), arrowprops=style, zorder=1
            )
    frame = 0.05, -1.68 - 0.6 * (lines - 1), widest - 0.1, 0.6 * lines + 0.5
    box(axes, *frame, facecolor="#f4f4f2", edgecolor="#b9b9b4")
    axes.text(0.16, -0.88, "tools, which all may use", size=8, color="#55554f")
    for name, (x, y) in places.items():
        color = "#ffffff" if name in tools else "#eaf2fa"
        box(axes, x - 0.43, y - 0.19, 0.86, 0.38, facecolor=color, edgecolor="#34618f")
        axes.text(x, y, name, ha="center", va="center", size=9)
    axes.set(xlim=(0, widest), ylim=(frame[1] - 0.1, len(rows) - 0.6))
    axes.axis("off")
    figure.savefig(path, dpi=130, facecolor="white")


def box(axes, x, y, width, height, **colors):
    """Adds a rectangle with round corners."""
    from matplotlib.patches import FancyBboxPatch

    style = "round,pad=0,rounding_size=0.07"
    axes.add_patch(
        FancyBboxPatch((x, y), width, height, boxstyle=style, zorder=2, **colors)
    )


def main():
    page = PAGE.read_text()
    PAGE.write_text(TABLE.sub(lambda _: table(), page))
    draw()


if __name__ == "__main__":
    main()
