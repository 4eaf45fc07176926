"""One run that is killed a few times; `python -m tests.campaign` kills for long."""

import os

import pytest

from .kills import finish, killed


@pytest.mark.campaign
@pytest.mark.soak
@pytest.mark.skipif(os.name == "nt", reason="signals of POSIX")
def test_a_run_that_is_killed_at_random_times_ends_as_one_that_was_not(tmp_path):
    seconds = finish(tmp_path / "whole")
    outcome = killed(tmp_path / "cut", tmp_path / "whole", 0, 1, seconds)
    assert outcome.different == []
