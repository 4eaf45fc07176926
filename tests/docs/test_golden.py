"""docs/golden.md: its page of cases, its reader reads, its command is there."""

import importlib.util
import re
from pathlib import Path

from minigan import golden
from minigan.cli import cli
from tests.golden.plain import PATH

ROOT = Path(__file__).parent.parent.parent
PAGE = (ROOT / "docs" / "golden.md").read_text(encoding="utf-8")


def test_the_page_of_cases_has_every_array_of_the_file():
    path = ROOT / "docs" / "golden_table.py"
    spec = importlib.util.spec_from_file_location("golden_table", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    sections = dict(
        re.findall(r"^## (.*?)$\n\n(.*?)(?=^## |\Z)", module.page(), re.M | re.S)
    )
    _, meta = golden.read(PATH)
    assert list(sections) == [case["name"] for case in meta["cases"]]
    for case in meta["cases"]:
        section = sections[case["name"]]
        assert section.startswith(case["formula"] + ".")
        rows = re.findall(r"^\| `(.*?)` \| (given|expected) \| \(", section, re.M)
        assert rows == [(row["name"], row["role"]) for row in case["arrays"]]
        for name, value in case["options"].items():
            assert f"{name} {value}" in section
    assert "| array |" not in PAGE and "golden_table.py" in PAGE


def test_the_reader_reads(capsys, monkeypatch):
    monkeypatch.chdir(ROOT)
    source = re.search(r"```python\n(.*?)```", PAGE, re.S)[1]
    assert len([line for line in source.splitlines() if line.strip()]) <= 24
    exec(compile(source, "golden.md", "exec"), {})
    assert capsys.readouterr().out == "dense/y agrees: True\n"


def test_what_the_page_says_of_file_and_command():
    assert f"({round(PATH.stat().st_size / 1000)} kB)" in PAGE
    known = {flag for option in cli.commands["golden"].params for flag in option.opts}
    assert set(re.findall(r"(--[a-z]+)", PAGE)) <= known
