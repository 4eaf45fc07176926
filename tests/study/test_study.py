"""`minigan.study`: its public names."""

import minigan
from minigan import study


def test_public_names():
    assert minigan.study is study
    for name in study.__all__:
        assert getattr(study, name).__doc__
