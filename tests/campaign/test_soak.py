"""A bounded run; `python -m tests.campaign.soak` goes on for 10 million steps."""

import sys

import pytest

from minigan.gan.history import COLUMNS
from minigan.gan.stream import HEAD
from minigan.jit.compiling import JIT_DISABLED

from .soak import soak


@pytest.mark.campaign
@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc")
@pytest.mark.skipif(JIT_DISABLED, reason="long")
def test_memory_is_flat_over_a_run_with_a_streamed_history(tmp_path):
    found = soak(tmp_path, 40_000, 10_000, "jit")
    assert found.file == HEAD + 8 * len(COLUMNS) * 40_000
    assert found.checkpoint < 2e6
    assert found.growth < 8e6, found.looks
