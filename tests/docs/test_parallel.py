"""docs/parallel.md: its code runs."""

import re
from pathlib import Path

PAGE = (Path(__file__).parents[2] / "docs" / "parallel.md").read_text()


def test_its_code_runs(monkeypatch, capsys):
    monkeypatch.setenv("MINIGAN_BACKEND", "numpy")
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    exec(block, {})
    assert capsys.readouterr().out == "4 1\n"
