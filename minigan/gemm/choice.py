"""Which arithmetic a product has: the chain of multiply-adds, or tiles.

    "chain"   `product`: the same bits on every CPU with fused multiply-adds
    "tiles"   `tiles`, for float32 where a product is large and deep enough; emulated,
              slowly and to the same bits, where the CPU has no matrix units
    "auto"    "tiles" where the CPU has them, and they pass a test; else "chain"

Which products are large enough depends on their shape alone, so that "tiles" gives the
same bits everywhere.
"""

import warnings
from collections.abc import Mapping
from functools import cache

import numpy as np
from numpy.typing import DTypeLike

from ..jit.compiling import JIT_DISABLED
from . import model
from .machine import EMULATED, HARDWARE, refusal

# From this depth on, mean and worst error are below those of the chain, for terms that
# differ by less than some 12 decades: see docs/tiles.md.
DEEP = model.DEPTH
LARGE = 1 << 20  # multiply-adds
WIDE = 16  # rows and columns: one tile


def fits(sizes: Mapping[str, int], depth: str) -> bool:
    """True for a product that "tiles" multiplies by tiles.

    sizes: of rows, columns and depth.  depth: which of them is the depth.
    """
    others = [size for letter, size in sizes.items() if letter != depth]
    large = np.prod(others) * sizes[depth] >= LARGE
    return bool(large and sizes[depth] >= DEEP and min(others) >= WIDE)


@cache
def refused() -> str:
    """Why the matrix units of this CPU are not used, or "" if they are."""
    if JIT_DISABLED:
        return "NUMBA_DISABLE_JIT=1"
    reason = refusal() or difference(HARDWARE)
    if reason.startswith("expected"):
        warnings.warn(
            f"minigan: the matrix units are not used: {reason}",
            RuntimeWarning,
            stacklevel=2,
        )
    return reason


def difference(machine: int) -> str:
    """Multiply one tile and compare with the model; "" where the bits are the same.

    Numbers of every size between 2^-20 and 2^20, zeros, and a row of subnormal ones.
    """
    from .tiles import one_tile

    rng = np.random.default_rng(0)
    A = rng.standard_normal((16, model.DEPTH), np.float32)
    B = rng.standard_normal((model.DEPTH, 16), np.float32)
    A *= (2.0 ** rng.integers(-20, 20, A.shape)).astype(np.float32)
    A[rng.random(A.shape) < 0.1] = 0
    A[3] = 1e-39
    C, expected = np.empty((16, 16), np.float32), model.product(A, B)
    one_tile(model.left_tiles(A), model.right_tiles(B), C.reshape(-1), machine)
    wrong = int((C.view(np.uint32) != expected.view(np.uint32)).sum())
    if not wrong:
        return ""
    return f"expected the bits of the model, got {wrong} of {C.size} others"


def in_force(asked: str) -> str:
    """What "auto", "chain" or "tiles" means here: "chain" or "tiles"."""
    if JIT_DISABLED or asked == "chain" or (asked == "auto" and refused()):
        return "chain"
    return "tiles"


def machine_in_use() -> int:
    """The number of the machine that multiplies tiles; says once if it is slow."""
    if not refused():
        return HARDWARE
    _say_slow()
    return EMULATED


@cache
def _say_slow() -> None:
    warnings.warn(
        f"minigan: products by tiles are emulated, to the same bits, but slowly: "
        f"{refused()}",
        RuntimeWarning,
        stacklevel=2,
    )


def explained(asked: str, dtype: DTypeLike = np.float32) -> str:
    """Which arithmetic is used and why, in one line."""
    if JIT_DISABLED:
        return "Products: NumPy's (NUMBA_DISABLE_JIT=1)"
    if np.dtype(dtype) != np.float32:
        return f"Products: chain (tiles are for float32, not {np.dtype(dtype)})"
    found = in_force(asked)
    if asked == "chain":
        reason = "asked for"
    elif found == "chain":
        reason = refused()
    elif refused():
        reason = f"asked for, and emulated: {refused()}"
    else:
        reason = "this CPU has AMX, and its bits are right"
    large = ", where they are large" if found == "tiles" else ""
    return f"Products: {found}{large} ({reason})"
