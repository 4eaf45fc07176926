"""Runs that several tests look at, and shorter ways through them."""

from dataclasses import replace

import pytest

from minigan.cli import session as session_module
from minigan.cli.rundir import RunDir

from .helpers import empty_pictures, train


@pytest.fixture(scope="session")
def finished(tmp_path_factory):
    """A run that is done; not to be changed."""
    out = tmp_path_factory.mktemp("finished") / "run"
    result = train(out)
    assert result.exit_code == 0, result.output
    return RunDir(out)


@pytest.fixture
def frequent_reports(monkeypatch):
    """A report every 20 steps."""
    often = replace(session_module.RECIPES["parabola"], report_every=20)
    monkeypatch.setitem(session_module.RECIPES._things, "parabola", often)


@pytest.fixture
def no_pictures():
    """Drawing takes longer than anything else here: empty files instead.

    `no_pictures.undo()` draws again.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(session_module.Session, "_pictures", empty_pictures)
        yield patch
