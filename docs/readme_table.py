"""Writes the README's table of speeds from docs/benchmarks.md.

python docs/readme_table.py
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks.registry import CONTESTANTS  # noqa: E402

README = ROOT / "README.md"
TABLE = re.compile(r"(?<=<!-- speeds -->\n)(.*?)(?=<!-- end of speeds -->)", re.S)
LABELS = {name: contestant.label for name, contestant in CONTESTANTS.items()}
RIVALS = {c.label for c in CONTESTANTS.values() if c.peer and not c.rounded}


def table():
    """A step of each recipe: minigan, the fastest other, and Keras as in tutorials."""
    page = (ROOT / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    page = page.partition("## Whole GAN steps")[2].partition("\n## ")[0]
    rows = [
        "| a step of | minigan | the fastest other | Keras 3, as in the tutorials |",
        "|---|---:|---:|---:|",
    ]
    for part in page.split("\n### ")[1:]:
        name, _, text = part.partition("\n")
        found = re.findall(r"^\| ([^|]+?) \| ([\d,.]+)\*? \|", text, re.M)
        times = {who: float(us.replace(",", "")) for who, us in found}
        others = {who: times[who] for who in RIVALS & times.keys()}
        best = min(others, key=others.get)
        own, keras = times[LABELS["minigan"]], times.get(LABELS["keras-tf-predict"])
        rows.append(
            f"| {name} | {shown(own)} | {shown(others[best])} ({best}) "
            f"| {shown(keras) if keras else ''} |"
        )
    return "\n".join(rows) + "\n"


def shown(us):
    """Microseconds, in the unit that fits."""
    return f"{us / 1000:.1f} ms" if us >= 1000 else f"{us:.0f} us"


if __name__ == "__main__":
    README.write_text(TABLE.sub(lambda _: table(), README.read_text()))
