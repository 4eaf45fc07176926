"""Writes the table of names into docs/keras.md:  python docs/keras_table.py"""

from pathlib import Path

from minigan import keras
from minigan.keras import absent_modules
from minigan.keras.keras_names import KERAS
from minigan.keras.public_api import DIFFERS, SUPPORTED

PAGE = Path(__file__).parent / "keras.md"
START, END = "<!-- names: start -->\n", "<!-- names: end -->\n"


def table():
    """Every public name, module by module: supported, differs, absent."""
    lines = []
    for module, supported in SUPPORTED.items():
        differs = DIFFERS.get(module, {})
        title = f"keras.{module}" if module else "keras"
        lines += [f"### `{title}`", ""]
        same = [name for name in supported if name not in differs]
        lines += [f"Supported: {_names(same)}.", ""] if same else []
        lines += [f"- `{name}` differs: {how}." for name, how in differs.items()]
        lines += [""] if differs else []
        owner = getattr(keras, module) if module else keras
        have = {*supported, *vars(owner)}
        absent = [name for name in KERAS.get(module, ()) if name not in have]
        lines += [f"Absent: {_names(absent)}.", ""] if absent else []
    modules = [f"keras.{name}" for name in absent_modules.NAMES]
    lines += ["### Absent modules", "", f"{_names(modules)}."]
    return "\n".join(lines).rstrip() + "\n"


def _names(names):
    return ", ".join(f"`{name}`" for name in names)


def with_table(page):
    """The page with the table of now between its marks."""
    head, _, rest = page.partition(START)
    return head + START + "\n" + table() + "\n" + END + rest.partition(END)[2]


if __name__ == "__main__":
    text = with_table(PAGE.read_text(encoding="utf-8"))
    PAGE.write_text(text, encoding="utf-8")
