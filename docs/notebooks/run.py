"""Runs the notebooks of this folder from top to bottom, as `.ci/run` does.

python docs/notebooks/run.py
"""

from pathlib import Path

import nbformat
from nbclient import NotebookClient


def main():
    for path in sorted(Path(__file__).parent.glob("*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        NotebookClient(notebook, timeout=120, kernel_name="python3").execute()
        print(f"{path.name}: {len(notebook.cells)} cells")


if __name__ == "__main__":
    main()
