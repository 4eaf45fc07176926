"""A bounded run over every format; `python -m tests.campaign` goes on for long."""

import pytest

from .files import campaign
from .formats import FORMATS

COUNT = 20  # mutations of each format


@pytest.mark.campaign
@pytest.mark.parametrize("kind", FORMATS.values(), ids=lambda kind: kind.name)
def test_only_the_project_s_errors_in_bounded_memory_and_time(kind, tmp_path):
    found = campaign(kind, COUNT, tmp_path)
    slow = [what for what in found.broken if what.endswith("slow")]  # a busy machine
    assert {k: found.seeds[k] for k in found.broken if k not in slow} == {}
    assert found.tried == COUNT
