"""What LLVM made of a kernel, as text to search."""

import re

import numba
import numpy as np


def assembly(kernel, *arguments):
    """The machine code of a kernel for these arguments, without Python's wrapper."""
    copy = numba.njit(error_model="numpy")(kernel.py_func)  # never from the cache
    copy(*arguments)
    (text,) = copy.inspect_asm().values()
    return text.split(".size")[0]


def has(operation, text, dtype):
    """True where `operation` is done on whole vectors of `dtype`."""
    suffix = "ps" if np.dtype(dtype) == np.float32 else "pd"
    return bool(re.search(rf"\bv?{operation}{suffix}\s.*%[xyz]mm", text))


def calls(text):
    """The functions that are called, and fused operations."""
    return re.findall(r"\bcallq?\s.*", text) + re.findall(
        r"\bvfn?m(?:add|sub)\S*", text
    )
