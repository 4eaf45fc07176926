"""The page about the benchmarks: results beside the code that was timed.

Nothing on it is typed twice: figures come from the file of results, code from the
contestants' sources.
"""

import ast
import textwrap
from pathlib import Path

from .registry import CONTESTANTS
from .results import GROUPS, OURS, SINGLE

HERE = Path(__file__).parent
CODED = ("gan", "products", "layer")  # kinds whose code is shown
GAME = HERE.parent / "minigan" / "gan" / "game.py"
GAME_SHOWN = (
    *("discriminator_step", "discriminator_gradient", "learn", "move_discriminator"),
    *("generator_step", "generator_gradient", "move_generator"),
)
PICTURES = {
    "recipes": (
        "benchmark-steps.png",
        "Time of a step, for each recipe and contestant",
    ),
    "busy": ("benchmark-busy.png", "Time of a step beside busy processes"),
    "growth": ("benchmark-growth.png", "Time of a step over batch and over width"),
    "step order": ("benchmark-products.png", "GFLOP/s of the matrix products"),
}
METHOD = (HERE / "method.md").read_text()
INTRODUCTIONS = {
    "busy": """A browser, a video, another training: nearly every machine is busy. Here
loops of pure Python run beside the training. Contestants are asked in turn, so that a
ratio compares the same minutes; above 1 minigan is the faster.
`python -m benchmarks run --only busy` runs on any machine, quiet or not.
""",
    "accuracy": """PyTorch and JAX can be told to compute products from bf16 numbers,
which have 8 binary digits where float32 has 24: by one product of them (another
accuracy), or by six (about that of float32). A CPU without such instructions may ignore
it; then all bits are those without the setting.
""",
}


def page(results):
    """The whole page as Markdown."""
    parts = ["# Benchmarks", "", *_facts(results), "", METHOD]
    for group, title in GROUPS.items():
        if not results.workloads(group):
            continue
        parts += [f"## {title}", "", *_picture(group), *_introduction(group)]
        if group in SINGLE:
            parts += _workloads(results, group)
        else:
            (table,) = results.tables_of(group)
            parts += [*_steps(results, group), *markdown(table), ""]
    if results.content.get("roofline"):
        parts += ["## Roofline", "", *_roofline(results.content["roofline"]), ""]
    parts += ["## The code that was timed", "", *_sources(results)]
    return "\n".join(parts).rstrip() + "\n"


def _facts(results):
    content = results.content
    machine = content["machine"]
    have = {}
    for packages in content["packages"].values():
        have.update(packages)
    versions = ", ".join(f"{name} {version}" for name, version in sorted(have.items()))
    facts = [
        f"This page is written by `python -m benchmarks docs` from a run of "
        f"{content['date'][:10]}.",
        "",
        f"- Machine: {machine['cpu']}, {machine['cores']} cores, "
        f"{machine['memory_mb'] / 1024:.0f} GB, {machine['system']}",
        f"- Versions: {versions}",
        f"- Threads as each library reports them: {_threads(results)}",
        f"- Processes for each pair: {_processes(results)}; load before the run "
        f"{content['load']}",
    ]
    return facts + [f"- **{warning}**" for warning in results.warnings()]


def _processes(results):
    parts = []
    for group, title in GROUPS.items():
        if results.workloads(group):
            least, most = results.processes(group)
            count = least if least == most else f"{least}-{most}"
            parts.append(f"{title[0].lower()}{title[1:]} {count}")
    return ", ".join(parts)


def _threads(results):
    seen = {}
    for row in results.content["results"]:
        for name, count in (row.get("threads") or {}).items():
            seen.setdefault(name, set()).add(count)
    parts = [f"{name} {'/'.join(map(str, sorted(n)))}" for name, n in seen.items()]
    return ", ".join(sorted(parts)) or "unknown"


def _workloads(results, group):
    parts = []
    for workload in results.workloads(group):
        table = results.table(workload)
        parts += [f"### {workload.name}", "", workload.description, ""]
        sentences = _verdict(results, workload) + _from_python(results, workload)
        parts += [" ".join(sentences), ""] if sentences else []
        parts += [*markdown(table), ""]
    return parts


def _verdict(results, workload):
    """One sentence: minigan against the fastest other at float32 accuracy."""
    best, ours = results.fastest_other(workload), results.median(workload, OURS)
    if not best or not ours:
        return []
    ratio = results.median(workload, best) / ours
    text = f"{ratio:.2f} times as fast as" if ratio >= 1 else "slower than"
    extra = "" if ratio >= 1 else f" ({1 / ratio:.2f} times its time)"
    label = CONTESTANTS[best].label
    disturbed = results.mark(workload, OURS) or results.mark(workload, best)
    caution = "Disturbed, so not to be quoted: " if disturbed else ""
    return [f"{caution}minigan is {text} the fastest other ({label}){extra}."]


def _from_python(results, workload):
    """One sentence: what steps cost that Python runs layer by layer."""
    ours, eager, torch = (
        results.median(workload, name) for name in (OURS, "minigan-eager", "torch")
    )
    if not ours or not eager:
        return []
    text = (
        f"Layer by layer from Python, minigan takes {eager:,.0f} us, "
        f"{(eager - ours) / 1e3:,.2f} ms more than recorded"
    )
    if torch:
        text += f"; PyTorch in the same way takes {torch:,.0f} us"
    return [text + "."]


def _steps(results, group):
    """One sentence: how many steps the whole commands of a group trained."""
    rows = results.content["results"]
    names = {workload.name for workload in results.workloads(group)}
    if group != "command":
        return []
    counts = {r["steps"] for r in rows if r["workload"] in names and r.get("steps")}
    return [f"Steps of training: {max(counts):,}.", ""] if counts else []


def _picture(group):
    if group not in PICTURES:
        return []
    name, words = PICTURES[group]
    return [f"![{words}](images/{name})", ""]


def _introduction(group):
    return [*INTRODUCTIONS[group].splitlines(), ""] if group in INTRODUCTIONS else []


def _roofline(found):
    took = found["microseconds"]
    return [
        f"A captured step of {found['workload']} takes {took:,.0f} us, "
        f"{took / found['floor_microseconds']:.2f} times the floor of the machine: the "
        "time if products ran at its peak, optimizers at its bandwidth, draws at their "
        "best, and nothing else were done.",
        "",
        "![Roofline of a captured step](images/benchmark-roofline.png)",
    ]


def markdown(table):
    """A `Table` of minigan as lines of Markdown."""
    sides = ["---:" if title.startswith(">") else "---" for title in table.columns]
    lines = [[title.lstrip(">") for title in table.columns], sides, *table.rows]
    rows = ["| " + " | ".join(map(_cell, line)) + " |" for line in lines]
    notes = [note for note in table.footer if note]
    return [*rows, "", *["; ".join(notes)] * bool(notes)]


def _cell(text):
    return text.replace("|", "\\|")


# ---- sources -----------------------------------------------------------------------


def _sources(results):
    """Of every contestant that was run: its label, and the methods it shows."""
    parts, seen = [], set()
    for name, contestant in CONTESTANTS.items():
        for kind, place in contestant.classes.items():
            run = any(
                w.kind == kind and (w.name, name) in results.rows
                for group in GROUPS
                for w in results.workloads(group)
            )
            if run and kind in CODED and place not in seen:
                seen.add(place)
                code = step_code(place)
                if name == OURS and kind == "gan":
                    code += "\n\n# which plays, compiled, what this recorded:\n\n"
                    code += methods(GAME, "Game", GAME_SHOWN)
                if code:
                    head = f"### {contestant.label} ({kind})"
                    parts += [head, "", "```python", code, "```", ""]
    return parts


def step_code(place):
    """The methods named in `shown` of "module:Class", as they stand in the source."""
    module, _, name = place.partition(":")
    path = HERE / "contestants" / f"{module}.py"
    node = _classes(path.read_text())[name]
    shown = _shown(node)
    if shown is None:  # a variant: what it changes, and no more
        own = [f.name for f in node.body if isinstance(f, ast.FunctionDef)]
        shown = [method for method in own if not method.startswith("__")]
    return methods(path, name, shown)


def methods(path, name, shown):
    """The source of methods of a class in a file."""
    text = path.read_text()
    classes, lines, found = _classes(text), text.splitlines(), []
    for wanted in shown:
        function = _method(classes, name, wanted)
        body = lines[function.lineno - 1 : function.end_lineno]
        found.append(textwrap.dedent("\n".join(body)))
    return "\n\n".join(found)


def _classes(text):
    return {n.name: n for n in ast.parse(text).body if isinstance(n, ast.ClassDef)}


def _shown(node):
    for statement in node.body:
        if isinstance(statement, ast.Assign):
            if getattr(statement.targets[0], "id", "") == "shown":
                return ast.literal_eval(statement.value)
    return None


def _method(classes, name, wanted):
    """A method of a class or of the class in the same file that it derives from."""
    while name in classes:
        for function in classes[name].body:
            if isinstance(function, ast.FunctionDef) and function.name == wanted:
                return function
        name = classes[name].bases[0].id
    raise LookupError(f"no method {wanted}")
