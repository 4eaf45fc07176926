"""A part of the bad calls; `python -m tests.campaign` makes all of them."""

import warnings

import pytest

from minigan import use_backend

from .calls import tried
from .subjects import subjects

EVERY = 7  # value of each is tried


@pytest.mark.campaign
def test_bad_calls_are_refused_by_name_and_change_nothing(tmp_path):
    with use_backend("numpy"), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="minigan: ")
        done = tried(subjects(tmp_path), EVERY)
    assert done.broken == []
    assert done.refused > 2000
