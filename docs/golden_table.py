"""Writes the table of cases into docs/golden.md:  python docs/golden_table.py"""

from pathlib import Path

from minigan import golden
from minigan.validate import shape_text

PAGE = Path(__file__).parent / "golden.md"
FILE = PAGE.parent.parent / "tests" / "golden" / "golden.npz"
START, END = "<!-- cases: start -->\n", "<!-- cases: end -->\n"


def table():
    """Every case of the shipped file: arrays, options, formula."""
    _, meta = golden.read(FILE)
    lines = []
    for case in meta["cases"]:
        options = ", ".join(
            f"{name} {value}" for name, value in case["options"].items()
        )
        lines += [f"### `{case['name']}`", "", f"{case['formula']}.", ""]
        lines += [f"Options: {options}.", ""] if options else []
        lines += ["| array | role | shape | meaning |", "|---|---|---|---|"]
        for row in case["arrays"]:
            shape = shape_text(row["shape"])
            cells = (f"`{row['name']}`", row["role"], shape, row["meaning"])
            lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
        lines.append("")
    return "\n".join(lines)


def with_table(page):
    """The page with the table of now between its marks."""
    head, _, rest = page.partition(START)
    return head + START + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    text = with_table(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
