"""With NUMBA_DISABLE_JIT=1 nothing can be captured, and each trainer says so once."""

import os
import warnings

import pytest


@pytest.fixture(autouse=True)
def no_capture_warning_without_jit():
    with warnings.catch_warnings():
        if os.environ.get("NUMBA_DISABLE_JIT") == "1":
            warnings.filterwarnings("ignore", message=".*is not captured.*")
        yield
