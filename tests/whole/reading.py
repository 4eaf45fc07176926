"""What Python files import, read from their text."""

import ast
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def imports(path: Path) -> list[str]:
    """Modules that a file imports from outside its package, wherever it does so."""
    found = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
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
