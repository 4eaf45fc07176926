"""With NUMBA_DISABLE_JIT=1 nothing can be captured, and each trainer says so once.

And products of any size by tiles, for tests that hold in both arithmetics.
"""

import os
import warnings

import pytest

from minigan import primitives


@pytest.fixture(autouse=True)
def no_capture_warning_without_jit():
    with warnings.catch_warnings():
        if os.environ.get("NUMBA_DISABLE_JIT") == "1":
            warnings.filterwarnings("ignore", message=".*is not captured.*")
        yield


@pytest.fixture
def by_tiles(monkeypatch):
    """Every float32 product is done by tiles, however small it is."""
    from minigan.gemm import choice

    def forget():
        for primitive in primitives.PRIMITIVES.values():
            primitive._plans.clear()

    for limit in ("DEEP", "LARGE", "WIDE"):
        monkeypatch.setattr(choice, limit, 1)
    forget()
    with warnings.catch_warnings(), primitives.use_products("tiles"):
        warnings.filterwarnings("ignore", message="minigan: products by tiles are emul")
        yield
    forget()
