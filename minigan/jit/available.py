"""Whether compiled code can run here; where not, the NumPy formulas do all of it."""

import re
from functools import cache

# The versions whose privates are known: at least the first, below the second.  What
# compiles kernels reads more of Numba and llvmlite than they promise to keep.
NUMBA = (0, 61), (0, 70)
LLVMLITE = (0, 44), (0, 52)


@cache
def trouble() -> str:
    """Why compiled code cannot run here, in words; "" where it can."""
    try:
        import numba  # isort: skip
        import llvmlite
    except Exception as error:  # not there, or not made for this NumPy or machine
        return f"Numba cannot be imported ({error or type(error).__name__})"
    return unknown("Numba", numba.__version__, NUMBA) or unknown(
        "llvmlite", llvmlite.__version__, LLVMLITE
    )


def unknown(
    name: str, version: str, bounds: tuple[tuple[int, int], tuple[int, int]]
) -> str:
    """What to say of a version out of its bounds; "" of one within.

    version: as packages have it, "0.61.2" or "0.63.0rc1".
    """
    found = re.match(r"(\d+)\.(\d+)", version)
    least, beyond = bounds
    if found is None or least <= (int(found[1]), int(found[2])) < beyond:
        return ""
    low, high = (".".join(map(str, bound)) for bound in bounds)
    return (
        f"{name} {version} is installed, and minigan knows {name} from {low} to below "
        f"{high}"
    )
