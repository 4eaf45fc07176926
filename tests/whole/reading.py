"""What Python files import, read from their text."""

import ast
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def imports(path: Path) -> Iterator[str]:
    """Modules that a file imports from outside its package, wherever it does so."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield str(node.module)


def importers(folder: Path) -> dict[str, list[str]]:
    """Top-level module -> the files below a folder that import it."""
    found: dict[str, list[str]] = {}
    for path in sorted(folder.rglob("*.py")):
        for name in imports(path):
            where = path.relative_to(ROOT).as_posix()
            found.setdefault(name.split(".")[0], []).append(where)
    return found
