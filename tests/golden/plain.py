"""Every case of the golden file in plain NumPy, written from its description alone.

Nothing of minigan is imported: what stands in the four parts is what an implementation
in another language has to do.

CASES: name -> function(given, options) -> expected.   load(): the cases of a file.
"""

import json
import zipfile
from pathlib import Path

import numpy as np

from tests.golden import plain_curves, plain_layers, plain_losses, plain_steps

PATH = Path(__file__).parent / "golden.npz"
PARTS = (plain_layers, plain_curves, plain_losses, plain_steps)
CASES = {name: run for part in PARTS for name, run in part.CASES.items()}


def load(path=PATH):
    """name -> (options, tolerance, given, expected)"""
    with zipfile.ZipFile(path) as archive, np.load(path) as arrays:
        cases = json.loads(archive.read("meta.json"))["cases"]
        found = {}
        for case in cases:
            parts: dict = {"given": {}, "expected": {}}
            for row in case["arrays"]:
                array = arrays[f"{case['name']}/{row['name']}"]
                assert array.shape == tuple(row["shape"]), row
                assert array.dtype == row["dtype"] and row["meaning"], row
                parts[row["role"]][row["name"]] = array
            found[case["name"]] = (case["options"], case["tolerance"], *parts.values())
    return found
