"""Prints the page of golden cases that the site has:  python docs/golden_table.py"""

from pathlib import Path

from minigan import golden
from minigan.validate import shape_text

INTRO = "What [the file](golden.md) holds, case by case."
FILE = Path(__file__).parent.parent / "tests" / "golden" / "golden.npz"


def page():
    """Every case of the shipped file: formula, options, arrays."""
    _, meta = golden.read(FILE)
    lines = ["# Golden cases", "", INTRO, ""]
    for case in meta["cases"]:
        options = ", ".join(
            f"{name} {value}" for name, value in case["options"].items()
        )
        lines += [f"## {case['name']}", "", f"{case['formula']}.", ""]
        lines += [f"Options: {options}.", ""] if options else []
        lines += ["| array | role | shape | meaning |", "|---|---|---|---|"]
        for row in case["arrays"]:
            shape = shape_text(row["shape"])
            cells = (f"`{row['name']}`", row["role"], shape, row["meaning"])
            lines.append("| " + " | ".join(c.replace("|", "\\|") for c in cells) + " |")
        lines.append("")
    return "\n".join(lines)


if __name__ == "__main__":
    print(page())
