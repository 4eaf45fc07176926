"""The notebooks: their code runs, and their last word of each cell can be shown."""

import ast
import contextlib
import io
import json
from pathlib import Path

import pytest

from minigan import use_backend

FOLDER = Path(__file__).parents[2] / "docs" / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))


def cells(path):
    """The text of each cell of code."""
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    return ["".join(c["source"]) for c in found if c["cell_type"] == "code"]


def displayed(thing):
    """What a notebook shows of a value: HTML, or a picture."""
    for form in ("_repr_html_", "_repr_png_"):
        found = getattr(thing, form, lambda: None)()
        if found:
            return found
    return None


def test_there_are_three():
    assert len(NOTEBOOKS) == 3


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs_from_top_to_bottom(path):
    scope = {"__name__": "__main__"}
    with use_backend("numpy"), contextlib.redirect_stdout(io.StringIO()):
        for cell in cells(path):
            tree = ast.parse(cell)
            last = tree.body[-1]
            if isinstance(last, ast.Expr):
                tree.body.pop()
            exec(compile(tree, path.name, "exec"), scope)
            if isinstance(last, ast.Expr):
                shown = eval(
                    compile(ast.Expression(last.value), path.name, "eval"), scope
                )
                assert shown is None or displayed(shown)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_kept_without_results(path):
    found = json.loads(path.read_text(encoding="utf-8"))["cells"]
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in found)
