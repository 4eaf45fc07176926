"""Runs the notebooks of this folder from top to bottom.

python docs/notebooks/run.py

The site does the same, and shows them with what came out.
"""

import os
from html import escape
from pathlib import Path

NOTEBOOKS = sorted(Path(__file__).parent.glob("*.ipynb"))


def executed(path):
    """The notebook after a run on the formulas.  Errors: CellExecutionError."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(path, as_version=4)
    client = NotebookClient(notebook, timeout=120, kernel_name="python3")
    client.execute(env={**os.environ, "MINIGAN_BACKEND": "numpy"})
    return notebook


def page(notebook):
    """A notebook as Markdown: text, code, and what came out."""
    parts = []
    for cell in notebook.cells:
        code = cell.cell_type == "code"
        parts.append(f"```python\n{cell.source}\n```" if code else cell.source)
        parts += [shown(output) for output in cell.get("outputs", ())]
    return "\n\n".join(parts) + "\n"


def shown(output):
    """What came out of a cell, as HTML between Markdown."""
    if output.output_type == "stream":
        html = f"<pre>{escape(output.text)}</pre>"
    elif "text/html" in output.data:
        html = output.data["text/html"]
    elif "image/png" in output.data:
        data = output.data["image/png"].replace("\n", "")
        html = f'<img alt="what the cell draws" src="data:image/png;base64,{data}">'
    else:
        html = f"<pre>{escape(output.data['text/plain'])}</pre>"
    return f'```{{raw}} html\n<div class="output">{html}</div>\n```'


if __name__ == "__main__":
    for path in NOTEBOOKS:
        print(f"{path.name}: {len(executed(path).cells)} cells")
