"""Reference vectors: what an implementation in any language should compute.

    golden.write("golden.npz")               every case, computed by this engine
    golden.verify("golden.npz")              this engine against a file
    minigan golden --show dense              one case, array by array

A file is an npz (a zip of `.npy` members) with a description in `meta.json`: for each
case its formula, options and tolerance, for each array its name, role, shape, type and
meaning.  "given" arrays are what a case starts from, "expected" ones what comes out;
all is float64, and no input lies on a kink.
"""

from .cases import CASES
from .compare import Difference, Verdict, verify
from .contents import arrays_of, contents
from .file import FORMAT, SEED, read, write

__all__ = [
    "CASES",
    "FORMAT",
    "SEED",
    "Difference",
    "Verdict",
    "arrays_of",
    "contents",
    "read",
    "verify",
    "write",
]
