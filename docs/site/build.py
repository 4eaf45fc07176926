"""Builds the site: the pages with typeset formulas, the API, the gallery, a search.

    python docs/site/build.py OUT [--check]

Needs `pip install -e '.[docs]'`; nothing is fetched, neither now nor by a reader.
Warnings are errors.  --check: every link between pages, and every name, holds.
"""

import argparse
import importlib
import inspect
import re
import shutil
import sys
import tempfile
from html.parser import HTMLParser
from pathlib import Path

HERE = Path(__file__).parent
DOCS = HERE.parent
ROOT = DOCS.parent
sys.path[:0] = [str(ROOT), str(DOCS), str(DOCS / "notebooks"), str(HERE)]

from dark import dark_path, darken  # noqa: E402
from formulas import typeset  # noqa: E402
from golden_table import page as golden_cases  # noqa: E402
from run import NOTEBOOKS, executed  # noqa: E402
from run import page as notebook_page  # noqa: E402

from minigan.recording import BESIDE, record  # noqa: E402

PARTS = {  # title of a part -> its pages
    "Learn": (
        "notation backprop gradients cheatsheet step recorder exercises failures "
        "notebooks"
    ),
    "Networks": "convolution graph penalties conditional",
    "Games": "training games mnist monitor study yardsticks",
    "Use": "data keras reliability",
    "Inside": "architecture execution gemm tiles benchmarks",
    "Reference": "api golden golden-cases changes",
}
PICTURE = re.compile(r"!\[([^\]]*)\]\((images/[^)]+)\)")
RUN = "run.html"  # the recorded run that the site shows
RECORDER = f"""
## A recorded run

```{{raw}} html
<p><a href="{RUN}">Open it on a page of its own</a>, or play it here:</p>
<iframe src="{RUN}" title="A recorded run of parabola"
  style="width: 100%; height: 85vh; border: 1px solid #8888"></iframe>
```
"""
MODULES = {  # module -> title of its part of the API
    "minigan": "minigan",
    "minigan.gan": "minigan.gan",
    "minigan.data": "minigan.data",
    "minigan.gradcheck": "minigan.gradcheck",
    "minigan.exercises": "minigan.exercises",
    "minigan.recording": "minigan.recording",
    **{
        f"minigan.pictures.{name}": f"minigan.pictures.{name}"
        for name in ("curves", "points", "pairs", "image_grid", "surface")
    },
    "minigan.study": "minigan.study",
    "minigan.golden": "minigan.golden",
}


# ---- the API -----------------------------------------------------------------------


def public(module):
    """(name, thing) of everything public in a module, its submodules left out."""
    names = getattr(module, "__all__", None) or dir(module)
    for name in sorted(set(names)):
        thing = getattr(module, name)
        if not name.startswith("_") and not inspect.ismodule(thing):
            yield name, thing


def api():
    """The page of all public names: signature, docstring, where the source is."""
    lines, seen = ["# Every public name", ""], {}
    for place, title in MODULES.items():
        module = importlib.import_module(place)
        lines += [f"## {title}", "", *literal(inspect.getdoc(module) or ""), ""]
        for name, thing in public(module):
            full = f"{place}.{name}"
            first = seen.setdefault(id(thing), full)
            lines += [f"### {name}", ""]
            if first != full and callable(thing):
                lines += [f"The same as `{first}`.", ""]
                continue
            lines += described(name, thing)
    return "\n".join(lines)


def described(name, thing):
    """Signature and docstring of a thing, and those of its public methods."""
    if not callable(thing):
        if isinstance(thing, (str, int, float, tuple)):
            return [f"`{thing!r}`", ""]
        return [f"A {type(thing).__name__}.", ""]
    lines = literal(f"{name}{signature(thing)}\n\n{inspect.getdoc(thing) or ''}")
    if inspect.isclass(thing):
        for method, found in vars(thing).items():
            if method.startswith("_"):
                continue
            text = inspect.getdoc(getattr(thing, method, None)) or ""
            if isinstance(found, property):
                lines += ["", *literal(f".{method}\n\n{text}")]
            elif callable(found) or isinstance(found, (classmethod, staticmethod)):
                inner = getattr(thing, method)
                lines += ["", *literal(f".{method}{signature(inner)}\n\n{text}")]
    return [*lines, ""]


def signature(thing):
    """(a, b=1), or nothing where Python does not know."""
    try:
        text = str(inspect.signature(thing))
    except (TypeError, ValueError):
        return ""
    text = re.sub(r"<(?:object|function|class) [^>]*>", "...", text)
    return re.sub(r"^\(self(?:, )?", "(", text).replace("minigan.", "")


def literal(text):
    """A block of plain text."""
    return ["````text", *text.split("\n"), "````"] if text else []


# ---- pages -------------------------------------------------------------------------


def step():
    """The page with the schematic of a GAN step."""
    picture = (HERE / "step.svg").read_text(encoding="utf-8")
    body = picture[picture.index("<svg") :]
    return "\n".join(
        [
            "# A GAN step, drawn",
            "",
            "Both players are there twice, since each step runs both and teaches one. "
            "Grey is frozen: the gradient passes, nothing in it changes.",
            "",
            "```{raw} html",
            body,
            "```",
            "",
            "The discriminator's step ends at its own weights (`need_dx=False` for its "
            "lowest layer). The generator's step goes back through the frozen "
            "discriminator, all of it, and on into the generator. "
            "[Section 8](backprop.md) derives it; `print(trainer.trace_step())` shows "
            "its numbers.",
            "",
        ]
    )


def index():
    """The first page: the README and the contents."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    text = re.sub(
        r'<picture>.*?<img alt="([^"]*)" src="([^"]*)">.*?</picture>',
        r"![\1](\2)",
        text,
        flags=re.S,
    )
    text = re.sub(r"\]\(docs/", "](", text)
    text = re.sub(r"\[([^\]]+)\]\((?:[A-Z]+\.(?:md|cff)|LICENSE)\)", r"\1", text)
    text = re.sub(r"<!--.*?-->\n", "", text)
    parts = {title: names.split() for title, names in PARTS.items()}
    known = {name for names in parts.values() for name in names}
    parts["Inside"] += sorted(p.stem for p in DOCS.glob("*.md") if p.stem not in known)
    for title, names in parts.items():
        pages = [name for name in names if exists(name)]
        tree = ["", "```{toctree}", ":hidden:", f":caption: {title}", "", *pages]
        text += "\n".join([*tree, "```", ""])
    return text


def twice(text):
    """Markdown with two of each picture; the theme shows the one that suits it."""
    return PICTURE.sub(
        lambda found: "".join(
            f"![{found[1]}]({path}){{.only-{theme}}}"
            for theme, path in (
                ("light", found[2]),
                ("dark", dark_path(Path(found[2])).as_posix()),
            )
        ),
        text,
    )


MADE = {"api": api, "step": step, "golden-cases": golden_cases}


def exists(name):
    return name in MADE or name == "changes" or (DOCS / f"{name}.md").exists()


def notebooks():
    """The page of the notebooks: to be read as they ran, and downloaded."""
    lines = ["# Notebooks", "", "Each was run from top to bottom for this site.", ""]
    for path in NOTEBOOKS:
        name = path.stem[2:].replace("_", " ")
        lines.append(
            f"- [{name[0].upper()}{name[1:]}]({path.stem}.md), "
            f"[as a file](notebooks/{path.name})"
        )
    tree = ["```{toctree}", ":hidden:", "", *(path.stem for path in NOTEBOOKS), "```"]
    return "\n".join([*lines, "", *tree, ""])


MADE["notebooks"] = notebooks


def sources(folder):
    """Write the sources that Sphinx reads into a folder."""
    for path in DOCS.iterdir():
        if path.suffix in (".py",) or path.name in ("images", "solutions", "notebooks"):
            target = folder / path.name
            (shutil.copytree if path.is_dir() else shutil.copy)(path, target)
    for path in (DOCS / "images").iterdir():
        if not dark_path(path).exists() and not path.stem.endswith("-dark"):
            darken(path, dark_path(folder / "images" / path.name))
    for path in DOCS.glob("*.md"):
        text = path.read_text(encoding="utf-8")
        text = re.sub(r"\[([^\]]+)\]\(\.\./[^)]*\)", r"\1", text)  # out of the docs
        text = re.sub(r"\]\((solutions)/?\)", r"](exercises.md)", text)
        (folder / path.name).write_text(twice(typeset(text)), encoding="utf-8")
    for name, make in MADE.items():
        (folder / f"{name}.md").write_text(make(), encoding="utf-8")
    for path in NOTEBOOKS:
        text = typeset(notebook_page(executed(path)))
        (folder / f"{path.stem}.md").write_text(text, encoding="utf-8")
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    (folder / "changes.md").write_text(changes, encoding="utf-8")
    (folder / "index.md").write_text(twice(index()), encoding="utf-8")
    with (folder / "recorder.md").open("a", encoding="utf-8") as page:
        page.write(RECORDER)


def build(out):
    """The site in `out`; the exit code of Sphinx."""
    from sphinx.cmd.build import build_main

    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder)
        sources(source)
        code = build_main(
            ["-q", "-W", "--keep-going", "-b", "html", "-c", str(HERE)]
            + [str(source), str(out)]
        )
    record("parabola", Path(out) / RUN, beside=BESIDE["parabola"])
    return code


# ---- links -------------------------------------------------------------------------


class Links(HTMLParser):
    """The targets and the anchors of a page."""

    def __init__(self, text):
        super().__init__()
        self.targets, self.anchors = set(), set()
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        if "id" in found:
            self.anchors.add(found["id"])
        target = found.get("href" if tag in ("a", "link") else "src")
        if target:
            self.targets.add((tag, target))


def broken(out):
    """What does not hold: links to nowhere, and what a page fetches from elsewhere."""
    pages = {
        path.relative_to(out).as_posix(): Links(path.read_text(encoding="utf-8"))
        for path in out.rglob("*.html")
    }
    found = []
    for name, page in pages.items():
        for tag, target in sorted(page.targets):
            if re.match(r"(?:https?:)?//|mailto:|data:", target):
                if tag != "a" and not target.startswith("data:"):
                    found.append(f"{name} fetches {target}")
                continue
            path, _, anchor = target.partition("#")
            path = path.partition("?")[0]
            place = (out / name).parent / path if path else out / name
            if not place.exists():
                found.append(f"{name} links to {target}")
            elif anchor and place.suffix == ".html":
                other = place.resolve().relative_to(out.resolve()).as_posix()
                if anchor not in pages[other].anchors:
                    found.append(f"{name}: no #{anchor} in {other}")
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("out", type=Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    code = build(arguments.out)
    if arguments.check and not code:
        found = broken(arguments.out)
        print("\n".join(found) or "all links hold")
        code = int(bool(found))
    raise SystemExit(code)


if __name__ == "__main__":
    main()
