"""What Python files import, read from their text."""

import ast
from collections.abc import Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def statements(node: ast.AST) -> Iterator[ast.AST]:
    """All statements inside a node, however deep, without their expressions."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.stmt, ast.ExceptHandler, ast.match_case)):
            yield child
            yield from statements(child)


def imports(path: Path) -> list[str]:
    """Modules that a file imports from outside its package, wherever it does so."""
    found = []
    for node in statements(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            found.append(str(node.module))
    return found


@cache
def importers(folder: Path) -> dict[str, list[str]]:
    """Top-level module -> the files below a folder that import it."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        for name in imports(path):
            where = path.relative_to(ROOT).as_posix()
            found.setdefault(name.split(".")[0], []).append(where)
    return found
